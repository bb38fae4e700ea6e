"""Simulated users: who talks to the model in a conversation, in place of scripted turns."""

from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.assertion import Assertion
from pytest_arena.schema.base import ArenaModel, PromptText, Texts
from pytest_arena.schema.provider import ProviderSpec

MOST_TURNS = 8
"""What a persona says at most, where nothing else is said."""


class PersonaSpec(ArenaModel):
    """One simulated user: what it wants, how it talks, and the model that plays it."""

    description: str | None = None
    """Who it is, in a sentence."""
    goals: Texts = ()
    """What it wants, before those of the turn that names it; reached, it ends the conversation."""
    constraints: Texts = ()
    """What it must or must not do."""
    style: str | None = None
    """How it talks."""
    patience: int | None = Field(default=None, ge=1)
    """How many messages it sends before it gives up."""
    system: PromptText | None = None
    """How its model is told to play a person, in place of the usual words; who it is, what it
    wants, what it must keep to, its style and how it ends the conversation follow."""
    provider: ProviderSpec | None = None
    """The model that plays it: the name of an entry of `providers:`, or a provider of its own
    (default: the file's `judge`)."""
    target: str | None = None
    """An entry of `targets:` of type `agent`, whose tools it may use."""


class PersonaTurnSpec(ArenaModel):
    """Several turns of a conversation in which a simulated user talks."""

    persona: str
    """Who talks: an entry of `personas:`, or one that ships with the plugin."""
    goals: Texts = ()
    """What it wants in this conversation."""
    turns: int | None = Field(default=None, ge=1, le=100)
    """How many messages it sends; with a larger `max_turns`, the fewest (default 1)."""
    max_turns: int | None = Field(default=None, ge=1, le=100)
    """The most messages that it sends (default: `turns`, else 8)."""
    assertions: tuple[Assertion, ...] = ()
    """What must hold of the last answer that it gets."""
    expected_response: str | None = None
    """A text that this answer must contain; short for a `contains` assertion."""

    @property
    def least(self) -> int:
        """The fewest messages that it sends, unless it runs out of patience or of words."""
        return self.turns or 1

    @property
    def most(self) -> int:
        """The most messages that it sends."""
        return self.max_turns or self.turns or MOST_TURNS

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.most < self.least:
            raise PydanticCustomError(
                "persona_turns",
                "max_turns is {most}, and turns is {least}",
                {
                    "most": self.most,
                    "least": self.least,
                    "expected": "a max_turns of at least turns",
                    "fix": "raise max_turns, or lower turns",
                },
            )
        return self
