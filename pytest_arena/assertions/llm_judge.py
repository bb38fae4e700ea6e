"""Assertions that a judge decides by criteria: in a file's own words, or by a rubric."""

from typing import Any, ClassVar, Self

from pydantic import AliasChoices, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.judge_base import (
    DEGREES,
    JudgedAssertion,
    answer,
    dialogue,
    levels_task,
    transcript,
)
from pytest_arena.judging.llm.levels import Level, Levels
from pytest_arena.judging.llm.own_prompt import OwnTask, PassOrScore
from pytest_arena.judging.llm.panel import Question
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.prompts import TemplateError
from pytest_arena.prompts.templates import names_in
from pytest_arena.results.content import Part, files_in
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.schema.judge import JudgeMessage, RubricLevel

LEAST = 0.7
"""The score that holds where a file says nothing else: `mostly` of the usual levels."""


class ByCriteria(JudgedAssertion):
    """An assertion that a judge decides by a criterion in plain words, and by levels."""

    criteria: str = Field(
        min_length=1,
        validation_alias=AliasChoices("criteria", "value"),
    )
    """What the judge looks for, in plain words."""
    rubric: tuple[RubricLevel, ...] | None = None
    """The levels to choose from, each with its score; else five, from `fully` to `not`."""
    min_score: float = Field(default=LEAST, ge=0, le=1)
    """The least score that holds."""
    see_files: bool = False
    """Send the judge the pictures and documents of the user's messages, too, of which it reads the
    names otherwise; a judge that takes none makes it an `error`."""

    @field_validator("rubric")
    @classmethod
    def _can_tell_apart(cls, rubric: tuple[RubricLevel, ...] | None) -> Any:
        if rubric is None:
            return None
        names = [level.level.strip().casefold() for level in rubric]
        if len(set(names)) < len(names) or len({level.score for level in rubric}) < 2:
            raise PydanticCustomError(
                "rubric",
                "the rubric cannot tell answers apart",
                {"expected": "two levels or more, with different names and scores"},
            )
        return rubric

    @property
    def levels(self) -> tuple[Level, ...]:
        if self.rubric is None:
            return DEGREES
        return tuple(Level(each.level.strip(), each.score, each.means) for each in self.rubric)

    def files_to_see(self, trial: Trial) -> tuple[Part, ...]:
        """Return the files that a judge is to see: those that the model saw, in their order."""
        if not self.see_files:
            return ()
        return tuple(part for one in trial.messages for part in files_in(one.get("content")))

    def _expected(self) -> str:
        return self.criteria


class LlmJudge(ByCriteria):
    """Holds when a judge finds that the answer meets a criterion, or reaches a rubric's level.

        - type: llm_judge
          criteria: Names the thirty days and asks for the order number.
          min_score: 0.7

    The judge quotes the passages that decide before it decides, and every quote must occur in the
    answer. The score is that of the level it chooses.

    `judge_prompt:` is the whole [prompt in your own words](judging.md#a-prompt-of-your-own), which
    a reply with `pass`, `score` and `reason` answers.

    Error: when no judge is configured, or the judge gives no usable judgement.
    """

    type: ClassVar[str] = "llm_judge"
    aliases: ClassVar[tuple[str, ...]] = ("llm_rubric",)
    prompts: ClassVar[tuple[str, ...]] = ("criteria", "levels_reply")

    judge_prompt: str | tuple[JudgeMessage, ...] | None = Field(default=None, min_length=1)
    """The judge's whole prompt, a text or messages, instead of ours. `{{ output }}` stands for the
    answer, `{{ criteria }}` for the criteria, other names for variables of the case."""

    @model_validator(mode="after")
    def _has_one_way(self) -> Self:
        if self.judge_prompt is None:
            return self
        said = " ".join(text for _, text in self._said)
        for name in ("rubric", "see_files"):
            if getattr(self, name):
                raise _refusal(f"{name} beside judge_prompt", "one of both", f"remove {name}")
        try:
            names = names_in(said, {})
        except TemplateError as error:
            raise _refusal(error.what, error.expected, error.fix) from error
        if "output" not in names:
            raise _refusal(
                "a judge_prompt that does not show the answer",
                "{{ output }} in it",
                "add {{ output }} where the answer shall stand",
            )
        return self

    @property
    def _said(self) -> tuple[tuple[str, str], ...]:
        written = self.judge_prompt
        if isinstance(written, str):
            return (("user", written),)
        return tuple((one.role, one.content) for one in written or ())

    def question(self, trial: Trial, context: CheckContext) -> Question | Outcome:
        if self.judge_prompt is not None:
            return self._own_question(trial, context)
        form = Levels(self.levels)
        task = levels_task("criteria", form, criteria=self.criteria)
        material = (*dialogue(trial), answer(trial))
        return Question(task, material, form, self.least(self.min_score), self.files_to_see(trial))

    def _own_question(self, trial: Trial, context: CheckContext) -> Question | Outcome:
        known = {"criteria": self.criteria}
        task = OwnTask("", known, said=self._said, given=context.variables)
        named = self.threshold is not None or "min_score" in self.model_fields_set
        form = PassOrScore(needs_pass=not named)
        least = self.least(self.min_score) if named else 0.0
        question = Question(task, (answer(trial),), form, least)
        try:
            question.messages  # noqa: B018 - a name that is no variable is met here
        except TemplateError as error:
            return Outcome.error(f"judge_prompt: {error.what}")
        return question


class JudgeConversation(ByCriteria):
    """Holds when a judge finds that the assistant meets a criterion over a whole conversation.

        - type: judge_conversation
          criteria: Never asks twice for what the user has said already.

    The judge reads every message but the system prompt. In a single turn's assertions it reads
    the conversation up to that turn.

    Error: when no judge is configured, or the judge gives no usable judgement.
    """

    type: ClassVar[str] = "judge_conversation"
    aliases: ClassVar[tuple[str, ...]] = ("llm_judge_conversation",)
    prompts: ClassVar[tuple[str, ...]] = ("conversation", "levels_reply")
    whole_dialogue: ClassVar[bool] = True

    def question(self, trial: Trial, context: CheckContext) -> Question:
        form = Levels(self.levels, ("conversation",))
        task = levels_task("conversation", form, criteria=self.criteria)
        whole = (Material("conversation", whole_conversation(trial)),)
        return Question(task, whole, form, self.least(self.min_score), self.files_to_see(trial))


def whole_conversation(trial: Trial) -> str:
    """Return everything that was said, the last answer included."""
    said = transcript([m for m in trial.messages if m.get("role") != "system"])
    last = f"assistant: {trial.last.in_words}" if trial.last else ""
    return "\n".join(part for part in (said, last) if part)


def _refusal(what: str, expected: str, fix: str) -> PydanticCustomError:
    given = {"what": what, "expected": expected, "fix": fix}
    return PydanticCustomError("judge_prompt", "{what}", given)
