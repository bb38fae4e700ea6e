"""Trials, cells and runs: what one `pytest --arena` found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pytest_arena.results.exchange import Message, Response, Source, ToolCall
from pytest_arena.results.judging import Judging
from pytest_arena.results.load import Load

Verdict = Literal["passed", "failed", "error", "skipped"]
FindingVerdict = Literal["passed", "failed", "error", "skipped", "unsure"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Keep what one assertion found: its verdict, a score from 0 to 1, and the reason.

    `line` is the assertion's line in the arena file, `turn` (from 0) the turn of a conversation
    that it belongs to, `expected` what it wanted in a few words, `group` the findings of the
    members of an `any_of` or `all_of`, `judge` who judged and at what price, `measure` what the
    score measures, where a later run compares itself with it.
    """

    type: str
    verdict: FindingVerdict
    score: float | None
    reason: str
    line: int | None = None
    turn: int | None = None
    expected: str | None = None
    weight: float = 1.0
    group: tuple[Finding, ...] = ()
    judge: Judging | None = None
    measure: str | None = None

    @property
    def judgings(self) -> tuple[Judging, ...]:
        """All judgements of this finding and of its members."""
        own = (self.judge,) if self.judge else ()
        return (*own, *(judging for member in self.group for judging in member.judgings))


@dataclass(frozen=True, slots=True)
class GuardrailEvent:
    """Keep that a guardrail fired: which, in which direction, on what, and what it did."""

    type: str
    direction: Literal["input", "output"]
    action: Literal["block", "replace", "flag"]
    reason: str
    matched: tuple[str, ...] = ()
    turn: int = 0
    line: int | None = None
    original: str | None = None
    """The answer that was blocked or replaced."""


@dataclass(frozen=True, slots=True)
class TrialError:
    """Keep why a trial reached no verdict; `kind` is an `ErrorKind`.

    `attempts` is how often the provider was called in vain.
    """

    kind: str
    message: str
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """Keep one execution of a case against a provider.

    `messages` is everything that was said before the last answer; `responses` holds one entry for
    each answer of the provider, in order. Blocked on input: no response, `guardrail` set.
    """

    messages: tuple[Message, ...]
    responses: tuple[Response, ...] = ()
    verdict: Verdict = "passed"
    assertions: tuple[Finding, ...] = ()
    guardrails: tuple[GuardrailEvent, ...] = ()
    error: TrialError | None = None
    index: int = 0
    variant: int = 0
    score: float | None = None

    @property
    def last(self) -> Response | None:
        return self.responses[-1] if self.responses else None

    @property
    def output(self) -> str | None:
        """The last answer's text, or None where there was no answer."""
        return self.responses[-1].output if self.responses else None

    @property
    def guardrail(self) -> GuardrailEvent | None:
        """The first guardrail that blocked or replaced something, else the first that fired."""
        acting = [event for event in self.guardrails if event.action != "flag"]
        events = acting or list(self.guardrails)
        return events[0] if events else None

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(call for response in self.responses for call in response.tool_calls)

    @property
    def finish_reason(self) -> str | None:
        return self.responses[-1].finish_reason if self.responses else None

    @property
    def source(self) -> Source | None:
        return self.responses[0].source if self.responses else None

    @property
    def latency_ms(self) -> float | None:
        """The sum over the trial's provider calls, in milliseconds."""
        return _total([response.latency_ms for response in self.responses])

    @property
    def first_token_ms(self) -> float | None:
        return self.responses[0].first_token_ms if self.responses else None

    @property
    def input_tokens(self) -> int | None:
        total = _total([response.input_tokens for response in self.responses])
        return None if total is None else int(total)

    @property
    def output_tokens(self) -> int | None:
        total = _total([response.output_tokens for response in self.responses])
        return None if total is None else int(total)

    @property
    def cost_usd(self) -> float | None:
        """The sum over the trial's provider calls in US dollars; None if any is unknown."""
        return _total([response.cost_usd for response in self.responses])

    @property
    def judgings(self) -> tuple[Judging, ...]:
        """All judgements of the trial's assertions."""
        return tuple(judging for finding in self.assertions for judging in finding.judgings)

    @property
    def attempts(self) -> int:
        """How often the provider was called, in vain or not."""
        failed = self.error.attempts if self.error else 0
        return failed + sum(response.attempts for response in self.responses)

    def at_turn(self, turn: int) -> Trial:
        """Return the trial as it stood when the answer of that turn (from 0) had come."""
        if turn >= len(self.responses):
            return replace(self, responses=())
        return replace(
            self,
            messages=tuple(_messages_before_answer(self.messages, turn)),
            responses=(self.responses[turn],),
            guardrails=tuple(event for event in self.guardrails if event.turn == turn),
        )


@dataclass(frozen=True, slots=True)
class Count:
    """Count the trials that reached a verdict, and those of them that passed."""

    passed: int
    judged: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Keep how a cell stands beside the baseline: its status, the reason, and what changed.

    `status` is one of `regressed`, `error`, `suspected`, `insufficient data`, `incomparable`,
    `flaky`, `fixed`, `still failing`, `still passing`, `new`. `changed` names which of prompt,
    provider, assertions and judge differ; `prompt_diff` holds the lines of a unified diff.
    """

    status: str
    reason: str
    before: Count | None = None
    now: Count | None = None
    fresh: Count | None = None
    p_value: float | None = None
    changed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    prompt_diff: tuple[str, ...] = ()
    output_before: str | None = None
    renamed_from: str | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """Keep what the gate concluded of a whole run.

    `removed` are the cells of the baseline that are no more; `suite` says in a sentence what the
    test over all cases found.
    """

    baseline: str
    failed: bool
    counts: Mapping[str, int] = field(default_factory=dict)
    suite: str | None = None
    suite_failed: bool = False
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitFinding:
    """Keep what became of one entry of `gates:`, which limits a metric of a file's cells.

    `error` means that it could not be checked, which counts as broken. `value` and `before` (the
    baseline's) are in the metric's unit: shares, ms, US dollars or tokens; `n` counts what the
    value is made of.
    """

    file: str
    name: str
    metric: str
    verdict: Literal["passed", "failed", "error"]
    action: Literal["fail", "warn"]
    reason: str
    value: float | None = None
    before: float | None = None
    n: int = 0

    @property
    def fails(self) -> bool:
        """Whether it fails the run."""
        return self.verdict != "passed" and self.action == "fail"

    @property
    def state(self) -> str:
        """Say in two or three words what became of it."""
        word = {"passed": "holds", "failed": "is broken", "error": "could not be checked"}
        warning = " (a warning)" if self.verdict != "passed" and self.action == "warn" else ""
        return word[self.verdict] + warning


@dataclass(frozen=True, slots=True)
class Cell:
    """Keep one case × provider: one pytest item, one row of the results."""

    id: str
    file: str
    case: str
    provider: str
    model: str | None
    verdict: Verdict
    trials: tuple[Trial, ...] = ()
    tags: tuple[str, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    line: int | None = None
    defined_in: str | None = None
    """The file that the lines count in, where an include brought the case from another one."""
    reason: str | None = None
    assertions: tuple[Finding, ...] = ()
    """Findings over all trials (consistency, success_rate, …)."""
    confirmation: tuple[Trial, ...] = ()
    """Fresh trials of a cell that looked worse than its baseline; only they decide about it."""
    standing: Standing | None = None
    """How it stands beside the baseline, where there is one."""
    over_budget: str | None = None
    """The budget that kept trials of the cell from running."""
    trials_not_run: int = 0
    """Trials that were not started, since the cell's outcome could not change any more."""
    load: Load | None = None
    """The figures of a load case; `trials` are then some of its calls, failed ones first."""

    @property
    def judgings(self) -> tuple[Judging, ...]:
        """All judgements of the cell: of its trials, fresh ones too, and over all of them."""
        trials = (*self.trials, *self.confirmation)
        found = [judging for trial in trials for judging in trial.judgings]
        return (*found, *(j for finding in self.assertions for j in finding.judgings))

    @property
    def flaky(self) -> bool:
        """Whether some of the trials passed and some failed; a load is judged as a whole."""
        if self.load is not None:
            return False
        verdicts = {trial.verdict for trial in self.trials}
        return {"passed", "failed"} <= verdicts


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Keep the facts of a run; times are ISO 8601 in UTC."""

    run_id: str
    started_at: str
    plugin_version: str
    git: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunResult:
    """Keep everything that one run did, its cells in the order of collection.

    `finished_at` is None where the run was killed, `interrupted` is set where it was stopped.
    `notes` are the lines that plug-ins add to the summary, `exit_code` is pytest's, `gate` is what
    the comparison with a baseline concluded, and `limits` what became of the entries of `gates:`.
    """

    info: RunInfo
    cells: tuple[Cell, ...]
    finished_at: str | None = None
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    exit_code: int | None = None
    gate: Gate | None = None
    limits: tuple[LimitFinding, ...] = ()

    @property
    def totals(self) -> dict[str, float]:
        """Count cells by verdict and sum the known costs in US dollars."""
        counts: dict[str, float] = {"cells": len(self.cells)}
        for verdict in ("passed", "failed", "error", "skipped"):
            counts[verdict] = sum(cell.verdict == verdict for cell in self.cells)
        counts["cost_usd"] = sum(
            cell.load.cost_usd or 0.0
            if cell.load is not None
            else sum(trial.cost_usd or 0.0 for trial in cell.trials)
            for cell in self.cells
        )
        judgings = [j for cell in self.cells for j in cell.judgings]
        if judgings:
            counts["judge_calls"] = sum(judging.calls for judging in judgings)
            counts["judge_cost_usd"] = sum(sorted(j.cost_usd or 0.0 for j in judgings))
        return counts


def _total(values: list[Any]) -> float | None:
    if not values or any(value is None for value in values):
        return None
    total: float = sum(values)
    return total


def _messages_before_answer(messages: tuple[Message, ...], turn: int) -> list[Message]:
    kept: list[Message] = []
    answered = 0
    for message in messages:
        if message.get("role") == "assistant":
            if answered == turn:
                break
            answered += 1
        kept.append(message)
    return kept
