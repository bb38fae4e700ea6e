"""Measure the gate end to end: pytest runs against a local server whose pass rates are set.

Run `python benchmarks/gate_runs.py`, or with numbers of runs: `--unchanged 200 --broken 50`. Each
run writes a baseline, changes something, and is compared with it. The server answers rightly with
a probability of each case's own, and never where the new prompt or the day breaks the case. It
prints the seed of each line, and 95 % intervals (Wilson).
"""

from __future__ import annotations

import argparse
import contextlib
import gc
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
providers: [{providers}]
prompts: {{shop: {{system: "version {version}"}}}}
targets: {{shop: {{type: prompt, prompt: shop}}}}
tests:
  - name: {name}
    matrix: {{n: [{numbers}]}}
    target: shop
    prompt: "question {{{{ n }}}}?"
    assertions: [{{type: {assertion}, value: "yes"}}]
"""
PROVIDER = "{{name: {name}, provider: openai, model: {name}, retries: 0{base}}}"
TITLES = ("what changed", "way", "before", "runs", "fails", "broken cells named", "others named")
OTHERS = ("cacheprovider", "randomly", "rerunfailures", "asyncio")
PYTEST = ("--arena", "--arena-report=", "-q", *(f"-pno:{plugin}" for plugin in OTHERS))
LISTED = ("blind", "drifted", "suspected", "error", "incomparable", "new", "removed")
"""The statuses of a row's last column but calls, time and seed: cells a run."""
_OLD, _NEW = 1, 2
Place = tuple[str, int]
"""A provider and the number of a case."""


@dataclass(frozen=True)
class Change:
    """What is not as it was when the baseline was made.

    `broken` cases fail with the new prompt, `sick` ones with any, since the provider's day is bad.
    `own` is an endpoint of one's own (`api_base`), which may have one's own code behind it.
    """

    title: str
    broken: int = 0
    sick: int = 0
    reworded: bool = True
    renamed: bool = False
    judged_otherwise: bool = False
    down: bool = False
    own: bool = False

    @property
    def ours(self) -> int:
        """How many cases broke by what may be ours, and must be named."""
        return self.sick if self.own else self.broken


@dataclass(frozen=True)
class Line:
    """One line of the table: what changed, and what the gate has."""

    change: Change
    before: int
    again: bool
    seed: int

    @property
    def providers(self) -> tuple[str, ...]:
        return ("m", "down") if self.change.down else ("m",)


@dataclass
class Model:
    """What answers: yes with a probability of each case's own, never yes to a broken one.

    The answers to one question depend on the seed alone, in whichever order the calls come.
    """

    rates: list[float]
    change: Change
    seed: int
    later: bool = False
    """Whether the baseline is made, and the day a new one."""
    asked: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def __call__(self, request: WireRequest) -> Reply:
        model = str(request.body["model"])
        if self.later and model == "down":
            return Reply(error="server")
        (named,) = re.findall(r"version (\d).*question (\d+)", str(request.body))
        key = (model, *named)
        self.asked[key] += 1
        version, number = map(int, named)
        broken = version == _NEW and number < self.change.broken
        sick = self.later and number < self.change.sick
        draw = random.Random(f"{self.seed} {key} {self.asked[key]}").random()
        return Reply("yes" if not broken and not sick and draw < self.rates[number] else "no")


@dataclass(frozen=True)
class Outcome:
    """What a run came to: its exit code, the cells it named, the others by status, its calls."""

    failed: bool
    named: frozenset[Place]
    statuses: Counter[str]
    calls: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unchanged", type=int, default=20, help="runs of no change (20)")
    parser.add_argument("--broken", type=int, default=10, help="runs of each other change (10)")
    parser.add_argument("--trials", type=int, default=3, help="trials of a cell in a run (3)")
    parser.add_argument("--only", default="", help="only the lines whose title holds this")
    given = parser.parse_args()
    print(f"{CASES} cases of Beta(8,1), {given.trials} trials a cell in the run")
    titles = (*TITLES, "other cells a run", "calls", "s", "seed")
    print("| " + " | ".join(titles) + " |\n|" + " --- |" * len(titles), flush=True)
    one_run(lines()[0], given.trials, random.Random(0))
    gc.collect()
    gc.freeze()  # pytest collects garbage at each end; what is imported is none
    for line in lines():
        if given.only in line.change.title:
            still = not line.change.broken and not line.change.sick and not line.change.down
            runs = given.unchanged if still else given.broken
            print(measured(line, runs, given.trials), flush=True)


def lines() -> list[Line]:
    """Return all lines of the table with their seeds."""
    reworded = [Change(f"the prompt; {n} of {CASES} broken", broken=n) for n in (0, 1, 2, 5)]
    grid = [(c, b, a) for a in (True, False) for b in (1, 3, 5) for c in reworded]
    others = [
        Change("nothing; the vendor's model fails 5 cases", sick=5, reworded=False),
        Change("nothing; an endpoint of one's own fails 5 cases", sick=5, reworded=False, own=True),
        Change("the prompt; the vendor's model fails 5 cases", sick=5),
        Change("all names", renamed=True, reworded=False),
        Change(
            "all names; an endpoint of one's own fails 5 cases",
            sick=5,
            reworded=False,
            renamed=True,
            own=True,
        ),
        Change("all names and the prompt", renamed=True),
        Change("all assertions", reworded=False, judged_otherwise=True),
        Change("all assertions and the prompt; 5 of 20 broken", broken=5, judged_otherwise=True),
        Change("the prompt; one of two providers down", down=True),
        Change("the prompt; 5 of 20 broken; one of two providers down", broken=5, down=True),
    ]
    grid += [(change, 5, True) for change in others]
    return [Line(change, before, again, seed) for seed, (change, before, again) in enumerate(grid)]


def measured(line: Line, runs: int, trials: int) -> str:
    """Return a row of the table, of so many runs."""
    chance, started = random.Random(line.seed), time.perf_counter()
    found = [one_run(line, trials, chance) for _ in range(runs)]
    broken = {("m", number) for number in range(line.change.ours)}
    named = sum(len(outcome.named & broken) for outcome in found)
    innocent = sum(bool(outcome.named - broken) for outcome in found)
    counts = sum((outcome.statuses for outcome in found), Counter[str]())
    others = [f"{status} {counts[status] / runs:.3g}" for status in LISTED if counts[status]]
    row = (
        line.change.title,
        "asked again" if line.again else "stored",
        line.before,
        runs,
        _share(sum(outcome.failed for outcome in found), runs),
        _share(named, runs * len(broken)) if broken else "–",
        _share(innocent, runs),
        ", ".join(others) or "–",
        round(sum(outcome.calls for outcome in found) / runs),
        round(time.perf_counter() - started),
        line.seed,
    )
    return "| " + " | ".join(map(str, row)) + " |"


def one_run(line: Line, trials: int, chance: random.Random) -> Outcome:
    """Make a baseline, change what the line says, and return what the gate says."""
    rates = [chance.betavariate(8, 1) for _ in range(CASES)]
    model = Model(rates, line.change, chance.getrandbits(32))
    with WireServer(model, keep=False) as server, _folder() as folder:
        os.environ.update(OPENAI_BASE_URL=f"{server.url}/v1", OPENAI_API_KEY="none")
        base = f', api_base: "{server.url}/v1"' if line.change.own else ""
        _write(folder, line.providers, base, Change("", reworded=False))
        _pytest("--arena-update-baseline", f"--arena-trials={line.before}")
        _write(folder, line.providers, base, line.change)
        model.later, before = True, server.calls
        code = _pytest(
            "--arena-baseline=.arena/baseline.jsonl",
            "--arena-fail-on=regression",
            f"--arena-trials={trials}",
            f"--arena-old={'auto' if line.again else 'off'}",
        )
        statuses = _statuses(folder)
        return Outcome(
            failed=code == 1,
            named=frozenset(place for place, status in statuses.items() if status == "regressed"),
            statuses=Counter(statuses.values()),
            calls=server.calls - before,
        )


def _write(folder: Path, providers: tuple[str, ...], base: str, change: Change) -> None:
    text = ARENA.format(
        providers=", ".join(PROVIDER.format(name=name, base=base) for name in providers),
        version=_NEW if change.reworded else _OLD,
        name="Another" if change.renamed else "Case",
        numbers=", ".join(map(str, range(CASES))),
        assertion="contains" if change.judged_otherwise else "equals",
    )
    (folder / "arena.yaml").write_text(text, encoding="utf-8")


def _pytest(*options: str) -> int:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = int(pytest.main([*PYTEST, "arena.yaml", *options]))
    if code not in (0, 1):
        raise SystemExit(f"a run ended with {code}:\n{said.getvalue()}")
    return code


def _statuses(folder: Path) -> dict[Place, str]:
    records = map(json.loads, (folder / "arena-report" / "results.jsonl").read_text().splitlines())
    return {
        (record["provider"], int(re.findall(r"n=(\d+)", record["case"])[0])): record["standing"][
            "status"
        ]
        for record in records
        if record["kind"] == "cell"
    }


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
