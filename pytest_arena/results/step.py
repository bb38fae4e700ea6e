"""What an agent, a chain or a workflow that we run does between a user's message and its answer."""

from typing import Literal

from pydantic import NonNegativeFloat, NonNegativeInt

from pytest_arena.light_dataclass import dataclass

StepKind = Literal["model", "tool", "note", "instruction", "state"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a turn: a call of the model, of a tool, what the loop had to say, an instruction
    of a prompt chain, or a visit of a state of a workflow, each of these two before what the model
    and its tools did for it.

    Times are in milliseconds; `started_ms` counts from the turn's start. Tokens and cost are the
    model call's, None where they are not known.
    """

    kind: StepKind
    started_ms: NonNegativeFloat = 0.0
    duration_ms: NonNegativeFloat | None = None
    name: str = ""
    """The model, the tool, the state, or what the chain calls the instruction."""
    text: str = ""
    """What the model said beside its calls, what the instruction or the state gave, or the note: a
    limit that is near, a fault that was planted."""
    call: str = ""
    """The `id` of the tool call, where the step is one."""
    agent: str = ""
    """Who did it, where several agents take part."""
    input_tokens: NonNegativeInt | None = None
    output_tokens: NonNegativeInt | None = None
    cost_usd: NonNegativeFloat | None = None
    fault: str = ""
    """The kind of fault that was planted in the call, where the note is of one."""
    error: str | None = None
    """Why it failed."""
    event: str = ""
    """What a state was left by."""
    next: str = ""
    """The state that comes next; empty where the state is not left, or there is none."""
    final: bool = False
    """Whether the workflow has come to its end."""
