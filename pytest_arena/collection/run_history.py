"""The history of whole runs, which a run adds itself to (`--arena-history`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from pytest_arena.errors import UsageError, UserError
from pytest_arena.places import try_to_write, unwritable
from pytest_arena.results.run import RunResult
from pytest_arena.text.shown_path import shown_path


def check_history(folder: Path) -> None:
    """Refuse a history to which the run could not be added when it ends."""
    from pytest_arena.comparison.trend import History

    history = History(folder)
    try:
        try_to_write(history.path)
        history.points()
    except OSError as error:
        fix = "put it right, or name another folder: --arena-history DIR"
        raise UsageError(unwritable(error.filename or history.path, error, fix)) from None
    except UserError as error:
        raise UsageError(error.problems) from None


def with_history(run: RunResult, folder: Path, known: Collection[str]) -> tuple[RunResult, str]:
    """Add a run to a history; return it with its trend, and what to say of it.

    `known` are the cells of all files that were collected. A run of a part is shown the history
    and not kept in it: its figures would be those of other cases. Raises `UserError` where the
    history cannot be understood, and `OSError` where it cannot be read or written.
    """
    from pytest_arena.comparison.trend import History, point_of, trend_of

    history = History(folder)
    before = history.points()
    left_out = set(known) - {cell.id for cell in run.cells}
    if run.interrupted or left_out:
        why = "the run was interrupted" if run.interrupted else "this is a run of a part"
        return replace(run, trend=trend_of(before)), f"history: not added to, since {why}"
    point = point_of(run)
    trend = trend_of([*before, point])
    history.add(point)
    count = len({one.run_id for one in [*before, point]})
    said = f"history: {shown_path(history.path)} ({count:,} {'run' if count == 1 else 'runs'})"
    return replace(run, trend=trend), said
