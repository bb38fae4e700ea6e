"""`arena ray` on a cluster of two nodes, one of which is killed on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_arena.results import read_run

CELLS = 2_000
ARENA = f"""\
providers:
  - {{name: a, provider: mock, latency: 150ms}}
  - {{name: b, provider: mock, latency: 150ms}}
tests:
  - name: Q
    matrix: {{n: {list(range(CELLS // 2))}}}
    prompt: "Q {{{{ n }}}}"
    mock: {{a: "A {{{{ n }}}}", b: B}}
    assertions: [{{type: contains, value: A}}]
"""
RUN = """\
import glob, subprocess, sys, threading, time
from ray.cluster_utils import Cluster

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
kept, lost = cluster.add_node(num_cpus=2), cluster.add_node(num_cpus=2)
command = "import sys; from pytest_arena.cli import main; sys.exit(main())"
run = subprocess.Popen(
    [sys.executable, "-c", command, "ray", "--address", cluster.address, "--shards", "8",
     "--output", "whole", "--", "-q", "-p", "no:hypothesispytest"],
)
def came():
    journals = glob.glob("whole/.ray/*/results.jsonl")
    return sum(open(name, "rb").read().count(b'"kind": "cell"') for name in journals)
while run.poll() is None and came() < 200:
    time.sleep(0.2)
print("killed with", came(), flush=True)
cluster.remove_node(lost, allow_graceful=False)
code = run.wait()
cluster.shutdown()
sys.exit(code)
"""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra ray")
def test_a_cluster_that_loses_a_node_has_the_results_of_one_process(tmp_path: Path) -> None:
    (tmp_path / "arena.yaml").write_text(ARENA)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    env = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=tmp_path, env=env, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1, f"{done.stdout}\n{done.stderr}"
    assert "and is run again" in done.stdout
    one = ["pytest", "--arena", "--arena-report=", "--arena-report-dir=one", "-q"]
    subprocess.run([sys.executable, "-m", *one], cwd=tmp_path, capture_output=True, check=False)
    whole, alone = (read_run(tmp_path / name / "results.jsonl") for name in ("whole", "one"))
    assert len(alone.cells) == CELLS
    assert [(cell.id, cell.verdict, cell.hashes) for cell in whole.cells] == [
        (cell.id, cell.verdict, cell.hashes) for cell in alone.cells
    ]
    assert not (tmp_path / "whole" / ".ray").exists()
