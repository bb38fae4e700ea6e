"""The base of every guardrail, and the simple `guardrails:` block."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.light_dataclass import dataclass
from pytest_arena.schema.assertion import Direction
from pytest_arena.schema.base import ArenaModel

LookedAt = Literal["text", "tool_calls", "tool_results", "both", "all"]
"""What of an answer a guardrail looks at; `both` are its text and its tool calls."""


@dataclass(frozen=True, slots=True)
class Violation:
    """What a guardrail found: a reason for people, the texts that it matched, and the text
    that would be allowed instead (for `on_violation: replace`; None: the guardrail's message)."""

    reason: str
    matched: tuple[str, ...] = ()
    replacement: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What was said around the text that it looks at."""

    system: str | None = None
    """The system prompt, where there is one."""
    refusal: str | None = None
    """What the provider itself marked as a refusal, of an answer that is one."""
    asked: str | None = None
    """What the user said last, before an answer."""


class Guardrail(ArenaModel):
    """A rule on what must not get in or out; subclass it and write `find`.

    The fields are the YAML keys of an entry of `guardrails: rules:`.
    """

    type: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()

    direction: Direction = "both"
    """Which texts are looked at: what is sent (`input`), what comes back (`output`), or `both`."""
    look_at: LookedAt = "both"
    """What of an answer is looked at: its `text`, the names and arguments of its `tool_calls`,
    `both` of these, what tools gave back (`tool_results`, in every direction), or `all`."""
    on_violation: Literal["block", "replace", "flag"] = "block"
    """Block the text, replace it, or let it pass with a mark. Inputs cannot be replaced."""
    message: str | None = None
    """What stands in place of a replaced output."""

    @model_validator(mode="after")
    def _replaces_outputs_only(self) -> Self:
        if self.on_violation == "replace" and self.direction != "output":
            raise PydanticCustomError(
                "guardrail_direction",
                "{type} cannot replace inputs, and its direction is {direction}",
                {
                    "type": self.type,
                    "direction": self.direction,
                    "expected": "`direction: output` beside `on_violation: replace`",
                },
            )
        return self

    @property
    def is_slow(self) -> bool:
        """Whether looking may take longer than the event loop can wait."""
        return False

    def cannot_fire_within(self, most_bytes: int) -> str | None:
        """Return what to say where it finds nothing in any answer of so many bytes; None where it
        may."""
        return None

    def find(self, text: str) -> Violation | None:
        """Return what is wrong with a text, or None."""
        raise NotImplementedError(f"{type(self).__name__} has no find()")

    def find_in(self, text: str, said: Said) -> Violation | None:
        """Return what is wrong with a text; write this one instead where the prompt matters."""
        return self.find(text)


class GuardrailsBlock(ArenaModel):
    """The simple `guardrails:` block of an arena file."""

    banned_words: tuple[str, ...] = ()
    """Whole words, ignoring case, that block inputs and outputs."""
    max_tokens: int | None = Field(default=None, gt=0)
    """A generation parameter for every provider, not a check."""
    temperature: float | None = Field(default=None, ge=0)
    """A generation parameter for every provider, not a check."""
    max_length: int | None = Field(default=None, gt=0)
    """The most characters that an answer may have."""
    required_patterns: tuple[str, ...] = ()
    """Regular expressions that every answer must match."""
    forbidden_patterns: tuple[str, ...] = ()
    """Regular expressions that no input and no answer may match."""
    rules: tuple[Guardrail, ...] = ()
    """Guardrails with settings of their own."""

    @property
    def params(self) -> dict[str, Any]:
        """The generation parameters of the block."""
        given = {"max_tokens": self.max_tokens, "temperature": self.temperature}
        return {name: value for name, value in given.items() if value is not None}
