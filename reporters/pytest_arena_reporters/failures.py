"""What reports say of a cell that did not pass: why, and with which answer."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_arena.comparison.trial_rows import last_prompt
from pytest_arena.results import Cell, Finding, RunResult, Trial


def unpassed(run: RunResult) -> list[Cell]:
    """Return the cells that failed, then those without a verdict, each in the run's order.

    What failed as expected is none of them.
    """
    found = [cell for cell in run.cells if is_unpassed(cell)]
    return sorted(found, key=lambda cell: cell.verdict == "error")


def is_unpassed(cell: Cell) -> bool:
    """Return whether a cell failed unexpectedly, or reached no verdict."""
    return cell.verdict == "error" or (cell.verdict == "failed" and not cell.is_xfailed)


def telling_trial(cell: Cell) -> Trial | None:
    """Return the first trial that came to the cell's verdict, else the first of all."""
    matching = [trial for trial in cell.trials if trial.verdict == cell.verdict]
    return next(iter(matching or cell.trials), None)


def why(cell: Cell) -> str:
    """Return in a line why a cell did not pass."""
    reasons = [_line(finding) for finding in _broken(cell.assertions)]
    trial = telling_trial(cell)
    if cell.load is not None:
        reasons = ([cell.reason] if cell.reason else []) + reasons
        # errors under load may be allowed for, and then explain nothing
        trial = trial if trial is not None and trial.verdict == cell.verdict else None
    if trial is not None:
        reasons += _trial_reasons(trial)
    if not reasons and cell.reason:
        reasons = [cell.reason]
    text = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
    return text or "no reason was kept"


def answer(cell: Cell) -> str | None:
    trial = telling_trial(cell)
    return trial.output if trial else None


def prompt(cell: Cell) -> str:
    trial = telling_trial(cell)
    return last_prompt(trial) if trial else ""


def _trial_reasons(trial: Trial) -> list[str]:
    if trial.error:
        return [f"{trial.error.kind}: {trial.error.message}"]
    reasons = [_line(finding) for finding in _broken(trial.assertions)]
    blocked = trial.guardrail
    if not reasons and blocked and blocked.action != "flag":
        reasons.append(f"guardrail {blocked.type} on {blocked.direction}: {blocked.reason}")
    return reasons


def _broken(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.verdict in ("failed", "error")]


def _line(finding: Finding) -> str:
    wanted = finding.expected
    if not wanted or wanted in finding.reason:
        return f"{finding.type}: {finding.reason}"
    return f"{finding.type}: {finding.reason} (expected: {wanted})"
