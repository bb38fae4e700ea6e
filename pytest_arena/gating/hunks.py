"""What was changed in a cell, taken apart: the old version with one change alone, for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import chain
from typing import Any

from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.hashing import Hasher, further_facts
from pytest_arena.loading.plans import CellPlan, TurnPlan
from pytest_arena.results.content import files_in, shown, text_in
from pytest_arena.results.request_response import tool_name
from pytest_arena.schema import ProviderSpec

_MOST_OF_A_NAME = 60
_Edit = tuple[int, int, list[str]]
"""The lines of the old text that are replaced, from and to, and those in their place."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """One change by itself, and the old version with it and no other."""

    name: str
    plan: CellPlan


def hunks_of(plan: CellPlan) -> list[Hunk]:
    """Return each change between a plan's old version and its new one; none without an old one."""
    if plan.old is None:
        return []
    old, seen = plan.old, Counter[str]()
    found = []
    for hunk in chain(
        _of_system(old, plan),
        _of_turns(old, plan),
        _of_offers(old, plan),
        _of_provider(old, plan),
    ):
        seen[hunk.name] += 1
        again = seen[hunk.name]
        found.append(hunk if again == 1 else replace(hunk, name=f"{hunk.name} (no. {again})"))
    return found


def _of_system(old: CellPlan, new: CellPlan) -> Iterator[Hunk]:
    before, now = old.case.system, new.case.system
    if before is None or now is None:
        if before != now:
            name = _named("system", (before or "").split("\n"), (now or "").split("\n"))
            yield Hunk(name, replace(old, case=replace(old.case, system=now)))
        return
    for edit in _edits(before, now):
        system = _edited(before, edit)
        name = _named_edit("system", before, edit)
        yield Hunk(name, replace(old, case=replace(old.case, system=system)))


def _of_turns(old: CellPlan, new: CellPlan) -> Iterator[Hunk]:
    """Yield the changes of what users say, the same one of all the case's prompts as one."""
    turns = max((len(dialogue) for dialogue in old.case.dialogues), default=0)
    for turn in range(turns):
        sides = [
            (before[turn], now[turn])
            for before, now in zip(old.case.dialogues, new.case.dialogues, strict=True)
            if turn < len(before)
        ]
        place = "user" if turns == 1 else f"user, turn {turn + 1}"
        if any(files_in(side.user) for pair in sides for side in pair):
            # parts are compared as a whole
            edits: list[list[_Edit]] = []
            if any(before.user != now.user for before, now in sides):
                yield _of_whole_turns(old, turn, place, sides)
        else:
            edits = [_edits(text_in(before.user), text_in(now.user)) for before, now in sides]
        if len({len(found) for found in edits}) > 1:
            # not one template's prompts any more: they cannot be taken apart together
            yield _of_whole_turns(old, turn, place, sides)
        else:
            for number, edit in enumerate(edits[0] if edits else ()):
                texts = [
                    replace(before, user=_edited(text_in(before.user), found[number]))
                    for (before, _), found in zip(sides, edits, strict=True)
                ]
                name = _named_edit(place, text_in(sides[0][0].user), edit)
                yield Hunk(name, _with_turns(old, turn, texts))
        if any(before.before != now.before for before, now in sides):
            told = [replace(before, before=now.before) for before, now in sides]
            yield Hunk(f"{place}: the messages before it", _with_turns(old, turn, told))


def _of_whole_turns(
    old: CellPlan, turn: int, place: str, sides: Sequence[tuple[TurnPlan, TurnPlan]]
) -> Hunk:
    """Return what users say in one turn of all dialogues as one change."""
    name = next(
        _named(place, shown(before.user).split("\n"), shown(now.user).split("\n"))
        for before, now in sides
        if before.user != now.user
    )
    turns = [replace(before, user=now.user) for before, now in sides]
    return Hunk(name, _with_turns(old, turn, turns))


def _with_turns(plan: CellPlan, turn: int, turns: Sequence[TurnPlan]) -> CellPlan:
    """Return a plan with one turn replaced in each dialogue that has it."""
    given = iter(turns)
    dialogues = tuple(
        (*dialogue[:turn], next(given), *dialogue[turn + 1 :]) if turn < len(dialogue) else dialogue
        for dialogue in plan.case.dialogues
    )
    return replace(plan, case=replace(plan.case, dialogues=dialogues))


def _of_offers(old: CellPlan, new: CellPlan) -> Iterator[Hunk]:
    """Yield the changes of the tools that the model is offered, and of the guardrails."""
    before, now = ({_called(tool): tool for tool in plan.case.tools} for plan in (old, new))
    if before == now and old.case.tools != new.case.tools:
        yield Hunk("the order of tools", _with_tools(old, new.case.tools))
    for name in dict.fromkeys(chain(before, now)):
        if before.get(name) != now.get(name):
            changed = {**before, name: now[name]} if name in now else dict(before)
            if name not in now:
                del changed[name]
            yield Hunk(f"tool {name}", _with_tools(old, tuple(changed.values())))
    hasher = Hasher()
    if hasher.guardrails(old.case) != hasher.guardrails(new.case):
        case = replace(old.case, guardrails=new.case.guardrails)
        yield Hunk("guardrails", replace(old, case=case))


def _called(tool: Any) -> str:
    return tool_name(tool) or _short([str(tool)])


def _with_tools(plan: CellPlan, tools: tuple[Any, ...]) -> CellPlan:
    return replace(plan, case=replace(plan.case, tools=tools))


def _of_provider(old: CellPlan, new: CellPlan) -> Iterator[Hunk]:
    before, now = _params(old), _params(new)
    if _entry(old.provider) != _entry(new.provider):
        alone = _with_params(replace(old, provider=new.provider), before)
        yield Hunk(_named_entry(old.provider, new.provider), alone)
    for key in dict.fromkeys(chain(before, now)):
        if before.get(key) != now.get(key):
            changed = {**before, key: now[key]} if key in now else dict(before)
            if key not in now:
                del changed[key]
            yield Hunk(f"params.{key}", _with_params(old, changed))


def _entry(spec: ProviderSpec) -> dict[str, Any]:
    """Return what an entry says but for its parameters, and for who answers in its place."""
    further = {key: value for key, value in further_facts(spec).items() if key != "fallbacks"}
    return {"model": spec.full_model, "host": spec.host, **further}


def _named_entry(old: ProviderSpec, new: ProviderSpec) -> str:
    sides = [_asked(spec) for spec in (old, new)]
    if sides[0] != sides[1]:
        return f"model: {' → '.join(sides)}"
    before, now = _entry(old), _entry(new)
    changed = sorted(key for key in {**before, **now} if before.get(key) != now.get(key))
    return f"provider: {', '.join(changed)}"


def _params(plan: CellPlan) -> dict[str, Any]:
    return {**plan.case.params, **plan.provider.params}


def _with_params(plan: CellPlan, params: Mapping[str, Any]) -> CellPlan:
    spec = plan.provider.model_copy(update={"params": dict(params), "fallbacks": ()})
    return replace(plan, provider=spec, case=replace(plan.case, params={}))


def _asked(spec: ProviderSpec) -> str:
    return " at ".join(part for part in (spec.full_model or spec.provider, spec.host) if part)


def _edits(before: str, now: str) -> list[_Edit]:
    old, new = before.split("\n"), now.split("\n")
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(i, j, new[k:end]) for tag, i, j, k, end in codes if tag != "equal"]


def _edited(before: str, edit: _Edit) -> str:
    lines, (first, last, put) = before.split("\n"), edit
    return "\n".join([*lines[:first], *put, *lines[last:]])


def _named_edit(place: str, before: str, edit: _Edit) -> str:
    first, last, put = edit
    return _named(place, before.split("\n")[first:last], put)


def _named(place: str, gone: Sequence[str], put: Sequence[str]) -> str:
    """Return the name of a change of lines: `system: - Be kind. + Be terse.`."""
    sides = [f"{mark} {_short(lines)}" for mark, lines in (("-", gone), ("+", put)) if any(lines)]
    return f"{place}: {' '.join(sides) or 'blank lines'}"


def _short(lines: Sequence[str]) -> str:
    text = " ".join(" ".join(lines).split())
    return text if len(text) <= _MOST_OF_A_NAME else f"{text[: _MOST_OF_A_NAME - 1]}…"
