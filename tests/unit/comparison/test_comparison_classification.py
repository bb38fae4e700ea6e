"""Accuracy, precision, recall and F1 of labels, and how sure they are."""

from __future__ import annotations

import random
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.comparison.stats.classification import Classification, Observation, classify
from pytest_arena.comparison.stats.intervals_and_tests import Estimate, wilson


def figures(*pairs: tuple[str, str]) -> Classification:
    found = classify([Observation(right, given, n) for n, (right, given) in enumerate(pairs)])
    assert found is not None
    return found


# by scikit-learn 1.9: precision_recall_fscore_support(labels=["a", "b", "c"], zero_division=0)
PAIRS = (
    *[("a", "a")] * 5, *[("a", "b")] * 2, ("a", "(none)"),
    *[("b", "b")] * 3, ("b", "a"), *[("c", "a")] * 2,
)  # fmt: skip


def test_the_figures_are_those_of_scikit_learn() -> None:
    found = figures(*PAIRS)
    assert found.accuracy.value == pytest.approx(8 / 14)
    rows = [(f.label, f.support, f.precision and f.precision.value, f.recall.value, f.f1.value)
            for f in found.labels]  # fmt: skip
    assert rows == [
        ("a", 8, 0.625, 0.625, 0.625),
        ("b", 4, 0.6, 0.75, pytest.approx(2 / 3)),
        ("c", 2, None, 0.0, 0.0),
    ]
    assert found.precision.value == pytest.approx(0.4083333333333333)
    assert found.recall.value == pytest.approx(0.4583333333333333)
    assert found.f1.value == pytest.approx(0.4305555555555556)
    assert found.counts["a", "(none)"] == 1


def test_shares_of_single_answers_have_wilsons_interval() -> None:
    found = figures(*PAIRS)
    assert found.accuracy == wilson(8, 14)
    assert found.labels[0].recall == wilson(5, 8)
    overlap = wilson(5, 11)
    assert overlap is not None
    low, high = overlap.low or 0, overlap.high or 0
    assert found.labels[0].f1.low == pytest.approx(2 * low / (1 + low))
    assert found.labels[0].f1.high == pytest.approx(2 * high / (1 + high))


def test_nothing_has_no_figures_and_one_answer_no_certainty() -> None:
    assert classify([]) is None
    right = figures(("a", "a"))
    assert right.f1.value == 1.0
    assert right.f1.low is not None
    assert right.f1.low < 0.5


@pytest.mark.parametrize("answers", [2, 5])
def test_repeated_answers_that_are_alike_are_no_further_evidence(answers: int) -> None:
    once = classify([Observation("a", "a", n) for n in range(10)])
    often = classify([Observation("a", "a", n) for n in range(10) for _ in range(answers)])
    assert once is not None
    assert often is not None
    assert often.accuracy.value == once.accuracy.value == 1
    assert often.accuracy.n == 10 * answers
    # Student's t of nine degrees of freedom is a little wider than the normal
    assert (once.accuracy.low or 0) - 0.1 < (often.accuracy.low or 0) < (once.accuracy.low or 0)


def test_answers_of_a_unit_that_differ_as_chance_would_count_each() -> None:
    chance = random.Random(3)
    texts = chance.choices(["a", "b"], [4, 1], k=400)
    alone = classify([Observation("a", given, n) for n, given in enumerate(texts)])
    units = classify([Observation("a", given, n // 4) for n, given in enumerate(texts)])
    assert alone is not None
    assert units is not None
    assert width(units.accuracy) == pytest.approx(width(alone.accuracy), rel=0.2)


def test_errors_that_lie_in_few_units_make_it_less_sure() -> None:
    found = [Observation("a", "b" if n < 20 else "a", n // 5) for n in range(100)]
    alone = [Observation("a", one.predicted, n) for n, one in enumerate(found)]
    together, apart = classify(found), classify(alone)
    assert together is not None
    assert apart is not None
    assert width(together.accuracy) > 2 * width(apart.accuracy)


def test_the_interval_of_a_mean_covers_it_as_often_as_it_says() -> None:
    chance = random.Random(11)
    names, prior = ["a", "b", "c", "(none)"], [6, 3, 1]
    taken = {"a": [85, 8, 4, 3], "b": [10, 80, 5, 5], "c": [10, 15, 70, 5]}
    joint = {(r, g): p / 10 * w / 100 for r, p in zip("abc", prior, strict=True)
             for g, w in zip(names, taken[r], strict=True)}  # fmt: skip
    truth = mean(
        2 * joint[name, name]
        / (sum(v for (r, _), v in joint.items() if r == name)
           + sum(v for (_, g), v in joint.items() if g == name))
        for name in "abc"
    )  # fmt: skip
    covered = []
    for _ in range(150):
        rights = chance.choices("abc", prior, k=120)
        found = figures(*[(r, chance.choices(names, taken[r])[0]) for r in rights])
        covered.append((found.f1.low or 0) <= truth <= (found.f1.high or 1))
    assert 0.9 <= mean(covered) <= 0.99


LABELS = st.sampled_from("abc")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(LABELS, LABELS, st.integers(0, 4)), min_size=1, max_size=30))
def test_every_interval_holds_its_value_and_no_order_matters(
    rows: list[tuple[str, str, int]],
) -> None:
    found = classify([Observation(*row) for row in rows])
    other = classify([Observation(*row) for row in reversed(rows)])
    assert found is not None
    assert other is not None
    every = [found.accuracy, found.precision, found.recall, found.f1]
    every += [e for one in found.labels for e in (one.precision, one.recall, one.f1) if e]
    for one in every:
        assert one.low is not None
        assert one.high is not None
        assert -1e-12 <= one.low <= one.value + 1e-12
        assert one.value - 1e-12 <= one.high <= 1 + 1e-12
    assert other.f1.low == pytest.approx(found.f1.low)
    assert other.accuracy.high == pytest.approx(found.accuracy.high)


def width(estimate: Estimate) -> float:
    return (estimate.high or 0) - (estimate.low or 0)
