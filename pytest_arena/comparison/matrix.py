"""The cells of a run laid out as case × provider, and what each says of its case."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell
from pytest_arena.results.cell import column_name

Pair = tuple[str, str]
"""Two columns by name."""
Unit = tuple[str, str, bool]
"""What is independent of all else: a case, or (true) a family of cases, in its file."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case: its name and file, and one cell for each column (None where not run)."""

    file: str
    case: str
    cells: tuple[Cell | None, ...]

    @property
    def differs(self) -> bool:
        """Whether columns came to different verdicts."""
        return len({cell.verdict for cell in self.cells if cell and cell.verdict != "skipped"}) > 1


@dataclass(frozen=True, slots=True)
class Matrix:
    """All cases of a run against all its columns, both in the order of collection.

    `providers` are the columns' names: each is a provider, or one under a variant.
    """

    providers: tuple[str, ...]
    rows: tuple[CaseRow, ...]


def matrix(cells: Iterable[Cell]) -> Matrix:
    """Lay cells out as case × provider."""
    cells = tuple(cells)
    providers = tuple(dict.fromkeys(cell.column for cell in cells))
    column = {name: i for i, name in enumerate(providers)}
    cases: dict[tuple[str, str], list[Cell | None]] = {}
    for cell in cells:
        row = cases.setdefault((cell.file, cell.case), [None] * len(providers))
        row[column[cell.column]] = cell
    return Matrix(
        providers,
        tuple(CaseRow(file, case, tuple(row)) for (file, case), row in cases.items()),
    )


def preferences(cells: Iterable[Cell | None]) -> dict[Pair, float]:
    """Return, for each pair of columns whose answers a judge compared, the share that the first
    won: the mean over trials, a tie counting half. Both orders of a pair are there."""
    found: dict[Pair, list[float]] = {}
    for cell in cells:
        judgings = cell.judgings if cell is not None else ()
        for judging in judgings:
            if cell is None or judging.preferred is None or judging.rival is None:
                continue
            # another provider's answer is one under the same variant
            own, rival = cell.column, column_name(judging.rival, cell.variant)
            found.setdefault((own, rival), []).append(judging.preferred)
            found.setdefault((rival, own), []).append(1 - judging.preferred)
    return {pair: sum(sorted(shares)) / len(shares) for pair, shares in found.items()}


def unit_of(file: str, case: str, cluster: str | None) -> Unit:
    """Return what shares its good and bad days: a case, or the family that it is of."""
    return (file, case, False) if cluster is None else (file, cluster, True)


def case_score(cell: Cell | None) -> float | None:
    """Return the share of a cell's trials that passed; None where no verdict was reached.

    A cell that failed on all its trials together (consistency, success rate, …) scores 0 even
    where each trial passed on its own. A load case is judged as a whole.
    """
    if cell is None or cell.verdict not in ("passed", "failed"):
        return None
    if cell.load is not None:
        return float(cell.verdict == "passed")
    verdicts = [trial.verdict for trial in cell.trials]
    passed = verdicts.count("passed")
    judged = passed + verdicts.count("failed")
    if judged < 2:
        return 1.0 if cell.verdict == "passed" else 0.0
    if cell.verdict == "failed" and passed == judged:
        return 0.0
    return passed / judged
