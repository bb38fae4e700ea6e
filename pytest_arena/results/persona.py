"""What simulated users said, and what it took to ask for it."""

from typing import Literal

from pydantic import NonNegativeFloat, NonNegativeInt

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.request_response import Source, ToolCall

PersonaEnd = Literal["done", "patience", "max_turns"]
"""Why a persona stopped: it said that it is done, it ran out of patience, or of turns."""


@dataclass(frozen=True, slots=True)
class PersonaMessage:
    """One message of a simulated user, and the calls that it took, apart from the column's.

    `turn` (from 0) is the answer that it asked for, `place` (from 0) the persona's turn in the
    case's conversation. A persona that ends the conversation without a word has an empty `text`.
    Tokens and cost are None where they are not known.
    """

    persona: str
    text: str
    turn: NonNegativeInt = 0
    place: NonNegativeInt = 0
    ended: PersonaEnd | None = None
    """Why it says nothing after this message; None where it goes on."""
    provider: str = ""
    model: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    latency_ms: NonNegativeFloat | None = None
    input_tokens: NonNegativeInt | None = None
    output_tokens: NonNegativeInt | None = None
    cost_usd: NonNegativeFloat | None = None
    attempts: NonNegativeInt = 1
    source: Source | None = None
