"""What a person reads of a cell on a terminal."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Container, Sequence

from pytest_arena.errors import first_line, shorten
from pytest_arena.results.call_runs import MOST_TOLD, call_runs
from pytest_arena.results.cell import Cell
from pytest_arena.results.content import shown
from pytest_arena.results.load_test import LoadTestResult, load_in_words
from pytest_arena.results.request_response import Message, ToolCall
from pytest_arena.results.trial import Finding, Trial
from pytest_arena.text.numbers import counted
from pytest_arena.text.printable import printable

LONGEST = 600
LONGEST_ERROR = 4_000
"""Frames of the user's own code are of no use when they are cut in the middle."""


def headline(cell: Cell) -> str:
    """Return in one line why a cell did not pass; it stands alone in pytest's short summary."""
    trial = _telling(cell)
    parts = []
    if cell.load is not None:
        parts += _of_load(cell, cell.load)
    elif len(cell.trials) > 1:
        passed = sum(trial.verdict == "passed" for trial in cell.trials)
        parts.append(f"{passed} of {len(cell.trials)} trials passed")
    if trial is not None and trial.error is not None:
        parts.append(f"{trial.error.kind}: {first_line(trial.error.message)}")
    else:
        found = _not_held(cell, trial)
        if found:
            more = f" (+{len(found) - 1} more)" if len(found) > 1 else ""
            parts.append(f"{found[0].type}: {first_line(found[0].reason)}{more}")
        elif trial is not None and trial.score is not None:
            parts.append(f"the weighted score {trial.score:.3g} is under the case's threshold")
    return printable(shorten(f"{cell.verdict}: " + "; ".join(parts), 300))


def _of_load(cell: Cell, load: LoadTestResult) -> list[str]:
    """Return what to say of a load before its assertions."""
    if cell.reason is not None:
        return [first_line(cell.reason)]
    if load.passed < load.judged:
        calls = "" if load.judged == load.answered else " that were judged"
        return [f"{load.passed:,} of {load.judged:,} answers{calls} passed"]
    return []


def report_text(cell: Cell) -> str:
    """Return the whole story of a cell: prompt, answer, and each assertion that did not hold."""
    trial = _telling(cell)
    model = f" · {cell.model}" if cell.model else ""
    lines = [headline(cell), "", f"  {cell.case} [{cell.column}{model}]"]
    if cell.load is not None:
        lines.append(_entry("load", load_in_words(cell.load)))
    if trial is not None:
        lines += _said(trial)
        if trial.error is not None:
            error = trial.error
            lines.append(_entry(f"error ({error.kind})", error.message, LONGEST_ERROR))
    for finding in _not_held(cell, trial):
        lines += _finding(cell, finding)
    lines += _others(trial.assertions if trial is not None else ())
    return printable("\n".join(lines))


def _others(findings: Sequence[Finding]) -> list[str]:
    """Return how many assertions held, and how many were not looked at and why."""
    held = sum(finding.verdict == "passed" for finding in findings)
    lines = [f"  ({counted(held, 'other assertion')} held)"] if held else []
    skipped = Counter(finding.reason for finding in findings if finding.verdict == "skipped")
    for reason, number in skipped.items():
        lines.append(f"  ({counted(number, 'assertion')} {first_line(reason)})")
    return lines


def passed_text(cell: Cell) -> str:
    """Return what was said in a cell that passed: in its first trial, where it has several."""
    lines = [_entry("load", load_in_words(cell.load))] if cell.load is not None else []
    for trial in cell.trials[:1]:
        lines += _said(trial)
    return printable("\n".join(lines))


def _telling(cell: Cell) -> Trial | None:
    """Return the first trial that explains the cell's verdict."""
    # errors under load may be allowed for, and then explain nothing
    others = () if cell.load is not None and cell.verdict == "failed" else ("failed", "error")
    for wanted in (cell.verdict, *others):
        for trial in cell.trials:
            if trial.verdict == wanted and wanted != "passed":
                return trial
    return None


def _not_held(cell: Cell, trial: Trial | None) -> list[Finding]:
    found = [*(trial.assertions if trial is not None else ()), *cell.assertions]
    not_held = [f for f in found if f.verdict in ("failed", "error") and f.weight > 0]
    not_held.sort(key=lambda finding: finding.verdict != cell.verdict)
    return not_held


def _said(trial: Trial) -> list[str]:
    played = {one.text for one in trial.personas}
    lines = [
        _entry(_speaker(message, played), shown(message["content"])) for message in trial.messages
    ]
    if trial.guardrail is not None:
        event = trial.guardrail
        lines.append(_entry("guardrail", f"{event.action} on {event.direction}: {event.reason}"))
        if event.original:
            lines.append(_entry("the answer was", event.original))
    if trial.output is not None:
        lines.append(_entry("answer", trial.output or "(empty)"))
    runs = list(call_runs(trial.tool_calls))
    lines += [_entry("tool call", _called(call, times)) for call, times in runs[:MOST_TOLD]]
    if left := sum(times for _, times in runs[MOST_TOLD:]):
        lines.append(_entry("", f"… and {counted(left, 'more tool call')}"))
    if trial.responses and trial.responses[-1].stopped is not None:
        lines.append(_entry("stopped", trial.responses[-1].stopped))
    return lines


def _speaker(message: Message, played: Container[object]) -> str:
    """Return who said a message: `played` is what simulated users did."""
    if message["role"] != "user":
        return str(message["role"])
    said = message["content"]
    # parts, of which some are files, are no persona's
    return "persona" if isinstance(said, str) and said in played else "prompt"


def _called(call: ToolCall, times: int) -> str:
    again = f" ({times} times)" if times > 1 else ""
    if call.error is not None:
        return f"{call.name}({call.arguments}) failed: {call.error}{again}"
    came = "" if call.result is None else f" → {call.result}"
    return f"{call.name}({call.arguments}){came}{again}"


def _finding(cell: Cell, finding: Finding) -> list[str]:
    mark = {"failed": "✗", "error": "!"}[finding.verdict]
    turn = f", turn {finding.turn + 1}" if finding.turn is not None else ""
    file = finding.file or cell.defined_in or cell.file
    place = f" ({file}:{finding.line}{turn})" if finding.line else turn
    lines = [f"  {mark} {finding.type}{place}"]
    lines += [f"      {line}" for line in shorten(finding.reason, LONGEST).splitlines()]
    if finding.expected:
        lines.append(f"      expected: {shorten(finding.expected, 200)}")
    return lines


def _entry(label: str, text: object, longest: int = LONGEST) -> str:
    body = shorten(str(text), longest).splitlines() or [""]
    indent = os.linesep + " " * 12
    return f"  {label:<9} {indent.join(body)}"
