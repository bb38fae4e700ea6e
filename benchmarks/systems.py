"""Measure applications as columns: 500 calls of a second each, 50 at once, of each kind.

A model in OpenAI's format stands beside them. For each kind: how long the run takes beside the
ideal, how many calls were in flight at most as the application counts them, and the longest time
that the engine's event loop was held up: by the clock, which other programs on the machine count
in, and by its own thread's CPU time.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from measuring import measure
from wire_process import WireProcess

AT_ONCE = 50
HEARTBEAT_S = 0.005
BOT = """
import asyncio, atexit, threading, time

inside = peak = 0
lock = threading.Lock()


def count(change):
    global inside, peak
    with lock:
        inside += change
        peak = max(peak, inside)


@atexit.register
def tell():
    if peak:
        with open("peak", "w") as file:
            file.write(str(peak))


async def later(prompt):
    count(1)
    await asyncio.sleep(1)
    count(-1)
    return "All is well."


def now(prompt):
    count(1)
    time.sleep(1)
    count(-1)
    return "All is well."
"""
LINES = """
import json, sys, time

for line in sys.stdin:
    given = json.loads(line)
    time.sleep(1)
    print(json.dumps({"id": given["id"], "output": "All is well."}), flush=True)
"""
CONFTEST = f"""
import asyncio, atexit, time

longest = busiest = 0.0
beating = None


async def beat():
    global longest, busiest
    while True:
        before, used = time.perf_counter(), time.thread_time()
        await asyncio.sleep({HEARTBEAT_S})
        longest = max(longest, time.perf_counter() - before - {HEARTBEAT_S})
        busiest = max(busiest, time.thread_time() - used)


def pytest_arena_before_request(request):
    global beating
    if beating is None:
        beating = asyncio.get_running_loop().create_task(beat())


@atexit.register
def tell():
    with open("longest", "w") as file:
        file.write(f"{{longest}} {{busiest}}")
"""
KINDS = {
    "a model, for comparison": "provider: openai, model: m, api_base: '{url}/v1'",
    "async function": 'provider: python, call: "bot:later"',
    "sync function": 'provider: python, call: "bot:now"',
    "http service": (
        "provider: http, url: '{url}/v1/chat/completions', "
        "body: {{messages: '{{{{ messages }}}}'}}, output: 'choices[0].message.content'"
    ),
    "program, a process a call": "provider: exec, command: [sh, -c, 'sleep 1; echo All is well.']",
    "program, persistent": (
        "provider: exec, command: ['{python}', -S, lines.py], persistent: true"
    ),
}


def write_project(folder: Path, kind: str, url: str, calls: int) -> None:
    """Write an arena with one application and so many cases."""
    lines = [
        "providers:",
        f"  - {{name: bot, {KINDS[kind].format(url=url, python=sys.executable)}}}",
        "tests:",
    ]
    for number in range(calls):
        lines.append(f"  - name: Case {number:03}")
        lines.append(f"    prompt: Question {number}?")
        lines.append("    assertions: [{type: contains, value: all is well}]")
    (folder / "arena.yaml").write_text("\n".join(lines))
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    for name, text in (("bot.py", BOT), ("lines.py", LINES), ("conftest.py", CONFTEST)):
        (folder / name).write_text(text)


def row(kind: str, server: WireProcess, calls: int) -> str:
    """Run one kind, and return its line of the table."""
    ideal_s = calls / AT_ONCE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, kind, server.url, calls)
        server.reset()
        command = [sys.executable, "-m", "pytest", "--arena", "-q", "--arena-report=markdown"]
        run = measure([*command, f"--arena-concurrency={AT_ONCE}"], folder)
        results = (folder / "arena-report" / "results.jsonl").read_text().splitlines()
        passed = json.loads(results[-1])["totals"]["passed"]
        if passed != calls:
            sys.exit(f"{kind}: {passed} of {calls} passed\n{run.output[-4000:]}")
        peak = str(server.reset()["peak"] or "–")
        if (folder / "peak").exists():
            peak = (folder / "peak").read_text()
        longest, busiest = map(float, (folder / "longest").read_text().split())
    return (
        f"| {kind} | {run.wall_s:.1f} s | {run.wall_s / ideal_s:.2f} | {peak} | "
        f"{longest * 1000:.0f} ms | {busiest * 1000:.0f} ms | {run.cpu_s:.1f} s |"
    )


def main() -> None:
    """Measure the kinds that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--only", default="", help="kinds whose name holds this text")
    given = parser.parse_args()
    print("| application | run | of the ideal | peak | loop held up | by its own work | CPU |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with WireProcess(latency_s=1.0) as server:
        for kind in KINDS:
            if given.only in kind:
                print(row(kind, server, given.calls), flush=True)


if __name__ == "__main__":
    main()
