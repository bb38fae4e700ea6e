"""What a green run must have: a result of each cell that was to run, and no failure among them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import pytest

from pytest_arena.collection.node_ids import ArenaNames
from pytest_arena.text.printable import on_ci

if TYPE_CHECKING:
    from pytest_arena.options import Settings
    from pytest_arena.results.cell import Cell

_WITHOUT_RUNNING = (
    "collectonly",
    "setuponly",
    "setupplan",
    "showfixtures",
    "show_fixtures_per_test",
)
"""Options under which pytest is to run nothing."""
_SHOWN = 3


def runs_nothing(config: pytest.Config) -> bool:
    """Return whether pytest is only to show something."""
    return any(getattr(config.option, option, False) for option in _WITHOUT_RUNNING)


def cells_without_result(
    config: pytest.Config, names: ArenaNames, selected: Iterable[str], finished: Collection[str]
) -> list[str]:
    """Return the cells that were to run and of which nothing was heard."""
    if runs_nothing(config):
        return []
    return [one for one in selected if one not in finished and names.cell(one) is not None]


def unseen_failures(unseen: Collection[str]) -> str:
    """Return what to say of cells whose failure pytest was not told, or took for none."""
    return (
        f"{_count(unseen)} did not pass, but a hook, a mark, a plug-in or the test itself made "
        f"pytest take that for no failure: {_some(unseen)}"
    )


def never_run(missing: Collection[str]) -> str:
    """Return what to say of cells that were to run and did not."""
    one = len(missing) == 1
    return (
        f"{_count(missing)} that {'was' if one else 'were'} to run {'has' if one else 'have'} no "
        f"result: a hook or a plug-in kept pytest from running {'it' if one else 'them'}: "
        f"{_some(missing)}"
    )


def not_judged(answered: Collection[str]) -> str:
    """Return what to say of cells that a run which was stopped did not judge any more."""
    one = len(answered) == 1
    return (
        f"{_count(answered)} had {'its' if one else 'their'} answers when the run was stopped, and "
        f"{'was' if one else 'were'} not judged any more: {_some(answered)} "
        f"(--arena-resume runs {'it' if one else 'them'})"
    )


def is_strict(settings: Settings) -> bool:
    """Return whether a run in which ordinary tests held, and no cell was judged, is red."""
    return on_ci() if settings.strict is None else settings.strict


def nothing_verified(skipped: Collection[Cell]) -> str:
    """Return what to say of a run all of whose cells were skipped."""
    if len(skipped) == 1:
        return "nothing was verified: the only cell was skipped"
    return f"nothing was verified: all {len(skipped):,} cells were skipped"


STRICT_FAILS = (
    "the run fails, since it is strict (on CI, or by --arena-strict); "
    "-o arena_strict=false lets it pass"
)


def _count(cells: Collection[str]) -> str:
    return "1 cell" if len(cells) == 1 else f"{len(cells):,} cells"


def _some(cells: Collection[str]) -> str:
    return ", ".join(list(cells)[:_SHOWN]) + (", …" if len(cells) > _SHOWN else "")
