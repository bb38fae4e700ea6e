"""Variants against each other over all providers."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest
from results_files import make_cell

from pytest_arena.comparison import compare, variants_table
from pytest_arena.comparison.variants import MOST_IN_PAIRS, VariantDifference, variant_differences
from pytest_arena.results import Cell, RunInfo, RunResult, Verdict


def cell(case: str, provider: str, variant: str | None, verdict: str, **more: Any) -> Cell:
    given: Verdict = {"P": "passed", "F": "failed", "E": "error"}[verdict]  # type: ignore[assignment]
    made = make_cell(case, f"{provider}/{variant}", given)
    return replace(made, provider=provider, variant=variant, **more)


def cells(verdicts: dict[str, str], **more: Any) -> list[Cell]:
    """Return cells by `provider/variant` and one letter a case."""
    return [
        cell(f"case {number}", *column.split("/"), letter, **more)
        for column, letters in verdicts.items()
        for number, letter in enumerate(letters)
    ]


def only(found: tuple[VariantDifference, ...]) -> VariantDifference:
    (one,) = found
    return one


def test_the_later_variant_is_compared_with_the_earlier_one_over_all_providers() -> None:
    given = {"a/v1": "FFPP", "a/v2": "PPPP", "b/v1": "FFFP", "b/v2": "PFPP"}
    found = only(variant_differences(cells(given)))
    assert (found.pair.first, found.pair.second) == ("v2", "v1")
    assert found.pair.estimate.value == pytest.approx(4 / 8)
    assert (found.pair.estimate.n, found.units) == (8, 4)
    assert (found.pair.only_first, found.pair.only_second, found.pair.ties) == (4, 0, 4)
    assert found.by_provider == (("a", 0.5), ("b", 0.5))


def test_the_answers_to_one_case_are_turned_around_together() -> None:
    # sums of the differences by case: 2, 1, 1, 0
    given = {"a/v1": "FFPP", "a/v2": "PPPP", "b/v1": "FFFP", "b/v2": "PFPP"}
    found = only(variant_differences(cells(given)))
    reached = [abs(sum(way)) >= 4 for way in product((2, -2), (1, -1), (1, -1))]
    assert found.pair.p_value == sum(reached) / len(reached) == 0.25
    # each case's residuals of the mean 1/2 are 1, 0, 0, -1 in sum: √(4/3)·√2/8, t of 3 degrees
    half = 3.182446305 * (4 / 3) ** 0.5 * 2**0.5 / 8
    assert found.pair.estimate.low == pytest.approx(0.5 - half)
    assert found.pair.estimate.high == 1.0


def test_a_family_of_cases_is_one_observation() -> None:
    given = {"a/v1": "FFFF", "a/v2": "PPPP"}
    alone = only(variant_differences(cells(given)))
    family = only(variant_differences(cells(given, cluster="refunds")))
    assert (alone.units, family.units) == (4, 1)
    assert family.pair.p_value == 1.0
    assert family.pair.estimate.low is None


def test_with_one_provider_it_is_the_difference_of_its_two_columns() -> None:
    found = cells({"a/v1": "FFFFFP", "a/v2": "PPPPPP"})
    own = only(variant_differences(found))
    (columns,) = compare(
        RunResult(RunInfo("r", "2026-11-20T10:00:00Z", "0"), tuple(found))
    ).differences
    assert own.pair.estimate.value == -columns.estimate.value
    assert own.pair.p_value == columns.p_value


def test_pairs_in_which_one_reached_no_verdict_are_left_out() -> None:
    given = {"a/v1": "FFEP", "a/v2": "PEPP"}
    assert only(variant_differences(cells(given))).pair.estimate.n == 2
    assert variant_differences(cells({"a/v1": "FE", "a/v2": "EP"})) == ()


def test_runs_without_variants_have_nothing_to_compare() -> None:
    assert variant_differences([make_cell("A"), make_cell("A", "n")]) == ()
    assert variant_differences(cells({"a/v1": "PF"})) == ()


def test_cases_of_two_files_are_no_pair() -> None:
    found = [cell("A", "a", "v1", "F"), replace(cell("A", "a", "v2", "P"), file="other.yaml")]
    assert variant_differences(found) == ()


def test_several_pairs_of_variants_are_held_to_holm() -> None:
    given = {"a/v1": "FFFFFF", "a/v2": "PPPPPP", "a/v3": "PPPPPP"}
    found = {
        (one.pair.first, one.pair.second): (one.pair.p_value, one.pair.p_adjusted, one.pair.better)
        for one in variant_differences(cells(given))
    }
    assert found == {
        ("v2", "v1"): (0.03125, 0.09375, None),
        ("v3", "v1"): (0.03125, 0.09375, None),
        ("v3", "v2"): (1.0, 1.0, None),
    }


def test_of_many_variants_each_is_compared_with_the_first() -> None:
    many = {f"a/v{number}": "PF" for number in range(MOST_IN_PAIRS + 1)}
    found = variant_differences(cells(many))
    assert len(found) == MOST_IN_PAIRS
    assert {one.pair.second for one in found} == {"v0"}


def test_the_order_of_cells_changes_no_figure() -> None:
    chance = Random(5)
    given = {f"{p}/{v}": "".join(chance.choices("PFE", k=30)) for p in "abc" for v in ("v1", "v2")}
    found = cells(given)
    by_variant = sorted(found, key=lambda one: (one.variant, chance.random()))
    own, other = (only(variant_differences(each)) for each in (found, by_variant))
    assert own.pair == other.pair
    assert sorted(own.by_provider) == sorted(other.by_provider)


def test_the_table_of_variants_has_a_row_a_pair() -> None:
    info = RunInfo("r", "2026-11-20T10:00:00Z", "0")
    run = RunResult(info, tuple(cells({"a/v1": "FFP", "a/v2": "PPP"})))
    (row,) = variants_table(compare(run)).to_dict("records")
    assert (row["first"], row["second"], row["pairs"], row["units"]) == ("v2", "v1", 3, 3)
    assert variants_table(compare(replace(run, cells=()))).empty
