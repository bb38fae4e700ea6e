"""What judging took and cost, apart from the answers, and how far each judge can be trusted."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, Finding
from pytest_arena.results.judging import Calibration, Judging, total


@dataclass(frozen=True, slots=True)
class JudgeSummary:
    """The figures of one judge: an assertion's type, its prompt, and the models asked.

    `judges` are their names, none where rules judged. `undecided` counts judgements without a
    verdict; `unknown` counts votes of unknown cost, which make `cost_usd` a lower bound.
    """

    key: str
    type: str
    prompt: str
    judges: tuple[str, ...]
    models: tuple[str, ...]
    judgements: int
    undecided: int
    calls: int
    tokens: int | None
    cost_usd: float | None
    unknown: int
    calibration: Calibration | None


def judge_summaries(cells: Iterable[Cell]) -> tuple[JudgeSummary, ...]:
    """Return one summary a judge, those with most calls first."""
    found: dict[str, list[tuple[Finding, Judging]]] = {}
    for cell in cells:
        findings = [f for t in (*cell.trials, *cell.extra_trials) for f in t.assertions]
        for finding in _flat([*findings, *cell.assertions]):
            if finding.judge is not None and (finding.judge.votes or finding.judge.calibration):
                found.setdefault(finding.judge.key, []).append((finding, finding.judge))
    every = [_summary(key, own) for key, own in found.items()]
    return tuple(sorted(every, key=lambda s: (-s.calls, s.type, s.key)))


def _flat(findings: Iterable[Finding]) -> Iterable[Finding]:
    for finding in findings:
        yield finding
        yield from _flat(finding.group)


def _summary(key: str, judged: list[tuple[Finding, Judging]]) -> JudgeSummary:
    first_finding, first = judged[0]
    votes = [vote for _, judging in judged for vote in judging.votes]
    paid = [vote for vote in votes if vote.calls]
    costs = [vote.cost_usd for vote in paid]
    tokens = total([*(v.input_tokens for v in paid), *(v.output_tokens for v in paid)])
    known = sorted(cost for cost in costs if cost is not None)
    return JudgeSummary(
        key=key,
        type=first_finding.type,
        prompt=first.prompt,
        judges=tuple(dict.fromkeys(vote.judge for vote in votes)),
        models=tuple(dict.fromkeys(vote.model for vote in votes if vote.model)),
        judgements=len(judged),
        undecided=sum(f.verdict not in ("passed", "failed") for f, _ in judged),
        calls=sum(vote.calls for vote in votes),
        tokens=None if tokens is None or not paid else int(tokens),
        cost_usd=sum(known) if known or not paid else None,
        unknown=len(costs) - len(known),
        calibration=first.calibration,
    )
