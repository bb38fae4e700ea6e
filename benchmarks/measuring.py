"""Run a command in a process of its own and take its wall time, CPU time and memory."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """Keep what one run took: seconds of wall and CPU (user and system, children included), and
    the largest resident size of any of its processes in MB."""

    wall_s: float
    cpu_s: float
    rss_mb: float
    output: str


@dataclass(frozen=True)
class Median:
    """Keep the medians of several runs, the largest memory, and the last run's output."""

    wall_s: float
    cpu_s: float
    rss_mb: float
    runs: int
    output: str


def measure(command: list[str], folder: Path, extra: Mapping[str, str] | None = None) -> Measured:
    """Run a command once; an exit code other than 0 ends the benchmark with its output."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        watchdog = threading.Timer(600, process.kill)
        watchdog.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        watchdog.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode:
        sys.exit(f"{' '.join(command)}\nended with {process.returncode}:\n{text[-4000:]}")
    return Measured(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text)


def repeat(times: int, run: Callable[[], Measured]) -> Median:
    """Run something several times and return the medians."""
    runs = [run() for _ in range(times)]
    return Median(
        statistics.median(one.wall_s for one in runs),
        statistics.median(one.cpu_s for one in runs),
        max(one.rss_mb for one in runs),
        times,
        runs[-1].output,
    )


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment without proxies, coverage and pytest options, with made-up keys.

    Byte code is kept as it usually is; without, pytest parses its plug-ins at every start.
    """
    unwanted = re.compile(r"(?i)(.*_proxy|COV.*|PYTEST_.*|.*_API_KEY|PYTHONDONTWRITEBYTECODE)")
    kept = {name: value for name, value in os.environ.items() if not unwanted.fullmatch(name)}
    keys = {"OPENAI_API_KEY": "sk-benchmark", "ANTHROPIC_API_KEY": "sk-ant-benchmark"}
    return {**kept, **keys, "LITELLM_LOCAL_MODEL_COST_MAP": "True", **(extra or {})}
