"""Evals of the repository openai/evals as arenas."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.importing.importer import Imported, Importer, Source
from pytest_arena.importing.openai_evals.registry.conversion import Conversion
from pytest_arena.importing.openai_evals.registry.specs import is_registry


class RegistryImporter(Importer):
    """Turns a YAML file of the registry of openai/evals, with its samples, into an arena."""

    format: ClassVar[str] = "openai/evals"

    def recognises(self, source: Source) -> bool:
        return is_registry(source.tree)

    def convert(self, source: Source) -> Imported:
        return Conversion(source).run()
