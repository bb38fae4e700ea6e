"""Measure agents: 200 conversations of 6 turns with 2 tool calls each, 50 model calls at once.

A call of the model and a call of a tool take 200 ms each, as told by the mock, which really waits.
The ideal is what the calls of the model take with 50 of them always in flight. Memory is what the
process holds more at its peak than after a run of one conversation, by conversation; all of them
are held until the run ends.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from pytest_arena import run_arena

AT_ONCE = 50
CALL_S = 0.2
TURNS = 6
MODEL_CALLS = 2
ARENA = """\
providers: [{name: agent, provider: mock, model: any, latency: 200ms}]
tools:
  find:
    parameters: {properties: {number: {type: string}}}
    mock: {delay: 200ms, result: {status: shipped}}
targets: {desk: {type: agent, instructions: Help.}}
defaults: {target: desk}
tests:
"""
CASE = """\
  - name: Conversation {number}
    conversation: [{turns}]
    mock:
      steps:
        - tool_calls: [{{name: find, arguments: {{number: "7"}}}}, {{name: find}}]
        - It is shipped.
    assertions: [{{type: tool_call_count, min: 12, max: 12}}]
"""


def run(folder: Path, conversations: int) -> float:
    """Run so many conversations, and return how long that took."""
    turns = ", ".join(f"{{user: Question {number}}}" for number in range(TURNS))
    cases = [CASE.format(number=number, turns=turns) for number in range(conversations)]
    path = folder / "arena.yaml"
    path.write_text(ARENA + "".join(cases))
    started = time.perf_counter()
    result = run_arena(path, concurrency=AT_ONCE)
    took_s = time.perf_counter() - started
    passed = sum(cell.verdict == "passed" for cell in result.cells)
    if passed != conversations:
        sys.exit(f"{passed} of {conversations} conversations passed")
    return took_s


def main() -> None:
    """Measure so many conversations as are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run(Path(name), 1)
        before = getrusage(RUSAGE_SELF).ru_maxrss
        took_s = run(Path(name), given.conversations)
        more = getrusage(RUSAGE_SELF).ru_maxrss - before
    ideal_s = given.conversations * TURNS * MODEL_CALLS * CALL_S / AT_ONCE
    print(
        f"{given.conversations} conversations: {took_s:.1f} s, {took_s / ideal_s:.2f} × ideal, "
        f"{more / given.conversations:.0f} KiB a conversation"
    )


if __name__ == "__main__":
    main()
