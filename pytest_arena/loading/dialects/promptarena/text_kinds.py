"""Assertions of PromptArena on texts and on JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_arena.loading.dialects.promptarena.check_base import OF_EACH_TURN, Around, Check, Read
from pytest_arena.loading.dialects.promptarena.params import Given, Params, UnusableError

_CHARACTERS_OF_A_TOKEN = 4
"""What PromptKit's runtime reckons with."""


def _contains_all(params: Params, _: Around) -> Iterator[Check]:
    patterns = params.texts("patterns", "text", "value", "values")
    case = params.flag("case_sensitive") or None
    yield {"type": "contains_all", "values": patterns, "case_sensitive": case}


def _contains_any(params: Params, _: Around) -> Iterator[Check]:
    # any answer of the conversation may hold one: the opposite of none holding any
    patterns = params.texts("patterns", "text", "value", "values")
    case = params.flag("case_sensitive") or None
    yield {
        "type": "content_excludes",
        "values": patterns,
        "case_sensitive": case,
        "look_at": "text",
        "not": True,
    }


def _contains_none(params: Params, _: Around) -> Iterator[Check]:
    patterns = params.texts("patterns", "words", "text", "value", "values")
    mode = params.get("match_mode")
    if mode is not None and mode.value == "word_boundary":
        yield from _words(patterns, case_sensitive=params.flag("case_sensitive"))
        return
    case = params.flag("case_sensitive") or None
    yield {
        "type": "content_excludes",
        "values": patterns,
        "case_sensitive": case,
        "look_at": "text",
    }


def _no_words(params: Params, _: Around) -> Iterator[Check]:
    patterns = params.texts("words", "patterns")
    params.get("match_mode")
    yield from _words(patterns, case_sensitive=params.flag("case_sensitive"))


def _words(patterns: Given, *, case_sensitive: bool) -> Iterator[Check]:
    # an arena looks for words in one answer, PromptArena in all that came
    one = {"look_at": "text", OF_EACH_TURN: True}
    if not case_sensitive:
        yield {"type": "banned_words", "words": patterns, **one}
        return
    listed = "|".join(re.escape(word) for word in patterns.value)
    pattern = Given(rf"\b(?:{listed})\b", patterns.mark)
    yield {"type": "not_matches", "pattern": pattern, **one}


def _matches(params: Params, _: Around) -> Iterator[Check]:
    yield {"type": "matches", "pattern": params.pattern("pattern", "regex")}


def _shortest(params: Params, _: Around) -> Iterator[Check]:
    least = params.count("min", "min_characters", "min_chars", "min_length")
    if least is None:
        raise UnusableError("min_characters: a number from 1 on")
    yield {"type": "min_length", "value": least}


def _longest(params: Params, _: Around) -> Iterator[Check]:
    characters = params.count("max", "max_characters", "max_chars", "max_length")
    tokens = params.count("max_tokens")
    if characters is None and tokens is None:
        raise UnusableError("max_characters or max_tokens: a number from 1 on")
    if characters is not None:
        yield {"type": "max_length", "value": characters}
    if tokens is not None:
        yield {
            "type": "max_length",
            "value": Given(tokens.value * _CHARACTERS_OF_A_TOKEN, tokens.mark),
        }


def _sentences(params: Params, _: Around) -> Iterator[Check]:
    most = params.count("max", "max_sentences")
    if most is None:
        raise UnusableError("max_sentences: a number from 1 on")
    yield {"type": "max_sentences", "value": most}


def _fields(params: Params, _: Around) -> Iterator[Check]:
    fields = params.texts("fields", "required_fields")
    yield {"type": "contains_all", "values": fields, "case_sensitive": True}


def _in_text(params: Params) -> bool:
    wrapped = params.flag("allow_wrapped")
    return params.flag("extract_json") or wrapped


def _json(params: Params, _: Around) -> Iterator[Check]:
    yield {"type": "is_json", "extract": _in_text(params)}


def _schema(params: Params, _: Around) -> Iterator[Check]:
    schema = params.need("schema", expected="a JSON Schema")
    yield {"type": "json_schema", "schema": schema, "extract": _in_text(params)}


def _json_path(params: Params, _: Around) -> Iterator[Check]:
    said = params.need(
        "jmespath_expression", "expression", "path", expected="a JMESPath expression"
    )
    path = Given(str(said.value).removeprefix("$."), said.mark)
    extract = _in_text(params)
    one: Check = {"type": "json_path", "path": path, "extract": extract}
    bounds = {
        "equals": params.get("expected", "equals"),
        "min": params.get("min"),
        "max": params.get("max"),
    }
    found = {key: value for key, value in bounds.items() if value is not None}
    parts = params.get("contains")
    listed = parts.value if parts is not None and isinstance(parts.value, list) else None
    sizes = {"min": params.get("min_results"), "max": params.get("max_results")}
    counted = {key: value for key, value in sizes.items() if value is not None}
    if found or (parts is None and not counted):
        yield {**one, **found}
    for part in listed if listed is not None else [] if parts is None else [parts.value]:
        assert parts is not None  # noqa: S101 - there is a part
        yield {**one, "contains": Given(part, parts.mark)}
    if counted:
        yield {**one, "path": Given(f"length({path.value})", path.mark), **counted}


TEXT_KINDS: dict[str, Read] = {
    **dict.fromkeys(("contains", "content_includes"), _contains_all),
    **dict.fromkeys(("contains_any", "content_includes_any"), _contains_any),
    **dict.fromkeys(("content_excludes", "content_not_includes"), _contains_none),
    "banned_words": _no_words,
    **dict.fromkeys(("regex", "content_matches", "regex_match"), _matches),
    "min_length": _shortest,
    **dict.fromkeys(("max_length", "length"), _longest),
    **dict.fromkeys(("sentence_count", "max_sentences"), _sentences),
    **dict.fromkeys(("field_presence", "required_fields"), _fields),
    **dict.fromkeys(("json_valid", "is_valid_json", "valid_json"), _json),
    "json_schema": _schema,
    "json_path": _json_path,
}
