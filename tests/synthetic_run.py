"""Runs that look like real ones, made from a seed: for tests of reports, and for benchmarks."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from pytest_arena.results import (
    Cell,
    Count,
    Finding,
    Gate,
    GateFinding,
    GuardrailEvent,
    Message,
    Response,
    RunInfo,
    RunResult,
    ToolCall,
    Trial,
    TrialError,
    Verdict,
)

HOSTILE = (
    '"><img src=x onerror="document.title=\'PWNED\'">',
    "</script><script>document.title='PWNED'</script>",
    "<!--<script>document.title='PWNED'//",
    "javascript:document.title='PWNED'",
    "\x1b]0;PWNED\x07 \x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\ \x1b]52;c;UFdORUQ=\x07",
    "\x1b[2J\x1b[31mred\x9b1m bold\r over",
    "user\u202etxt.exe\u2066",
    " ::error::PWNED\n::stop-commands::x",
    "a ##[add-mask]b ##vso[task.setvariable variable=x]y",
    "@org/team ![](http://evil.example/x.png) [x](javascript:x) #1",
    "````\n```\n~~~~~\n</details><!-- pytest-arena-report -->",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "\x00\ufeff",
)
"""What security.md lists, for every field that a stranger may fill."""

TAGS = ("quality", "safety", "performance", "cost", "billing", "multilingual")
_WORDS = """
account password reset link email button page settings please click enter customer order
refund invoice payment card billing support agent ticket team policy return shipping address
delivery tracking number date confirm change update remove login security code verify step
open choose select type submit wait minutes inbox spam folder contact help number phone
the a to of and in for is your you we our on with that this it can will not be if from or as
by at are have has was may do so then when where which how what please also after before now
"""
_ENDINGS = ("", "", "", "", "s", "ed", "ing", "er", "ly", "ment")
_TOPICS = ("Password Reset", "Refund Status", "Billing Question", "Order Tracking", "Tone of Voice")


PICTURE = {
    "type": "image",
    "name": "photos/parcel.png",
    "media_type": "image/png",
    "size": 48_213,
    "sha256": "5e" * 32,
}
"""What a message keeps of a picture that it sends."""


@dataclass(frozen=True)
class Profile:
    """Say how a made-up provider behaves."""

    name: str
    model: str
    quality: float
    latency_ms: float
    price: float
    error_rate: float = 0.01


PROFILES = (
    Profile("haiku", "anthropic/claude-haiku-4-5", 0.93, 620, 1.6),
    Profile("gpt-mini", "openai/gpt-5-mini", 0.90, 840, 0.5),
    Profile("sonnet", "anthropic/claude-sonnet-4-5", 0.97, 1450, 6.2),
    Profile("llama-local", "ollama/llama3.2", 0.74, 2100, 0.0, 0.03),
    Profile("gemini-flash", "gemini/gemini-2.5-flash", 0.88, 480, 0.3),
    Profile("mistral-small", "mistral/mistral-small", 0.82, 700, 0.2),
)


def synthetic_run(
    cases: int = 40,
    providers: int = 3,
    *,
    seed: int = 1,
    trials: int = 1,
    answer_chars: int = 400,
    hostile: bool = False,
    rich: bool = True,
) -> RunResult:
    """Return a run of cases × providers; `rich` adds conversations, tools, guardrails, errors."""
    maker = _Maker(random.Random(seed), answer_chars, hostile, rich)
    profiles = [PROFILES[i % len(PROFILES)] for i in range(providers)]
    names = [
        p.name if i < len(PROFILES) else f"{p.name}-{i // len(PROFILES) + 1}"
        for i, p in enumerate(profiles)
    ]
    if hostile:
        names = [f"{name} {HOSTILE[i % len(HOSTILE)]}" for i, name in enumerate(names)]
    cells = []
    for number in range(cases):
        difficulty = maker.random.betavariate(1.2, 6)
        case = maker.case(number)
        for name, profile in zip(names, profiles, strict=True):
            cells.append(maker.cell(case, name, profile, difficulty, trials))
    info = RunInfo(
        run_id=f"synthetic-{seed}",
        started_at="2026-11-20T10:00:00Z",
        plugin_version="0.1.0",
        git={
            "commit": "2620f6e0c0ffee0123456789abcdef0123456789",
            "branch": maker.foreign("main"),
            "dirty": False,
        },
        options={"concurrency": 16, "trials": trials, "provider": [maker.foreign("default")]},
    )
    notes = (maker.foreign("A plug-in has something to say."),) if rich or hostile else ()
    return RunResult(info, tuple(cells), "2026-11-20T10:04:31Z", notes=notes)


@dataclass
class _Case:
    file: str
    name: str
    tags: tuple[str, ...]
    prompt: str
    line: int
    style: str
    number: int


class _Maker:
    def __init__(self, generator: random.Random, chars: int, hostile: bool, rich: bool) -> None:
        self.random = generator
        self.chars = chars
        self.hostile = hostile
        self.rich = rich
        self._next_hostile = 0
        self._vocabulary = [word + ending for word in _WORDS.split() for ending in _ENDINGS]
        self._weights = [1 / (rank + 8) for rank in range(len(self._vocabulary))]
        generator.shuffle(self._vocabulary)

    def foreign(self, text: str) -> str:
        """Return the text, with the next hostile string added where they are asked for."""
        if not self.hostile:
            return text
        self._next_hostile += 1
        return f"{HOSTILE[self._next_hostile % len(HOSTILE)]} {text}"

    def text(self, chars: int) -> str:
        words = self.random.choices(self._vocabulary, self._weights, k=chars // 4 + 4)
        sentence: list[str] = []
        for i, word in enumerate(words):
            sentence.append(word.capitalize() if i % 12 == 0 else word)
            if i % 12 == 11:
                sentence[-1] += ".\n\n" if i % 60 == 59 else "."
        return " ".join(sentence).replace("\n\n ", "\n\n")[:chars]

    def case(self, number: int) -> _Case:
        topic = _TOPICS[number % len(_TOPICS)]
        styles = ("plain", "plain", "conversation", "tools", "guarded") if self.rich else ("plain",)
        return _Case(
            file=self.foreign(f"arenas/{('support', 'billing')[number % 2]}/arena.yaml"),
            name=f"{self.foreign(topic)} {number + 1:04}",
            tags=tuple(sorted({TAGS[number % len(TAGS)], TAGS[number * 7 % len(TAGS)]})),
            prompt=self.foreign(f"{topic}? " + self.text(80)),
            line=12 + number * 9,
            style=styles[number % len(styles)],
            number=number,
        )

    def cell(
        self, case: _Case, name: str, profile: Profile, difficulty: float, trials: int
    ) -> Cell:
        if self.rich and case.number % 37 == 36:
            return self._skipped(case, name, profile)
        chance = max(0.02, min(0.995, profile.quality * (1 - difficulty * (1.6 - profile.quality))))
        made = [self._trial(case, profile, chance, index) for index in range(trials)]
        verdicts = {trial.verdict for trial in made}
        verdict: Verdict = (
            "error" if "error" in verdicts else "failed" if "failed" in verdicts else "passed"
        )
        return Cell(
            id=f"{case.file}::{case.name}[{name}]",
            file=case.file,
            case=case.name,
            provider=name,
            model=profile.model,
            verdict=verdict,
            trials=tuple(made),
            tags=case.tags,
            hashes={key: f"{self.random.getrandbits(48):012x}" for key in ("prompt", "provider")},
            description=self.foreign("What a customer asks most.") if self.rich else None,
            line=case.line,
        )

    def _skipped(self, case: _Case, name: str, profile: Profile) -> Cell:
        return Cell(
            f"{case.file}::{case.name}[{name}]",
            case.file,
            case.name,
            name,
            profile.model,
            "skipped",
            tags=case.tags,
            line=case.line,
            reason=self.foreign("waits for the new policy"),
        )

    def _trial(self, case: _Case, profile: Profile, chance: float, index: int) -> Trial:
        system: Message = {"role": "system", "content": "You are a friendly support agent."}
        messages: list[Message] = [system, {"role": "user", "content": case.prompt}]
        if self.random.random() < profile.error_rate:
            message = self.foreign(f"{profile.model} gave no answer within 60 s")
            error = TrialError("timeout", message)
            return Trial(tuple(messages), verdict="error", error=error, index=index)
        if case.style == "guarded" and self.random.random() < 0.5:
            return self._blocked(case, messages, index)
        responses = [self._response(profile)]
        if case.style == "conversation":
            messages.append({"role": "assistant", "content": responses[0].output})
            said = {"type": "text", "text": self.foreign(self.text(60))}
            messages.append({"role": "user", "content": [said, dict(PICTURE)]})
            responses.append(self._response(profile))
        if case.style == "tools":
            self._use_a_tool(messages, responses, profile)
        held = self.random.random() < chance
        return Trial(
            messages=tuple(messages),
            responses=tuple(responses),
            verdict="passed" if held else "failed",
            assertions=self._findings(case, held),
            index=index,
            score=1.0 if held else round(self.random.random() * 0.8, 3),
        )

    def _use_a_tool(
        self, messages: list[Message], responses: list[Response], profile: Profile
    ) -> None:
        arguments: dict[str, Any] = {"order": self.foreign("A-1042"), "deep": {"list": [1, 2]}}
        call = ToolCall("find_order", arguments, "call_1")
        first = self._response(profile)
        first.output, first.tool_calls, first.finish_reason = "", (call,), "tool_calls"
        messages.append(
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "find_order", "arguments": '{"order": "A-1042"}'},
                    }
                ],
            }
        )
        messages.append(
            {"role": "tool", "tool_call_id": "call_1", "content": self.foreign('{"state": "sent"}')}
        )
        responses.insert(0, first)

    def _blocked(self, case: _Case, messages: list[Message], index: int) -> Trial:
        event = GuardrailEvent(
            "banned_words",
            "input",
            "block",
            self.foreign("banned word 'password123' in the prompt"),
            ("password123",),
            line=case.line + 2,
        )
        return Trial(
            tuple(messages),
            verdict="failed",
            guardrails=(event,),
            index=index,
            assertions=(
                Finding("contains", "skipped", None, "skipped: the prompt was blocked", case.line),
            ),
        )

    def _response(self, profile: Profile) -> Response:
        chars = max(20, int(self.random.gauss(self.chars, self.chars * 0.12)))
        latency = profile.latency_ms * self.random.lognormvariate(0, 0.35)
        tokens_out = chars // 4
        return Response(
            output=self.foreign(self.text(chars)),
            finish_reason="stop",
            latency_ms=round(latency, 3),
            first_token_ms=round(latency * 0.3, 3) if profile.name == "haiku" else None,
            input_tokens=48,
            output_tokens=tokens_out,
            cost_usd=(48 * 0.25 + tokens_out) * profile.price / 1_000_000,
            source="mock",
            model=profile.model,
        )

    def _findings(self, case: _Case, held: bool) -> tuple[Finding, ...]:
        broken = self.random.choice(("contains", "max_length", "tone"))
        findings = []
        for offset, (kind, expected) in enumerate(
            (("contains", "'reset link'"), ("max_length", "at most 900"), ("tone", "professional"))
        ):
            fails = not held and kind == broken
            findings.append(
                Finding(
                    kind,
                    "failed" if fails else "passed",
                    0.0 if fails else 1.0,
                    self.foreign(f"wanted {expected}, not found" if fails else f"found {expected}"),
                    case.line + 3 + offset,
                    expected=expected,
                )
            )
        if self.rich and case.number % 5 == 0:
            findings.append(
                Finding(
                    "any_of",
                    "passed",
                    1.0,
                    "1 of 2 held",
                    case.line + 7,
                    group=(
                        Finding("contains", "failed", 0.0, "'email' not found", case.line + 8),
                        Finding("contains", "passed", 1.0, "found 'inbox'", case.line + 9),
                    ),
                )
            )
        return tuple(findings)


_STATUSES = ("still passing", "flaky", "suspected", "insufficient data", "incomparable", "new")
_CHANGES = ((), ("prompt",), ("provider",), ("prompt", "provider"))


def compared_with_baseline(
    run: RunResult, *, regressed: int = 3, seed: int = 1, hostile: bool = False
) -> RunResult:
    """Return a run as if it had been compared with a baseline, with cells of every status."""
    maker = _Maker(random.Random(seed), 400, hostile, rich=True)
    left, cells = regressed, []
    for number, cell in enumerate(run.cells):
        status = _status(cell, number, left)
        left -= status == "regressed"
        cells.append(_compared(maker, cell, number, status))
    found = Counter(cell.standing.status for cell in cells if cell.standing)
    removed = (maker.foreign("arenas/support/arena.yaml::Old case[haiku]"),)
    gate = Gate(
        baseline=maker.foreign(".arena/baseline.jsonl"),
        failed=found["regressed"] > 0,
        counts={**found, "removed": 1},
        suite=maker.foreign(
            "over 60 cases the pass rate is 2.1 points below the baseline's "
            "(9 worse, 6 better; p = 0.184)"
        ),
        removed=removed,
    )
    return replace(run, cells=tuple(cells), gate=gate)


def _status(cell: Cell, number: int, left: int) -> str | None:
    if cell.verdict == "skipped":
        return None
    if cell.verdict == "error":
        return "error"
    if cell.verdict == "failed":
        return "regressed" if left else "still failing"
    if number % 23 == 0:
        return "fixed"
    return _STATUSES[number % 29] if number % 29 < len(_STATUSES) else "still passing"


def _compared(maker: _Maker, cell: Cell, number: int, status: str | None) -> Cell:
    if status is None:
        return cell
    confirmed = status in ("regressed", "suspected")
    fresh = tuple(
        replace(trial, index=index, verdict="failed" if index else "passed")
        for index, trial in enumerate(cell.trials * 8)
        if index < 8
    )
    changed = _CHANGES[number % 4] if status != "new" else ()
    diff = ("--- baseline", "+++ now", "@@ -1,2 +1,2 @@", " system: You are a friendly agent.")
    diff += (f"-user: {maker.foreign('Please be kind.')}", f"+user: {maker.foreign('Be terse.')}")
    held = cell.verdict == "passed"
    answer = cell.trials[0].output if cell.trials else None
    standing = GateFinding(
        status=status,
        reason=maker.foreign("1 of 8 fresh trials passed, 20 of 20 did in the baseline"),
        before=None if status == "new" else Count(20 if held or confirmed else 0, 20),
        now=Count(int(held), 1),
        fresh=Count(1, 8) if confirmed else None,
        p_value=0.0000186 if confirmed else None,
        changed=changed,
        dropped=("0:contains", "3:any_of/1:contains") if confirmed else (),
        prompt_diff=diff if "prompt" in changed else (),
        differences=(maker.foreign("model: one → two"),) if "provider" in changed else (),
        output_before=f"Before: {answer}" if answer and confirmed else None,
    )
    return replace(
        cell,
        standing=standing,
        confirmation=fresh if confirmed else (),
        trials_not_run=number % 3 if len(cell.trials) > 1 else 0,
    )
