"""Answers of PromptArena's mock as the mock of an arena has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import Location, shorten
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.made import map_under, mapping
from pytest_arena.loading.dialects.promptarena.manifests import known_keys
from pytest_arena.loading.tree import YamlList, YamlMap, plain

_OF_FILES = ("defaultResponse", "scenarios", "selfplay")
_OF_SCENARIOS = ("defaultResponse", "turns", "steps")
_OF_ANSWERS = ("type", "content", "text", "response", "tool_calls", "parts")
_LEVELS = ("not", "barely", "partly", "mostly", "fully")
_OF_CALLS = ("name", "arguments", "id")


def answers_of(
    written: YamlMap,
    otherwise: str,
    same: dict[str, list[str]],
    personas: Mapping[str, str],
    context: LoadContext,
    *,
    judges: bool = False,
) -> YamlMap:
    """Return a mock's file as `responses:`, in which answers are counted as PromptArena does.

    `otherwise` is what the mock says where the file has nothing, `same` the cases that a scenario
    of the file is for, and `personas` who talks in them, by what an arena calls them. What a mock
    says that `judges` is read as a level of ours.
    """
    tree = known_keys(written, _OF_FILES, "the mock's answers", context)
    if "default_response" in written:
        context.warn(
            written.key_place("default_response"),
            "PromptArena does not read 'default_response' either: write defaultResponse",
        )
    made = mapping(written, written.mark, {"counted": "answers"})
    default = tree.get("defaultResponse")
    mark = tree.marks.get("defaultResponse", written.mark)
    first = str(default) if default not in (None, "") else otherwise
    made.put("default", as_level(first) if judges else first, mark)
    scenarios = YamlMap(written.files, written.mark)
    of_file = map_under(tree, "scenarios")
    for name, scenario in of_file.items():
        if isinstance(scenario, YamlMap):
            answers = _scenario(scenario, f"scenario {shorten(str(name))!r}", context)
            for case in same.get(str(name), [str(name)]):
                scenarios.put(case, answers, of_file.marks[name], of_file.key_marks[name])
    if scenarios:
        made.put("scenarios", scenarios, written.mark)
    played = tree.get("selfplay")
    if isinstance(played, YamlMap):
        cases = [case for cases in same.values() for case in cases]
        by_persona = YamlMap(written.files, played.mark)
        for name, persona in personas.items():
            said = played.get(persona)
            if isinstance(said, YamlMap):
                answers = _scenario(said, f"persona {shorten(persona)!r}", context)
                whole, each = (YamlMap(said.files, said.mark) for _ in range(2))
                for case in cases:
                    each.put(case, answers, said.mark)
                whole.put("scenarios", each, said.mark)
                by_persona.put(name, whole, played.marks[persona], played.key_marks[persona])
        if by_persona:
            made.put("providers", by_persona, played.mark)
    return made


def as_level(text: str) -> str:
    """Return what a judge of PromptArena's says (`passed`, else `score`) as a level of ours."""
    try:
        said = json.loads(text)
    except ValueError:
        return text
    if not isinstance(said, dict) or "level" in said:
        return text
    passed, score = said.get("passed"), said.get("score")
    if isinstance(passed, bool):
        level = "fully" if passed else "not"
    elif isinstance(score, (int, float)) and not isinstance(score, bool):
        level = _LEVELS[round(min(max(score, 0), 1) * 4)]
    else:
        return text
    reason = str(said.get("reasoning") or said.get("reason") or "")
    return json.dumps({"level": level, "evidence": [], "reasoning": reason})


def _scenario(written: YamlMap, owner: str, context: LoadContext) -> YamlMap:
    tree = known_keys(written, _OF_SCENARIOS, f"{owner} of the mock's answers", context)
    made = YamlMap(written.files, written.mark)
    if tree.get("defaultResponse"):
        made.put("default", str(tree["defaultResponse"]), tree.marks["defaultResponse"])
    turns = map_under(tree, "turns")
    answers = YamlMap(written.files, tree.marks.get("turns", written.mark))
    for number, answer in turns.items():
        place = turns.value_place(number)
        made_of = _answer(answer, f"answer {number} of {owner}", place, turns, number, context)
        answers.put(number, made_of, turns.marks[number], turns.key_marks[number])
    if answers:
        made.put("turns", answers, answers.mark)
    if not made:
        made.put("turns", answers, written.mark)
    return made


def _answer(
    written: Any, owner: str, place: Location, holder: YamlMap, key: Any, context: LoadContext
) -> Any:
    """Return one answer: a text, or a text with calls of tools."""
    if not isinstance(written, YamlMap):
        text = "" if written is None else written
        return mapping(
            holder,
            holder.marks[key],
            {"text": text if isinstance(text, str) else holder.spelling(key)},
        )
    tree = known_keys(written, _OF_ANSWERS, owner, context)
    texts = [
        tree[name] for name in ("content", "text", "response") if isinstance(tree.get(name), str)
    ]
    parts = tree.get("parts") if isinstance(tree.get("parts"), YamlList) else ()
    spoken = [
        part["text"] for part in parts or () if isinstance(part, YamlMap) and part.get("text")
    ]
    if parts and len(spoken) < len(parts):
        context.warn(
            Location(place.file, 1, 1), "a mock gives the texts of its answers, and no media"
        )
    text = texts[0] if texts else "\n".join(map(str, spoken))
    made: dict[str, Any] = {"text": text}
    calls = tree.get("tool_calls")
    if isinstance(calls, YamlList):
        named = [
            known_keys(one, _OF_CALLS, f"a call in {owner}", context)
            for one in calls
            if isinstance(one, YamlMap)
        ]
        made["tool_calls"] = [
            {name: value for name, value in plain(one).items() if value is not None}
            for one in named
        ]
    return mapping(written, written.mark, made)
