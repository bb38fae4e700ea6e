"""The metrics that `gates:` limit, of a run and of its baseline, over the same cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pytest_arena.comparison.baseline.model import BaselineCell, Figures
from pytest_arena.comparison.labels import LabelledCell, observations
from pytest_arena.comparison.matrix import unit_of
from pytest_arena.comparison.stats.classification import Classification, LabelFigures, classify
from pytest_arena.comparison.stats.intervals_and_tests import Estimate
from pytest_arena.comparison.stats.quantiles import quantile, samples_wanted
from pytest_arena.light_dataclass import dataclass
from pytest_arena.schema.thresholds import NAMED, OF_LABELS
from pytest_arena.text.labels import label_key

_QUANTILES = {"response_time_p50": 0.5, "response_time_p95": 0.95, "response_time_p99": 0.99}


@dataclass(frozen=True, slots=True)
class Measured:
    """The value of a metric; None where it cannot be told, `why` says why.

    `n` counts what it is made of, `remark` says what weakens it.
    """

    value: float | None
    n: int = 0
    why: str = ""
    remark: str = ""


def measure(
    metric: str, cells: Sequence[BaselineCell], trials: Sequence[int], label: str | None = None
) -> Measured:
    """Return a metric over cells, errors left out of every denominator.

    `trials` is how many trials of each cell a sum stands for, so that two runs with different
    numbers of trials have the same sum if they cost the same. `label` is the one that a metric of
    labels is meant of, None their mean.
    """
    if not cells:
        return Measured(None, why="there is no cell to measure")
    by_name = _METRICS.get(metric)
    if by_name is not None:
        return by_name(cells, trials)
    if metric in OF_LABELS:
        return _of_labels(metric, cells, label)
    share = _QUANTILES.get(metric)
    if share:
        return _latency(cells, share)
    if any(metric == type_ for cell in cells for type_, _ in _counts_by_type(cell)):
        return _assertion_rate(cells, metric)
    return _named_rate(cells, metric.removeprefix(NAMED))


def _case_verdict(cells: Sequence[BaselineCell], trials: Sequence[int]) -> Measured:
    passed = sum(cell.verdict == "passed" for cell in cells)
    judged = passed + sum(cell.verdict == "failed" for cell in cells)
    return _share(passed, judged, "no cell reached a verdict")


def _trial_pass_rate(cells: Sequence[BaselineCell], trials: Sequence[int]) -> Measured:
    judged = sum(cell.judged for cell in cells)
    return _share(sum(cell.passed for cell in cells), judged, "no trial reached a verdict")


def _assertion_pass_rate(cells: Sequence[BaselineCell], trials: Sequence[int]) -> Measured:
    return _assertion_rate(cells, None)


def _assertion_rate(cells: Sequence[BaselineCell], kind: str | None) -> Measured:
    """Return the share of held findings; members of a group are the group's own business."""
    counts = [
        counted
        for cell in cells
        for type_, counted in _counts_by_type(cell)
        if kind in (None, type_)
    ]
    nothing = f"no {kind!r} assertion was judged" if kind else "no assertion was judged"
    return _share(sum(held for held, _ in counts), sum(judged for _, judged in counts), nothing)


def _named_rate(cells: Sequence[BaselineCell], name: str) -> Measured:
    """Return the share of held findings of what a file calls by that name."""
    counts = [cell.metrics[name] for cell in cells if name in cell.metrics]
    nothing = f"no {name!r} assertion was judged"
    return _share(sum(held for held, _ in counts), sum(judged for _, judged in counts), nothing)


def _counts_by_type(cell: BaselineCell) -> list[tuple[str, tuple[int, int]]]:
    single = [(p, counted) for p, counted in cell.assertions.items() if "/" not in p]
    types = {place.rpartition(":")[2] for place, _ in single}
    # an assertion with a pass_threshold of its own has findings in the trials as well
    over_all = [
        (place, counted)
        for place, counted in cell.assertions.items()
        if place.startswith("all/")
        and place.count("/") == 1
        and place.rpartition(":")[2] not in types
    ]
    return [(place.rpartition(":")[2], counted) for place, counted in [*single, *over_all]]


def _of_labels(metric: str, cells: Sequence[BaselineCell], label: str | None) -> Measured:
    labelled = [
        LabelledCell(cell.label, cell.predicted, unit_of(cell.file, cell.case, cell.cluster))
        for cell in cells
        if cell.label is not None
    ]
    if not labelled:
        return Measured(None, why="no case has a label")
    found = classify(observations(labelled))
    if found is None:
        return Measured(None, why="no answer was judged by its label")
    figures: Classification | LabelFigures = found
    if label is not None:
        key = label_key(label)
        own = [one for one in found.labels if label_key(one.label) == key]
        if not own:
            return Measured(None, why=f"no case has the label {label!r}")
        figures = own[0]
    estimate: Estimate | None = getattr(figures, metric)
    if estimate is None or estimate.low is None or estimate.high is None:
        return Measured(None, why=f"no answer gave the label {label!r}")
    remark = f"95 %: {estimate.low:.1%} to {estimate.high:.1%}"
    return Measured(estimate.value, estimate.n, remark=remark)


def _latency(cells: Sequence[BaselineCell], share: float | None) -> Measured:
    samples = sorted(ms for cell in cells for ms in cell.figures.latencies_ms)
    if not samples:
        return Measured(None, why="no call was timed (a replayed answer has no time of its own)")
    if share is None:
        return Measured(sum(samples) / len(samples), len(samples))
    wanted = samples_wanted(share)
    thin = len(samples) < wanted and share != 0.5
    remark = f"from {len(samples)} samples, {wanted} would be needed" if thin else ""
    return Measured(quantile(samples, share), len(samples), remark=remark)


def _latency_avg(cells: Sequence[BaselineCell], trials: Sequence[int]) -> Measured:
    return _latency(cells, None)


def _per_request(
    of: Callable[[Figures], float | None], name: str
) -> Callable[[Sequence[BaselineCell], Sequence[int]], Measured]:
    def measured(cells: Sequence[BaselineCell], trials: Sequence[int]) -> Measured:
        called = [cell for cell in cells if cell.figures.requests]
        requests = sum(cell.figures.requests for cell in called)
        total = _sum(of(cell.figures) for cell in called)
        if total is None:
            return Measured(None, why=_unknown(called, of, name))
        if not requests:
            return Measured(None, why="no call was made")
        return Measured(total / requests, requests)

    return measured


def _per_case(cells: Sequence[BaselineCell], trials: Sequence[int]) -> Measured:
    called = [cell for cell in cells if cell.figures.requests]
    costs = [_per_trial(cell.figures, _cost) for cell in called]
    total = _sum(costs)
    if total is None:
        return Measured(None, why=_unknown(called, _cost, "cost"))
    if not called:
        return Measured(None, why="no call was made")
    return Measured(total / len(called), len(called))


def _total(
    of: Callable[[Figures], float | None], name: str
) -> Callable[[Sequence[BaselineCell], Sequence[int]], Measured]:
    def measured(cells: Sequence[BaselineCell], trials: Sequence[int]) -> Measured:
        judged = [cell for cell in cells if cell.figures.trials]
        if not judged:
            return Measured(None, why="no trial reached a verdict")
        parts: list[float | None] = []
        for cell, count in zip(cells, trials, strict=True):
            each = _per_trial(cell.figures, of)
            parts.append(None if each is None else each * count)
        total = _sum(parts)
        if total is None:
            return Measured(None, why=_unknown(judged, of, name))
        return Measured(total, sum(cell.figures.requests for cell in judged))

    return measured


def _per_trial(figures: Figures, of: Callable[[Figures], float | None]) -> float | None:
    if not figures.trials:
        return 0.0
    total = of(figures)
    return None if total is None else total / figures.trials


def _cost(figures: Figures) -> float | None:
    return figures.cost_usd


def _tokens(figures: Figures) -> float | None:
    return figures.tokens


def _unknown(
    cells: Iterable[BaselineCell], of: Callable[[Figures], float | None], name: str
) -> str:
    unknown = sorted({cell.column for cell in cells if of(cell.figures) is None})
    return f"the {name} of calls to {', '.join(unknown)} is not known"


def _sum(values: Iterable[float | None]) -> float | None:
    known = []
    for value in values:
        if value is None:
            return None
        known.append(value)
    # sorted: floating-point sums depend on the order otherwise
    return float(sum(sorted(known)))


def _share(held: int, judged: int, nothing: str) -> Measured:
    return Measured(held / judged, judged) if judged else Measured(None, why=nothing)


_METRICS: dict[str, Callable[[Sequence[BaselineCell], Sequence[int]], Measured]] = {
    "case_verdict": _case_verdict,
    "trial_pass_rate": _trial_pass_rate,
    "assertion_pass_rate": _assertion_pass_rate,
    "response_time_avg": _latency_avg,
    "cost_per_request": _per_request(_cost, "cost"),
    "cost_per_case": _per_case,
    "total_cost": _total(_cost, "cost"),
    "tokens_per_request": _per_request(_tokens, "number of tokens"),
    "total_tokens": _total(_tokens, "number of tokens"),
}
