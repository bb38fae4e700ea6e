"""A prompt chain that the arena runs on a column's model, as a target."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.errors import shorten
from pytest_arena.references import checked_reference
from pytest_arena.schema.base import ArenaModel, Duration, PromptText

_KINDS = ("text", "python", "agentic")
_ONLY_OF = {
    "model": ("text", "agentic"),
    "max_internal_steps": ("agentic",),
    "tools": ("agentic",),
    "timeout": ("python",),
}


class ChainStepSpec(ArenaModel):
    """One step of a prompt chain: a text for the model, a function, or an agent with an objective.

    A text alone stands for `{text: …}`.
    """

    name: str | None = Field(default=None, pattern=r"\S")
    """What `step_output` and reports call it (default: its number)."""
    text: PromptText | None = None
    """What the model is asked; `{input}` stands for what the step before gave, and in the first
    step for the case's prompt, `{{ name }}` for a variable."""
    python: str | None = None
    """A function of your own as `module:function`, sync or async: it is given a text and returns
    one."""
    agentic: PromptText | None = None
    """The objective of an agent, which is given what the step before gave and calls tools until it
    answers."""
    max_internal_steps: int = Field(default=5, gt=0)
    """The most calls of the model in an agentic step; one that has not answered then is an
    `error`."""
    tools: tuple[Any, ...] | dict[str, Any] | None = None
    """What an agentic step may call (default: the chain's `tools`)."""
    model: str | None = None
    """The entry of `providers:` that is asked in place of the column's model."""
    timeout: Duration = 30.0
    """How long a function may take."""

    @model_validator(mode="before")
    @classmethod
    def _may_be_a_text(cls, written: Any) -> Any:
        if isinstance(written, str):
            return {"text": written}
        if not isinstance(written, dict):
            raise PydanticCustomError(
                "chain_step",
                "a step of a chain that is {given}",
                {
                    "given": shorten(repr(written), 60),
                    "expected": "a text with {input}, or a mapping with text, python or agentic",
                    "fix": "write it like 'Summarise: {input}'",
                },
            )
        return written

    @field_validator("python")
    @classmethod
    def _is_reference(cls, call: str | None) -> str | None:
        return None if call is None else checked_reference(call, "steps:clean_up")

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        kinds = [kind for kind in _KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            has = " and ".join(repr(kind) for kind in kinds)
            raise PydanticCustomError(
                "chain_step",
                "a step of a chain has {has}",
                {
                    "has": has or "neither a text nor a function nor an objective",
                    "expected": "one of text, python and agentic",
                    "fix": "make a step of its own of each" if kinds else "write text: …",
                },
            )
        if not getattr(self, kinds[0]).strip():
            raise PydanticCustomError(
                "chain_step",
                "{key} of a step of a chain is empty",
                {"key": repr(kinds[0]), "expected": "what to do", "fix": "remove the step"},
            )
        for key in sorted(self.model_fields_set & _ONLY_OF.keys()):
            if kinds[0] not in _ONLY_OF[key]:
                raise PydanticCustomError(
                    "chain_step",
                    "{key} stands in a step that is {kind}",
                    {
                        "key": repr(key),
                        "kind": f"a {kinds[0]} one" if kinds[0] != "agentic" else "an agentic one",
                        "expected": f"{key} in a step with {' or '.join(_ONLY_OF[key])}",
                        "fix": f"remove {key!r}",
                    },
                )
        return self


class ChainTargetSpec(ArenaModel):
    """A prompt chain: each step is given what the step before gave, the last one answers."""

    type: Literal["chain"]
    """What kind of target this is."""
    instructions: tuple[ChainStepSpec, ...] = ()
    """The steps, in their order."""
    file: str | None = None
    """A YAML file of PromptChain's with `agents:`, whose `instruction_chain` is run, instead of
    `instructions`."""
    agent: str | None = None
    """Which of the file's agents."""
    models: str | tuple[str, ...] | None = None
    """The entries of `providers:` that are asked in place of the column's model: one for all steps
    with a text or an objective, or one for each of them; `$provider` stands for the column's."""
    tools: tuple[Any, ...] | dict[str, Any] | None = None
    """What the model may call in steps with a text or an objective: names of the file's tools, and
    tools as the file has them, `mcp:<id>` for those of a server (default: all of the file's)."""
    max_tool_rounds: int = Field(default=10, gt=0)
    """How often the model may call tools in a step with a text before it answers."""
    full_history: bool = False
    """Tell each step what all steps before it gave, and not the last one alone."""
    store_steps: bool = True
    """Keep what each step gave in the results, where `step_output` looks at it."""
    chainbreakers: tuple[str, ...] = ()
    """Functions as `module:function`, called after each step with its number, what it gave and, if
    they take it, a mapping about it; they return whether the chain ends there, why, and what it
    gives instead (or None)."""

    @field_validator("chainbreakers", mode="before")
    @classmethod
    def _may_be_one(cls, written: Any) -> Any:
        return (written,) if isinstance(written, str) else written

    @field_validator("chainbreakers")
    @classmethod
    def _are_references(cls, calls: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(checked_reference(call, "steps:stop_early") for call in calls)

    @model_validator(mode="after")
    def _has_steps(self) -> Self:
        if bool(self.instructions) == (self.file is not None):
            raise PydanticCustomError(
                "chain_steps",
                "a chain has both 'instructions' and 'file'"
                if self.instructions
                else "a chain has no steps",
                {
                    "expected": "instructions: its steps, or file: a file of PromptChain's",
                    "fix": "remove one of the two"
                    if self.instructions
                    else "add instructions: […]",
                },
            )
        if self.agent is not None and self.file is None:
            raise PydanticCustomError(
                "chain_steps",
                "'agent' names an agent of a file, and there is no 'file'",
                {"expected": "file: a file of PromptChain's", "fix": "remove 'agent'"},
            )
        return self
