"""Assertions of promptfoo's as assertions of an arena's, with the verdicts that they have there."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, suggest
from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.findings import ALIKE, EXACT, LEFT_OUT, Fidelity
from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo import literal_text
from pytest_arena.importing.promptfoo.js_regex import NoPatternError, python_pattern
from pytest_arena.importing.promptfoo.python_code import PythonModule, transform_of
from pytest_arena.importing.promptfoo.refused import why_refused
from pytest_arena.importing.promptfoo.scripts import (
    UnusableScriptError,
    file_of,
    script_assertion,
)
from pytest_arena.importing.promptfoo.templates import BadTemplateError, fill
from pytest_arena.loading.tree import YamlList, YamlMap, plain

Made = dict[str, Any]
DRAFT = "http://json-schema.org/draft-07/schema#"
CSV_THRESHOLD = 0.75
"""Of what has a threshold and is written in a column without one."""
EMBEDDING = {"provider": "openai", "model": "text-embedding-3-large"}
_COMMON = {
    "type",
    "value",
    "threshold",
    "weight",
    "metric",
    "provider",
    "rubricPrompt",
    "transform",
}
_MISTAKEN = {
    "min-length": "min_length",
    "max-length": "max_length",
    "not-empty": "success",
    "json-schema-valid": "json_schema",
    "contains-json-property": "json_path",
}


class LeftOutError(Exception):
    """An assertion that cannot be in an arena: why, and what to write instead."""

    def __init__(self, why: str, instead: str = "") -> None:
        super().__init__(why)
        self.instead = instead


@dataclass(slots=True)
class Scope:
    """What the assertions of one test are read with."""

    source: Source
    module: PythonModule
    """Where code in Python goes."""
    variables: Mapping[str, Any]
    judge: Made | None = None
    """Who judges, where the test's options say so."""
    embedding: Made | None = None
    from_csv: bool = False
    lost: list[str] = field(default_factory=list)
    """The types of the assertions that are left out."""
    judges: bool = False
    """Whether an assertion asks a model."""


@dataclass(slots=True)
class _Written:
    """One assertion as it is written, its value filled in."""

    kind: str
    negated: bool
    value: Any
    threshold: float | None
    tree: Mapping[str, Any]
    place: Location
    scope: Scope
    notes: list[tuple[str, str]] = field(default_factory=list)
    """What is alike and not exact, and what to know of it."""

    @property
    def text(self) -> str:
        """The value as a text; nothing is a mistake."""
        if self.value is None or self.value == "":
            raise LeftOutError("no value", "there it is an error")
        if isinstance(self.value, bool):
            return str(self.value).lower()
        return self.value if isinstance(self.value, str) else _json(self.value)

    @property
    def texts(self) -> list[str]:
        """The value as a list of texts; a text is split at its commas."""
        if isinstance(self.value, list):
            return [item if isinstance(item, str) else _json(item) for item in self.value]
        text = self.text
        found = re.findall(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)', text)
        parts = [quoted.replace('\\"', '"') or bare.strip() for quoted, bare in found]
        return parts[:-1] if parts and not parts[-1] else parts

    def alike(self, what: str, instead: str = "") -> None:
        self.notes.append((what, instead))


def convert(tree: YamlMap, place: Location, scope: Scope) -> list[Made]:
    """Return the assertions that one of promptfoo's becomes; none where it is left out."""
    findings = scope.source.findings
    kind = tree.get("type")
    if not isinstance(kind, str):
        findings.left_out(place, "an assertion without a type")
        return _lose(scope, place, "?")
    if kind == "assert-set":
        return _set(tree, place, scope)
    for key in tree:
        if key not in _COMMON and key != "config":
            findings.left_out(tree.key_place(key), f"unknown key {key!r} of an assertion")
    try:
        written = _read(kind, tree, place, scope)
        made = _converted(written)
        for one in made:
            if (problem := why_refused(one)) is not None:
                raise LeftOutError(f"an arena does not take it: {problem}")
        transform = (
            transform_of(plain(tree["transform"]), scope.module) if "transform" in tree else None
        )
    except (LeftOutError, UnusableScriptError) as error:
        findings.left_out(place, f"{kind}: {error}", error.instead)
        return _lose(scope, place, kind)
    finished = _finished(made, written, tree)
    return [{**one, "transform": transform} for one in finished] if transform else finished


def _lose(scope: Scope, place: Location, kind: str) -> list[Made]:
    scope.source.findings.count_assertion(LEFT_OUT, place, kind)
    scope.lost.append(kind)
    return []


def _read(kind: str, tree: YamlMap, place: Location, scope: Scope) -> _Written:
    bare = kind.removeprefix("not-")
    value = plain(tree.get("value"))
    if bare not in ("javascript", "python") or file_of(value) is None:
        value = _value(value, scope)
    threshold = tree.get("threshold")
    given = number(threshold)
    if threshold is not None and given is None:
        raise LeftOutError(f"its threshold {threshold!r} is no number")
    return _Written(bare, bare != kind, value, given, tree, place, scope)


def number(written: Any) -> float | None:
    """Return a number, also one that is written as a text; None for anything else."""
    try:
        found = float(written)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def _value(value: Any, scope: Scope) -> Any:
    """Return a value with its file read and its template filled in."""
    if isinstance(value, str) and value.startswith("file://"):
        path = scope.source.neighbour(value)
        if path is None:
            raise LeftOutError(f"there is no file {value}")
        if path.suffix in (".yaml", ".yml", ".json"):
            try:
                return plain(scope.source.tree_of(path))
            except ArenaFileError as error:
                raise LeftOutError(str(error)) from error
        if path.suffix in (".py", ".js", ".cjs", ".mjs", ".ts"):
            raise LeftOutError(f"code: {value}", "write a function, and type: python")
        return scope.source.text_of(path).strip()
    if isinstance(value, str):
        return _filled(value, scope)
    if isinstance(value, list):
        return [_filled(item, scope) if isinstance(item, str) else item for item in value]
    return value


def _filled(text: str, scope: Scope) -> str:
    try:
        return fill(text, scope.variables)[0]
    except BadTemplateError as error:
        raise LeftOutError(f"its template cannot be filled in: {error}") from error


def _finished(made: list[Made], written: _Written, tree: YamlMap) -> list[Made]:
    findings = written.scope.source.findings
    for what, instead in written.notes:
        findings.alike(written.place, f"{tree['type']}: {what}", instead)
    fidelity: Fidelity = ALIKE if written.notes else EXACT
    findings.count_assertion(fidelity, written.place, str(tree["type"]))
    if "metric" in tree:
        findings.left_out(None, "names of metrics, which change no verdict")
    weight = tree.get("weight")
    if isinstance(weight, (int, float)) and not isinstance(weight, bool) and weight != 1:
        for one in made:
            one.setdefault("weight", weight)
    return [_safe(one) for one in made]


def _safe(made: Made) -> Made:
    """Return an assertion in which no text is taken for a template."""
    return {key: _safe_value(key, value) for key, value in made.items()}


def _safe_value(key: str, value: Any) -> Any:
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, list):
        return [_safe_value(key, item) for item in value]
    if isinstance(value, dict) and key != "schema":
        return {name: _safe_value(name, item) for name, item in value.items()}
    return value


def _set(tree: YamlMap, place: Location, scope: Scope) -> list[Made]:
    written = tree.get("assert")
    members: list[Made] = []
    for index, entry in enumerate(written if isinstance(written, YamlList) else ()):
        if isinstance(entry, YamlMap):
            at = written.value_place(index) if isinstance(written, YamlList) else place
            members += convert(entry, at, scope)
    if not members:
        scope.source.findings.left_out(place, "assert-set of which nothing is left")
        return []
    made: Made = {"type": "all_of", "assertions": members}
    threshold, weight = tree.get("threshold"), tree.get("weight")
    if isinstance(threshold, (int, float)) and threshold > 0:
        made["threshold"] = min(threshold, 1)
    if isinstance(weight, (int, float)) and weight != 1:
        made["weight"] = weight
    if isinstance(threshold, (int, float)) and threshold <= 0:
        # every score reaches it
        made["weight"] = 0
    return [made]


def _converted(written: _Written) -> list[Made]:
    make = _TYPES.get(written.kind)
    if make is None:
        near = _MISTAKEN.get(written.kind)
        hint = f"perhaps type: {near} is meant" if near else suggest(written.kind, _TYPES) or ""
        if written.kind in _ELSEWHERE:
            raise LeftOutError(_ELSEWHERE[written.kind])
        raise LeftOutError("no type of promptfoo's that is known", hint)
    return make(written)


def _negatable(written: _Written, made: Made) -> list[Made]:
    return [{**made, "not": True}] if written.negated else [made]


def _contains(written: _Written, *, case: bool) -> list[Made]:
    text = _text_or_number(written)
    if literal_text.is_plain(text, case=case):
        return _negatable(written, _cased({"type": "contains", "value": text}, case=case))
    return _matching(written, literal_text.one_of([text], case=case))


def _cased(made: Made, *, case: bool) -> Made:
    return {**made, "case_sensitive": True} if case else made


def _text_or_number(written: _Written) -> str:
    if isinstance(written.value, (bool, dict, list)):
        raise LeftOutError("its value is no text", "there it is an error")
    return written.text


def _matching(written: _Written, pattern: str) -> list[Made]:
    return _negatable(written, {"type": "matches", "pattern": pattern})


def _any(written: _Written, *, case: bool) -> list[Made]:
    texts = _several(written)
    if isinstance(written.value, list) and not all(texts):
        raise LeftOutError("an empty text, which every answer contains")
    if all(literal_text.is_plain(text, case=case) for text in texts):
        return _negatable(written, _cased({"type": "contains_any", "values": texts}, case=case))
    return _matching(written, literal_text.one_of(texts, case=case))


def _all(written: _Written, *, case: bool) -> list[Made]:
    texts = [text for text in _several(written) if text]
    if texts and all(literal_text.is_plain(text, case=case) for text in texts):
        return _negatable(written, _cased({"type": "contains_all", "values": texts}, case=case))
    return _matching(written, literal_text.all_of(texts, case=case))


def _several(written: _Written) -> list[str]:
    texts = written.texts
    if not isinstance(written.value, list):
        texts = [text for text in texts if text]
    if not texts:
        raise LeftOutError("no value", "there it is an error")
    return texts


def _equals(written: _Written) -> list[Made]:
    if isinstance(written.value, (dict, list)):
        made: Made = {"type": "json_path", "path": "@", "equals": written.value, "extract": False}
        return _json_or(written, made)
    return _matching(written, literal_text.whole(written.text))


def _json_or(written: _Written, made: Made) -> list[Made]:
    """Return an assertion on the answer's JSON; negated, it holds where there is no JSON, too."""
    if not written.negated:
        return [made]
    return [
        {"type": "any_of", "assertions": [{**made, "not": True}, {"type": "is_json", "not": True}]}
    ]


def _starts_with(written: _Written) -> list[Made]:
    if not isinstance(written.value, str):
        raise LeftOutError("its value is no text", "there it is an error")
    return _matching(written, literal_text.beginning(written.text))


def _regex(written: _Written) -> list[Made]:
    text = written.text
    if text.startswith("(?i)"):
        written.alike("(?i) is no pattern of JavaScript's, so that it always fails there")
        text = text.removeprefix("(?i)")
        return _matching(written, _translated(text).replace("(?a)", "(?ai)", 1))
    return _matching(written, _translated(text))


def _translated(text: str) -> str:
    try:
        return python_pattern(text)
    except NoPatternError as error:
        raise LeftOutError(
            f"no pattern of JavaScript's ({error}), so that it never matches there"
        ) from error
    except ValueError as error:
        raise LeftOutError(f"the pattern cannot be read: {error}") from error


def _schema(value: Any) -> Made:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            import yaml

            try:
                value = yaml.safe_load(value)
            except yaml.YAMLError:
                raise LeftOutError(f"its schema cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise LeftOutError("its schema is no mapping")
    return value if "$schema" in value else {"$schema": DRAFT, **value}


def _is_json(written: _Written) -> list[Made]:
    if written.value in (None, "", {}):
        return _negatable(written, {"type": "is_json"})
    return _json_or(written, {"type": "json_schema", "schema": _schema(written.value)})


def _contains_json(written: _Written) -> list[Made]:
    # a list of none is none there: only objects are looked for
    wanted: Made = {
        "anyOf": [{"type": "object"}, {"contains": {"type": "object"}, "type": "array"}]
    }
    if written.value not in (None, "", {}):
        given = _schema(written.value)
        typed = {"$schema": DRAFT, "type": "object", "allOf": [given]}
        wanted = given if given.get("type") == "object" else typed
    return _negatable(written, {"type": "contains_json", "schema": wanted})


def _xml(written: _Written, *, extract: bool) -> list[Made]:
    if written.value not in (None, ""):
        raise LeftOutError("required elements")
    if extract:
        written.alike("XML is looked for in a code fence, or as the whole answer")
    return _negatable(written, {"type": "is_xml", **({"extract": True} if extract else {})})


def _sql(written: _Written, *, extract: bool) -> list[Made]:
    value = written.value if isinstance(written.value, dict) else {}
    if value.keys() - {"databaseType"}:
        raise LeftOutError("lists of tables and columns")
    dialect = str(value.get("databaseType", "MySQL")).lower()
    written.alike("another parser of SQL reads it")
    made: Made = {
        "type": "is_sql",
        "dialect": {"postgresql": "postgres", "transactsql": "tsql"}.get(dialect, dialect),
    }
    return _negatable(written, {**made, **({"extract": True} if extract else {})})


def _levenshtein(written: _Written) -> list[Made]:
    most = 5 if written.threshold is None else int(written.threshold)
    return _negatable(written, {"type": "levenshtein", "value": written.text, "max_distance": most})


def _word_count(written: _Written) -> list[Made]:
    value = written.value
    given = value if isinstance(value, dict) else {"min": value, "max": value}
    least, most = (_words(given.get(key)) for key in ("min", "max"))
    if least is None and most is None:
        raise LeftOutError("no value", "there it is an error")
    least = least or 0
    if most is not None and most < least:
        raise LeftOutError(f"at least {least} and at most {most} words", "there it is an error")
    return _matching(written, literal_text.words(least, most))


def _words(bound: Any) -> int | None:
    if bound is not None and not re.fullmatch(r"[0-9]+", str(bound)):
        raise LeftOutError(f"{bound!r} is no number of words")
    return None if bound is None else int(bound)


def _latency(written: _Written) -> list[Made]:
    return _negatable(written, {"type": "response_time", "max_ms": _limit(written)})


def _cost(written: _Written) -> list[Made]:
    return _negatable(written, {"type": "cost", "max_usd": _limit(written)})


def _limit(written: _Written) -> float:
    if written.threshold is None:
        raise LeftOutError("no threshold", "there it is an error")
    if written.scope.from_csv and written.threshold == CSV_THRESHOLD:
        written.alike(f"a column without a threshold means {CSV_THRESHOLD:g}", "as it does there")
    if written.threshold <= 0:
        raise LeftOutError(f"nothing is within {written.threshold:g}")
    return int(written.threshold) if written.threshold.is_integer() else written.threshold


def _finish_reason(written: _Written) -> list[Made]:
    return _negatable(written, {"type": "finish_reason", "value": written.text})


def _refusal(written: _Written) -> list[Made]:
    written.alike("refusals are found by another method, and an empty answer is one there")
    empty = {"type": "matches", "pattern": r"\A\s*\Z"}
    return _negatable(written, {"type": "any_of", "assertions": [{"type": "refusal"}, empty]})


def _similar(written: _Written) -> list[Made]:
    least = written.threshold
    if least is None:
        least = 0.8 if written.scope.from_csv else 0.75
    made: Made = {"type": "similar", "min_similarity": least}
    made |= (
        {"values": written.texts} if isinstance(written.value, list) else {"value": written.text}
    )
    embedding = _named(written, "embedding") or written.scope.embedding
    if embedding is None:
        embedding = EMBEDDING
        written.alike("no embedding model is named", "OpenAI's text-embedding-3-large is asked")
    return _negatable(written, {**made, "embedding": embedding})


def _scored(written: _Written, kind: str, default: float, **further: Any) -> list[Made]:
    least = default if written.threshold is None else written.threshold
    if written.scope.from_csv and written.threshold is None:
        least = 0.75 if kind == "rouge" else least
    written.alike("another implementation scores it")
    made: Made = {"type": kind, "min_score": least, **further}
    if not isinstance(written.value, list):
        return _negatable(written, {**made, "value": written.text})
    members = [{**made, "value": text} for text in _several(written)]
    return _negatable(written, {"type": "any_of", "assertions": members})


def _judged(
    written: _Written, made: Made, *, why: str = "another judge's prompt asks"
) -> list[Made]:
    written.alike(why, "see docs/judging.md for how answers are judged here")
    written.scope.judges = True
    if written.tree.get("rubricPrompt") is not None:
        written.alike("its rubricPrompt is not used")
    judge = _named(written, "text") or written.scope.judge
    return _negatable(written, {**made, **({"judge": judge} if judge else {})})


def _rubric(written: _Written) -> list[Made]:
    made: Made = {"type": "llm_judge", "criteria": written.text}
    if written.threshold is not None and written.threshold > 0:
        made["min_score"] = min(written.threshold, 1.0)
    return _judged(written, made)


def _g_eval(written: _Written) -> list[Made]:
    criteria = written.texts if isinstance(written.value, list) else [written.text]
    least = 0.7 if written.threshold is None else written.threshold
    members = [
        {
            key: value
            for key, value in _judged(written, {"type": "llm_judge", "criteria": one})[0].items()
            if key != "not"
        }
        for one in criteria
    ]
    return _negatable(written, {"type": "all_of", "threshold": least, "assertions": members})


def _factuality(written: _Written) -> list[Made]:
    return _judged(written, {"type": "factuality", "reference": written.text})


def _rag(written: _Written, kind: str) -> list[Made]:
    made: Made = {"type": kind}
    if kind == "context_recall":
        made["reference"] = written.text
    if kind != "answer_relevance":
        context = written.scope.variables.get("context")
        if not isinstance(context, (str, list)) or not context:
            raise LeftOutError("the test has no variable `context`")
        made["context"] = context
    if written.threshold:
        made["min_score"] = written.threshold
    else:
        made["weight"] = 0
        written.alike("without a threshold it always passes there", "weight: 0 keeps it so")
    return _judged(written, made)


def _named(written: _Written, use: str) -> Made | None:
    """Return who judges or embeds by the assertion's own word; one that is unknown is told."""
    named = written.tree.get("provider")
    found = of_provider(named, use)
    if found is None and named is not None:
        shown = plain(named)
        shown = shown.get("id", shown) if isinstance(shown, dict) else shown
        written.alike(f"its provider {shown} is not used", f"name another: {_ROLES[use]}:")
    return found


_ROLES = {"text": "judge", "embedding": "embedding"}


def of_provider(written: Any, use: str) -> Made | None:
    """Return who judges or embeds, as a provider is named there."""
    from pytest_arena.importing.promptfoo.providers import VENDORS

    if isinstance(written, YamlMap):
        if use in written:
            return of_provider(written[use], use)
        written = written.get("id")
    if not isinstance(written, str):
        return None
    head, _, rest = written.partition(":")
    kind, _, model = rest.partition(":")
    if head not in VENDORS or not rest:
        return None
    known = kind in ("chat", "messages", "responses", "completion", "embedding", "embeddings")
    return {"provider": VENDORS[head], "model": model if known and model else rest}


def _python(written: _Written) -> list[Made]:
    if written.value is None or written.value == "":
        raise LeftOutError("no value", "there it is an error")
    config = plain(written.tree.get("config"))
    module = written.scope.module
    return _negatable(written, module.assertion(written.value, written.threshold, config))


def _javascript(written: _Written) -> list[Made]:
    if written.value is None or written.value == "":
        raise LeftOutError("no value", "there it is an error")
    config = plain(written.tree.get("config"))
    source = written.scope.source
    return _negatable(written, script_assertion(written.value, written.threshold, config, source))


def _valid_calls(written: _Written) -> list[Made]:
    return _negatable(written, {"type": "valid_tool_calls"})


def _call_f1(written: _Written) -> list[Made]:
    made: Made = {"type": "tool_call_f1", "tools": written.texts}
    made["threshold"] = 1.0 if written.threshold is None else written.threshold
    return _negatable(written, made)


_TYPES: Mapping[str, Callable[[_Written], list[Made]]] = {
    "contains": lambda one: _contains(one, case=True),
    "icontains": lambda one: _contains(one, case=False),
    "contains-any": lambda one: _any(one, case=True),
    "contains-all": lambda one: _all(one, case=True),
    "icontains-any": lambda one: _any(one, case=False),
    "icontains-all": lambda one: _all(one, case=False),
    "equals": _equals,
    "starts-with": _starts_with,
    "regex": _regex,
    "is-json": _is_json,
    "contains-json": _contains_json,
    "is-xml": lambda one: _xml(one, extract=False),
    "contains-xml": lambda one: _xml(one, extract=True),
    "is-sql": lambda one: _sql(one, extract=False),
    "contains-sql": lambda one: _sql(one, extract=True),
    "levenshtein": _levenshtein,
    "word-count": _word_count,
    "latency": _latency,
    "cost": _cost,
    "finish-reason": _finish_reason,
    "is-refusal": _refusal,
    "similar": _similar,
    "similar:cosine": _similar,
    "rouge-n": lambda one: _scored(one, "rouge", 0.75, variant="rouge1"),
    "bleu": lambda one: _scored(one, "bleu", 0.5),
    "llm-rubric": _rubric,
    "g-eval": _g_eval,
    "model-graded-closedqa": _rubric,
    "factuality": _factuality,
    "model-graded-factuality": _factuality,
    "answer-relevance": lambda one: _rag(one, "answer_relevance"),
    "context-faithfulness": lambda one: _rag(one, "faithfulness"),
    "context-relevance": lambda one: _rag(one, "context_relevance"),
    "context-recall": lambda one: _rag(one, "context_recall"),
    "python": _python,
    "javascript": _javascript,
    "is-valid-openai-tools-call": _valid_calls,
    "is-valid-openai-function-call": _valid_calls,
    "is-valid-function-call": _valid_calls,
    "tool-call-f1": _call_f1,
}
_REMOTE = "it asks a service that an arena does not"
_ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(("similar:dot", "similar:euclidean"), "only the cosine is measured here"),
    **dict.fromkeys(("is-html", "contains-html"), "HTML is not looked at here"),
    **dict.fromkeys(("gleu", "meteor"), "this measure is not here"),
    **dict.fromkeys(("perplexity", "perplexity-score"), "it needs the model's log probabilities"),
    **dict.fromkeys(("classifier", "moderation", "pi", "webhook", "ruby"), _REMOTE),
    **dict.fromkeys(
        ("select-best", "max-score"), "it compares prompts; preferred_over compares columns"
    ),
    "conversation-relevance": "windows of a conversation are not judged here",
    "guardrails": "guardrails of a vendor's answer are not kept",
    "human": "people label answers in the report",
}


def from_csv(text: str) -> Made:
    """Return the assertion that a cell of a `__expected` column is: `[not-]type[(n)]:value`."""
    match = _EXPRESSION.fullmatch(text.strip())
    if match is None:
        return {"type": "equals", "value": text}
    kind, threshold, value = match["kind"], match["threshold"], match["value"]
    bare = kind.removeprefix("not-")
    kinds = {"grade": "llm-rubric", "fn": "javascript", "eval": "javascript", "file": "javascript"}
    bare = kinds.get(bare, bare)
    if bare not in _TYPES and bare not in _ELSEWHERE:
        return {"type": "equals", "value": text}
    made: Made = {"type": ("not-" if kind.startswith("not-") else "") + bare}
    if threshold is not None:
        made["threshold"] = float(threshold)
    elif bare in _CSV_THRESHOLD:
        made["threshold"] = CSV_THRESHOLD
    if value is not None and value.strip():
        made["value"] = value.strip()
    if kind.removeprefix("not-") == "file":
        code = f"file:{made.get('value', '')}"
        language = "python" if file_of(code, ".py") else "javascript"
        return {**made, "type": made["type"].replace("javascript", language), "value": code}
    return made


_EXPRESSION = re.compile(
    r"(?P<kind>(?:not-)?[a-z][a-z:-]*?)(?:\((?P<threshold>\d+(?:\.\d+)?)\))?"
    r"(?::(?P<value>.*))?",
    re.DOTALL,
)
_CSV_THRESHOLD = {
    "levenshtein", "rouge-n", "perplexity", "answer-relevance", "context-recall",
    "context-relevance", "context-faithfulness", "cost", "latency",
}  # fmt: skip


def _json(value: Any) -> str:
    """Return a value as JavaScript writes it."""
    return json.dumps(_numbered(value), ensure_ascii=False, separators=(",", ":"))


def _numbered(value: Any) -> Any:
    """Return a value whose whole numbers have no decimals, as there."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    if isinstance(value, list):
        return [_numbered(item) for item in value]
    if isinstance(value, dict):
        return {key: _numbered(item) for key, item in value.items()}
    return value


def lost_in_words(kinds: Sequence[str]) -> str:
    """Return what a case that lost assertions says: `imported without javascript (2), python`."""
    counts = {kind: kinds.count(kind) for kind in kinds}
    shown = [kind if count == 1 else f"{kind} ({count})" for kind, count in counts.items()]
    return f"imported without {', '.join(shown)}"
