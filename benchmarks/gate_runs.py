"""Measure the gate end to end: pytest runs against a local server whose pass rates are set.

Run `python benchmarks/gate_runs.py`, or with numbers of runs: `--unchanged 200 --broken 50`. Each
run writes a baseline, rewords the prompt, and is compared with it. The server answers rightly with
a probability of each case's own, and never where the new prompt breaks the case. It prints the
seed of each line, and 95 % intervals (Wilson).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from servers.formats import Reply
from servers.wire import WireRequest, WireServer

from pytest_arena.comparison.conclusion import interval, percent
from pytest_arena.comparison.stats.intervals_and_tests import wilson

CASES = 20
ARENA = """\
providers:
  - {{name: m, provider: openai, model: any, api_base: "{url}/v1"}}
prompts: {{shop: {{system: "version {version}"}}}}
targets: {{shop: {{type: prompt, prompt: shop}}}}
tests:
  - name: Case
    matrix: {{n: [{numbers}]}}
    target: shop
    prompt: "question {{{{ n }}}}?"
    assertions: [{{type: equals, value: "yes"}}]
"""
OTHERS = ("cacheprovider", "randomly", "rerunfailures", "asyncio")
PYTEST = ("--arena", "--arena-report=", "-q", *(f"-pno:{plugin}" for plugin in OTHERS))
_OLD, _NEW = 1, 2


@dataclass
class Model:
    """What answers: yes with a probability of each case's own, never yes to a broken one.

    The answers to one question depend on the seed alone, in whichever order the calls come.
    """

    rates: list[float]
    broken: int
    seed: int
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __call__(self, request: WireRequest) -> Reply:
        (named,) = re.findall(r"version (\d).*question (\d+)", str(request.body))
        self.asked[named] += 1
        version, number = map(int, named)
        dead = version == _NEW and number < self.broken
        draw = random.Random(f"{self.seed} {named} {self.asked[named]}").random()
        return Reply("yes" if not dead and draw < self.rates[number] else "no")


@dataclass(frozen=True)
class Line:
    """One line of the table: how many cases the new prompt breaks, and what the gate has."""

    broken: int
    before: int
    again: bool
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What a run came to: its exit code, the numbers of the cases it named, and its calls."""

    failed: bool
    named: frozenset[int]
    blind: bool
    calls: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unchanged", type=int, default=20, help="runs of no change (20)")
    parser.add_argument("--broken", type=int, default=10, help="runs of each number broken (10)")
    parser.add_argument("--trials", type=int, default=3, help="trials of a cell in a run (3)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first line (0)")
    given = parser.parse_args()
    print(f"{CASES} cases of Beta(8,1), {given.trials} trials a cell in the run")
    titles = ("way", "before", "broken", "runs", "fails", "named", "innocent", "blind", "calls")
    print("| " + " | ".join((*titles, "s", "seed")) + " |\n|" + " --- |" * 11, flush=True)
    settings = [(n, b, a) for a in (True, False) for b in (1, 3, 5) for n in (0, 1, 2, 5)]
    for seed, (broken, before, again) in enumerate(settings, given.seed):
        runs = given.broken if broken else given.unchanged
        print(measured(Line(broken, before, again, seed), runs, given.trials), flush=True)


def measured(line: Line, runs: int, trials: int) -> str:
    """Return a row of the table, of so many runs."""
    chance, started = random.Random(line.seed), time.perf_counter()
    found = [one_run(line, trials, chance) for _ in range(runs)]
    named = sum(number < line.broken for outcome in found for number in outcome.named)
    innocent = sum(any(n >= line.broken for n in outcome.named) for outcome in found)
    row = (
        "asked again" if line.again else "stored",
        line.before,
        line.broken,
        runs,
        _share(sum(outcome.failed for outcome in found), runs),
        _share(named, runs * line.broken) if line.broken else "",
        _share(innocent, runs),
        sum(outcome.blind for outcome in found),
        round(sum(outcome.calls for outcome in found) / runs),
        round(time.perf_counter() - started),
        line.seed,
    )
    return "| " + " | ".join(map(str, row)) + " |"


def one_run(line: Line, trials: int, chance: random.Random) -> Outcome:
    """Make a baseline, change the prompt, and return what the gate says."""
    rates = [chance.betavariate(8, 1) for _ in range(CASES)]
    model = Model(rates, line.broken, chance.getrandbits(32))
    with WireServer(model, keep=False) as server, _folder() as folder:
        _write(folder, server.url, _OLD)
        _pytest("--arena-update-baseline", f"--arena-trials={line.before}")
        _write(folder, server.url, _NEW)
        before = server.calls
        code = _pytest(
            "--arena-baseline=.arena/baseline.jsonl",
            "--arena-fail-on=regression",
            f"--arena-trials={trials}",
            f"--arena-old={'auto' if line.again else 'off'}",
        )
        statuses = _statuses(folder)
        return Outcome(
            failed=code == 1,
            named=frozenset(n for n, status in statuses.items() if status == "regressed"),
            blind="blind" in statuses.values(),
            calls=server.calls - before,
        )


def _pytest(*options: str) -> int:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = int(pytest.main([*PYTEST, "arena.yaml", *options]))
    if code not in (0, 1):
        raise SystemExit(f"a run ended with {code}:\n{said.getvalue()}")
    return code


def _statuses(folder: Path) -> dict[int, str]:
    records = map(json.loads, (folder / "arena-report" / "results.jsonl").read_text().splitlines())
    return {
        int(re.findall(r"n=(\d+)", record["case"])[0]): record["standing"]["status"]
        for record in records
        if record["kind"] == "cell"
    }


def _write(folder: Path, url: str, version: int) -> None:
    numbers = ", ".join(map(str, range(CASES)))
    text = ARENA.format(url=url, version=version, numbers=numbers)
    (folder / "arena.yaml").write_text(text, encoding="utf-8")


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A new folder, which is the current one."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="arena-gate-") as folder:
        os.chdir(folder)
        try:
            Path("pytest.ini").write_text("[pytest]\n")
            yield Path(folder)
        finally:
            os.chdir(before)


def _share(count: int, of: int) -> str:
    found = wilson(count, of)
    return f"{percent(found.value)} ({interval(found)})" if found is not None else ""


if __name__ == "__main__":
    main()
