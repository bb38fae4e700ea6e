"""Agreement with labels: equal to scikit-learn's, defined where nothing is certain."""

from __future__ import annotations

import dataclasses
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.comparison.stats.agreement import Agreement, kappa_interval

pairs_of = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


@given(pairs_of)
def test_accuracy_and_kappa_are_those_of_scikit_learn(pairs: list[tuple[bool, bool]]) -> None:
    import warnings

    from sklearn.metrics import accuracy_score, cohen_kappa_score, confusion_matrix

    labels, judged = [p[0] for p in pairs], [p[1] for p in pairs]
    found = Agreement.of(pairs)
    with warnings.catch_warnings():
        # of labels of one kind it says so by a warning, and returns not a number
        warnings.simplefilter("ignore")
        kappa = cohen_kappa_score(labels, judged, labels=[True, False])
    assert found.accuracy == pytest.approx(accuracy_score(labels, judged))
    assert found.kappa is None if kappa != kappa else found.kappa == pytest.approx(kappa)
    matrix = confusion_matrix(labels, judged, labels=[True, False]).tolist()
    assert matrix == [[found.pass_pass, found.pass_fail], [found.fail_pass, found.fail_fail]]


def test_the_textbook_example() -> None:
    # Cohen's kappa of 20 and 15 agreements, 5 and 10 disagreements is 0.4
    assert Agreement(20, 5, 10, 15).kappa == pytest.approx(0.4)


@given(pairs_of)
def test_the_interval_holds_kappa_and_is_the_same_every_time(
    pairs: list[tuple[bool, bool]],
) -> None:
    found = Agreement.of(pairs)
    interval = kappa_interval(found, rounds=200)
    assert interval == kappa_interval(Agreement.of(pairs[::-1]), rounds=200)
    if found.kappa is None:
        assert interval is None
    elif interval is not None:
        assert -1 <= interval[0] <= interval[1] <= 1


def test_the_interval_is_that_of_resampled_labels() -> None:
    agreement = Agreement(45, 6, 9, 40)
    interval = kappa_interval(agreement)
    assert interval is not None
    generator = random.Random(1)
    cells = [(True, True)] * 45 + [(True, False)] * 6 + [(False, True)] * 9 + [(False, False)] * 40
    resampled = [Agreement.of(generator.choices(cells, k=100)).kappa for _ in range(4000)]
    cuts = statistics.quantiles([k for k in resampled if k is not None], n=40)
    assert interval == pytest.approx((cuts[0], cuts[-1]), abs=0.02)


def test_full_agreement_is_no_certainty() -> None:
    few, many = kappa_interval(Agreement(3, 0, 0, 3)), kappa_interval(Agreement(100, 0, 0, 100))
    assert few is not None
    assert many is not None
    assert few[0] < 0.3
    assert 0.95 < many[0] < 1
    assert few[1] == many[1] == 1


@pytest.mark.parametrize(
    "agreement",
    [
        Agreement(30, 0, 10, 0),
        Agreement(0, 30, 0, 10),
        Agreement(30, 10, 0, 0),
        Agreement(0, 0, 30, 10),
        Agreement(1, 0, 1, 0),
    ],
)
def test_a_judge_that_always_says_the_same_is_no_certainty(agreement: Agreement) -> None:
    interval = kappa_interval(agreement)
    assert agreement.kappa == 0
    assert interval is not None
    assert interval[0] < -0.1
    assert interval[1] > 0.05
    tenfold = Agreement(*(10 * count for count in dataclasses.astuple(agreement)))
    narrower = kappa_interval(tenfold)
    assert narrower is not None
    assert interval[0] < narrower[0] < 0 < narrower[1] < interval[1]


def test_the_bounds_of_a_constant_judge_are_kappas_that_are_possible() -> None:
    # Wilson's bound of none in 40 is 8.76 %: so many of the 25 % that should fail, found or not
    rare = 0.0876
    by_chance = 0.75 * (1 - rare) + 0.25 * rare
    best, worst = (0.75 + rare - by_chance), (0.75 - rare - by_chance)
    bounds = worst / (1 - by_chance), best / (1 - by_chance)
    assert kappa_interval(Agreement(30, 0, 10, 0)) == pytest.approx(bounds, abs=1e-3)


@pytest.mark.parametrize(
    "agreement", [Agreement(), Agreement(9, 0, 0, 0), Agreement(0, 0, 0, 4), Agreement(1, 0, 0, 0)]
)
def test_labels_of_one_kind_say_nothing(agreement: Agreement) -> None:
    assert agreement.kappa is None
    assert kappa_interval(agreement) is None


def test_no_labels_have_no_accuracy() -> None:
    assert Agreement().accuracy is None
