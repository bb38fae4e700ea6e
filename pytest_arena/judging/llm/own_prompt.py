"""A judge's prompt of one's own, as promptfoo's `rubricPrompt` is, and the reply to it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import field
from hashlib import sha256
from typing import Any

from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.llm.levels import REASON_KEYS
from pytest_arena.judging.llm.prompt import Material, Task
from pytest_arena.judging.llm.reply import Read, in_one_line
from pytest_arena.judging.llm.reply_json import MARKS, refuse
from pytest_arena.judging.llm.verdict_words import says_passed, says_yes
from pytest_arena.light_dataclass import dataclass
from pytest_arena.prompts import render_text
from pytest_arena.results.request_response import Message

_PASS_KEYS = ("pass", "passed")
_VERDICT_KEYS = ("verdict", "result", "decision", "judgement", "judgment")
"""Under which a reply may say once more that the answer passed or failed."""
_NUMBERS = {"1": True, "0": False}


@dataclass(frozen=True, slots=True)
class OwnTask(Task):
    """A task in an arena file's own words: messages whose `{{ }}` the values stand for.

    Nothing is added to them: neither our rules, nor a fence around what the model said.
    """

    said: tuple[tuple[str, str], ...] = ()
    """Role and text of each message."""
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return "own"

    def fingerprint(self) -> str:
        parts = [json.dumps(self.said), self.values.get("criteria", "")]
        return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()

    def messages(self, material: Sequence[Material]) -> list[Message]:
        known = {**self.given, **self.values, "output": material[-1].text}
        return [{"role": role, "content": render_text(text, known)} for role, text in self.said]


@dataclass(frozen=True, slots=True)
class PassOrScore:
    """The reader of a reply with `pass`, `score` or both, and a `reason`.

    Without `pass` the score decides alone, where a least one is known; without `score` it is 1
    or 0.
    """

    needs_pass: bool

    @property
    def labels(self) -> tuple[str, ...]:
        return (*_PASS_KEYS, "score", *REASON_KEYS)

    def judgement(self, value: Any) -> Any:
        keys = (*_PASS_KEYS, "score")
        return value if isinstance(value, dict) and any(key in value for key in keys) else None

    def read(self, judgement: Any, material: Sequence[Material]) -> Read:
        passed = _passed(judgement)
        written = judgement.get("score")
        score = _number(written)
        if written is not None and score is None:
            refuse(f"its score {written!r} is no number from 0 to 1")
        if passed is None and (score is None or self.needs_pass):
            refuse("it does not say pass: true or false")
        found = score if score is not None else float(passed is True)
        reason = next((str(judgement[key]) for key in REASON_KEYS if judgement.get(key)), "")
        return Read(found, in_one_line(reason) or "no reason was given", holds=passed)


def _passed(judgement: Mapping[str, Any]) -> bool | None:
    """Return whether a reply says that the answer passes, None where it does not say; refuse one
    that says two things, or what cannot be read."""
    said: dict[str, bool] = {}
    for key in _PASS_KEYS:
        value = judgement.get(key)
        if value is not None:
            truth = _NUMBERS.get(str(value), says_yes(str(value).strip(MARKS)))
            if truth is None:
                refuse(f"its {key!r} is {quoted(str(value))}, not true or false")
            said[key] = truth
    for key in _VERDICT_KEYS:
        truth = says_passed(str(judgement.get(key)).strip(MARKS))
        if truth is not None:
            said[key] = truth
    if len(set(said.values())) > 1:
        refuse(f"{' and '.join(map(repr, said))} do not say the same")
    return next(iter(said.values()), None)


def _number(value: Any) -> float | None:
    try:
        found = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError, OverflowError):
        return None
    return found if 0 <= found <= 1 else None
