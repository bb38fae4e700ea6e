"""Evals of the repository openai/evals as arenas."""

from __future__ import annotations

from typing import Any, ClassVar

from pytest_arena.errors import ArenaFileError, Problem
from pytest_arena.importing.importer import Imported, Importer, Source
from pytest_arena.importing.openai_evals.registry.conversion import Conversion
from pytest_arena.importing.openai_evals.registry.specs import is_registry
from pytest_arena.importing.rows import LINES
from pytest_arena.loading.tree import YamlList, YamlMap


class RegistryImporter(Importer):
    """Turns a YAML file of the registry of openai/evals, with its samples, into an arena."""

    format: ClassVar[str] = "openai/evals"

    def recognises(self, source: Source) -> bool:
        samples = source.path.suffix.lower() in LINES and _are_samples(source.tree)
        return samples or is_registry(source.tree)

    def convert(self, source: Source) -> Imported:
        if not is_registry(source.tree):
            raise ArenaFileError(
                Problem(
                    "samples of openai/evals without their eval",
                    source.place,
                    expected="YAML of its registry, with the class that checks answers",
                    fix="import the YAML that names this file as samples_jsonl",
                )
            )
        return Conversion(source).run()


def _are_samples(tree: Any) -> bool:
    return (
        isinstance(tree, YamlList)
        and bool(tree)
        and all(isinstance(row, YamlMap) and {"input", "ideal"} <= row.keys() for row in tree)
    )
