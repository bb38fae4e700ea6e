"""The base of assertions that a judge decides, and the material that judges read."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from pytest_arena.judging.llm.levels import Level, Levels
from pytest_arena.judging.llm.panel import NO_ENGINE, NO_JUDGE, Question, Ruling, rule, spec_facts
from pytest_arena.judging.llm.prompt import Material, Task, prompt_file
from pytest_arena.results.content import shown
from pytest_arena.results.request_response import Message
from pytest_arena.results.trial import FindingVerdict, Trial
from pytest_arena.schema.assertion import CheckContext, MayBeUnsure, Outcome
from pytest_arena.schema.judge import JudgeSpec
from pytest_arena.schema.provider import ProviderSpec

DEGREES = (
    Level("fully", 1.0, "in every respect"),
    Level("mostly", 0.75, "but for something minor"),
    Level("partly", 0.5, "in about half of what matters"),
    Level("barely", 0.25, "in little of what matters"),
    Level("not", 0.0, "not at all, or the opposite of it"),
)
"""How far something holds, for criteria that bring no levels of their own."""


class JudgedAssertion(MayBeUnsure):
    """An assertion that asks a judge; subclass it and write `question`.

    A question that cannot be asked, say for want of a context, is an `Outcome` instead.
    """

    graded: ClassVar[bool] = True
    prompts: ClassVar[tuple[str, ...]] = ()
    """The prompts that it may ask with, by name."""

    judge: JudgeSpec | None = Field(default=None, exclude=True)
    """Who judges, over the file's own `judge:`: a provider's name, a provider, or a `panel`."""

    def question(self, trial: Trial, context: CheckContext) -> Question | Outcome:
        """Return what to ask about a trial."""
        raise NotImplementedError(f"{type(self).__name__} has no question()")

    async def check(self, trial: Trial, context: CheckContext) -> Outcome:
        question = self.question(trial, context)
        if isinstance(question, Outcome):
            return question
        ruling = await ask_judge(self, question, context)
        return ruling if isinstance(ruling, Outcome) else self.concluded(question, ruling)

    def concluded(self, question: Question, ruling: Ruling) -> Outcome:
        """Return what a ruling comes to."""
        return outcome_of(ruling, self._expected())

    def questions(self, trial: Trial, context: CheckContext) -> tuple[Question, ...]:
        """Return what a judge may be asked about a trial, for an estimate; none without a judge."""
        if self.judge is None and context.judge is None:
            return ()
        question = self.question(trial, context)
        return () if isinstance(question, Outcome) else (question,)

    def surely_asks(self, context: CheckContext) -> bool:
        """Return whether a judge is asked about every answer, rather than about some."""
        return True

    def judge_facts(self, judge: JudgeSpec | None) -> str | None:
        return facts_of(self.judge or judge, self.prompts)

    def asks(self, judge: JudgeSpec | None) -> tuple[ProviderSpec, ...]:
        asked = self.judge or judge
        return asked.panel if asked else ()

    def least(self, own: float) -> float:
        """Return the score that holds: the `threshold` that all assertions have, or its own."""
        return own if self.threshold is None else self.threshold

    def _expected(self) -> str | None:
        return None


async def ask_judge(
    assertion: JudgedAssertion, question: Question, context: CheckContext
) -> Ruling | Outcome:
    """Return the ruling of the assertion's judge or of the file's; an `Outcome` without one."""
    judge = assertion.judge or context.judge
    if judge is None:
        return Outcome.error(NO_JUDGE.format(type=assertion.type))
    if context.ask is None:
        return Outcome.error(NO_ENGINE)
    ruling = await rule(question, judge, context.ask)
    known = context.calibrations.get(ruling.judging.key)
    if known is None:
        return ruling
    return replace(ruling, judging=replace(ruling.judging, calibration=known))


def outcome_of(ruling: Ruling, expected: str | None = None) -> Outcome:
    """Return a ruling as what a check returns."""
    verdicts: dict[str, FindingVerdict] = {"passed": "passed", "failed": "failed"}
    verdict = verdicts.get(ruling.verdict) or ("unsure" if ruling.verdict == "unsure" else "error")
    return Outcome(verdict, ruling.reason, ruling.score, expected, judge=ruling.judging)


def facts_of(judge: JudgeSpec | None, prompts: Sequence[str]) -> str:
    """Return what decides how a judge judges, as a text: who it is, and the prompts' words."""
    who = [spec_facts(spec) for spec in judge.panel] if judge else []
    words = [prompt_file(name).template for name in ("rules", "task", *prompts)]
    return json.dumps([who, words])


def levels_task(prompt: str, form: Levels, **values: str) -> Task:
    """Return a task whose reply chooses one of a form's levels."""
    return Task(prompt, values, "levels_reply", form.values())


def dialogue(trial: Trial) -> tuple[Material, ...]:
    """Return what was said before the answer: the conversation so far, and the last message."""
    said = [m for m in trial.messages if m.get("role") != "system"]
    users = [number for number, message in enumerate(said) if message.get("role") == "user"]
    if not users:
        return ()
    before = transcript(said[: users[-1]])
    last = Material("message", content(said[users[-1]]))
    return (Material("conversation", before), last) if before else (last,)


def answer(trial: Trial) -> Material:
    """Return the answer to judge, with the tools that it called."""
    last = trial.last
    return Material("answer", last.in_words if last else "")


def transcript(messages: Sequence[Message]) -> str:
    """Return messages as a text, each with its role."""
    return "\n".join(f"{message.get('role')}: {content(message)}" for message in messages)


def content(message: Message) -> str:
    """Return a message's text; parts that are no text are named."""
    said, calls = message.get("content"), message.get("tool_calls")
    if isinstance(said, str):
        return said
    return "\n".join([shown(said), *([json.dumps(calls, ensure_ascii=False)] if calls else [])])
