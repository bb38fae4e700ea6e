"""What entries of `providers:` have in common that are applications rather than models."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from pytest_arena.schema.base import ArenaModel


class SystemOptions(ArenaModel):
    """The keys of an application's entry, whatever kind it is.

    An entry whose options are of this class prices its answers itself, takes no generation
    parameters, and is answered from a recording or the cache under a `version` alone.
    """

    takes_headers: ClassVar[bool] = False
    """Whether the entry's `headers:` mean something to it."""

    config: dict[str, Any] = Field(default_factory=dict)
    """Values of your own that the application is given with each call."""
    version: str | None = None
    """What recordings and baselines know the application by: a text, or `git` for the content of
    its files as git knows them. Without it, no answer is kept."""

    def facts(self) -> dict[str, Any]:
        """Return what tells this entry from another one, nothing secret among it."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def sources(self, folder: Path, root: Path) -> tuple[Path, ...]:
        """Return the folders that `version: git` looks at; `folder` is the arena file's."""
        return (folder,)
