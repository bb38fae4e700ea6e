"""Who judges what no rule can tell: a provider, or a panel of several."""

from typing import Literal

from pydantic import Field

from pytest_arena.schema.base import ArenaModel, PromptText
from pytest_arena.schema.provider import ProviderSpec


class RubricLevel(ArenaModel):
    """One level of a rubric."""

    level: str = Field(min_length=1)
    """Its name, in a word or two."""
    score: float = Field(ge=0, le=1)
    """What it is worth."""
    means: str = ""
    """When it fits."""


class JudgeMessage(ArenaModel):
    """One message of a judge's prompt that a file writes itself."""

    role: Literal["system", "developer", "user", "assistant"]
    """Whose message it is."""
    content: PromptText
    """What it says; `{{ output }}` stands for the answer."""


class JudgeSpec(ArenaModel):
    """Who judges: the name of an entry of `providers:`, a provider of its own, or a panel.

    A name alone is enough; so are the keys of a provider, whose `name` may be left out then.
    """

    panel: tuple[ProviderSpec, ...] = Field(min_length=1)
    """Several judges, each a name or a provider; more than half of them must agree."""
    on_unavailable: Literal["error", "unsure"] = "error"
    """What a judgement is when the judge could not be reached: an `error`, or `unsure`
    (see `on_unsure` of the assertion). A reply that cannot be read is always an `error`."""
