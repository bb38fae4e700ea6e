"""What is said in a conversation: turns of the user's, notes of who looks on, earlier messages."""

from typing import Literal

from pydantic import Field

from pytest_arena.schema.assertion import Assertion
from pytest_arena.schema.base import ArenaModel, PromptText
from pytest_arena.schema.content import PromptContent

NoteKind = Literal["directive", "context", "question", "correction"]


class MessageSpec(ArenaModel):
    """One message of a conversation that was held before: who said it, and what."""

    role: Literal["system", "developer", "user", "assistant"]
    """Who said it."""
    content: PromptContent
    """What was said; `{{ name }}` stands for a variable. A user's message may have parts."""


class TurnSpec(ArenaModel):
    """One turn of a scripted conversation."""

    user: PromptContent
    """What the user says; `{{ name }}` stands for a variable."""
    assertions: tuple[Assertion, ...] = ()
    """What must hold of this turn's answer."""
    expected_response: str | None = None
    """A text that this turn's answer must contain; short for a `contains` assertion."""


class NoteSpec(ArenaModel):
    """A note of a person who looks on while the conversation runs."""

    inject: PromptText
    """What the person says; `{{ name }}` stands for a variable."""
    kind: NoteKind = "context"
    """What the note is: an order, something to know, a question, or that something was wrong."""
    after: int | None = Field(default=None, ge=1)
    """Tell an agent while it works at the turn before, after so many calls of tools. Without it the
    note comes before the next turn."""
