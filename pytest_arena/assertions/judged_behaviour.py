"""Assertions on what an agent did that a judge decides: mission, goal, steps, persona, plan."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, ClassVar

from pydantic import AliasChoices, Field, field_validator

from pytest_arena.assertions.judge_base import DEGREES, JudgedAssertion, content, levels_task
from pytest_arena.assertions.llm_judge import LEAST
from pytest_arena.assertions.python import Python
from pytest_arena.assertions.told_steps import stated_plan, told_steps
from pytest_arena.judging.llm.levels import Level, Levels
from pytest_arena.judging.llm.panel import Question
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.references import checked_reference
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, Outcome

_PERSONA = (
    Level("kept", 1.0, "in every message"),
    Level("strained", 0.5, "but for a passage that stretches it", needs_quote=True),
    Level("left", 0.0, "a passage goes against it", needs_quote=True),
)
_GOOD_WAY = (
    "Each step serves what the user asked for, with the right tool and the right arguments; "
    "nothing is done twice without need, nothing that was found is ignored, and nothing is done "
    "that nobody asked for."
)
_UNDECIDED = Outcome("unsure", "the check leaves it to the judge")


class _SuccessCheck(Python):
    """A function that may say that it cannot tell, by returning nothing."""

    def _read(self, result: Any) -> Outcome:
        return _UNDECIDED if result is None else super()._read(result)


class _Accomplished(JudgedAssertion):
    whole_dialogue: ClassVar[bool] = True

    success_check: str | None = Field(
        default=None, validation_alias=AliasChoices("success_check", "check")
    )
    """A Python function, as `module:function`, that is asked first: true and false decide, nothing
    (None) leaves it to the judge. It takes what that of a `python` assertion takes."""

    @field_validator("success_check")
    @classmethod
    def _names_a_function(cls, call: str | None) -> str | None:
        return None if call is None else checked_reference(call, "checks.orders:is_paid_back")

    async def check(self, trial: Trial, context: CheckContext) -> Outcome:
        if self.success_check is not None:
            found = await self._checked(self.success_check, trial, context)
            if found is not _UNDECIDED:
                return found
        return await super().check(trial, context)

    def surely_asks(self, context: CheckContext) -> bool:
        return self.success_check is None

    async def _checked(self, call: str, trial: Trial, context: CheckContext) -> Outcome:
        function = _SuccessCheck(call=call, threshold=self.threshold)
        # a function that is not async may take long: not on the loop
        found = await asyncio.to_thread(function.check, trial, context)
        return await found if inspect.isawaitable(found) else found


class Mission(_Accomplished):
    """Holds when the agent accomplished its mission.

        - type: mission
          objective: The customer has her money back.
          success_criteria: The refund was made once, for the whole sum.
          success_check: checks.orders:is_paid_back

    As in Promptise, a Python function is asked first, where there is one, and the judge where it
    cannot tell. The judge reads the conversation with all calls and results, as numbered steps, and
    quotes the steps that decide.

    Error: when the function raises or returns something else, or, where it does not decide, no
    judge is configured, or the judge gives no usable judgement.
    """

    type: ClassVar[str] = "mission"
    prompts: ClassVar[tuple[str, ...]] = ("mission", "levels_reply")

    objective: str = Field(min_length=1, validation_alias=AliasChoices("objective", "value"))
    """What is to be accomplished."""
    success_criteria: str | None = Field(default=None, min_length=1)
    """By what it is known to be."""
    confidence_threshold: float = Field(default=LEAST, ge=0, le=1)
    """The least score of the judge's that holds."""

    def question(self, trial: Trial, context: CheckContext) -> Question:
        criteria = self.success_criteria
        told = f"It is accomplished when this holds: {criteria}" if criteria else ""
        least = self.least(self.confidence_threshold)
        return _of_steps(trial, "mission", least, objective=self.objective, criteria=told)

    def _expected(self) -> str:
        return self.success_criteria or self.objective


class GoalReached(_Accomplished):
    """Holds when the user reached a goal in the conversation.

        - type: goal_reached
          goal: Knows when order 7 arrives, and that it costs nothing more.

    The judge reads the whole conversation with all calls and results, and quotes what decides. A
    Python function under `success_check` is asked before it.

    Error: as of `mission`.
    """

    type: ClassVar[str] = "goal_reached"
    prompts: ClassVar[tuple[str, ...]] = ("goal", "levels_reply")

    goal: str = Field(min_length=1, validation_alias=AliasChoices("goal", "value"))
    """What the user wants."""
    min_score: float = Field(default=LEAST, ge=0, le=1)
    """The least score that holds."""

    def question(self, trial: Trial, context: CheckContext) -> Question:
        return _of_steps(trial, "goal", self.least(self.min_score), goal=self.goal)

    def _expected(self) -> str:
        return self.goal


class TrajectoryJudge(JudgedAssertion):
    """Holds when a judge finds that the agent went a good way, whatever it came to.

        - type: trajectory_judge
          criteria: Looks the order up before it pays anything back.

    The judge reads every call with its arguments and its result, as numbered steps, and quotes the
    steps that decide; a step that it quotes must be there. Without `criteria` it asks that each
    step serves what the user wanted. See `trajectory` for a way that is known beforehand.

    Error: when no tool was called, no judge is configured, or the judge gives no usable judgement.
    """

    type: ClassVar[str] = "trajectory_judge"
    prompts: ClassVar[tuple[str, ...]] = ("trajectory", "levels_reply")
    whole_dialogue: ClassVar[bool] = True

    criteria: str = Field(
        default=_GOOD_WAY, min_length=1, validation_alias=AliasChoices("criteria", "value")
    )
    """What the steps must be like."""
    min_score: float = Field(default=LEAST, ge=0, le=1)
    """The least score that holds."""

    def question(self, trial: Trial, context: CheckContext) -> Question | Outcome:
        if not trial.tool_calls:
            return Outcome.error(
                "trajectory_judge needs steps, and no tool was called\n"
                "  fix: ask for the answer, as with llm_judge, or for the call, with tools_called"
            )
        least = self.least(self.min_score)
        return _of_steps(trial, "trajectory", least, criteria=self.criteria)

    def _expected(self) -> str:
        return self.criteria


class PersonaKept(JudgedAssertion):
    """Holds when the assistant kept to its persona in all that it said.

        - type: persona_kept
          persona: A patient librarian, who never talks about prices.

    Without `persona` the system prompt says who the assistant is. What goes against it the judge
    must quote. `role_violation` looks at one answer alone.

    Error: when there is neither a persona nor a system prompt, no judge is configured, or the judge
    gives no usable judgement.
    """

    type: ClassVar[str] = "persona_kept"
    prompts: ClassVar[tuple[str, ...]] = ("persona", "levels_reply")
    whole_dialogue: ClassVar[bool] = True

    persona: str | None = Field(default=None, min_length=1)
    """Who the assistant is; the system prompt unless given."""
    min_score: float = Field(default=1.0, ge=0, le=1)
    """The least score that holds; 0.5 lets a strained persona pass."""

    def question(self, trial: Trial, context: CheckContext) -> Question | Outcome:
        prompts = [content(m) for m in trial.messages if m.get("role") == "system"]
        persona = self.persona or "\n".join(prompts)
        if not persona:
            return Outcome.error(
                "persona_kept needs a persona, and there is no system prompt\n"
                "  fix: write `persona:` in the assertion"
            )
        form = Levels(_PERSONA, ("conversation",))
        material = (Material("persona", persona), Material("conversation", told_steps(trial)))
        return Question(levels_task("persona", form), material, form, self.least(self.min_score))


class PlanAdherence(JudgedAssertion):
    """Holds when the agent did what its plan says.

        - type: plan_adherence
          plan: Look the order up; ask for a confirmation; pay back; say so.

    Without `plan` it is what the agent said, or thought, before its first call. The judge quotes
    the steps that decide.

    Error: when there is no plan, no judge is configured, or the judge gives no usable judgement.
    """

    type: ClassVar[str] = "plan_adherence"
    prompts: ClassVar[tuple[str, ...]] = ("plan", "levels_reply")
    whole_dialogue: ClassVar[bool] = True

    plan: str | None = Field(default=None, min_length=1)
    """What was to be done; the agent's own words unless given."""
    min_score: float = Field(default=LEAST, ge=0, le=1)
    """The least score that holds."""

    def question(self, trial: Trial, context: CheckContext) -> Question | Outcome:
        plan = self.plan or stated_plan(trial)
        if plan is None:
            return Outcome.error(
                "plan_adherence needs a plan, and the agent stated none before its first call\n"
                "  fix: write `plan:` in the assertion, or have the agent say what it will do"
            )
        form = Levels(DEGREES, ("steps",))
        material = (Material("plan", plan), Material("steps", told_steps(trial)))
        return Question(levels_task("plan", form), material, form, self.least(self.min_score))


def _of_steps(trial: Trial, prompt: str, least: float, **values: str) -> Question:
    """Return a question about all steps of a trial, which are what the judge quotes."""
    form = Levels(DEGREES, ("steps",))
    task = levels_task(prompt, form, **values)
    return Question(task, (Material("steps", told_steps(trial)),), form, least)
