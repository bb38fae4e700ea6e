"""A pack's validators as guardrails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import Field

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.guardrails import build_guardrail
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import ArenaModel, Guardrail

CHARACTERS = ("max_characters", "max_chars", "max_length", "max")
_CHARACTERS_OF_A_TOKEN = 4
"""What PromptKit's runtime reckons with where it does not know."""
_Settings = dict[str, Any]
_Read = Callable[["_Params"], Iterator[tuple[str, _Settings]]]


class _Validator(ArenaModel):
    """One validator as a pack says it."""

    type: str
    enabled: bool = True
    fail_on_violation: bool | None = None
    message: str | None = None
    description: Any = None
    params: dict[str, Any] = Field(default_factory=dict)


class _UnusableError(Exception):
    """Params with which a validator can do nothing: what is expected."""


class _Params:
    """The params of a validator; those that nobody asks for have no effect."""

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params
        self.asked: set[str] = set()

    def texts(self, *keys: str) -> list[str]:
        """Return the texts under the first of these keys."""
        found = self._first(keys)
        listed = [found] if isinstance(found, str) else found
        if not isinstance(listed, list) or not listed or not all(map(_is_text, listed)):
            raise _UnusableError(f"{keys[0]}: a list of texts")
        return listed

    def count(self, *keys: str) -> int | None:
        """Return the whole number under the first of these keys that has one; None without."""
        found = self._first(keys)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, (int, float)) or found < 1:
            raise _UnusableError(f"{keys[0]}: a number from 1 on")
        return int(found)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return whether something is switched on."""
        found = self._first((key,))
        return default if found is None else bool(found)

    def text(self, key: str, allowed: tuple[str, ...]) -> str | None:
        """Return one of several words; None without."""
        found = self._first((key,))
        if found is not None and found not in allowed:
            raise _UnusableError(f"{key}: {' or '.join(allowed)}")
        return None if found is None else str(found)

    def _first(self, keys: tuple[str, ...]) -> Any:
        self.asked.update(keys)
        return next((self._params[key] for key in keys if self._params.get(key) is not None), None)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _banned_words(params: _Params) -> Iterator[tuple[str, _Settings]]:
    words = params.texts("words", "patterns", "banned_words")
    if params.flag("case_sensitive", default=False):
        listed = "|".join(re.escape(word) for word in words)
        yield "forbidden_pattern", {"pattern": rf"\b(?:{listed})\b"}
    else:
        yield "banned_words", {"words": words}


def _longest(params: _Params) -> Iterator[tuple[str, _Settings]]:
    characters, tokens = params.count(*CHARACTERS), params.count("max_tokens")
    if characters is None and tokens is None:
        raise _UnusableError("max_characters or max_tokens")
    if characters is not None:
        yield "max_length", {"value": characters}
    if tokens is not None:
        yield "max_length", {"value": tokens * _CHARACTERS_OF_A_TOKEN}


def _shortest(params: _Params) -> Iterator[tuple[str, _Settings]]:
    least = params.count("min_characters", "min_chars", "min_length", "min")
    if least is None:
        raise _UnusableError("min_characters")
    yield "required_pattern", {"pattern": rf"(?s)\A.{{{least}}}"}


def _sentences(params: _Params) -> Iterator[tuple[str, _Settings]]:
    most = params.count("max_sentences", "max")
    if most is None:
        raise _UnusableError("max_sentences: a number from 1 on")
    yield "max_sentences", {"value": most}


def _pattern(params: _Params) -> Iterator[tuple[str, _Settings]]:
    wanted = params.flag("should_match", default=True) and params.flag("must_match", default=True)
    for pattern in params.texts("pattern", "patterns", "regex"):
        yield ("required_pattern" if wanted else "forbidden_pattern"), {"pattern": pattern}


def _none_of(params: _Params) -> Iterator[tuple[str, _Settings]]:
    for text in params.texts("patterns", "values", "value"):
        yield "forbidden_pattern", {"pattern": f"(?i){re.escape(text)}"}


def _all_of(params: _Params) -> Iterator[tuple[str, _Settings]]:
    for text in params.texts("required_fields", "fields", "patterns", "values"):
        yield "required_pattern", {"pattern": re.escape(text)}


def _found_by(kind: str) -> _Read:
    def read(params: _Params) -> Iterator[tuple[str, _Settings]]:
        yield kind, {}

    return read


_KINDS: dict[str, _Read] = {
    "banned_words": _banned_words,
    "content_excludes": _none_of,
    "content_matches": _pattern,
    "content_not_includes": _none_of,
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
}
_NO_RULE = ("toxicity", "sentiment", "topic_policy", "hallucination", "llm_judge")
"""Types that PromptKit asks a model for; a guardrail here goes by rules."""


def build_validators(
    written: Any, place: Location, owner: str, context: LoadContext
) -> tuple[Guardrail, ...]:
    """Return the guardrails that a list of validators at `place` means.

    `fail_on_violation: true` blocks an answer, false marks it, and without it an answer is replaced
    by `message`, or cut where it is too long, as PromptKit's runtime does. What cannot be run is a
    problem at its place; `enabled: false` is left out.
    """
    if written is None:
        return ()
    if not isinstance(written, YamlList):
        context.problems.add(
            f"'validators' of {owner} is not a list",
            place,
            expected="a list of validators, each with a type",
            fix="write it like [{type: banned_words, params: {words: [damn]}}]",
        )
        return ()
    return tuple(
        guardrail
        for index in range(len(written))
        for guardrail in _built(written, index, owner, context)
    )


def _built(written: YamlList, index: int, owner: str, context: LoadContext) -> list[Guardrail]:
    entry = written[index]
    if not isinstance(entry, YamlMap):
        context.problems.add(
            f"a validator of {owner} is not a mapping",
            written.value_place(index),
            expected="a mapping with a type",
            fix="write it like {type: banned_words, params: {words: [damn]}}",
        )
        return []
    spec = build_model(_Validator, entry, context.problems, f"a validator of {owner}")
    if spec is None or not spec.enabled:
        return []
    read = _KINDS.get(spec.type)
    if read is None:
        asks = spec.type in _NO_RULE
        context.problems.add(
            f"validator {shorten(spec.type)!r} of {owner} "
            + ("asks a model" if asks else "is of an unknown type"),
            entry.value_place("type"),
            expected=one_of(spec.type, _KINDS, ""),
            fix=("judge answers by an assertion, and write enabled: false here" if asks else None)
            or suggest(spec.type, _KINDS)
            or "write enabled: false, and add a guardrail to the arena file",
        )
        return []
    params = _Params(dict(spec.params))
    try:
        direction = params.text("direction", ("input", "output", "both")) or "output"
        rules = list(read(params))
    except _UnusableError as error:
        context.problems.add(
            f"validator {spec.type!r} of {owner} cannot be run with these params",
            entry.value_place("params"),
            expected=str(error),
            fix="add what is missing to params, or write enabled: false",
        )
        return []
    message = spec.message or spec.params.get("message")
    params.asked.add("message")
    for key in spec.params.keys() - params.asked:
        context.warn(
            entry["params"].key_place(key),
            f"{key!r} of validator {spec.type!r} has no effect here",
        )
    made = []
    for kind, settings in rules:
        action = _action(kind, spec.fail_on_violation, direction, message)
        tree = YamlMap(entry.files, entry.mark)
        shared = {"direction": direction, "on_violation": action, "message": message}
        for key, value in {**settings, **shared}.items():
            if value is not None:
                tree.put(key, value, entry.marks.get("params", entry.mark))
        made.append(build_guardrail(kind, tree, entry.value_place("type"), context))
    return [guardrail for guardrail in made if guardrail is not None]


def _action(kind: str, fails: bool | None, direction: str, message: object) -> str:
    """Return what becomes of an answer that a validator objects to."""
    if fails is not None:
        return "block" if fails else "flag"
    can_replace = direction == "output" and (kind != "required_pattern" or message is not None)
    return "replace" if can_replace else "block"
