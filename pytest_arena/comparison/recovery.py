"""How often agents got over the faults that were planted in their tools."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_arena.comparison.conclusion import percent
from pytest_arena.results import Cell


def recovery_sentence(cells: Iterable[Cell]) -> str | None:
    """Return, for each column, the share of trials with planted faults that passed; None where no
    fault was planted. Trials without a verdict count as neither."""
    found: dict[str, list[bool]] = {}
    for cell in cells:
        for trial in cell.trials:
            if trial.met_faults and trial.verdict in ("passed", "failed"):
                found.setdefault(cell.column, []).append(trial.verdict == "passed")
    if not found:
        return None
    told = [
        f"{column} {sum(held)} of {len(held)} ({percent(sum(held) / len(held))})"
        for column, held in found.items()
    ]
    return f"Recovered, of the trials with planted faults: {', '.join(told)}."
