"""The short ways to write mock answers, brought into the shape of the models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import CaseMock, MockAnswer, MockResponses

_ANSWER_KEYS = frozenset(MockAnswer.model_fields) | {
    field.alias for field in MockAnswer.model_fields.values() if field.alias
}
_DEFAULTS = ("default", "defaultResponse")
_SCENARIO_KEYS = frozenset({*_DEFAULTS, "turns"})


def build_responses(
    written: Any, place: Location, context: LoadContext, providers: set[str] | None = None
) -> MockResponses | None:
    """Return the answers that a file names by path or holds itself.

    `providers` are the names that `providers:` in it may have; None allows any.
    """
    if isinstance(written, str):
        with context.gathering():
            path = context.find(written, place, "responses file")
            return build_responses_file(path, place, context, providers)
        return None
    if not isinstance(written, YamlMap):
        context.problems.add(
            "mock responses are neither a file's name nor a mapping",
            place,
            expected="a file's name, or a mapping with default, scenarios, patterns, providers",
            fix="write it like {default: an answer}",
        )
        return None
    tree = _responses(written)
    if providers is not None and isinstance(tree.get("providers"), YamlMap):
        _check_providers(tree["providers"], tree["providers"], providers, context)
    return build_model(MockResponses, tree, context.problems, "mock responses")


def build_responses_file(
    path: Path, place: Location, context: LoadContext, providers: set[str] | None = None
) -> MockResponses | None:
    """Return the answers of a responses file; `place` is where it is named."""
    with context.gathering():
        tree = context.read_tree(path, place, "responses file")
        name = context.files[-1]
        if isinstance(tree, YamlMap):
            return build_responses(tree, Location(name, 1, 1), context, providers)
        context.problems.add(
            "a responses file is not a mapping",
            Location(name, 1, 1),
            expected="a mapping with default, scenarios, patterns, providers",
            fix="write it like default: an answer",
        )
    return None


def build_case_mock(
    case: YamlMap, owner: str, providers: set[str], context: LoadContext
) -> CaseMock | None:
    """Return the `mock:` of a case: an answer, a list of them, or these by provider."""
    written = case.get("mock")
    if written is None:
        return None
    mark = case.marks["mock"]
    tree = YamlMap(case.files, mark)
    if isinstance(written, YamlMap) and not _is_answer(written, providers):
        _check_providers(written, written.only(set(written) - {"default"}), providers, context)
        by_name = YamlMap(case.files, mark)
        for name in written:
            target = tree if name == "default" else by_name
            target.put(name, _answers(written, name), written.marks[name], written.key_marks[name])
        tree.put("providers", by_name, mark)
    else:
        tree.put("default", _answers(case, "mock"), mark)
    return build_model(CaseMock, tree, context.problems, f"'mock' of {owner}")


def _is_answer(written: YamlMap, providers: set[str]) -> bool:
    """Tell an answer from a map by provider: one answer's key is enough, so that typos show."""
    return any(key in _ANSWER_KEYS and key not in providers for key in written)


def _check_providers(
    tree: YamlMap, names: YamlMap, providers: set[str], context: LoadContext
) -> None:
    for name in names if providers else ():
        if name not in providers:
            context.problems.add(
                f"unknown provider {shorten(str(name))!r} in mock answers",
                tree.key_place(name),
                expected=one_of(str(name), sorted(providers), "an entry of providers:"),
                fix=suggest(str(name), providers) or "name one of these providers",
            )


def _answers(parent: YamlMap | YamlList, key: Any) -> YamlList:
    """Return an answer, or a list of them, as a list of answer mappings."""
    value = parent[key]
    if isinstance(value, YamlList):
        answers = YamlList(value.files, value.mark)
        for index in range(len(value)):
            answers.put(_answer(value, index), value.marks[index])
        return answers
    alone = YamlList(parent.files, parent.marks[key])
    alone.put(_answer(parent, key), alone.mark)
    return alone


def _answer(parent: YamlMap | YamlList, key: Any) -> Any:
    value = parent[key]
    if isinstance(value, YamlMap) and isinstance(value.get("steps"), YamlList):
        with_steps = value.only(value)
        with_steps["steps"] = _answers(value, "steps")
        return with_steps
    if isinstance(value, (YamlMap, YamlList)) or value is None:
        return value
    mark = parent.marks[key]
    answer = YamlMap(parent.files, mark)
    # A number is an answer too, spelled as it was written.
    answer.put("text", value if isinstance(value, str) else parent.spelling(key), mark)
    return answer


def _responses(written: YamlMap) -> YamlMap:
    tree = YamlMap(written.files, written.mark)
    for key, value in written.items():
        new: Any = value
        if key in _DEFAULTS:
            new = _answers(written, key)
        elif key == "scenarios" and isinstance(value, YamlMap):
            new = _each(value, _scenario)
        elif key == "patterns" and isinstance(value, YamlList):
            new = YamlList(value.files, value.mark)
            for index, pattern in enumerate(value):
                new.put(_pattern(pattern), value.marks[index])
        elif key == "providers" and isinstance(value, YamlMap):
            new = _each(value, _provider_responses)
        tree.adopt(key, written)
        tree[key] = new
    return tree


def _each(tree: YamlMap, change: Any) -> YamlMap:
    changed = YamlMap(tree.files, tree.mark)
    for key in tree:
        changed.adopt(key, tree)
        changed[key] = change(tree, key)
    return changed


def _provider_responses(parent: YamlMap, key: Any) -> Any:
    value = parent[key]
    if isinstance(value, YamlMap) and not (_ANSWER_KEYS & set(value)):
        return _responses(value)
    return _only_default(parent, key)


def _scenario(parent: YamlMap, key: Any) -> Any:
    value = parent[key]
    if not isinstance(value, YamlMap) or not (_SCENARIO_KEYS & set(value)):
        return _only_default(parent, key)
    tree = YamlMap(value.files, value.mark)
    for name, inner in value.items():
        tree.adopt(name, value)
        if name in _DEFAULTS:
            tree[name] = _answers(value, name)
        elif name == "turns" and isinstance(inner, YamlMap):
            tree[name] = _each(inner, _answer)
    return tree


def _only_default(parent: YamlMap, key: Any) -> YamlMap:
    tree = YamlMap(parent.files, parent.marks[key])
    tree.put("default", _answers(parent, key), tree.mark)
    return tree


def _pattern(pattern: Any) -> Any:
    if not isinstance(pattern, YamlMap) or "answer" not in pattern:
        return pattern
    tree = pattern.only(pattern)
    tree["answer"] = _answers(pattern, "answer")
    return tree
