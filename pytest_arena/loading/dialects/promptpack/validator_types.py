"""The types of a pack's validators, and which guardrails their params mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

_CHARACTERS = ("max_characters", "max_chars", "max_length", "max")
_WANTED = ("should_match", "must_match", "expect_match")
"""What says whether a pattern is to be found; PromptKit's own is `expect_match`."""
_MODES = ("substring", "word_boundary")
_CHARACTERS_OF_A_TOKEN = 4
"""What PromptKit's runtime reckons with where it does not know."""
Settings = dict[str, Any]
Read = Callable[["ValidatorParams"], Iterator[tuple[str, Settings]]]


class UnusableParamsError(Exception):
    """Params with which a validator can do nothing: what is expected."""


class ValidatorParams:
    """The params of a validator; those that nobody asks for have no effect."""

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params
        self.asked: set[str] = set()

    def texts(self, *keys: str) -> list[str]:
        """Return the texts under the first of these keys."""
        found = self._first(keys)
        listed = [found] if isinstance(found, str) else found
        if not isinstance(listed, list) or not listed or not all(map(_is_text, listed)):
            raise UnusableParamsError(f"{keys[0]}: a list of texts")
        return listed

    def count(self, *keys: str) -> int | None:
        """Return the whole number under the first of these keys that has one; None without."""
        found = self._first(keys)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, (int, float)) or found < 1:
            raise UnusableParamsError(f"{keys[0]}: a number from 1 on")
        return int(found)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return whether something is switched on."""
        found = self._first((key,))
        if found is not None and not isinstance(found, bool):
            raise UnusableParamsError(f"{key}: true or false")
        return default if found is None else found

    def text(self, key: str, allowed: tuple[str, ...]) -> str | None:
        """Return one of several words; None without."""
        found = self._first((key,))
        if found is not None and found not in allowed:
            raise UnusableParamsError(f"{key}: {' or '.join(allowed)}")
        return None if found is None else str(found)

    def _first(self, keys: tuple[str, ...]) -> Any:
        self.asked.update(keys)
        return next((self._params[key] for key in keys if self._params.get(key) is not None), None)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _banned_words(params: ValidatorParams) -> Iterator[tuple[str, Settings]]:
    words = params.texts("words", "patterns", "banned_words")
    if params.text("match_mode", _MODES) == "substring":
        yield from _none_of(params)
    elif params.flag("case_sensitive", default=False):
        listed = "|".join(re.escape(word) for word in words)
        yield "forbidden_pattern", {"pattern": rf"\b(?:{listed})\b"}
    else:
        yield "banned_words", {"words": words}


def _longest(params: ValidatorParams) -> Iterator[tuple[str, Settings]]:
    characters, tokens = params.count(*_CHARACTERS), params.count("max_tokens")
    if characters is None and tokens is None:
        raise UnusableParamsError("max_characters or max_tokens")
    if characters is not None:
        yield "max_length", {"value": characters}
    if tokens is not None:
        yield "max_length", {"value": tokens * _CHARACTERS_OF_A_TOKEN}


def _shortest(params: ValidatorParams) -> Iterator[tuple[str, Settings]]:
    least = params.count("min_characters", "min_chars", "min_length", "min")
    if least is None:
        raise UnusableParamsError("min_characters")
    yield "required_pattern", {"pattern": rf"(?s)\A.{{{least}}}"}


def _sentences(params: ValidatorParams) -> Iterator[tuple[str, Settings]]:
    most = params.count("max_sentences", "max")
    if most is None:
        raise UnusableParamsError("max_sentences: a number from 1 on")
    yield "max_sentences", {"value": most}


def _pattern(params: ValidatorParams) -> Iterator[tuple[str, Settings]]:
    said = [params.flag(key, default=True) for key in _WANTED]
    wanted = all(said)
    for pattern in params.texts("pattern", "patterns", "regex"):
        yield ("required_pattern" if wanted else "forbidden_pattern"), {"pattern": pattern}


def _none_of(params: ValidatorParams) -> Iterator[tuple[str, Settings]]:
    texts = params.texts("patterns", "values", "value", "words")
    if params.text("match_mode", _MODES) == "word_boundary":
        yield "banned_words", {"words": texts}
        return
    for text in texts:
        yield "forbidden_pattern", {"pattern": f"(?i){re.escape(text)}"}


def _all_of(params: ValidatorParams) -> Iterator[tuple[str, Settings]]:
    for text in params.texts("required_fields", "fields", "patterns", "values", "value"):
        yield "required_pattern", {"pattern": f"(?i){re.escape(text)}"}


def _any_of(params: ValidatorParams) -> Iterator[tuple[str, Settings]]:
    texts = "|".join(re.escape(text) for text in params.texts("patterns", "values", "value"))
    yield "required_pattern", {"pattern": f"(?i)(?:{texts})"}


def _found_by(kind: str) -> Read:
    def read(params: ValidatorParams) -> Iterator[tuple[str, Settings]]:
        yield kind, {}

    return read


KINDS: dict[str, Read] = {
    "banned_words": _banned_words,
    "contains": _all_of,
    "contains_any": _any_of,
    "content_excludes": _none_of,
    "content_includes": _all_of,
    "content_includes_any": _any_of,
    "content_matches": _pattern,
    "content_not_includes": _none_of,
    "field_presence": _all_of,
    "length": _longest,
    "max_length": _longest,
    "max_sentences": _sentences,
    "min_length": _shortest,
    "pii": _found_by("pii_leakage"),
    "pii_detection": _found_by("pii_leakage"),
    "pii_leakage": _found_by("pii_leakage"),
    "profanity": _found_by("profanity"),
    "prompt_injection": _found_by("prompt_injection"),
    "regex": _pattern,
    "regex_match": _pattern,
    "required_fields": _all_of,
    "sentence_count": _sentences,
}
ASK_A_MODEL = (
    "bias",
    "faithfulness",
    "hallucination",
    "llm_judge",
    "role_violation",
    "sentiment",
    "text_sentiment",
    "text_toxicity",
    "topic_policy",
    "toxicity",
)
"""Types that PromptKit asks a model for; a guardrail here goes by rules."""
NO_GUARDRAIL = (
    "cosine_similarity",
    "cost_budget",
    "is_valid_json",
    "json_path",
    "json_schema",
    "json_valid",
    "latency_budget",
    "tools_called",
    "tools_not_called",
    "valid_json",
)
"""Types that can be an assertion here, and no guardrail."""
