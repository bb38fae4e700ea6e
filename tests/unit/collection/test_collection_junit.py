"""What JUnit shows of a cell's trials."""

from __future__ import annotations

from dataclasses import replace

from pytest_arena.collection.junit import junit_properties
from pytest_arena.results.cell import Cell
from pytest_arena.results.request_response import Response
from pytest_arena.results.trial import Trial, TrialError

PAID = Response("yes", latency_ms=100.0, input_tokens=7, output_tokens=3, cost_usd=0.25)
BROKEN = Trial((), verdict="error", error=TrialError("server", "down"))


def spent(*trials: Trial) -> dict[str, object]:
    cell = Cell("a.yaml::A[m]", "a.yaml", "A", "m", None, "passed", trials)
    shown = dict(junit_properties(cell))
    assert (shown.pop("arena_case"), shown.pop("arena_provider")) == ("A", "m")
    assert shown.pop("arena_verdict") == "passed"
    return shown


def answered(*answers: Response) -> Trial:
    return Trial((), answers, verdict="passed")


def test_latency_is_the_mean_of_trials_and_what_they_spent_is_their_sum() -> None:
    slow = replace(PAID, latency_ms=300.0, cost_usd=0.5)
    assert spent(answered(PAID), answered(slow)) == {
        "arena_latency_ms": 200.0,
        "arena_input_tokens": 14,
        "arena_output_tokens": 6,
        "arena_cost_usd": 0.75,
    }


def test_a_trial_without_an_answer_takes_nothing_from_what_the_others_spent() -> None:
    assert spent(answered(PAID), BROKEN) == spent(answered(PAID))
    assert spent(BROKEN) == {}


def test_a_sum_of_which_a_part_is_not_known_is_left_out() -> None:
    unpriced = replace(PAID, cost_usd=None, output_tokens=None)
    shown = {"arena_latency_ms": 100.0, "arena_input_tokens": 14}
    assert spent(answered(PAID), answered(unpriced)) == shown
