"""`attacks:` of a case: the same case again for each attack, its prompt wrapped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.case_checks import is_load_case
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.prompts.attacks import GROUPS, Attack, attacks_named, shipped_attacks
from pytest_arena.results.content import files_in, said_of, text_in
from pytest_arena.schema import AttackSpec, CaseSpec, Content

ATTACK_TAG = "attack"
"""The tag of every case under attack, by which reports know them."""


def build_attacks(case: YamlMap, owner: str, context: LoadContext) -> tuple[Attack, ...]:
    """Return the attacks that a case names, those of files included, each once."""
    written = case.get("attacks")
    if written is None:
        return ()
    if is_load_case(case):
        context.problems.add(
            f"'attacks' on {owner}, which is a load case",
            case.key_place("attacks"),
            expected="attacks on a case that is judged by its answers",
            fix="make two cases of it",
        )
        return ()
    if not isinstance(written, YamlList):
        return ()  # The model refuses it, in its own words.
    found: dict[str, Attack] = {}
    for attack, place in _listed(written, context, files=True):
        known = found.setdefault(attack.name, attack)
        if known != attack:
            context.problems.add(
                f"attack {attack.name!r} is written twice",
                place,
                expected="a name of its own for each attack",
                fix="rename one of them",
            )
    return tuple(found.values())


def attacked(spec: CaseSpec, attack: Attack) -> CaseSpec:
    """Return a case with its prompts wrapped; in a conversation the user's last turn is."""
    changed: dict[str, Any] = {}
    if spec.prompt is not None:
        changed["prompt"] = _wrapped(attack, spec.prompt)
    if spec.prompts is not None:
        changed["prompts"] = tuple(_wrapped(attack, prompt) for prompt in spec.prompts)
    if spec.conversation and spec.turns:
        last = spec.turns[-1]
        wrapped = last.model_copy(update={"user": _wrapped(attack, last.user)})
        changed["conversation"] = tuple(
            wrapped if each is last else each for each in spec.conversation
        )
    if spec.messages:
        *said, asked = spec.messages
        wrapped_message = asked.model_copy(update={"content": _wrapped(attack, asked.content)})
        changed["messages"] = (*said, wrapped_message)
    return spec.model_copy(update=changed)


def _wrapped(attack: Attack, content: str | Content) -> str | Content:
    """Return a content with what it says in words wrapped; its files follow as they are."""
    if isinstance(content, str):
        return attack.wrap(content)
    text = {"type": "text", "text": attack.wrap(text_in(content.said))}
    return Content(said_of([text, *files_in(content.said)]), content.files)


def _listed(
    written: YamlList, context: LoadContext, *, files: bool
) -> Iterator[tuple[Attack, Location]]:
    for index, entry in enumerate(written):
        place = written.value_place(index)
        if isinstance(entry, str):
            named = attacks_named(entry)
            if not named:
                _refuse_name(entry, place, context)
            yield from ((attack, place) for attack in named)
        elif isinstance(entry, YamlMap) and files and set(entry) == {"file"}:
            yield from _of_file(entry, context)
        elif isinstance(entry, YamlMap):
            own = _own(entry, context)
            if own is not None:
                yield own, place
        else:
            context.problems.add(
                "an attack is neither a name nor a mapping",
                place,
                expected="a name, {name, template}, or {file}",
                fix="write it like base64, or {name: hurry, template: 'Quick! {prompt}'}",
            )


def _own(entry: YamlMap, context: LoadContext) -> Attack | None:
    spec = build_model(AttackSpec, entry, context.problems, "an attack")
    if spec is None:
        return None
    if spec.name in shipped_attacks() or spec.name in GROUPS:
        context.problems.add(
            f"attack {spec.name!r} ships with the plugin",
            entry.value_place("name"),
            expected="a name of its own",
            fix="rename it",
        )
        return None
    return Attack(spec.name, "own", spec.template, spec.encode, spec.description or "")


def _of_file(entry: YamlMap, context: LoadContext) -> list[tuple[Attack, Location]]:
    place = entry.value_place("file")
    name: Any = entry["file"]
    if not isinstance(name, str):
        context.problems.add(
            "'file' of an attack is not a text",
            place,
            expected="the name of a YAML file with a list of attacks",
            fix="write it like {file: attacks.yaml}",
        )
        return []
    with context.gathering():
        tree = context.read_tree(context.find(name, place, "attacks file"), place, "attacks file")
        if isinstance(tree, YamlList):
            return list(_listed(tree, context, files=False))
        context.problems.add(
            "an attacks file is not a list",
            Location(context.files[-1], 1, 1),
            expected="a list of attacks, each with a name and a template",
            fix="write it like - {name: hurry, template: 'Quick! {prompt}'}",
        )
    return []


def _refuse_name(name: str, place: Location, context: LoadContext) -> None:
    known = [*shipped_attacks(), *GROUPS]
    context.problems.add(
        f"unknown attack {shorten(name)!r}",
        place,
        expected=one_of(name, known, "an attack that ships, or {name, template}"),
        fix=suggest(name, known) or "name one of these, or write {name: …, template: …}",
    )
