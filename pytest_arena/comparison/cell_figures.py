"""What the calls of a cell took and cost: of its trials, or of a load whose calls were counted."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_arena.results import Cell


def without_loads(cells: Sequence[Cell]) -> Sequence[Cell]:
    """Return the cells whose figures tell of single calls: no load case, unless all are such.

    A latency under load says nothing of the latency of a call that is made alone.
    """
    return [cell for cell in cells if cell.load is None] or cells


def latencies_of(cell: Cell) -> list[float]:
    """Return the latencies of a cell in milliseconds; of a load, so many that they have the same
    quantiles as all."""
    if cell.load is not None:
        return list(cell.load.spread_ms)
    return [trial.latency_ms for trial in cell.trials if trial.latency_ms is not None]


def mean_latency(cell: Cell) -> float | None:
    """Return the mean latency of a cell in milliseconds, None where nothing was timed."""
    if cell.load is not None:
        return cell.load.latency_ms.get("mean")
    times = latencies_of(cell)
    return sum(times) / len(times) if times else None


def known_costs(cell: Cell) -> tuple[list[float], int]:
    """Return the known costs of a cell's calls in US dollars, and how many are not known.

    The calls of a load are one sum.
    """
    if cell.load is not None:
        cost = cell.load.cost_usd
        return ([], cell.load.answered) if cost is None else ([cost], 0)
    costs = [response.cost_usd for trial in cell.trials for response in trial.responses]
    known = [cost for cost in costs if cost is not None]
    return known, len(costs) - len(known)


def known_tokens(cell: Cell) -> tuple[list[int], list[int]]:
    """Return the known input and output tokens of a cell's calls."""
    if cell.load is not None:
        given, made = cell.load.input_tokens, cell.load.output_tokens
        return [] if given is None else [given], [] if made is None else [made]
    responses = [response for trial in cell.trials for response in trial.responses]
    return (
        [r.input_tokens for r in responses if r.input_tokens is not None],
        [r.output_tokens for r in responses if r.output_tokens is not None],
    )


def was_answered(cell: Cell) -> bool:
    """Return whether a call of a cell was answered."""
    if cell.load is not None:
        return cell.load.answered > 0
    return any(trial.responses for trial in cell.trials)
