"""One named version of prompt, parameters and variables, which makes a column of each provider."""

from typing import Any, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.base import ArenaModel, PromptText
from pytest_arena.schema.chaos import Chaos
from pytest_arena.schema.params import Params

_NO_PART = ("/", "[", "]", "::", ",", "\n")


class VariantSpec(ArenaModel):
    """One entry of `variants:`.

    What it sets goes before what a case and a provider set; what it leaves out stays as it is.
    """

    name: str
    """Unique in the file, and the name of no provider or group: the column is
    `provider/variant`."""
    target: str | None = None
    """The name of an entry of `targets:`, instead of the case's."""
    prompt: str | None = None
    """The name of an entry of `prompts:`, for a target that does no more than name it."""
    system: PromptText | None = None
    """The system prompt, instead of the case's and of the target's."""
    params: Params = Field(default_factory=dict)
    """Generation parameters, over those of the provider."""
    chaos: Chaos = ()
    """Faults that are planted in the tools of agents, beside those of case and target."""
    variables: dict[str, Any] = Field(default_factory=dict)
    """Values for `{{ name }}`, over those of the file and of the case."""

    @field_validator("name")
    @classmethod
    def _is_a_part_of_a_name(cls, value: str) -> str:
        if not value.strip() or value == "default" or any(part in value for part in _NO_PART):
            raise PydanticCustomError(
                "name",
                "bad name {given}",
                {
                    "given": repr(value),
                    "expected": "a text without '/', '[', ']', '::' and ',', other than 'default'",
                },
            )
        return value

    @model_validator(mode="after")
    def _has_one_prompt(self) -> Self:
        if self.target is not None and self.prompt is not None:
            raise PydanticCustomError(
                "variant",
                "variant {name} has both a target and a prompt",
                {
                    "name": repr(self.name),
                    "expected": "one of the two",
                    "fix": "remove prompt: or target:",
                },
            )
        return self
