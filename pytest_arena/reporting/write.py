"""The reports that reporters make of a run, each by its format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cache
from importlib.metadata import EntryPoints, entry_points
from pathlib import Path
from typing import Any

from pytest_arena._garbage import no_collection
from pytest_arena.errors import UsageError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.options import Settings
from pytest_arena.places import is_of_storage, unwritable
from pytest_arena.registry import Registry
from pytest_arena.reporting.base import TraceReporter
from pytest_arena.results.run import RunResult
from pytest_arena.text.exception_text import exception_text
from pytest_arena.text.printable import printable
from pytest_arena.text.shown_path import shown_path

GROUP = "pytest_arena.reporters"


@dataclass(slots=True)
class Reports:
    """A line and a file for each report that was written, and the story of each that broke."""

    written: list[str] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def known_formats(registry: Registry) -> set[str]:
    """Return the formats of all installed and registered reporters."""
    return (_installed().names | set(registry.reporters)) - {"terminal"}


def make_reporter(name: str, registry: Registry) -> Any:
    """Return a reporter of a known format: a registered one, else an installed one."""
    cls = registry.reporters.get(name)
    if cls is None:
        (entry,) = _installed().select(name=name)
        cls = entry.load()
    return cls()


def write_reports(
    run: RunResult, formats: Iterable[str], directory: Path, registry: Registry
) -> Reports:
    """Write a run in several formats; one report that breaks does not cost the others."""
    reports = Reports()
    for name in formats:
        try:
            with no_collection():
                report = make_reporter(name, registry).write(run, directory)
        except UsageError as error:
            # what the user can mend needs no frames
            reports.broken.append(printable(f"the {name} report could not be written: {error}"))
            continue
        except Exception as error:  # noqa: BLE001
            why = exception_text(error)
            if isinstance(error, OSError) and is_of_storage(error):
                # no bug, whose frames would be told
                why = unwritable(Path(error.filename2 or error.filename or directory), error).what
            text = f"the {name} report could not be written: {why}"
            reports.broken.append(printable(text))
            continue
        reports.paths.append(report.path)
        note = f" ({report.note})" if report.note else ""
        reports.written.append(printable(f"{name}: {shown_path(report.path)}{note}"))
    return reports


def send_traces(
    run: RunResult, settings: Settings, variables: Mapping[str, str], registry: Registry
) -> list[str]:
    """Send the traces of a run where they are to go, and return a line on what became of them."""
    asked = TraceReporter.format in settings.formats
    if not asked and not settings.otlp_endpoint:
        return []
    from pytest_arena.reporting.collector import collector_for

    collector = collector_for(settings.otlp_endpoint, variables, asked=asked)
    if collector is None:
        return []
    try:
        reporter = make_reporter(TraceReporter.format, registry)
        return [collector.send(reporter.traces(run))]
    except Exception as error:  # noqa: BLE001
        # whatever it is, the verdicts of the run stand
        return [printable(f"otlp: no traces were sent: {exception_text(error)}")]


@cache
def _installed() -> EntryPoints:
    """Return what packages offer; to find out, the metadata of all of them are read."""
    return entry_points(group=GROUP)
