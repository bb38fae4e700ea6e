"""The base of assertions on behaviour that a judge decides, by steps that it quotes."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from pytest_arena.assertions.behaviour.steps import numbered_steps
from pytest_arena.assertions.judge_base import DEGREES, JudgedAssertion
from pytest_arena.judging.llm.panel import Question, Ruling
from pytest_arena.judging.llm.prompt import Material, Task
from pytest_arena.judging.llm.steps import NumberedStep, StepLevels
from pytest_arena.results.content import Part
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Outcome
from pytest_arena.text.numbers import counted

SHOWN_DEGREES = tuple(replace(each, needs_quote=each.score > 0) for each in DEGREES)
"""How far something was done, which steps must show."""


class JudgesSteps(JudgedAssertion):
    """An assertion that lets a judge read all that happened, and quote of it."""

    whole_dialogue: ClassVar[bool] = True
    shows_results: ClassVar[bool] = True
    """Whether the judge reads what tools gave."""
    shows_thoughts: ClassVar[bool] = False
    """Whether the judge reads what the model thought, where the provider tells it."""

    def about_steps(
        self,
        trial: Trial,
        task: Task,
        form: StepLevels,
        least: float,
        *,
        before: tuple[Material, ...] = (),
        files: tuple[Part, ...] = (),
    ) -> Question:
        """Return a question about what happened; `before` is further material."""
        steps = numbered_steps(trial, results=self.shows_results, thoughts=self.shows_thoughts)
        return Question(task, (*before, *steps), form, least, files)

    def concluded(self, question: Question, ruling: Ruling) -> Outcome:
        outcome = super().concluded(question, ruling)
        steps = [one for one in question.material if isinstance(one, NumberedStep)]
        left_out = sum(one.left_out for one in steps)
        if not left_out:
            return outcome
        told = f"{outcome.reason} ({counted(left_out, 'character')} of long steps not shown)"
        return replace(outcome, reason=told)


def steps_task(prompt: str, form: StepLevels, *, more: str = "", **values: str) -> Task:
    """Return a task whose reply chooses a level by steps; `more` are further keys of the reply."""
    return Task(prompt, values, "steps_reply", {**form.values(), "more": more})


def most_chose(ruling: Ruling, level: str) -> bool:
    """Return whether at least half of all judges chose a level."""
    return 0 < len(ruling.choices) <= 2 * sum(choice == level for choice in ruling.choices)


def untold_calls(trial: Trial) -> Outcome | None:
    """Return an error where nobody told which tools an answer called; else None."""
    if all(response.tells_tools for response in trial.responses):
        return None
    return Outcome.error("the provider does not tell which tools were called")
