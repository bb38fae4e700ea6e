"""The figures of the page on large runs: as they are computed, and as a small run comes out."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from docs_trials import ROOT, environment
from warm_programs import WARM


@pytest.fixture(scope="module")
def large_runs() -> ModuleType:
    spec = spec_from_file_location("large_runs", ROOT / "benchmarks" / "large_runs.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["large_runs"] = module
    spec.loader.exec_module(module)
    return module


def test_the_table_is_as_it_is_computed(large_runs: ModuleType) -> None:
    page = (ROOT / "docs" / "large-runs.md").read_text("utf-8")
    between = page.partition("<!-- table: large runs -->\n")[2].partition("<!-- end table -->")[0]
    assert between.strip() == large_runs.table().strip()


def test_the_figures_of_a_million_fit_together(large_runs: ModuleType) -> None:
    plan = large_runs.Plan(1_000_000)
    # 200 shards start and collect 100,000 cells each
    assert plan.cpu_hours * 3600 == pytest.approx(200 * (1.6 + 40) + 1_000_000 * 0.0022)
    # 100 of them share 30,000 calls a minute
    assert plan.shard_s == pytest.approx(1.6 + 40 + 5_000 / 300 * 60)
    assert plan.hours * 3600 == pytest.approx(2 * plan.shard_s)
    assert plan.machine_hours == pytest.approx(100 * plan.hours)
    # 1,000 calls of two seconds are in flight, 64 in a shard
    assert plan.busy == 16


@pytest.mark.parametrize("at_once", [1, 16, 100, 500, 1_000])
@pytest.mark.parametrize("cells", [10_000, 1_000_000, 100_000_000])
def test_no_plan_makes_more_calls_than_the_rate_allows(
    large_runs: ModuleType, cells: int, at_once: int
) -> None:
    plan = large_runs.Plan(cells, at_once=at_once)
    assert plan.calls / (plan.hours * 60) <= plan.calls_a_minute
    assert plan.cpu_hours <= plan.machine_hours


@pytest.mark.slow
def test_a_simulated_run_comes_to_the_computed_figures(
    large_runs: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_shard(options: list[str], folder: Path) -> None:
        done = WARM.run(["pytest", *options], folder, environment())
        assert done.returncode == 0, done.stdout + done.stderr

    monkeypatch.setattr(large_runs, "run_shard", run_shard)
    plan = large_runs.Plan(90, shards_a_set=4, trials=2, latency_s=0.001)
    found = large_runs.simulate(plan, tmp_path)
    assert (found.cells, found.calls) == (plan.cells, plan.calls) == (90, 180)
    assert found.shard_cells == plan.shard_cells == 23
    assert found.usd == pytest.approx(plan.usd)
