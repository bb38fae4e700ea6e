"""Assertions on the text of an answer."""

from __future__ import annotations

import math
import re
from typing import Any

from pytest_arena.importing import literal_text
from pytest_arena.importing.made import LeftOutError, Made
from pytest_arena.importing.promptfoo.assertions.written import (
    Written,
    negatable,
)
from pytest_arena.importing.promptfoo.js_regex import NoPatternError, python_pattern


def contains(written: Written, *, case: bool) -> list[Made]:
    text = _text_or_number(written)
    if literal_text.is_plain(text, case=case):
        return negatable(written, _cased({"type": "contains", "value": text}, case=case))
    return matching(written, literal_text.one_of([text], case=case))


def _cased(made: Made, *, case: bool) -> Made:
    return {**made, "case_sensitive": True} if case else made


def _text_or_number(written: Written) -> str:
    if isinstance(written.value, (bool, dict, list)):
        raise LeftOutError("its value is no text", "there it is an error")
    return written.text


def matching(written: Written, pattern: str) -> list[Made]:
    return negatable(written, {"type": "matches", "pattern": pattern})


def contains_any(written: Written, *, case: bool) -> list[Made]:
    texts = several(written)
    if isinstance(written.value, list) and not all(texts):
        raise LeftOutError("an empty text, which every answer contains")
    if all(literal_text.is_plain(text, case=case) for text in texts):
        return negatable(written, _cased({"type": "contains_any", "values": texts}, case=case))
    return matching(written, literal_text.one_of(texts, case=case))


def contains_all(written: Written, *, case: bool) -> list[Made]:
    texts = [text for text in several(written) if text]
    if texts and all(literal_text.is_plain(text, case=case) for text in texts):
        return negatable(written, _cased({"type": "contains_all", "values": texts}, case=case))
    return matching(written, literal_text.all_of(texts, case=case))


def several(written: Written) -> list[str]:
    if not isinstance(written.value, (str, list)):
        raise LeftOutError("its value is neither a text nor a list", "there it is an error")
    texts = written.texts
    if not isinstance(written.value, list):
        texts = [text for text in texts if text]
    if not texts:
        raise LeftOutError("no value", "there it is an error")
    return texts


def starts_with(written: Written) -> list[Made]:
    return matching(written, literal_text.beginning(_text(written)))


def _text(written: Written) -> str:
    if not isinstance(written.value, str):
        raise LeftOutError("its value is no text", "there it is an error")
    return written.text


def regex(written: Written) -> list[Made]:
    text = _text(written)
    if text.startswith("(?i)"):
        written.alike("(?i) is no pattern of JavaScript's, so that it always fails there")
        text = text.removeprefix("(?i)")
        return matching(written, _translated(text).replace("(?a)", "(?ai)", 1))
    return matching(written, _translated(text))


def _translated(text: str) -> str:
    try:
        return python_pattern(text)
    except NoPatternError as error:
        raise LeftOutError(
            f"no pattern of JavaScript's ({error}), so that it never matches there"
        ) from error
    except ValueError as error:
        raise LeftOutError(f"the pattern cannot be read: {error}") from error


def levenshtein(written: Written) -> list[Made]:
    most = 5 if written.threshold is None else math.floor(written.threshold)
    made: Made = {"type": "levenshtein", "value": _text(written), "max_distance": most}
    return negatable(written, {**made, "exact": True})


def word_count(written: Written) -> list[Made]:
    value = written.value
    given = value if isinstance(value, dict) else {"min": value, "max": value}
    least, most = (_words(given.get(key)) for key in ("min", "max"))
    if least is None and most is None:
        raise LeftOutError("no value", "there it is an error")
    least = least or 0
    if most is not None and most < least:
        raise LeftOutError(f"at least {least} and at most {most} words", "there it is an error")
    return matching(written, literal_text.words(least, most))


def _words(bound: Any) -> int | None:
    if bound is not None and not re.fullmatch(r"[0-9]+", str(bound)):
        raise LeftOutError(f"{bound!r} is no number of words")
    return None if bound is None else int(bound)


def finish_reason(written: Written) -> list[Made]:
    return negatable(written, {"type": "finish_reason", "value": _text(written)})


def refusal(written: Written) -> list[Made]:
    written.alike("refusals are found by another method, and an empty answer is one there")
    empty = {"type": "matches", "pattern": r"\A\s*\Z"}
    return negatable(written, {"type": "any_of", "assertions": [{"type": "refusal"}, empty]})
