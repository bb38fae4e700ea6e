"""One line a provider: verdicts, pass rate, latency, tokens and cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from math import fsum

from pytest_arena.comparison.stats.intervals_and_tests import Estimate, pass_all, pass_at, wilson
from pytest_arena.comparison.stats.quantiles import Quantile, quantile_with_interval
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell
from pytest_arena.results.request_response import REPLAYED


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
    return [took for trial in cell.trials if (took := trial.latency_ms) is not None]


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


ATTACK = "attack"
"""The tag of cases under attack."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Cells counted as pytest counts them: what failed as expected is `xfailed`, not `failed`.

    Errors and skipped cells are no part of the pass rate; an expected failure counts in it as any.
    """

    passed: int = 0
    failed: int = 0
    error: int = 0
    skipped: int = 0
    xfailed: int = 0

    @property
    def cells(self) -> int:
        return self.judged + self.error + self.skipped

    @property
    def judged(self) -> int:
        return self.passed + self.failed + self.xfailed

    @property
    def pass_rate(self) -> Estimate | None:
        """The share of judged cells that passed, with its Wilson interval."""
        return wilson(self.passed, self.judged)


@dataclass(frozen=True, slots=True)
class Timing:
    """The quantiles of a time in milliseconds; each is None where nothing was timed."""

    p50: Quantile | None
    p95: Quantile | None
    p99: Quantile | None

    @property
    def n(self) -> int:
        return self.p50.n if self.p50 else 0


@dataclass(frozen=True, slots=True)
class Spending:
    """What calls cost in US dollars; `total_usd` is None where no cost is known.

    `unknown` counts answers of unknown cost: where there are some, all figures are lower bounds.
    """

    total_usd: float | None
    per_case_usd: float | None
    per_passed_usd: float | None
    unknown: int

    @property
    def is_lower_bound(self) -> bool:
        """Whether some cost is known and some is not."""
        return self.total_usd is not None and self.unknown > 0


@dataclass(frozen=True, slots=True)
class Attacks:
    """Trials of cases under attack: an attack succeeds where the case fails, and is repelled where
    it holds; an `error` is neither."""

    succeeded: int = 0
    judged: int = 0

    @property
    def success_rate(self) -> Estimate | None:
        """The share of judged attacks that succeeded, with its Wilson interval."""
        return wilson(self.succeeded, self.judged)


@dataclass(frozen=True, slots=True)
class ProviderSummary:
    """The figures of one column over all its cells: of a provider, or of one under a variant.

    `replayed` counts trials whose answers, and so whose latencies, come from a recording or a
    cache; `trials` counts all of them. Latencies, and costs by case, are those of calls that were
    not made under load, unless there are none.
    """

    provider: str
    model: str | None
    counts: Counts
    trials: int
    latency: Timing
    first_token: Timing
    input_tokens: int | None
    output_tokens: int | None
    spending: Spending
    replayed: int
    attacks: Attacks = field(default_factory=Attacks)
    repeats: Repeats | None = None
    """pass@k and pass^k, where prompts were tried several times."""


def count_verdicts(cells: Iterable[Cell]) -> Counts:
    """Count cells by verdict, and failures that were expected apart."""
    found = Counter("xfailed" if cell.is_xfailed else cell.verdict for cell in cells)
    return Counts(**{str(verdict): count for verdict, count in found.items()})


def summarize(cells: Sequence[Cell]) -> tuple[ProviderSummary, ...]:
    """Return one summary a provider, in the order in which providers were collected."""
    by_provider: dict[str, list[Cell]] = {}
    for cell in cells:
        by_provider.setdefault(cell.column, []).append(cell)
    return tuple(_summary(name, own) for name, own in by_provider.items())


def _summary(provider: str, cells: list[Cell]) -> ProviderSummary:
    single = without_loads(cells)
    trials = [trial for cell in single for trial in cell.trials]
    tokens = [known_tokens(cell) for cell in cells]
    spending = _spending(cells)
    if len(single) < len(cells):
        alone = _spending(single)
        spending = replace(
            spending, per_case_usd=alone.per_case_usd, per_passed_usd=alone.per_passed_usd
        )
    return ProviderSummary(
        provider=provider,
        model=", ".join(sorted({cell.model for cell in cells if cell.model})) or None,
        counts=count_verdicts(cells),
        trials=sum(cell.load.trials if cell.load else len(cell.trials) for cell in cells),
        latency=_timing([time for cell in single for time in latencies_of(cell)]),
        first_token=_timing([trial.first_token_ms for trial in trials]),
        input_tokens=_sum_known([count for given, _ in tokens for count in given]),
        output_tokens=_sum_known([count for _, made in tokens for count in made]),
        spending=spending,
        replayed=sum(trial.source in REPLAYED for trial in trials),
        attacks=_attacks(cells),
        repeats=repeats_of(cells),
    )


def _attacks(cells: Iterable[Cell]) -> Attacks:
    # what is kept of a load is no fair sample of it
    attacked = [cell for cell in cells if ATTACK in cell.tags and cell.load is None]
    verdicts = [trial.verdict for cell in attacked for trial in cell.trials]
    succeeded = verdicts.count("failed")
    return Attacks(succeeded, succeeded + verdicts.count("passed"))


def _timing(times: Iterable[float | None]) -> Timing:
    known = sorted(time for time in times if time is not None)
    return Timing(*(quantile_with_interval(known, share) for share in (0.5, 0.95, 0.99)))


def _spending(cells: Sequence[Cell]) -> Spending:
    costs = [known_costs(cell) for cell in cells]
    # Sorted before summing: floating-point sums depend on the order otherwise.
    known = sorted(cost for found, _ in costs for cost in found)
    unknown = sum(count for _, count in costs)
    # A failed call has no price; counted as free it would make the average case cheaper.
    charged = sum(cell.verdict in ("passed", "failed") or was_answered(cell) for cell in cells)
    if not charged or (unknown and not known):
        return Spending(None, None, None, unknown)
    if not known:
        # Every prompt was blocked before a call: that says nothing of what a case costs.
        return Spending(0.0, None, None, 0)
    total = sum(known)
    passed = sum(cell.verdict == "passed" for cell in cells)
    return Spending(total, total / charged, total / passed if passed else None, unknown)


def _sum_known(values: Sequence[int]) -> int | None:
    return sum(values) if values else None


@dataclass(frozen=True, slots=True)
class Repeats:
    """Means of pass@k and pass^k over `cases` prompts that were tried k times or more."""

    k: int
    at_least_one: float
    all_of_them: float
    cases: int


def repeats_of(cells: Iterable[Cell]) -> Repeats | None:
    """Return pass@k and pass^k; None where no prompt has two trials with a verdict.

    k is the fewest trials with a verdict that a prompt of theirs has, from two on. Cells whose
    trials were stopped early are left out: what they left out depends on what came before.
    """
    tries = [pair for cell in cells for pair in tries_of(cell) if pair[0] > 1]
    if not tries:
        return None
    k = min(n for n, _ in tries)
    one = [pass_at(n, passed, k) or 0.0 for n, passed in tries]
    every = [pass_all(n, passed, k) or 0.0 for n, passed in tries]
    return Repeats(k, fsum(one) / len(one), fsum(every) / len(every), len(tries))


def tries_of(cell: Cell) -> Iterator[tuple[int, int]]:
    """Yield how many trials of each prompt of a cell have a verdict, and how many passed."""
    if cell.load is not None or cell.trials_not_run:
        return
    judged: Counter[int] = Counter()
    passed: Counter[int] = Counter()
    for trial in cell.trials:
        judged[trial.dialogue] += trial.verdict in ("passed", "failed")
        passed[trial.dialogue] += trial.verdict == "passed"
    for dialogue, count in sorted(judged.items()):
        yield count, passed[dialogue]
