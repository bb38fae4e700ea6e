"""Exports of OpenAI's hosted Evals as arenas."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.errors import ArenaFileError, Problem
from pytest_arena.importing.importer import Imported, Importer, Source
from pytest_arena.importing.openai_evals.hosted.conversion import Conversion
from pytest_arena.importing.openai_evals.hosted.exports import holds_any, is_row
from pytest_arena.loading.tree import YamlList


class HostedEvalsImporter(Importer):
    """Turns an eval of OpenAI's hosted product, with its runs and their outputs, into an arena."""

    format: ClassVar[str] = "OpenAI Evals"

    def recognises(self, source: Source) -> bool:
        return holds_any(source.tree) or _are_rows(source.tree)

    def convert(self, source: Source) -> Imported:
        if not holds_any(source.tree):
            raise ArenaFileError(
                Problem(
                    "rows of an eval without the eval",
                    source.place,
                    expected="an object with testing_criteria",
                    fix="import the eval's own file: rows that lie beside it are found",
                )
            )
        return Conversion(source).run()


def _are_rows(tree: object) -> bool:
    return isinstance(tree, YamlList) and bool(tree) and all(map(is_row, tree))
