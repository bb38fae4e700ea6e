"""Whether a user has given leave to act, followed from message to message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_arena.assertions.behaviour.named_values import names_value
from pytest_arena.assertions.messages import json_or_text, shown_json
from pytest_arena.judging.confirmation import Reply, asks_leave, reply_to, withdraws
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.request_response import ToolCall
from pytest_arena.text.json_text import NotJsonError, UnreadableJsonError, read_json
from pytest_arena.text.regex import search


@dataclass(frozen=True, slots=True)
class Rule:
    """What counts as asking for leave, and what as a yes: patterns, or the rule of the plugin."""

    question: str | None = None
    agreement: str | None = None

    def question_in(self, answer: str) -> str | None:
        """Return what an answer asks for leave with; None where it does not."""
        if self.question is None:
            return asks_leave(answer)
        found = search(self.question, answer)
        return None if found is None else found[0] or answer

    def reply(self, question: str, said: str) -> Reply:
        if self.agreement is None:
            return reply_to(question, said)
        return "yes" if search(self.agreement, said) else "none"


@dataclass(frozen=True, slots=True)
class Leave:
    """Whether there is leave to act, and why, at one moment of a conversation."""

    given: Reply = "none"
    why: str = "nobody had asked for leave"
    question: str | None = None
    """The question for leave that is open or was answered."""
    asked: str = ""
    """The answer that asked it."""
    is_new: bool = False
    """Whether it was asked in the last answer."""

    def after_answer(self, answer: str, rule: Rule) -> Leave:
        """Return what leave there is when the agent has spoken."""
        question = rule.question_in(answer)
        if question is not None:
            if self.given == "yes":
                return replace(self, question=question, asked=answer, is_new=True)
            why = f"{quoted(question)} was asked, and nothing said to it yet"
            return Leave("none", why, question, answer, is_new=True)
        is_open = self.question is not None and self.given in ("none", "unclear")
        if is_open and "?" in answer:
            return Leave(self.given, self.why)
        return replace(self, is_new=False)

    def after_user(self, said: str, rule: Rule) -> Leave:
        """Return what leave there is when the user has spoken."""
        if self.question is not None and self.is_new:
            return self.answered(rule.reply(self.question, said), said)
        if self.given == "yes":
            if not withdraws(said):
                return self
            return Leave("no", f"{quoted(said)} took the yes back")
        reply = rule.reply(self.question, said) if self.question and self.given != "no" else "none"
        if reply in ("yes", "no"):
            # some messages later, "okay" may answer the question, or what was said since
            return self.answered("unclear" if reply == "yes" else "no", said)
        return self

    def answered(self, given: Reply, said: str) -> Leave:
        """Return what leave there is when the open question was answered so."""
        what, question = quoted(said), quoted(str(self.question))
        why = {
            "yes": f"{what}, after {question}",
            "no": f"{what} is no yes to {question}",
            "none": f"{what} is no yes to {question}",
            "unclear": f"whether {what} is a yes to {question} cannot be told",
        }[given]
        return Leave(given, why, self.question, self.asked)

    def used(self, by: str) -> Leave:
        """Return what is left when something was done."""
        return Leave("none", f"the yes was for an earlier call, {by}")

    def for_arguments(self, arguments: Any, mentions: tuple[str, ...]) -> Leave:
        """Return the leave for a call, where the answer that asked must name these arguments."""
        if self.given != "yes" or not mentions:
            return self
        given = arguments if isinstance(arguments, Mapping) else {}
        there = [name for name in mentions if name in given]
        if not there:
            named = ", ".join(mentions)
            return replace(self, given="unclear", why=f"the call has no argument {named}")
        for name in there:
            if not names_value(self.asked, given[name]):
                value = shown_json(given[name])
                why = f"{quoted(self.asked)} does not name the {name} {value}"
                return replace(self, given="none", why=why)
        return self


def asked_by_a_call(call: ToolCall, rule: Rule) -> Leave:
    """Return the leave that a call gave which asks the user while the agent works."""
    said = _only_text(call.arguments)
    asked = Leave(question=said, asked=said)
    result = call.result if call.error is None else None
    if isinstance(result, str) and result.lstrip().startswith(("{", "true", "false")):
        result = _parsed(result)
    if isinstance(result, Mapping):
        agreed = [value for value in result.values() if isinstance(value, bool)]
        result = agreed[0] if len(agreed) == 1 else _only_text(result)
    if isinstance(result, bool):
        return asked.answered("yes" if result else "no", json_or_text(result))
    if result is None:
        return replace(asked, why=f"{quoted(said)} was asked, and no reply came")
    reply = json_or_text(result)
    return asked.answered(rule.reply(said, reply), reply)


def _parsed(text: str) -> Any:
    try:
        return read_json(text)
    except (NotJsonError, UnreadableJsonError):
        return text


def _only_text(value: Any) -> str:
    """Return the only text of an object, and anything else as JSON."""
    values = list(value.values()) if isinstance(value, Mapping) else []
    is_text = len(values) == 1 and isinstance(values[0], str)
    return values[0] if is_text else json_or_text(value)
