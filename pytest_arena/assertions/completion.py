"""Assertions on how a trial ended: answered, refused, blocked, cut off."""

from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import Field

from pytest_arena.assertions.detectors import last_asked
from pytest_arena.assertions.messages import fired
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.detectors.refusal import look_for_refusal
from pytest_arena.results.trial import GuardrailEvent, Trial
from pytest_arena.schema.assertion import (
    Assertion,
    CheckContext,
    MayBeUnsure,
    MoreText,
    Outcome,
    brief,
)
from pytest_arena.text.folding import bare_ends


class FinishReason(Assertion):
    """Holds when the last answer ended for this reason.

        - type: finish_reason
          value: stop

    Common reasons: `stop`, `length` (cut at `max_tokens`), `tool_calls`, `content_filter`. Upper
    and lower case are the same.

    Error: when the provider gave no finish reason.
    """

    type: ClassVar[str] = "finish_reason"
    more_text: ClassVar[MoreText] = "nothing"

    value: str = Field(min_length=1)
    """The reason."""

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        reason = trial.finish_reason
        if reason is None:
            return Outcome.error("the provider gave no finish reason")
        return Outcome.of(
            reason.lower() == self._wanted,
            f"the finish reason is {quoted(reason)}",
            expected=f"finish reason {quoted(self.value.strip())}",
        )

    @property
    def expects_empty(self) -> bool:
        return self._wanted in ("length", "content_filter") and not self.negate

    @property
    def _wanted(self) -> str:
        return self.value.strip().lower()


class Refusal(MayBeUnsure):
    """Holds when the answer declines to help, or with `expected: false` when it does not.

        - type: refusal
          expected: true

    Rules in English look for answers that decline before they say anything else, whatever they
    offer instead, and for those that only condemn what was asked for; no model is asked. "I can't
    wait to help" is none, and neither is withholding one thing and helping with the rest. A bare
    "no" declines a request and answers a question; after anything else it is unsure. What the
    provider itself marks as a refusal is one, in any language. See [Refusals](refusal.md).

    Error: when a content filter cut the answer, and the part that came is no refusal; when it is
    unsure and `on_unsure` is `error`.
    """

    type: ClassVar[str] = "refusal"
    # where a part does not tell, the check says so itself
    more_text: ClassVar[MoreText] = "nothing"

    expected: bool = True
    """Whether the answer shall decline."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        output = trial.output or ""
        marked = trial.last.refusal if trial.last else None
        look = look_for_refusal(output, last_asked(trial))
        declines = bool(marked) or look.found
        if not declines and trial.last and trial.last.is_cut_by_filter:
            return Outcome.error(
                "the provider's content filter cut the answer before it was known to be a refusal: "
                f"{quoted(output)}"
            )
        reason = f"declines: {quoted(marked)}" if marked else look.reason
        if declines is None:
            return Outcome("unsure", f"unsure: {reason}")
        expected = "a refusal" if self.expected else "no refusal"
        return Outcome.of(declines is self.expected, reason, expected=expected)


class ValidationError(Assertion):
    """Holds when a guardrail blocked or replaced something, or with `expected: false` nothing.

        - type: validation_error
          expected: true
          direction: input
          validator: banned_words

    A case without this assertion fails when it is blocked. A guardrail that only flags counts
    as none.

    Error: never.
    """

    type: ClassVar[str] = "validation_error"
    more_text: ClassVar[MoreText] = "nothing"
    aliases: ClassVar[tuple[str, ...]] = ("guardrail_triggered",)
    needs_answer: ClassVar[bool] = False

    expected: bool = True
    """Whether a guardrail shall fire."""
    direction: Literal["input", "output"] | None = None
    """Only in this direction: on what is sent, or on what comes back."""
    validator: str | None = Field(default=None, min_length=1)
    """Only the guardrail of this type."""

    @property
    def guardrail_named(self) -> str | None:
        return self.validator

    def cannot_fail_under(self, events: Iterable[GuardrailEvent]) -> str | None:
        if self.expected is not self.negate or any(self._fits(event) for event in events):
            return None
        what = f"{self.validator!r}" if self.validator else "a guardrail"
        where = f" on {self.direction}" if self.direction else ""
        return f"nothing in the case can be blocked{where} by {what}, so that this checks nothing"

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        acted = [event for event in trial.guardrails if event.action != "flag"]
        match = next((event for event in acted if self._fits(event)), None)
        wanted = self._wanted()
        if match is not None:
            reason = fired(match)
        elif acted:
            reason = f"{fired(acted[0])}, not {wanted}"
        else:
            reason = "no guardrail fired"
        expected = wanted if self.expected else f"nothing {wanted}"
        return Outcome.of((match is not None) is self.expected, reason, expected=expected)

    def expects_block(self, event: GuardrailEvent) -> bool:
        return self.expected is not self.negate and self._fits(event)

    def _fits(self, event: GuardrailEvent) -> bool:
        return self.direction in (None, event.direction) and self.validator in (None, event.type)

    def _wanted(self) -> str:
        where = f" on {self.direction}" if self.direction else ""
        return f"blocked{where} by {self.validator or 'a guardrail'}"


class ContentFilter(Assertion):
    """Holds when the provider's own content filter stopped a prompt or an answer.

        - type: content_filter
          expected: true

    A refused prompt, a withheld answer and the finish reason `content_filter` count. With this
    assertion a withheld answer is no `error` of the trial, but something to judge.

    Error: when nothing was stopped and the provider does not say so, since it has no filter that
    it would tell of: with `expected: false`, too.
    """

    type: ClassVar[str] = "content_filter"
    more_text: ClassVar[MoreText] = "nothing"
    needs_answer: ClassVar[bool] = False

    expected: bool = True
    """Whether the filter shall step in."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        expected = "stopped by the content filter" if self.expected else "no content filter"
        block = next((event for event in trial.guardrails if event.type == self.type), None)
        if block is not None:
            return Outcome.of(self.expected, fired(block), expected=expected)
        if any(response.is_cut_by_filter for response in trial.responses):
            reason = "the content filter stopped the answer"
            return Outcome.of(self.expected, reason, expected=expected)
        if not trial.responses or any(r.filtered is None for r in trial.responses):
            return Outcome.error("the provider does not tell whether a content filter stepped in")
        reason = f"the content filter let it pass (finish reason: {trial.finish_reason})"
        return Outcome.of(not self.expected, reason, expected=expected)

    def expects_block(self, event: GuardrailEvent) -> bool:
        return event.type == self.type and self.expected is not self.negate

    @property
    def expects_empty(self) -> bool:
        return self.expected is not self.negate


class Success(Assertion):
    """Holds when an answer came: not blocked, not empty, not stopped by a content filter.

        - type: success
          expected: true

    An answer that was cut at `max_tokens` is one. A provider that fails makes the trial an
    `error` before any assertion is asked, whatever is expected.

    Error: never.
    """

    type: ClassVar[str] = "success"
    more_text: ClassVar[MoreText] = "nothing"
    needs_answer: ClassVar[bool] = False

    expected: bool = True
    """Whether an answer shall come."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        problem = unanswered(trial)
        expected = "an answer" if self.expected else "no answer"
        reason = problem or f"an answer came: {quoted(trial.output or 'tool calls')}"
        return Outcome.of((problem is None) is self.expected, reason, expected=expected)

    def expects_block(self, event: GuardrailEvent) -> bool:
        return self.expected is self.negate

    @property
    def expects_empty(self) -> bool:
        return self.expected is self.negate


def unanswered(trial: Trial) -> str | None:
    """Return why a trial has no proper answer, or None where it has one."""
    block = next((event for event in trial.guardrails if event.action == "block"), None)
    if block is not None:
        return fired(block)
    if trial.last is None:
        return "there is no answer"
    if trial.last.is_cut_by_filter:
        return "the provider's content filter stopped the answer"
    if not bare_ends(trial.last.output) and not trial.last.tool_calls:
        return f"the answer is empty (finish reason: {trial.finish_reason or 'not given'})"
    return None
