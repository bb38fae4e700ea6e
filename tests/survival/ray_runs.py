"""Runs of `arena ray` whose nodes, shards or driver are killed, on a cluster of two nodes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from servers.wire import WireRequest, WireServer

from survival.deaths import processes
from survival.kept import holding, kept
from survival.ledger import Ledger, case_of
from survival.processes import (
    PATIENCE_S,
    arena_command,
    is_alive,
    parent_of,
    process_group,
    wait_until,
)
from survival.projects import CONFTEST, PROJECTS

VICTIMS = ("node", "shard", "task", "driver kill", "driver int", "driver term")
SHARDS = 4
_ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_raylet_start_wait_time_s": "300"}
"""Ray gives a node up that takes half a minute to start, as on a busy machine."""
_CLUSTER = """\
import sys
from ray.cluster_utils import Cluster

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
print("at", cluster.address, flush=True)
for line in sys.stdin:
    if line == "kill\\n":
        cluster.remove_node(nodes.pop(0), allow_graceful=False)
    else:
        nodes.append(cluster.add_node(num_cpus=1))
    print("done", flush=True)
cluster.shutdown()
"""


class RayNodes:
    """A cluster of two nodes on this machine, in a process of its own, for many runs."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CLUSTER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **_ENVIRONMENT},
        )
        self.address = self._said("at ")

    def kill_one(self) -> None:
        self._tell("kill")

    def add_one(self) -> None:
        self._tell("add")

    def _tell(self, what: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        self._said("done")

    def _said(self, start: str) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(start):
                return line.removeprefix(start).strip()
        raise AssertionError("the cluster has ended")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


def kill_on_ray(folder: Path, seed: int, nodes: RayNodes) -> str:
    """Run on a cluster, kill something up to three times, resume and check; return what was
    done."""
    random, project = Random(seed), PROJECTS[0]
    ledger = Ledger(folder)

    def answer(request: WireRequest) -> Any:
        what, reply = project.reply(request)
        ledger.hear(what)
        return reply

    victims = [VICTIMS[seed % len(VICTIMS)]]
    victims += [random.choice(VICTIMS) for _ in range(random.choice((0, 1, 1, 2)))]
    story = f"seed {seed}: {project.name} on Ray; {', '.join(victims)}"
    with WireServer(answer, keep=False) as server:
        (folder / "conftest.py").write_text(CONFTEST)
        (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
        (folder / project.file).write_text(project.text(server.url))
        struck, resumes = 0, 0
        while True:
            options = ["--resume"] if resumes else []
            command = arena_command(
                "ray", "--address", nodes.address, "--shards", str(SHARDS), "--output", "whole",
                *options, "--", "-q", "--arena-concurrency=2", "-p", "no:hypothesispytest",
            )  # fmt: skip
            snapshots: list[tuple[int, set[str]]] = []
            with process_group(command, folder) as driver:
                while struck < len(victims) and driver.poll() is None:
                    enough = len(ledger.entries()) + random.randrange(1, 9)
                    _wait(lambda many=enough: len(ledger.entries()) >= many, driver, folder)
                    time.sleep(random.uniform(0, 0.3))
                    there = holding(kept(".ray/*/results.jsonl", folder=folder / "whole"))
                    snapshots.append((time.time_ns(), there))
                    if driver.poll() is None:
                        _strike(victims[struck], driver, folder, nodes, random)
                        struck += 1
                    if "driver" in victims[struck - 1]:
                        break
                code = driver.wait(PATIENCE_S)
                wait_until(lambda: not any(map(is_alive, processes(folder))), folder)
            said = f"{story}\n{(folder / 'output').read_text()}"
            for since, there in snapshots:
                again = ledger.cases(since) & there
                assert not again, f"called again {again}: {said}"
            if code == 0 or (code == 1 and "driver" not in victims[struck - 1]):
                break
            assert "driver" in victims[struck - 1], f"exit code {code}: {said}"
            resumes += 1
    assert code == 0, f"exit code {code}: {said}"
    lines = (folder / "whole" / "results.jsonl").read_text().splitlines()
    cells = [record for record in map(json.loads, lines) if record["kind"] == "cell"]
    assert [case_of(cell["case"]) for cell in cells] == project.cases, said
    assert {cell["verdict"] for cell in cells} == {"passed"}, said
    assert not (folder / "whole" / ".ray").exists(), said
    counts = ledger.counts()
    assert max(counts.values()) <= 1 + struck, f"{counts}: {said}"
    more = counts.total() - len(project.cases)
    return f"{story}; {resumes} resumed, {more} calls that were in flight were made again"


def _wait(holds: Callable[[], bool], driver: subprocess.Popen[str], folder: Path) -> None:
    wait_until(lambda: holds() or driver.poll() is not None, folder)


def _strike(
    victim: str, driver: subprocess.Popen[str], folder: Path, nodes: RayNodes, random: Random
) -> None:
    if victim == "node":
        nodes.kill_one()
        nodes.add_one()
        return
    if victim.startswith("driver"):
        name = {"kill": signal.SIGKILL, "int": signal.SIGINT, "term": signal.SIGTERM}
        driver.send_signal(name[victim.split()[1]])
        return
    shards = [pid for pid in processes(folder) if is_alive(pid)]
    if shards:
        pid = random.choice(shards)
        target = pid if victim == "shard" else parent_of(pid)
        with suppress(ProcessLookupError):
            if target is not None:
                os.kill(target, signal.SIGKILL)
