"""How often agents got over planted faults, in words."""

from __future__ import annotations

import pytest

from pytest_arena.comparison.recovery import recovery_sentence
from pytest_arena.results import Cell, Response, Trial, Verdict
from pytest_arena.results.step import Step

FAULTY = Response("done", steps=(Step("note", fault="error"),))


def cell(column: str, *verdicts: Verdict, response: Response = FAULTY) -> Cell:
    trials = tuple(Trial((), (response,), verdict=verdict) for verdict in verdicts)
    return Cell(f"a.yaml::A[{column}]", "a.yaml", "A", column, None, "passed", trials)


def test_trials_with_faults_are_counted_by_column_and_errors_are_neither() -> None:
    cells = [cell("one", "passed", "failed", "error"), cell("two", "passed"), cell("one", "failed")]
    assert recovery_sentence(cells) == (
        "Recovered, of the trials with planted faults: one 1 of 3 (33 %), two 1 of 1 (100 %)."
    )


def test_nothing_is_said_where_no_fault_was_planted() -> None:
    assert recovery_sentence([cell("one", "passed", response=Response("done"))]) is None


@pytest.mark.parametrize(("failed", "share"), [(1, "99.8 %"), (499, "0.2 %")])
def test_a_share_that_is_almost_all_or_none_is_not_rounded_to_it(failed: int, share: str) -> None:
    verdicts: list[Verdict] = ["failed"] * failed + ["passed"] * (500 - failed)
    assert f"({share})." in str(recovery_sentence([cell("one", *verdicts)]))


def test_the_name_of_a_column_stays_as_it_is() -> None:
    assert "faults: 50%-cut 1 of 1 (100 %)." in str(recovery_sentence([cell("50%-cut", "passed")]))
