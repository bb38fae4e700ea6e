"""Simulated runs are those of the baseline's own cells: their providers, files and families."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from gate_runs import cell_of, kept

from pytest_arena.comparison.gate import simulation
from pytest_arena.comparison.gate.rules import Rules
from pytest_arena.comparison.gate.simulation import PASSED, Place, Rates, judge, outlook, shifted


def test_providers_and_families_are_tested_as_the_gate_tests_them() -> None:
    where = [
        Place(f"case {n}", column=column, cluster="one" if n < 4 else None)
        for n in range(6)
        for column in ("fast", "slow")
    ]
    passed = [(PASSED,) * 3 for _ in where]
    rates = Rates([1.0] * len(where), [1.0] * len(where))
    baseline = simulation.kept(passed, where)
    result, calls = judge(passed, baseline, rates, Random(1), Rules(), where=where, again=False)
    assert [test.provider for test in result.tests] == [None, "fast", "slow"]
    assert calls == 0
    assert {cell.before.cluster for cell in result.cells if cell.before} == {"one", None}


def test_a_suite_of_one_family_can_only_be_warned_of_where_one_of_cases_fails() -> None:
    alone = [cell_of("P" * 20, f"case {n}") for n in range(40)]
    family = [replace(cell, cluster="one") for cell in alone]
    found = [
        outlook(kept(*cells), runs=3, seed=1, drop=0.12, rules=Rules(min_effect=1.0))
        for cells in (alone, family)
    ]
    assert [each.failed for each in found] == [1.0, 0.0]
    assert found[1].warned == 1.0


def test_a_day_of_their_own_moves_families_alone() -> None:
    cells = [replace(cell_of("PPPPF" * 4, f"case {n}"), cluster=str(n % 2)) for n in range(20)]
    wild = outlook(kept(*cells), runs=10, seed=1, family_day=4.0)
    assert wild.warned + wild.failed > 0
    lone = [replace(cell, cluster=None) for cell in cells]
    calm = outlook(kept(*lone), runs=10, seed=1, family_day=4.0)
    assert (calm.warned, calm.failed) == (0, 0)


def test_a_shift_moves_log_odds_and_leaves_what_is_certain() -> None:
    assert shifted(0.5, 1.0) == pytest.approx(0.7310586)
    assert (shifted(1.0, -3.0), shifted(0.0, 3.0), shifted(0.3, 0.0)) == (1.0, 0.0, 0.3)
