"""Measure what the plugin costs: against the ideal, against bare clients, and when it is idle."""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from measuring import Measured, Median, measure, repeat
from suites import write_arena, write_long_answers, write_recording, write_tests
from wire_process import WireProcess

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"
PYTEST = [sys.executable, "-m", "pytest", "-q"]
# Plugins that only this project's development needs; their start is not what is measured.
for _name in ("hypothesispytest", "asyncio", "randomly", "pytest_cov", "timeout", "rerunfailures"):
    PYTEST += ["-p", f"no:{_name}"]
HEAVY = ("pydantic", "yaml", "litellm", "openai", "aiohttp", "pandas", "jinja2", "asyncio")
_LIMIT = 50


@dataclass(frozen=True)
class Plan:
    """Say how much is measured."""

    repeats: int
    waiting: int
    """Calls of a second each."""
    calls: tuple[int, ...]
    mock: tuple[int, ...]
    replayed: tuple[int, ...]
    startups: int
    many: int = 50_000
    """Cells of a large run; none where there are 0."""
    long: int = 5000
    """Answers of 100 kB each."""


FULL = Plan(3, 500, (1000, 5000), (1000, 10_000), (1000, 5000), 40)
QUICK = Plan(1, 200, (500,), (1000, 2000), (1000,), 5, many=0, long=0)


def arena(
    folder: Path, model: str, cells: int, url: str, *options: str, extra: str = ""
) -> Callable[[], Measured]:
    """Return a run of an arena with so many cells."""
    write_arena(folder, model, cells, url, extra)
    command = [*PYTEST, "--arena", f"--arena-concurrency={_LIMIT}", *options, "arena.yaml"]
    return lambda: measure(command, folder)


def waiting(plan: Plan, folder: Path) -> str:
    """Measure calls of a second: how near is it to the ideal?"""
    ideal = plan.waiting / _LIMIT
    rows = []
    with WireProcess(1.0) as server:
        for model in ("openai", "litellm"):
            bare = [sys.executable, str(HERE / "bare_client.py"), model, server.url]
            runs: list[tuple[str, Callable[[], Measured]]] = [
                (
                    f"bare {model} client",
                    lambda bare=bare: measure([*bare, str(plan.waiting), str(_LIMIT)], folder),
                ),
                (f"arena, {model}", arena(folder, model, plan.waiting, server.url)),
                (f"arena, {model}, -n2", arena(folder, model, plan.waiting, server.url, "-n2")),
            ]
            for name, run in runs:
                server.reset()
                taken = repeat(plan.repeats, run)
                counts = server.reset()
                assert counts["calls"] == plan.waiting * plan.repeats, counts
                rows.append(
                    f"| {name} | {taken.wall_s:.2f} | {taken.wall_s / ideal:.2f} × "
                    f"| {taken.cpu_s:.2f} | {taken.rss_mb:.0f} | {counts['peak']} |"
                )
    return _table(
        f"{plan.waiting} calls of 1 s, {_LIMIT} at once: ideal {ideal:.0f} s",
        "| run | wall s | of the ideal | CPU s | MB | peak at the server |",
        rows,
    )


def throughput(plan: Plan, folder: Path) -> str:
    """Measure calls without latency: what does a cell cost beside the client's own work?"""
    rows = []
    with WireProcess(0.0) as server:
        for calls in plan.calls:
            write_tests(folder, calls)
            plain = repeat(
                plan.repeats,
                lambda: measure([*PYTEST, "-p", "no:arena", "test_nothing.py"], folder),
            )
            rows.append(_cost(f"pytest, {calls:,} empty tests", calls, plain, None))
            for model in ("openai", "litellm"):
                command = [sys.executable, str(HERE / "bare_client.py"), model, server.url]
                bare = repeat(
                    plan.repeats,
                    lambda c=command, n=calls: measure([*c, str(n), str(_LIMIT)], folder),
                )
                rows.append(_cost(f"bare {model} client", calls, bare, None))
                run = arena(folder, model, calls, server.url)
                taken = repeat(plan.repeats, run)
                rows.append(_cost(f"arena, {model}", calls, taken, bare))
    return _table(
        f"Calls without latency, {_LIMIT} at once",
        "| run | calls | wall s | CPU s | MB | CPU against the bare client |",
        rows,
    )


def floor(plan: Plan, folder: Path) -> str:
    """Measure runs beside the least that they could take: pytest's own empty tests, and a bare
    loop of aiohttp. Each round runs all of them, since the machine's speed varies."""
    cells, rounds = plan.calls[-1], 3 * plan.repeats if plan.repeats > 1 else 1
    write_tests(folder, cells)
    with WireProcess(0.0) as server:
        bare = [sys.executable, str(HERE / "bare_client.py"), "aiohttp", server.url]
        runs: dict[str, Callable[[], Measured]] = {
            "pytest": lambda: measure([*PYTEST, "-p", "no:arena", "test_nothing.py"], folder),
            "aiohttp": lambda: measure([*bare, str(cells), str(_LIMIT)], folder),
            "openai": lambda: arena(folder, "openai", cells, server.url)(),
            "mock": lambda: arena(folder, "mock", cells, "")(),
        }
        taken = [{name: run().wall_s for name, run in runs.items()} for _ in range(rounds)]
    names = {
        "pytest": f"pytest, {cells:,} empty tests",
        "aiohttp": f"bare aiohttp loop, {cells:,} calls",
        "openai": f"arena, openai, {cells:,} calls",
        "mock": f"arena, mock, {cells:,} cells",
    }
    floors = {"openai": ("pytest", "aiohttp"), "mock": ("pytest",)}
    rows = []
    for name, text in names.items():
        seconds = median(one[name] for one in taken)
        ratios = ""
        if least := floors.get(name):
            found = [one[name] / sum(one[other] for other in least) for one in taken]
            ratios = f"{median(found):.2f} × ({min(found):.2f} to {max(found):.2f})"
        rows.append(f"| {text} | {seconds:.2f} | {ratios} |")
    return _table(
        f"Beside the least that it could take, {_LIMIT} at once: medians of {rounds} rounds",
        "| run | wall s | of pytest's own time, with calls also of the loop's |",
        rows,
    )


def offline(plan: Plan, folder: Path) -> str:
    """Measure mock answers: what does a cell cost in time and memory?"""
    rows = []
    before: tuple[int, Median] | None = None
    for cells in plan.mock:
        run = arena(folder, "mock", cells, "")
        taken = repeat(plan.repeats, run)
        growth = ""
        if before:
            growth = f"{(taken.rss_mb - before[1].rss_mb) / (cells - before[0]) * 1000:.1f}"
        rows.append(
            f"| {cells:,} | {taken.wall_s:.2f} | {taken.cpu_s:.2f} | {taken.rss_mb:.0f} "
            f"| {growth} |"
        )
        before = (cells, taken)
    return _table(
        "Mock answers, in one process", "| cells | wall s | CPU s | MB | MB per 1,000 more |", rows
    )


def large(plan: Plan, folder: Path) -> str:
    """Measure many cells, and long answers: what does one machine need for them?"""
    rows = []
    if plan.many:
        write_tests(folder, plan.many)
        for collected in (True, False):
            only = ("--collect-only",) if collected else ()
            plain = [*PYTEST, *only, "-p", "no:arena", "test_nothing.py"]
            bare = repeat(1, lambda c=plain: measure(c, folder))
            taken = repeat(1, arena(folder, "mock", plan.many, "", *only))
            what = " collected" if collected else ""
            rows.append(_large(f"pytest, {plan.many:,} empty tests{what}", bare, None))
            rows.append(_large(f"{plan.many:,} mock cells{what}", taken, bare))
    if plan.long:
        write_long_answers(folder, plan.long)
        for workers in ((), ("-n2",)):
            command = [*PYTEST, "--arena", *workers, "arena.yaml"]
            taken = repeat(1, lambda c=command: measure(c, folder))
            name = " ".join((f"{plan.long:,} answers of 100 kB", *workers))
            rows.append(_large(name, taken, None))
    return _table("Large runs", "| run | wall s | CPU s | MB | CPU against pytest |", rows)


def _large(name: str, taken: Median, bare: Median | None) -> str:
    ratio = f"{taken.cpu_s / bare.cpu_s:.2f} ×" if bare else ""
    return f"| {name} | {taken.wall_s:.2f} | {taken.cpu_s:.2f} | {taken.rss_mb:.0f} | {ratio} |"


def replay(plan: Plan, folder: Path) -> str:
    """Measure recorded answers: what do they cost beside tests that do nothing?"""
    rows = []
    for cells in plan.replayed:
        write_tests(folder, cells)
        plain = [*PYTEST, "-p", "no:arena", "test_nothing.py"]
        bare = repeat(plan.repeats, lambda c=plain: measure(c, folder))
        rows.append(_beside(f"pytest, {cells:,} empty tests", bare, None))
        write_recording(folder, "litellm", cells)
        replays = ("--arena-record=none", "--arena-block-network")
        for workers in ((), ("-n2",)):
            run = arena(folder, "litellm", cells, "http://localhost", *replays, *workers)
            taken = repeat(plan.repeats, run)
            rows.append(_beside(" ".join((f"replay of {cells:,} cells", *workers)), taken, bare))
    return _table(
        "Recorded answers", "| run | wall s | CPU s | MB | MB more than empty tests |", rows
    )


def _beside(name: str, taken: Median, bare: Median | None) -> str:
    more = f"{taken.rss_mb - bare.rss_mb:+.0f}" if bare else ""
    return f"| {name} | {taken.wall_s:.2f} | {taken.cpu_s:.2f} | {taken.rss_mb:.0f} | {more} |"


def limits(plan: Plan, folder: Path) -> str:
    """Measure calls in flight, as the server counts them."""
    rows = []
    with WireProcess(0.1) as server:
        for given, extra, expected in (
            ("--arena-concurrency=7", "", 7),
            ("--arena-concurrency=50", "", 50),
            ("--arena-concurrency=50", ", concurrency: 3", 3),
        ):
            for workers in ((), ("-n2",)):
                server.reset()
                arena(folder, "openai", 200, server.url, given, *workers, extra=extra)()
                peak = server.reset()["peak"]
                name = " ".join((given, *workers)) + extra.replace(", ", " and ")
                rows.append(f"| `{name}` | {expected} | {peak} |")
    return _table("Calls in flight", "| limit | at most | peak at the server |", rows)


def rates(plan: Plan, folder: Path) -> str:
    """Measure a server that refuses what comes too fast: how near is it to what it allows?"""
    calls, allowed = 200, 20
    rows = []
    limit = f", rate_limit: {{requests_per_minute: {allowed * 60}}}"
    for extra in ("", limit):
        for workers in ((), ("-n2",)):
            with WireProcess(0.2, per_second=allowed) as server:
                taken = arena(folder, "openai", calls, server.url, *workers, extra=extra)()
                counts = server.reset()
            assert counts["calls"] - counts["refused"] == calls, counts
            name = " ".join(("arena", *workers)) + (", limit in the file" if extra else "")
            rows.append(
                f"| {name} | {taken.wall_s:.2f} | {counts['span_s']:.2f} "
                f"| {counts['span_s'] / (calls / allowed):.2f} × "
                f"| {counts['refused']} | {counts['refused_late']} |"
            )
    return _table(
        f"{calls} calls to a server that takes {allowed} a second: ideal {calls // allowed} s",
        "| run | wall s | first to last call, s | of the ideal | refused | of these after 3 s |",
        rows,
    )


def idle(plan: Plan, folder: Path) -> str:
    """Measure plain pytest with the plugin installed: what do people pay who don't use it?"""
    for stale in folder.glob("arena.yaml"):
        stale.unlink()
    write_tests(folder, 200)
    rows = []
    for name, arguments in (("200 empty tests", ()), ("`pytest --version`", ("--version",))):
        with_it, without = _alternately(plan.startups, folder, list(arguments))
        difference = median(one - other for one, other in zip(with_it, without, strict=True))
        rows.append(
            f"| {name} | {median(without) * 1000:.0f} | {median(with_it) * 1000:.0f} "
            f"| {difference * 1000:+.1f} |"
        )
    table = _table(
        f"Plain pytest, CPU time: medians of {plan.startups} pairs of runs",
        "| run | without, ms | with, ms | difference, ms |",
        rows,
    )
    return f"{table}\nModules of note that the plugin adds: {_imported(folder)}.\n"


def _alternately(times: int, folder: Path, arguments: list[str]) -> tuple[list[float], list[float]]:
    """Return the CPU seconds with and without the plugin, run by turns."""
    with_it: list[float] = []
    without: list[float] = []
    for _ in range(times):
        with_it.append(measure([*PYTEST, *arguments], folder).cpu_s)
        without.append(measure([*PYTEST, "-p", "no:arena", *arguments], folder).cpu_s)
    return with_it, without


def _imported(folder: Path) -> str:
    """Name the heavy modules that are loaded with the plugin and not without it."""
    (folder / "conftest.py").write_text(
        "import sys\ndef pytest_sessionfinish():\n    print('\\nLOADED', *sys.modules)\n"
    )
    found = []
    for arguments in ([], ["-p", "no:arena"]):
        output = measure([*PYTEST, "-s", *arguments], folder).output
        line = next(line for line in output.splitlines() if line.startswith("LOADED"))
        found.append({name for name in line.split() if name in HEAVY})
    (folder / "conftest.py").unlink()
    return ", ".join(sorted(found[0] - found[1])) or "none"


def _cost(name: str, calls: int, taken: Median, bare: Median | None) -> str:
    ratio = f"{taken.cpu_s / bare.cpu_s:.2f} ×" if bare else ""
    return (
        f"| {name} | {calls:,} | {taken.wall_s:.2f} | {taken.cpu_s:.2f} | {taken.rss_mb:.0f} "
        f"| {ratio} |"
    )


def _table(title: str, head: str, rows: list[str]) -> str:
    rule = "|" + " --- |" * (head.count("|") - 1)
    return "\n".join([f"### {title}", "", head, rule, *rows, ""])


def _machine() -> str:
    names = ("pytest", "pytest-xdist", "openai", "litellm", "aiohttp")
    libraries = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, "
        f"{libraries}.\n"
    )


PARTS = {
    "waiting": waiting,
    "throughput": throughput,
    "floor": floor,
    "offline": offline,
    "large": large,
    "replay": replay,
    "limits": limits,
    "rates": rates,
    "idle": idle,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(PARTS)}; all unless given")
    parser.add_argument("--quick", action="store_true", help="fewer calls, one repetition")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE.name}")
    given = parser.parse_args()
    unknown = set(given.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")
    plan = QUICK if given.quick else FULL
    print(_machine(), flush=True)
    tables = []
    with tempfile.TemporaryDirectory(prefix="arena-benchmark-") as folder:
        for name in given.parts or [name for name in PARTS if plan.many or name != "large"]:
            tables.append(PARTS[name](plan, Path(folder)))
            print(tables[-1], flush=True)
    if given.write:
        _write_page(tables)


def _write_page(tables: Sequence[str]) -> None:
    """Put tables in the place of those with the same heading; the others stay."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition("<!-- benchmark -->\n")
    before, end, tail = rest.partition("<!-- end benchmark -->")
    written = re.split(r"(?m)^(?=### )", before)[1:]
    kept = {table.splitlines()[0]: table.rstrip() + "\n" for table in (*written, *tables)}
    text = "\n".join([_machine(), *kept.values()])
    PAGE.write_text(f"{head}<!-- benchmark -->\n\n{text}\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
