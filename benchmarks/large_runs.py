"""What a large run takes: calls, machines, hours and dollars, computed, and tried with the mock.

    python benchmarks/large_runs.py                 the table of docs/large-runs.md
    python benchmarks/large_runs.py --simulate 2000 the same figures of a small run, and what came

What a cell costs in CPU and memory is measured (`OF_A_CELL`); the rest is arithmetic.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from pytest_arena.cli import main as arena
from pytest_arena.results import read_run

IN_TOKENS, OUT_TOKENS = 500, 200
"""Of a call in the table."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What the plugin itself takes on one CPU, as `--simulate` measures it."""

    start_s: float = 1.6
    collect_s: float = 0.0004
    """For each cell of all files that a shard is given, its own or not."""
    run_s: float = 0.0022
    """For each cell of its own: to ask, judge by rules, store and report it."""
    memory_kb: float = 7.0
    """For each collected cell."""
    stored_kb: float = 3.0
    """For each cell in `results.jsonl`, with an answer of 200 tokens."""


OF_A_CELL = Costs()


@dataclass(frozen=True, slots=True)
class Plan:
    """A run to be computed. Cells are in sets of files, each a run in so many shards, since every
    shard collects all the cells of its set."""

    cells: int
    set_cells: int = 100_000
    shards_a_set: int = 20
    at_once: int = 100
    trials: int = 1
    turns: int = 1
    judges: int = 0
    latency_s: float = 2.0
    in_flight: int = 64
    calls_a_minute: float = 30_000
    usd_a_call: float = (IN_TOKENS * 0.15 + OUT_TOKENS * 0.60) / 1e6

    @property
    def calls(self) -> int:
        return self.cells * self.trials * (self.turns + self.judges)

    @property
    def usd(self) -> float:
        return self.calls * self.usd_a_call

    @property
    def sets(self) -> int:
        return ceil(self.cells / self.set_cells)

    @property
    def shards(self) -> int:
        return self.sets * self.shards_a_set

    @property
    def shard_cells(self) -> int:
        """The most cells that a shard has."""
        return ceil(min(self.cells, self.set_cells) / self.shards_a_set)

    @property
    def shard_s(self) -> float:
        """How long a shard takes that no provider's rate holds up."""
        calls = self.calls / self.cells * self.shard_cells
        working = max(OF_A_CELL.run_s * self.shard_cells, calls * self.latency_s / self.in_flight)
        collecting = OF_A_CELL.collect_s * min(self.cells, self.set_cells)
        return OF_A_CELL.start_s + collecting + working

    @property
    def cpu_hours(self) -> float:
        return self.shards * self.shard_s / 3600

    @property
    def hours(self) -> float:
        """How long it takes: as long as the machines, or the providers' rate, need."""
        machines = ceil(self.shards / self.at_once) * self.shard_s
        return max(machines, self.calls / self.calls_a_minute * 60) / 3600

    @property
    def shard_mb(self) -> float:
        """The memory of one shard, beside some 70 MB that each has."""
        return OF_A_CELL.memory_kb * min(self.cells, self.set_cells) / 1000

    @property
    def stored_gb(self) -> float:
        return OF_A_CELL.stored_kb * self.cells / 1e6


TABLE = (Plan(10_000, shards_a_set=1, at_once=1), Plan(1_000_000), Plan(100_000_000, at_once=500))
ROWS = (
    ("cells", lambda p: f"{p.cells:,}"),
    ("sets of files × shards", lambda p: f"{p.sets:,} × {p.shards_a_set}"),
    ("shards at once", lambda p: f"{p.at_once:,}"),
    ("calls", lambda p: f"{p.calls:,}"),
    ("dollars", lambda p: f"{p.usd:,.0f}"),
    ("a shard takes", lambda p: f"{p.shard_s / 60:.1f} min, {70 + p.shard_mb:,.0f} MB"),
    ("hours of a CPU", lambda p: f"{p.cpu_hours:,.1f}"),
    ("hours, by 30,000 calls a minute", lambda p: f"{p.hours:,.1f}"),
    ("results", lambda p: f"{p.stored_gb:,.2f} GB"),
)


def table() -> str:
    """Return the table of docs/large-runs.md."""
    lines = ["| | one process | a million | a hundred million |", "| --- | --: | --: | --: |"]
    lines += [f"| {name} | {' | '.join(cell(plan) for plan in TABLE)} |" for name, cell in ROWS]
    return "\n".join(lines) + "\n"


ARENA = """\
providers:
  - {{name: m, provider: mock, model: m, latency: {latency}ms, input_cost_per_million: 0.15,
     output_cost_per_million: 0.60}}
tests:
  - name: Q
    matrix: {{n: {numbers}}}
    trials: {trials}
    prompt: "Q {{{{ n }}}}"
    mock: {{text: A, input_tokens: {into}, output_tokens: {out}}}
    assertions: [{{type: contains, value: A}}]
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What a simulated run came to, beside its plan's figures."""

    cells: int
    calls: int
    usd: float
    shard_cells: int
    cpu_s: float


def simulate(plan: Plan, folder: Path) -> Found:
    """Run a plan of one set with the mock, one shard after the other, and merge it."""
    text = ARENA.format(
        latency=round(plan.latency_s * 1000),
        numbers=list(range(plan.cells)),
        trials=plan.trials,
        into=IN_TOKENS,
        out=OUT_TOKENS,
    )
    (folder / "arena.yaml").write_text(text, "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n", "utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    for number in range(1, plan.shards_a_set + 1):
        part = [f"--arena-shard={number}/{plan.shards_a_set}"]
        part += ["--arena-report=", f"--arena-report-dir=shards/arena-{number}"]
        more = [f"--arena-concurrency={plan.in_flight}", "-q", "-p", "no:hypothesispytest"]
        run_shard(["--arena", *part, *more], folder)
    cpu_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    whole = folder / "whole"
    arena(["merge", str(folder / "shards"), "--output", str(whole), "--format", "json"])
    run = read_run(whole / "results.jsonl")
    sizes = [len(read_run(path).cells) for path in folder.glob("shards/*/results.jsonl")]
    return Found(
        len(run.cells),
        sum(len(cell.trials) for cell in run.cells),
        sum(trial.cost_usd or 0.0 for cell in run.cells for trial in cell.trials),
        max(sizes),
        cpu_s,
    )


def run_shard(options: list[str], folder: Path) -> None:
    """Run pytest in a process of its own; a cell that does not hold is an error."""
    command = [sys.executable, "-m", "pytest", *options]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulate", type=int, metavar="CELLS")
    given = parser.parse_args()
    if given.simulate is None:
        sys.stdout.write(table())
        return
    plan = Plan(given.simulate, shards_a_set=4, at_once=1, latency_s=0.05)
    with tempfile.TemporaryDirectory() as made:
        found = simulate(plan, Path(made))
    cpu_s = (
        plan.shards * (OF_A_CELL.start_s + OF_A_CELL.collect_s * plan.cells)
        + OF_A_CELL.run_s * plan.cells
    )
    for name, computed, came in (
        ("cells", plan.cells, found.cells),
        ("calls", plan.calls, found.calls),
        ("dollars", round(plan.usd, 6), round(found.usd, 6)),
        ("most cells of a shard", plan.shard_cells, found.shard_cells),
        ("CPU seconds", round(cpu_s, 1), round(found.cpu_s, 1)),
    ):
        sys.stdout.write(f"{name:24} computed {computed:>12,}   found {came:>12,}\n")


if __name__ == "__main__":
    main()
