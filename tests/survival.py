"""Kill a run at a random moment, take it up again, and see that nothing was lost or done twice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

CONFTEST = """\
import asyncio, os
from pytest_arena import Provider, Response

class Slow(Provider):
    type = "slow"
    async def complete(self, request):
        with open("calls", "a") as file:
            file.write(f"{os.getpid()} {request.case}\\n")
        await asyncio.sleep(0.01 + len(request.case) % 3 / 100)
        return Response(output="ok", latency_ms=10.0)

def pytest_arena_register(registry):
    registry.provider(Slow)
"""
CASES = [f"c{number}{'x' * (number % 5)}" for number in range(30)]


def write_project(folder: Path) -> None:
    """Write an arena with a provider that takes its time and notes each call."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "pytest.ini").write_text("[pytest]\n")
    cases = [
        f"  - {{name: {name}, prompt: hi, assertions: [{{type: equals, value: ok}}]}}"
        for name in CASES
    ]
    head = ["providers: [{name: m, provider: slow, model: m}]", "tests:"]
    (folder / "arena.yaml").write_text("\n".join([*head, *cases]))


def kill_and_resume(folder: Path, seed: int) -> str:
    """Run, kill once or twice, resume and check; return in a few words what was done."""
    random = Random(seed)
    workers = random.choice((0, 2))
    victim = random.choice(("controller", "worker")) if workers else "only process"
    kills = 1 if victim == "worker" else random.choice((1, 2))
    story = f"seed {seed}: {victim} of {workers} workers killed {kills} times"
    write_project(folder)
    reported: set[str] = set()
    for number in range(kills):
        options = ("--arena-resume",) if number else ()
        before = kept(folder)
        killed = run_and_kill(folder, random, workers, options, a_worker=victim == "worker")
        reported |= passed(folder)
        assert not killed or victim != "worker", f"{story}: the run did not go on"
        assert not called(folder) & passing(before), f"{story}: called again"
        assert reported <= set(kept(folder)), f"{story}: lost {reported - set(kept(folder))}"
        if not killed:
            assert set(kept(folder)) == set(CASES), f"{story}: the run did not go on"
            return f"{story}; the last one came to its end"
    before = kept(folder)
    (folder / "calls").unlink(missing_ok=True)
    with running(folder, workers, "--arena-resume") as process:
        process.wait(60)
    after = kept(folder)
    assert after == dict.fromkeys(CASES, "passed"), f"{story}: {after}"
    rest = set(CASES) - passing(before)
    assert sorted(case for _, case in calls(folder)) == sorted(rest), f"{story}: {calls(folder)}"
    return f"{story}; the last run took over {len(CASES) - len(rest)} cells of {len(CASES)}"


def run_and_kill(
    folder: Path, random: Random, workers: int, options: tuple[str, ...], *, a_worker: bool
) -> bool:
    """Run until so many calls were made and a moment more; return whether that kept the run
    from its end (a worker's death should not)."""
    moment = random.randrange(1, len(CASES) - 4)
    (folder / "calls").unlink(missing_ok=True)
    with running(folder, workers, *options) as process:
        wait_until(
            lambda: len(calls(folder)) >= moment or process.poll() is not None, folder, 0.005
        )
        # wherever the run happens to be
        time.sleep(random.uniform(0, 0.05))
        if process.poll() is None:
            os.kill(calls(folder)[-1][0] if a_worker else process.pid, signal.SIGKILL)
        process.wait(60)
        pids = {pid for pid, _ in calls(folder)}
        wait_until(lambda: not any(map(is_alive, pids)), folder)
    results = folder / "arena-report" / "results.jsonl"
    return not results.exists() or '"kind": "end"' not in results.read_text()


@contextmanager
def running(folder: Path, workers: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run pytest in a process group of its own."""
    command = [sys.executable, "-m", "pytest", "--arena", "--arena-report=", "-v"]
    for plugin in ("randomly", "cacheprovider", "hypothesispytest", "asyncio", "rerunfailures"):
        command += ["-p", f"no:{plugin}"]
    command += ["--arena-concurrency=4", *([f"-n{workers}"] if workers else []), *options]
    with process_group(command, folder) as process:
        yield process


@contextmanager
def process_group(command: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a process group of its own, its output in the file `output`; nothing of it
    is left at the end."""
    with open(folder / "output", "w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until(holds: Callable[[], object], folder: Path, every_s: float = 0.02) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, (folder / "output").read_text()
        time.sleep(every_s)


def calls(folder: Path) -> list[tuple[int, str]]:
    """Return process and case of each call so far."""
    file = folder / "calls"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(int(pid), case) for pid, case in (line.split() for line in lines)]


def called(folder: Path) -> set[str]:
    return {case for _, case in calls(folder)}


def passed(folder: Path) -> set[str]:
    """Return the cases that pytest has reported as passed."""
    lines = (folder / "output").read_text().splitlines()
    found = (re.search(r"::(c\d+x*)\[m\]", line) for line in lines if "PASSED" in line)
    return {match[1] for match in found if match}


def kept(folder: Path) -> dict[str, str]:
    """Return the verdicts of the cells on disk; each stands once in its file."""
    report = folder / "arena-report"
    found: dict[str, str] = {}
    for pattern in (".resume.jsonl", "results.jsonl", ".shards/*/*.jsonl"):
        for file in report.glob(pattern):
            lines = file.read_text().splitlines(keepends=True)
            records = [json.loads(line) for line in lines if line.endswith("\n")]
            cells = [record for record in records if record["kind"] == "cell"]
            assert max(Counter(cell["id"] for cell in cells).values(), default=1) == 1, file
            found |= {cell["case"]: cell["verdict"] for cell in cells}
    return found


def passing(verdicts: dict[str, str]) -> set[str]:
    return {case for case, verdict in verdicts.items() if verdict == "passed"}


def is_alive(pid: int) -> bool:
    try:
        status = Path("/proc", str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
