"""Assertions of promptfoo's as assertions of an arena's, with the verdicts that they have there."""

from __future__ import annotations

from pytest_arena.errors import Location, suggest
from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.findings import ALIKE, EXACT, LEFT_OUT, Fidelity
from pytest_arena.importing.made import LeftOutError, Made, without_templates
from pytest_arena.importing.promptfoo.assertions.kinds import ELSEWHERE, KINDS
from pytest_arena.importing.promptfoo.assertions.written import Scope, Written, number, read
from pytest_arena.importing.promptfoo.scripts import UnusableScriptError
from pytest_arena.importing.promptfoo.templates import BadTemplateError, fill
from pytest_arena.importing.refused import why_refused
from pytest_arena.loading.tree import YamlList, YamlMap, plain

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
        written = read(kind, tree, place, scope)
        made = _converted(written)
        for one in made:
            if (problem := why_refused(one)) is not None:
                raise LeftOutError(f"an arena does not take it: {problem}")
        transform = (
            scope.module.transform(plain(tree["transform"])) if "transform" in tree else None
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


def _finished(made: list[Made], written: Written, tree: YamlMap) -> list[Made]:
    findings = written.scope.source.findings
    for what, instead in written.notes:
        findings.alike(written.place, f"{tree['type']}: {what}", instead)
    fidelity: Fidelity = ALIKE if written.notes else EXACT
    findings.count_assertion(fidelity, written.place, str(tree["type"]))
    further = {**_weighed(tree, written.place, written.scope), **_named(tree, written.scope)}
    return [{**without_templates(one), **_unless_there(further, one)} for one in made]


def _unless_there(further: Made, made: Made) -> Made:
    return {key: value for key, value in further.items() if key not in made}


def _named(tree: YamlMap, scope: Scope) -> Made:
    """Return what an assertion is called in results and limits."""
    metric = tree.get("metric")
    if metric is None or metric == "":
        return {}
    try:
        text = fill(str(metric), scope.variables)[0]
    except BadTemplateError:
        text = str(metric)
    return {"metric": escaped(text)} if text.strip() else {}


def _weighed(tree: YamlMap, place: Location, scope: Scope) -> Made:
    weight = tree.get("weight")
    found = number(weight)
    if weight is None or found == 1:
        return {}
    if found is None or found < 0:
        scope.source.findings.alike(place, f"its weight {weight!r}", "it counts as any other")
        return {}
    return {"weight": int(found) if found.is_integer() else found}


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
    if all(one.get("weight") == 0 for one in members):
        scope.source.findings.alike(place, "assert-set of which nothing can fail", "it is no group")
        return members
    made: Made = {"type": "all_of", "assertions": members}
    threshold = number(tree.get("threshold"))
    if threshold is not None and threshold > 0:
        made["threshold"] = min(threshold, 1)
    made |= {**_weighed(tree, place, scope), **_named(tree, scope)}
    if threshold is not None and threshold <= 0:
        # every score reaches it
        made["weight"] = 0
    return [made]


def _converted(written: Written) -> list[Made]:
    make = KINDS.get(written.kind)
    if make is None:
        near = _MISTAKEN.get(written.kind)
        hint = f"perhaps type: {near} is meant" if near else suggest(written.kind, KINDS) or ""
        if written.kind in ELSEWHERE:
            raise LeftOutError(ELSEWHERE[written.kind])
        raise LeftOutError("no type of promptfoo's that is known", hint)
    return make(written)
