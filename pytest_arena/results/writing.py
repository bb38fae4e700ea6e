"""Write a run as `results.jsonl`, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pytest_arena.results.run import RunResult
from pytest_arena.results.serialize import end_line, run_line


def write_results(path: Path, run: RunResult, lines: Iterable[str]) -> list[int]:
    """Write a whole results file, given the lines of its cells; no reader ever sees half of it.

    Returns where each of these lines begins. Its folder is made where somebody has removed it
    meanwhile.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    begins = []
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with temporary.open("wb") as stream:
            end = stream.write(f"{run_line(run.info)}\n".encode())
            for line in lines:
                begins.append(end)
                end += stream.write(f"{line}\n".encode())
            stream.write(f"{end_line(run)}\n".encode())
        os.replace(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink()
    return begins
