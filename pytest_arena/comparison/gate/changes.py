"""What changed beside a cell's status: the words of its prompt, or the name of its case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import unified_diff

from pytest_arena.comparison.baseline.model import Baseline, BaselineCell, Prompt
from pytest_arena.comparison.baseline.summarize import prompts_of
from pytest_arena.comparison.gate.cells import CellPair, GateCell


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


def renamed_from(result: GateCell, gone: Sequence[BaselineCell]) -> GateCell:
    """Name the case that a new one seems to be under another name, where there is just one.

    It must be gone from the same file and provider, with the same prompt, assertions and judge.
    """
    if result.status != "new" or result.now is None or not result.now.hashes.get("prompt"):
        return result
    wanted = _question(result.now)
    twins = [
        cell
        for cell in gone
        if (cell.file, cell.provider) == (result.key[0], result.key[2])
        and _question(cell) == wanted
    ]
    if len(twins) != 1:
        return result
    reason = f"{result.reason}; it asks what {twins[0].case!r} asked, which is gone: renamed?"
    return replace(result, reason=reason, renamed_from=twins[0].case)


def _question(cell: BaselineCell) -> tuple[str, ...]:
    return tuple(cell.hashes.get(name, "") for name in ("prompt", "assertions", "judge"))


def _lines(prompt: Prompt) -> list[str]:
    return [f"{role}: {line}" for role, text in prompt for line in text.split("\n")]
