"""Whether the assistant stayed who it is, in all of its turns."""

from __future__ import annotations

from typing import ClassVar

from pydantic import AliasChoices, Field

from pytest_arena.assertions.behaviour.judged_steps import JudgesSteps, steps_task
from pytest_arena.assertions.behaviour.steps import ASSISTANT
from pytest_arena.assertions.judge_base import content
from pytest_arena.assertions.judge_criteria import ROLE_LEVELS
from pytest_arena.judging.llm.panel import Question
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.judging.llm.steps import StepLevels
from pytest_arena.results.request_response import SYSTEM_ROLES
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, Outcome


class PersonaKept(JudgesSteps):
    """Holds when the assistant stays who it is, over all turns of a conversation.

        - type: persona_kept
          persona: Ada of the night shift. Brief, dry, never rude, and never a lawyer.

    Without `persona` the system prompt says who it is. The judge reads what was said and which
    tools were called as numbered steps; what goes against the persona it must quote, from a step of
    the assistant's own. `role_violation` asks the same of the last answer alone.

    Error: when there is neither a persona nor a system prompt, no judge is configured, or the judge
    gives no usable judgement.
    """

    type: ClassVar[str] = "persona_kept"
    prompts: ClassVar[tuple[str, ...]] = ("persona_kept", "steps_reply")
    shows_results: ClassVar[bool] = False

    persona: str | None = Field(
        default=None, min_length=1, validation_alias=AliasChoices("persona", "role", "value")
    )
    """Who the assistant is, how it talks, what it must and must not do; the system prompt unless
    given."""
    min_score: float = Field(default=1.0, ge=0, le=1)
    """The least score that holds; 0.5 lets a strained persona pass."""

    def question(self, trial: Trial, context: CheckContext) -> Question | Outcome:
        prompts = [content(m) for m in trial.messages if m.get("role") in SYSTEM_ROLES]
        persona = self.persona or "\n".join(prompts)
        if not persona:
            return Outcome.error(
                "persona_kept needs a persona, and there is no system prompt\n"
                "  fix: write `persona:` in the assertion"
            )
        form = StepLevels(ROLE_LEVELS, ("assistant's steps",), whose=(ASSISTANT,))
        task = steps_task("persona_kept", form)
        before = (Material("persona", persona),)
        return self.about_steps(trial, task, form, self.least(self.min_score), before=before)

    def _expected(self) -> str | None:
        return self.persona
