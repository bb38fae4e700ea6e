"""The formats that can be imported, and which of them a file is of."""

from __future__ import annotations

from pytest_arena.errors import ArenaFileError, Problem
from pytest_arena.importing.data_sets.deepeval import DeepEvalImporter
from pytest_arena.importing.data_sets.inspect_ai import InspectImporter
from pytest_arena.importing.data_sets.langfuse import LangfuseImporter
from pytest_arena.importing.data_sets.langsmith import LangSmithImporter
from pytest_arena.importing.data_sets.pydantic_evals import PydanticEvalsImporter
from pytest_arena.importing.importer import Importer, Source
from pytest_arena.importing.openai_evals.hosted.importer import HostedEvalsImporter
from pytest_arena.importing.openai_evals.registry.importer import RegistryImporter
from pytest_arena.importing.promptfoo.importer import PromptfooImporter

IMPORTERS: tuple[type[Importer], ...] = (
    PromptfooImporter,
    HostedEvalsImporter,
    RegistryImporter,
    PydanticEvalsImporter,
    LangSmithImporter,
    LangfuseImporter,
    InspectImporter,
    DeepEvalImporter,
)


def importer_of(source: Source) -> Importer:
    """Return the importer of a file's format; an unknown one is an `ArenaFileError`."""
    for kind in IMPORTERS:
        importer = kind()
        if importer.recognises(source):
            return importer
    known = ", ".join(kind.format for kind in IMPORTERS)
    raise ArenaFileError(
        Problem("this is no file of a known format", source.place, expected=f"one of {known}")
    )
