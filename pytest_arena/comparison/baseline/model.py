"""What is kept of a cell to compare later runs with: counts, hashes and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell
from pytest_arena.results.cell import column_name

Key = tuple[str, str, str]
"""What identifies a cell: file, case and column."""
Prompt = tuple[tuple[str, str], ...]
"""The roles and texts of what a case sends, without answers."""
Version = Mapping[str, Any]
"""What it takes to ask a provider as it was: its kind, model, parameters and endpoint; `further` is
what else its entry says, an application's version among it."""
HASHES = ("prompt", "provider", "assertions", "judge")


@dataclass(frozen=True, slots=True)
class Figures:
    """What the trials of the newest run took.

    `latencies_ms` are sorted whole milliseconds, without replayed ones. Cost (US dollars) and
    tokens are sums over all requests, None where one of them is not known.
    """

    trials: int = 0
    requests: int = 0
    latencies_ms: tuple[int, ...] = ()
    cost_usd: float | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class BaselineCell:
    """One cell of a baseline.

    `passed`, `failed` and `error` count trials (see `trial_verdict`), `assertions` the held and
    the judged findings of each assertion by its place in the case (`0:contains`,
    `2:any_of/1:refusal`, `all/0:…` for those over all trials). `digest` is set where the cell has
    one mock or recorded answer, and is that answer's; `outputs` are the answers themselves, where
    they were asked for. `history` has a letter for each trial with a verdict, P or F, the newest
    last. `scores` are the newest run's means by turn and measure (`0/polite tone`, `/polite tone`
    for the whole trial), `graded` the scores of each assertion by its place, the newest last, where
    they say more than its counts; None where the baseline is older than that (and than `cluster`,
    the family that its case is of). `models` and
    `builds` are those that answered the newest run's calls, by the provider's own names. `label` is
    the right label of its answers, `predicted` counts those that they gave, an empty one where an
    answer gave none. `metrics` are the held and the judged findings by the name that a file has for
    what they measure.
    """

    file: str
    case: str
    provider: str
    verdict: Literal["passed", "failed", "error"]
    hashes: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    passed: int = 0
    failed: int = 0
    error: int = 0
    assertions: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    figures: Figures = field(default_factory=Figures)
    digest: str | None = None
    outputs: tuple[str, ...] | None = None
    history: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    graded: Mapping[str, tuple[float, ...]] | None = None
    models: tuple[str, ...] = ()
    builds: tuple[str, ...] = ()
    variant: str | None = None
    cluster: str | None = None
    label: str | None = None
    predicted: Mapping[str, int] = field(default_factory=dict)
    metrics: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def column(self) -> str:
        return column_name(self.provider, self.variant)

    @property
    def key(self) -> Key:
        return (self.file, self.case, self.column)

    @property
    def id(self) -> str:
        return cell_id(self.key)

    @property
    def trials(self) -> int:
        return self.passed + self.failed + self.error

    @property
    def judged(self) -> int:
        """The trials that reached a verdict."""
        return self.passed + self.failed

    @property
    def deterministic(self) -> bool:
        """Whether asking again would give the same answer."""
        return self.digest is not None

    def scores_at(self, place: str) -> tuple[float, ...]:
        """Return the scores of an assertion; 1 and 0 where its counts say it all."""
        graded = (self.graded or {}).get(place)
        held, judged = self.assertions.get(place, (0, 0))
        return (1.0,) * held + (0.0,) * (judged - held) if graded is None else graded

    @property
    def flaky(self) -> bool:
        """Whether some trials passed and some failed."""
        return self.passed > 0 and self.failed > 0


@dataclass(frozen=True, slots=True)
class Baseline:
    """The cells of a baseline by key, and the prompts and providers by their hash.

    They are kept for diffs, and so that the old version can be asked again.
    """

    cells: Mapping[Key, BaselineCell] = field(default_factory=dict)
    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    providers: Mapping[str, Version] = field(default_factory=dict)
    name: str = "the baseline"
    """How messages name it: the file or the `git:` reference that it was read from."""


def cell_id(key: Key) -> str:
    """Return the node id of a cell."""
    file, case, column = key
    return f"{file}::{case}[{column}]"


def key_of(cell: Cell) -> Key:
    """Return what identifies a cell of a run."""
    return (cell.file, cell.case, cell.column)


def scores_by_turn(cell: BaselineCell) -> dict[int | None, dict[str, float]]:
    """Return a cell's scores by turn (None: of the whole trial), then by what they measure."""
    found: dict[int | None, dict[str, float]] = {}
    for name, score in cell.scores.items():
        turn, _, measure = name.partition("/")
        found.setdefault(int(turn) if turn else None, {})[measure] = score
    return found
