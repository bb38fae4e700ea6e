"""What the page about a run shows: when and with what it ran, and of which files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from pytest_arena.results import Cell, RunResult
from pytest_arena_reporters import figures
from pytest_arena_reporters.html.view import MOST_GROUPS, text
from pytest_arena_reporters.named_arenas import named_arenas

_FOR_MERGING = ("arenas", "shard_deal", "shard_contents", "shard_places")
"""Options that say nothing to a person."""


def facts(run: RunResult) -> list[tuple[str, str]]:
    """Return the run's facts, by name."""
    info = run.info
    git = info.git
    commit = str(git.get("commit") or "")
    rows = [
        ("Run", info.run_id),
        ("Started", moment(info.started_at)),
        ("Finished", moment(run.finished_at) if run.finished_at else "it was interrupted"),
        ("Commit", commit + (" with uncommitted changes" if git.get("dirty") else "")),
        ("Branch", str(git.get("branch") or "")),
        ("pytest-arena", info.plugin_version),
        *((name, str(version)) for name, version in sorted(info.versions.items())),
    ]
    # what the files say of themselves stands in a table of its own
    given = {name: value for name, value in info.options.items() if name not in _FOR_MERGING}
    rows += [(f"option {name}", _option(value)) for name, value in sorted(given.items())]
    return [(text(name, 60), text(value, 300)) for name, value in rows if value]


def file_rows(run: RunResult) -> list[dict[str, str]]:
    """Return the arena files with a fingerprint of what each asked and demanded."""
    files: dict[str, list[Cell]] = {}
    for cell in run.cells:
        files.setdefault(cell.file, []).append(cell)
    named = {arena.file: arena.name for arena in named_arenas(run)}
    return [
        {
            "file": text(name, 160),
            "name": text(named.get(name, ""), 160),
            "cases": figures.plural(len({cell.case for cell in cells}), "case"),
            "prompts": _fingerprint(cells, "prompt"),
            "assertions": _fingerprint(cells, "assertions"),
        }
        for name, cells in list(files.items())[:MOST_GROUPS]
    ]


def moment(value: str) -> str:
    """Return an ISO time as people read it: `2026-11-20 10:00 UTC`."""
    day, _, clock = value.partition("T")
    return f"{day} {clock[:5]} UTC" if clock else value


def _option(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return "" if value is None or value is False else str(value)


def _fingerprint(cells: Sequence[Cell], kind: str) -> str:
    hashes = sorted({cell.hashes[kind] for cell in cells if kind in cell.hashes})
    if not hashes:
        return figures.NONE
    return hashlib.sha256("\n".join(hashes).encode("utf-8", "replace")).hexdigest()[:12]
