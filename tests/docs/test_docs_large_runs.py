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
