"""A run against a server that fails now and then: the small one of `benchmarks/soak.py`."""

from __future__ import annotations

from pathlib import Path

import pytest
from soak import PRICE, Soak

CELLS = 200


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_each_cell_is_asked_as_often_as_its_fault_demands(tmp_path: Path, workers: int) -> None:
    soak = Soak(tmp_path, CELLS, 0.13, workers, concurrency=16, timeout_s=6)
    soak.run()
    assert soak.complaints() == []
    assert len(soak.faults) == 26


@pytest.mark.slow
def test_cells_beyond_a_budget_are_told_and_none_of_them_passes(tmp_path: Path) -> None:
    budget_usd = CELLS * PRICE / 2
    soak = Soak(tmp_path, CELLS, workers=2, concurrency=16, budget_usd=budget_usd, timeout_s=6)
    soak.run()
    assert soak.complaints() == []
    assert soak.billed_usd > budget_usd * 0.9
