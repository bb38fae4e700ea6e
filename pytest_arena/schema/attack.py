"""An entry of `attacks:` of a case that is no name: an attack of one's own, or a file of them."""

from typing import Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.base import ArenaModel

Encoding = Literal[
    "base64",
    "hex",
    "binary",
    "rot13",
    "morse",
    "reversed",
    "leetspeak",
    "spaced",
    "fullwidth",
    "look_alikes",
]


class AttackSpec(ArenaModel):
    """An attack of one's own: a text around the prompt."""

    name: str = Field(pattern=r"^[A-Za-z][\w-]*$")
    """Letters, digits, `_` and `-`; it ends the case's name and is part of a tag."""
    template: str = "{prompt}"
    """The text that is sent; `{prompt}` stands for the case's prompt, `{first}` and `{second}` for
    its halves."""
    encode: Encoding | None = None
    """How the prompt is encoded before it is filled in."""
    description: str | None = None
    """Shown in reports, unless the case has a description."""

    @field_validator("template")
    @classmethod
    def _has_a_place(cls, given: str) -> str:
        if "{{" in given:
            raise PydanticCustomError(
                "attack_template",
                "variables are not filled in",
                {
                    "expected": "a text with {prompt} in single braces",
                    "fix": "put the variable into the case's prompt",
                },
            )
        if "{prompt}" in given or ("{first}" in given and "{second}" in given):
            return given
        raise PydanticCustomError(
            "attack_template",
            "there is no place for the prompt",
            {
                "expected": "a text with {prompt}, or with {first} and {second}",
                "fix": "put {prompt} where the prompt shall stand",
            },
        )
