"""The commands of the recipes for schedulers, run as each would run them, with its variables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from docs_blocks import blocks_of
from docs_trials import ROOT
from warm_commands import write_commands

ARENA = """\
providers: [{name: m, provider: mock}]
tests:
  - name: Q
    matrix: {n: [1, 2, 3, 4, 5, 6, 7]}
    prompt: "{{ n }}"
    mock: A
    assertions: [{type: contains, value: A}]
"""


def recipe(page: str, path: str) -> str:
    (block,) = (
        one for one in blocks_of(ROOT / page, page) if one.settings.get("path", "").endswith(path)
    )
    return block.text


def github(number: int, folder: Path) -> str:
    jobs: Any = yaml.safe_load(recipe("docs/ci.md", "arena-matrix.yml"))["jobs"]
    total = len(jobs["shard"]["strategy"]["matrix"]["shard"])
    (run,) = (s["run"] for s in jobs["shard"]["steps"] if "--arena" in s.get("run", ""))
    run = run.replace("${{ matrix.shard }}", str(number))
    run = run.replace("${{ strategy.job-total }}", str(total))
    moved = f"mkdir -p shards/arena-{number} && mv arena-report/results.jsonl shards/arena-{number}"
    return f"{{ {run}; }} && {moved}"


def gitlab(number: int, folder: Path) -> str:
    shard: Any = yaml.safe_load(recipe("docs/ci.md", "gitlab-ci-shards.yml"))["shard"]
    env = f"export CI_NODE_INDEX={number} CI_NODE_TOTAL={shard['parallel']}"
    return f"{env}; {shard['script'][1]}"


def kubernetes(number: int, folder: Path) -> str:
    spec: Any = yaml.safe_load(recipe("docs/large-runs.md", "arena-job.yaml"))["spec"]
    container = spec["template"]["spec"]["containers"][0]
    (run,) = container["args"]
    assert [variable["name"] for variable in container["env"]] == ["RUN"]
    assert f"))/{spec['completions']} " in run
    assert f"--arena-shard-limits {spec['parallelism']} " in run
    env = f"export JOB_COMPLETION_INDEX={number - 1} RUN=3e1f"
    return (
        f"{env}; {run}".replace("/results", str(folder / "shards"))
        .replace("/20", "/4")
        .replace("limits 5", "limits 2")
    )


def slurm(number: int, folder: Path) -> str:
    run = recipe("docs/large-runs.md", "arena.sbatch")
    array = re.search(r"--array=1-(\d+)%(\d+)", run)
    assert array is not None
    assert f"--arena-shard-limits {array[2]} " in run
    env = f"export SLURM_ARRAY_TASK_ID={number} SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_JOB_ID=77"
    return f"{env}; {run}".replace("limits 5", "limits 2")


@pytest.mark.slow
@pytest.mark.parametrize("command", [github, gitlab, kubernetes, slurm])
def test_the_shards_of_a_recipe_are_one_run(command: Any, tmp_path: Path) -> None:
    (tmp_path / "arena.yaml").write_text(ARENA)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:hypothesispytest -q\n")
    env = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB")}
    path = (write_commands(tmp_path / "bin"), Path(sys.executable).parent, env["PATH"])
    env["PATH"] = os.pathsep.join(map(str, path))
    merge = "arena merge shards"
    for text in [*(command(number, tmp_path) for number in range(1, 5)), merge]:
        done = subprocess.run(
            ["bash", "-c", text], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    assert "4 shards, 7 cells: all held" in done.stdout
