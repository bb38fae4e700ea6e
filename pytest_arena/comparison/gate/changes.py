"""What changed beside a cell's status: the words of its prompt."""

from __future__ import annotations

from difflib import unified_diff

from pytest_arena.comparison.baseline.model import Baseline, Prompt
from pytest_arena.comparison.baseline.summarize import prompts_of
from pytest_arena.comparison.gate.cells import CellPair


def prompt_diff(baseline: Baseline, pair: CellPair) -> tuple[str, ...]:
    """Return a unified diff of what was sent then and is sent now.

    Empty where the baseline has not kept the old prompt.
    """
    if pair.before is None:
        return ()
    old = baseline.prompts.get(pair.before.hashes.get("prompt", ""))
    new = prompts_of([pair.cell]).get(pair.cell.hashes.get("prompt", ""))
    if old is None or new is None:
        return ()
    diff = unified_diff(_lines(old), _lines(new), "baseline", "now", lineterm="", n=2)
    return tuple(diff)


def _lines(prompt: Prompt) -> list[str]:
    return [f"{role}: {line}" for role, text in prompt for line in text.split("\n")]
