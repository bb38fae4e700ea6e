"""What a large run takes: calls, machines, hours and dollars, computed, and tried with the mock.

    python benchmarks/large_runs.py                 the table of docs/large-runs.md
    python benchmarks/large_runs.py --write         puts it there
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

PAGE = Path(__file__).parent.parent / "docs" / "large-runs.md"
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
    def busy(self) -> int:
        """How many shards at once the provider's rate keeps busy; more of them only wait."""
        in_flight = self.calls_a_minute / 60 * self.latency_s
        return min(self.at_once, self.shards, ceil(in_flight / self.in_flight))

    @property
    def shard_s(self) -> float:
        """How long a shard takes, beside the others that share the provider's rate with it."""
        calls = self.calls / self.cells * self.shard_cells
        working = max(
            OF_A_CELL.run_s * self.shard_cells,
            calls * self.latency_s / self.in_flight,
            calls / self.calls_a_minute * min(self.at_once, self.shards) * 60,
        )
        return self.begin_s + working

    @property
    def begin_s(self) -> float:
        """What a shard takes before its first cell, on a CPU."""
        return OF_A_CELL.start_s + OF_A_CELL.collect_s * min(self.cells, self.set_cells)

    @property
    def cpu_hours(self) -> float:
        """What all shards compute; the rest of their time they wait."""
        return (self.shards * self.begin_s + OF_A_CELL.run_s * self.cells) / 3600

    @property
    def machine_hours(self) -> float:
        """How long machines are held that run one shard each."""
        return self.shards * self.shard_s / 3600

    @property
    def hours(self) -> float:
        """How long it takes."""
        return ceil(self.shards / self.at_once) * self.shard_s / 3600

    @property
    def shard_mb(self) -> float:
        """The memory of one shard, beside some 70 MB that each has."""
        return OF_A_CELL.memory_kb * min(self.cells, self.set_cells) / 1000

    @property
    def stored_gb(self) -> float:
        return OF_A_CELL.stored_kb * self.cells / 1e6


def _hours(hours: float) -> str:
    return f"{hours:,.{2 if hours < 1 else 1 if hours < 100 else 0}f}"


TABLE = (
    Plan(10_000, shards_a_set=1, at_once=1),
    Plan(1_000_000),
    Plan(1_000_000, at_once=16),
    Plan(100_000_000, at_once=500),
)
ROWS = (
    ("cells", lambda p: f"{p.cells:,}"),
    ("sets of files × shards", lambda p: f"{p.sets:,} × {p.shards_a_set}"),
    ("shards at once", lambda p: f"{p.at_once:,}"),
    ("of which the rate keeps busy", lambda p: f"{p.busy:,}"),
    ("calls", lambda p: f"{p.calls:,}"),
    ("dollars", lambda p: f"{p.usd:,.0f}"),
    ("a shard takes", lambda p: f"{p.shard_s / 60:.1f} min, {70 + p.shard_mb:,.0f} MB"),
    ("hours of a CPU", lambda p: _hours(p.cpu_hours)),
    ("hours of machines, one a shard", lambda p: _hours(p.machine_hours)),
    ("hours", lambda p: _hours(p.hours)),
    ("results", lambda p: f"{p.stored_gb:,.2f} GB"),
)


def table() -> str:
    """Return the table of docs/large-runs.md."""
    columns = ("one process", "a million", "a million, fewer at once", "a hundred million")
    lines = [f"| | {' | '.join(columns)} |", f"| --- |{' --: |' * len(columns)}"]
    lines += [f"| {name} | {' | '.join(cell(plan) for plan in TABLE)} |" for name, cell in ROWS]
    return "\n".join(lines) + "\n"


def write_table() -> None:
    """Put the table in its place on the page."""
    before, begin, rest = PAGE.read_text("utf-8").partition("<!-- table: large runs -->\n")
    _, end, after = rest.partition("<!-- end table -->")
    PAGE.write_text(f"{before}{begin}\n{table()}\n{end}{after}", "utf-8")


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
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if given.write:
        write_table()
        return
    if given.simulate is None:
        sys.stdout.write(table())
        return
    plan = Plan(given.simulate, shards_a_set=4, at_once=1, latency_s=0.05)
    with tempfile.TemporaryDirectory() as made:
        found = simulate(plan, Path(made))
    for name, computed, came in (
        ("cells", plan.cells, found.cells),
        ("calls", plan.calls, found.calls),
        ("dollars", round(plan.usd, 6), round(found.usd, 6)),
        ("most cells of a shard", plan.shard_cells, found.shard_cells),
        ("CPU seconds", round(plan.cpu_hours * 3600, 1), round(found.cpu_s, 1)),
    ):
        sys.stdout.write(f"{name:24} computed {computed:>12,}   found {came:>12,}\n")


if __name__ == "__main__":
    main()
