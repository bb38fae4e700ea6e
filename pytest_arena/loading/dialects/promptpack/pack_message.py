"""The template of a pack's prompt as what a user says, in the tests of the pack itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import Location
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext

if TYPE_CHECKING:
    from pytest_arena.loading.dialects.promptpack.pack_prompts import PackPrompt


@dataclass(frozen=True, slots=True)
class PackMessage:
    """A prompt whose template is sent as the user's message."""

    prompt: PackPrompt
    place: Location

    def filled(self, variables: Mapping[str, Any], context: LoadContext) -> str:
        """Return the message with its variables and fragments filled in."""
        return self.prompt.text(variables, self.place, context.problems)
