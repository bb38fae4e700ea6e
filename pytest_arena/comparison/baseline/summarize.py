"""A run as a baseline: what its trials come down to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Literal

from pytest_arena.comparison.baseline.findings import (
    assertion_counts,
    graded_scores,
    is_whole,
    mean_scores,
    metric_counts,
)
from pytest_arena.comparison.baseline.model import (
    Baseline,
    BaselineCell,
    Figures,
    Prompt,
    key_of,
)
from pytest_arena.comparison.labels import predicted_labels
from pytest_arena.results import Cell, Finding, LoadTestResult, Response, RunResult, Trial, Verdict
from pytest_arena.results.cell import OF_RESUMING
from pytest_arena.results.content import shown
from pytest_arena.results.judging import BASELINE
from pytest_arena.results.request_response import REPLAYED, WITHOUT_CALL, source_of
from pytest_arena.results.versions import versions_in

_LETTERS = {"passed": "P", "failed": "F"}


def baseline_of(run: RunResult, *, outputs: bool = False, name: str | None = None) -> Baseline:
    """Return a run as a baseline; skipped cells say nothing and are left out."""
    ran = sorted((cell for cell in run.cells if cell.verdict != "skipped"), key=key_of)
    cells = {key_of(cell): summarize_cell(cell, outputs=outputs) for cell in ran}
    return Baseline(cells, prompts_of(ran), versions_in(run.info.options), name or "the baseline")


def summarize_cell(
    cell: Cell, trials: Sequence[Trial] | None = None, *, outputs: bool = False
) -> BaselineCell:
    """Return what a baseline keeps of a cell, or of other trials of the same cell."""
    if cell.verdict == "skipped":
        raise ValueError(f"{cell.id} was skipped: there is nothing to keep of it")
    if cell.load is not None:
        return _summary_of_load(cell, cell.verdict, cell.load)
    own = _unbiased(cell) if trials is None else tuple(trials)
    rated = rated_places(cell)
    verdicts = [trial_verdict(trial, rated) for trial in own]
    return BaselineCell(
        file=cell.file,
        case=cell.case,
        provider=cell.provider,
        variant=cell.variant,
        cluster=cell.cluster,
        verdict=cell.verdict,
        hashes={name: hashed for name, hashed in cell.hashes.items() if name not in OF_RESUMING},
        source=source_of(response for trial in own for response in trial.responses),
        passed=verdicts.count("passed"),
        failed=verdicts.count("failed"),
        error=verdicts.count("error"),
        assertions=assertion_counts(own, cell.assertions),
        metrics=metric_counts(own, cell.assertions),
        figures=figures_of(cell.trials if trials is None else own),
        digest=_digest(own, verdicts),
        outputs=_answers(own) if outputs or _is_compared(cell) else None,
        history="".join(_LETTERS.get(verdict, "") for verdict in verdicts),
        scores=mean_scores(filter(is_whole, own)),
        graded=graded_scores(own),
        models=_names(response.model for response in _called(own)),
        builds=_names(response.system_fingerprint for response in _called(own)),
        label=cell.label,
        predicted=predicted_labels(own) if cell.label is not None else {},
    )


def _answers(trials: Iterable[Trial]) -> tuple[str, ...]:
    """Return the answers that a later one can be compared with: whole ones, with words in them."""
    return tuple(
        words
        for trial in trials
        if is_whole(trial) and trial.last and (words := trial.last.in_words)
    )


def _called(trials: Iterable[Trial]) -> Iterator[Response]:
    """Yield what the provider itself said now: a fallback or a replay says nothing of it."""
    for trial in trials:
        for response in trial.responses:
            if response.source == "call" and response.answered_by is None:
                yield response


def _names(found: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({name for name in found if name}))


def _summary_of_load(
    cell: Cell, verdict: Literal["passed", "failed", "error"], load: LoadTestResult
) -> BaselineCell:
    """Count a load case as one trial: its calls were judged together, and those kept of them are
    no fair sample. Its figures are those of every call."""
    known = [count for count in (load.input_tokens, load.output_tokens) if count is not None]
    return BaselineCell(
        file=cell.file,
        case=cell.case,
        provider=cell.provider,
        variant=cell.variant,
        cluster=cell.cluster,
        verdict=verdict,
        hashes=dict(cell.hashes),
        source=load.source,
        passed=int(verdict == "passed"),
        failed=int(verdict == "failed"),
        error=int(verdict == "error"),
        assertions=assertion_counts((), cell.assertions),
        metrics=metric_counts((), cell.assertions),
        figures=Figures(
            trials=int(load.answered > 0),
            requests=load.answered,
            latencies_ms=tuple(round(time) for time in load.spread_ms),
            cost_usd=load.cost_usd,
            tokens=sum(known) if len(known) == 2 else None,
        ),
        history=_LETTERS.get(verdict, ""),
        graded={},
    )


def _is_compared(cell: Cell) -> bool:
    """Return whether an assertion compares the cell with the answers that a baseline keeps."""
    return any(judging.rival == BASELINE for judging in cell.judgings)


def rated_places(cell: Cell) -> frozenset[tuple[str, int | None, int | None]]:
    """Return the assertions with a `pass_threshold` of their own, by type, line and turn.

    They are judged over all trials, beside a finding in each of them.
    """
    return frozenset((finding.type, finding.line, finding.turn) for finding in cell.assertions)


def trial_verdict(trial: Trial, rated: frozenset[tuple[str, int | None, int | None]]) -> Verdict:
    """Return a trial's verdict for statistics: no assertion may have failed in it.

    An assertion that is judged over all trials does not fail a trial for the cell's verdict, but
    a drop of its rate is a drop all the same.
    """
    found = [f.verdict for f in trial.assertions if f.weight > 0 and _spot(f) in rated]
    if trial.verdict == "passed":
        return "error" if "error" in found else "failed" if "failed" in found else "passed"
    return trial.verdict


def figures_of(trials: Sequence[Trial]) -> Figures:
    """Return what calls took and cost, those of trials without a verdict included.

    A trial that broke off has no latency: it is not the time that an answer takes.
    """
    responses = [response for trial in trials for response in trial.responses]
    costs = [response.cost_usd for response in responses]
    tokens = [response.input_tokens for response in responses]
    tokens += [response.output_tokens for response in responses]
    known = sorted(cost for cost in costs if cost is not None)
    return Figures(
        trials=sum(trial.error is None or bool(trial.responses) for trial in trials),
        requests=len(responses),
        latencies_ms=tuple(sorted(round(ms) for ms in latencies_ms(trials))),
        # sorted and rounded, so that the order of trials leaves no trace in the last digit
        cost_usd=float(f"{sum(known):.10g}") if len(known) == len(costs) else None,
        tokens=None if None in tokens else sum(n for n in tokens if n is not None),
    )


def latencies_ms(trials: Iterable[Trial]) -> list[float]:
    """Return the latencies of trials; a replayed one never gates and is left out."""
    return [
        trial.latency_ms
        for trial in trials
        if trial.error is None
        and trial.latency_ms is not None
        and not any(response.source in REPLAYED for response in trial.responses)
    ]


def prompts_of(cells: Iterable[Cell]) -> dict[str, Prompt]:
    """Return what was sent, by the hash of the prompt; the first cell by key speaks for it."""
    found: dict[str, Prompt] = {}
    for cell in sorted(cells, key=key_of):
        hashed = cell.hashes.get("prompt")
        if hashed and hashed not in found:
            dialogues: dict[int, Prompt] = {}
            for trial in cell.trials:
                dialogues.setdefault(trial.dialogue, _prompt(trial))
            texts = tuple(line for _, prompt in sorted(dialogues.items()) for line in prompt)
            if texts:
                found[hashed] = texts
    return found


def _spot(finding: Finding) -> tuple[str, int | None, int | None]:
    return (finding.type, finding.line, finding.turn)


def _unbiased(cell: Cell) -> tuple[Trial, ...]:
    """Return the trials that say how often the case passes.

    Where the engine stopped early it did so because of what the trials had said, so that only the
    first of each prompt tells the rate.
    """
    if not cell.trials_not_run:
        return cell.trials
    return tuple(trial for trial in cell.trials if trial.index == 0)


def _digest(trials: Sequence[Trial], verdicts: Sequence[Verdict]) -> str | None:
    """Return the digest of the one answer of each prompt, or None where answers may differ."""
    answers: dict[int, tuple[str, Verdict]] = {}
    for trial, verdict in zip(trials, verdicts, strict=True):
        if verdict not in ("passed", "failed"):
            continue
        if any(response.source not in REPLAYED | WITHOUT_CALL for response in trial.responses):
            return None
        said = [[r.output, [[c.name, c.arguments] for c in r.tool_calls]] for r in trial.responses]
        answer = (json.dumps(said, sort_keys=True, default=str), verdict)
        if answers.setdefault(trial.dialogue, answer) != answer:
            return None
    if not answers:
        return None
    whole = json.dumps([(dialogue, text) for dialogue, (text, _) in sorted(answers.items())])
    return sha256(whole.encode()).hexdigest()[:16]


def _prompt(trial: Trial) -> Prompt:
    return tuple(
        (str(message.get("role")), shown(message.get("content")))
        for message in trial.messages
        if message.get("role") in ("system", "developer", "user")
    )
