"""Options of providers that read files when the arena is loaded, as those of `outputs` do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.plans import CasePlan
from pytest_arena.loading.tree import YamlMap
from pytest_arena.schema import ArenaModel


class OptionsWithFiles(ArenaModel):
    """Options that name files beside the arena."""

    def with_files(self, entry: YamlMap, context: LoadContext) -> Self | None:
        """Return the options with what the files hold, or None after adding their problems.

        `entry` is the provider's mapping, which says where each key stands.
        """
        raise NotImplementedError

    @property
    def fingerprint(self) -> str:
        """The hash of what the files hold: another content is another version of the provider."""
        raise NotImplementedError

    def unused(self, cases: Sequence[CasePlan]) -> list[str]:
        """Say what the files hold that none of these cases, all of the provider's, looks at."""
        return []
