"""Answers for the `mock` provider, in an arena file or in a file of their own."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.base import ArenaModel, Duration

MockError = Literal[
    "authentication",
    "rate_limit",
    "timeout",
    "context_length",
    "content_filter",
    "bad_request",
    "not_found",
    "server",
    "connection",
    "bad_response",
]


class MockToolCall(ArenaModel):
    """A tool call that the mock makes."""

    name: str
    """The tool's name."""
    arguments: dict[str, Any] | str = Field(default_factory=dict)
    """What the tool is called with; a text is read as the JSON that a model writes, and stays what
    it is where it is none."""
    id: str = ""
    """`call_1`, `call_2`, … unless given."""
    result: Any = None
    """What the tool gave, as of an agent that runs its tools itself."""
    error: str | None = None
    """Why the tool failed."""
    latency: Duration | None = None
    """How long the tool is said to have taken; nothing waits for it."""
    parent: str | None = None
    """The `id` of the call within which this one was made."""


class MockAnswer(ArenaModel):
    """One answer of the mock: a text, tool calls, or a fault."""

    text: str = Field(default="", alias="content")
    """The answer's text."""
    tool_calls: tuple[MockToolCall, ...] = ()
    """Tools that the answer calls."""
    finish_reason: str | None = None
    """`stop` unless given, or `tool_calls` where a call has neither a result nor an error."""
    latency: Duration | None = None
    """How long the answer takes; the mock really waits."""
    first_token: Duration | None = None
    """When the first token comes; the latency's half unless given."""
    input_tokens: int | None = Field(default=None, ge=0)
    """Estimated from the words unless given."""
    output_tokens: int | None = Field(default=None, ge=0)
    """Estimated from the words unless given."""
    error: MockError | None = None
    """Fail with this kind of error instead of answering."""
    retry_after: Duration | None = None
    """What the failing mock asks to wait before another attempt."""
    times: int | None = Field(default=None, ge=1)
    """Answer like this for so many attempts of a call only; the next answer of the list follows."""
    steps: "tuple[MockAnswer, ...]" = ()
    """What an agent's model says in one turn, an answer for each of its calls: tool calls first,
    then the answer; the last one repeats. They stand alone."""

    @model_validator(mode="after")
    def _steps_stand_alone(self) -> Self:
        beside = sorted(self.model_fields_set - {"steps"})
        if self.steps and beside:
            raise PydanticCustomError(
                "mock_steps",
                "an answer of the mock has both 'steps' and {other}",
                {
                    "other": repr(beside[0]),
                    "expected": "steps, each of them an answer, or one answer",
                    "fix": "move it into a step",
                },
            )
        if any(step.steps for step in self.steps):
            raise PydanticCustomError(
                "mock_steps",
                "a step of the mock has steps",
                {"expected": "answers, one for each call", "fix": "write them one after another"},
            )
        return self


class MockPattern(ArenaModel):
    """An answer for every prompt that matches a regular expression."""

    match: str
    """Searched in the last user message, ignoring case."""
    answer: tuple[MockAnswer, ...]
    """One answer, or several that are given in turn; the last one repeats."""


class MockScenario(ArenaModel):
    """The answers for one case: by turn (counted from 1), and one for all others."""

    default: tuple[MockAnswer, ...] | None = Field(default=None, alias="defaultResponse")
    """The answer to everything else in the case."""
    turns: dict[int, MockAnswer] = Field(default_factory=dict)
    """The n-th answer of the model in the conversation."""


class MockResponses(ArenaModel):
    """A whole responses file (PromptArena's format, with patterns added)."""

    default: tuple[MockAnswer, ...] | None = Field(default=None, alias="defaultResponse")
    """The answer to everything else."""
    scenarios: dict[str, MockScenario] = Field(default_factory=dict)
    """Answers by case name."""
    patterns: tuple[MockPattern, ...] = ()
    """Tried in order where no scenario fits."""
    providers: "dict[str, MockResponses]" = Field(default_factory=dict)
    """Answers of one provider by name, tried before all others."""
    counted: Literal["turns", "answers"] = "turns"
    """What `turns:` of scenarios counts: the user's `turns`, or all `answers` of the model, so that
    one that calls tools is one, and what follows it another."""


class CaseMock(ArenaModel):
    """The `mock:` of a case: answers by provider, and for all others.

    Several answers are given in turn, by the trial's number; the last one repeats.
    In a conversation the n-th answer is the n-th turn's.
    """

    default: tuple[MockAnswer, ...] | None = None
    providers: dict[str, tuple[MockAnswer, ...]] = Field(default_factory=dict)
