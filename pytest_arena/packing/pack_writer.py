"""A PromptPack of prompts from files, read back before anybody gets it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from pytest_arena.errors import Location, shorten
from pytest_arena.json_schema import mismatches
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.files import display_name, read_limited
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.targets import Template
from pytest_arena.loading.tree import YamlMap, plain
from pytest_arena.loading.yaml_errors import decode
from pytest_arena.packing import pack_schema
from pytest_arena.packing.pack_templates import PackTemplate, template_of
from pytest_arena.packing.pack_variables import declared_in, names_in, variable_of
from pytest_arena.packing.packs_as_sources import SYNTAX, PackSource
from pytest_arena.packing.read_back import check_reading
from pytest_arena.packing.sources import Sources, TextSource, fragment_beside
from pytest_arena.packing.validators import KNOWN, validator_of
from pytest_arena.schema import Guardrail
from pytest_arena.text.folding import without_only_final_break

_MAX_BYTES = 2_000_000


@dataclass(slots=True)
class _Parts:
    """What goes into the pack, and where each part comes from."""

    prompts: dict[str, dict[str, Any]] = field(default_factory=dict)
    fragments: dict[str, str] = field(default_factory=dict)
    tools: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Location] = field(default_factory=dict)
    """Where the prompts stand, by their tasks."""


def pack_of(sources: Sources, identity: Mapping[str, str], context: LoadContext) -> dict[str, Any]:
    """Return a pack of all prompts; `identity` are its id, name and version.

    Whatever it cannot hold is a problem, and so is what would not be read back as it was.
    """
    parts = _Parts()
    validators = _validators(sources.guardrails, context.problems)
    for source in sources.prompts:
        if source.task in parts.prompts:
            context.problems.add(
                f"two prompts are named {shorten(source.task)!r}",
                _place(source),
                expected="a name of its own for each prompt",
                fix=f"rename the one in {parts.places[source.task]}",
            )
            continue
        parts.places[source.task] = _place(source)
        if isinstance(source, TextSource):
            made = _of_text(source, sources, parts, context)
        else:
            made = _of_pack(source, sources, parts, context)
        if sources.parameters:
            made["parameters"] = {**made.get("parameters", {}), **sources.parameters}
        if validators:
            made["validators"] = [*made.get("validators", ()), *validators]
        parts.prompts[source.task] = made
    features = ["basic_substitution", *(["fragments"] if parts.fragments else [])]
    pack: dict[str, Any] = {
        "$schema": pack_schema.URL,
        **identity,
        "template_engine": {"version": "v1", "syntax": SYNTAX, "features": features},
        "prompts": parts.prompts,
    }
    pack |= {"fragments": parts.fragments} if parts.fragments else {}
    pack |= {"tools": parts.tools} if parts.tools else {}
    pack |= {key: plain(value) for key, (value, _) in sources.shared.items()}
    if sources.evals is not None:
        pack["evals"] = _evals(plain(sources.evals))
        if wrong := mismatches(pack["evals"], pack_schema.EVALS):
            context.problems.add(
                f"the evals of the pack are none of schema 1.4: {wrong}",
                sources.evals.place,
                expected="what https://promptpack.org says of an eval",
                fix="mend them, or take them out",
            )
    if isinstance(pack.get("workflow"), dict):
        pack["workflow"] = {"version": 1, **pack["workflow"]}
    if not len(context.problems):
        _check_shape(parts, context.problems)
    if not len(context.problems):
        check_reading(pack, parts.places, sources, context)
    return pack


def _place(source: TextSource | PackSource) -> Location:
    return source.text.place if isinstance(source, TextSource) else source.place


def _of_text(
    source: TextSource, sources: Sources, parts: _Parts, context: LoadContext
) -> dict[str, Any]:
    known = sources.variables
    made = template_of(source.text, known, context.problems, has_lines=source.has_lines)
    variables = dict(made.variables)
    _take_fragments(made, source.folder, known, variables, parts, context)
    prompt: dict[str, Any] = {**_named(source.task, {}), "system_template": made.text}
    if variables:
        prompt["variables"] = [variable_of(name, known) for name in variables]
    return prompt


def _take_fragments(
    made: PackTemplate,
    folder: Path,
    known: Mapping[str, Any],
    variables: dict[str, str],
    parts: _Parts,
    context: LoadContext,
) -> None:
    """Add the fragments that a text names, and those that they name, from a folder."""
    wanted = dict(made.fragments)
    seen: set[str] = set()
    while wanted:
        name, place = wanted.popitem()
        if name in seen:
            continue
        seen.add(name)
        path = fragment_beside(folder, name)
        if path is None:
            context.problems.add(
                f"there is no fragment {shorten(name)!r}",
                place,
                expected=f"a file fragments/{name}.md or fragments/{name}.txt beside the prompt",
                fix="write it, or put its text into the prompt",
            )
            continue
        at = Location(display_name(path, context.root), 1, 1)
        said = decode(read_limited(path, _MAX_BYTES, at, "fragment"), at.file)
        text = Template(without_only_final_break(said), at)
        inner = template_of(text, known, context.problems, has_lines=True)
        _add_fragment(name, inner.text, at, parts, context)
        variables |= inner.variables
        wanted |= inner.fragments


def _add_fragment(
    name: str, text: Any, place: Location, parts: _Parts, context: LoadContext
) -> None:
    if not isinstance(text, str):
        context.problems.add(
            f"fragment {shorten(name)!r} is not a text",
            place,
            expected="a text",
            fix="write it as a text",
        )
    elif parts.fragments.setdefault(name, text) != text:
        context.problems.add(
            f"two fragments are named {shorten(name)!r}, and are not the same",
            place,
            expected="one text under a name: all prompts of a pack share its fragments",
            fix="rename one of them, and where it is named",
        )


def _of_pack(
    source: PackSource, sources: Sources, parts: _Parts, context: LoadContext
) -> dict[str, Any]:
    written = plain(source.written)
    if written.pop("tests", None):
        context.problems.add(
            f"'tests' of prompt {shorten(source.task)!r} cannot be in a pack",
            source.written.key_place("tests"),
            expected="a pack of schema 1.4, which has no tests",
            fix="take them out, and write them as cases of an arena file",
        )
    text = written.pop("template", None) or written.pop("system_template", None)
    fragments = source.reached()
    for name, said in fragments.items():
        assert source.fragments is not None  # noqa: S101 - it has the name
        _add_fragment(name, said, source.fragments.value_place(name), parts, context)
    prompt: dict[str, Any] = {**_named(source.task, written), "system_template": text}
    found = names_in([*source.texts, fragments], fragments)
    variables = declared_in(written.pop("variables", None), found, sources.variables)
    if variables:
        prompt["variables"] = variables
    prompt |= {key: value for key, value in written.items() if value is not None}
    for name in written.get("tools") or ():
        _add_tool(str(name), source, parts, context)
    of_pack = source.evals if source.evals is not sources.evals else None
    evals = [*(plain(of_pack) if of_pack is not None else ()), *written.get("evals", ())]
    if evals:
        prompt["evals"] = _evals(evals)
    return prompt


def _add_tool(name: str, source: PackSource, parts: _Parts, context: LoadContext) -> None:
    known = source.tools
    if known is None or not isinstance(known.get(name), YamlMap):
        context.problems.add(
            f"prompt {shorten(source.task)!r} names a tool {shorten(name)!r} that is not described",
            source.written.value_place("tools"),
            expected="an entry of tools: with its description and parameters",
            fix="describe it, or take it out",
        )
        return
    described = plain(known[name])
    if parts.tools.setdefault(name, described) != described:
        context.problems.add(
            f"two tools are named {shorten(name)!r}, and are not the same",
            source.written.value_place("tools"),
            expected="one tool under a name: all prompts of a pack share its tools",
            fix="rename one of them",
        )


def _evals(written: list[Any]) -> list[Any]:
    """Return evals with what schema 1.4 asks of each; of two with an id the later one stands."""
    found: dict[str, Any] = {}
    for number, one in enumerate(written, 1):
        if not isinstance(one, dict):
            found[f"{number}"] = one
            continue
        name = str(one.get("id") or f"eval-{number}")
        found[name] = {"id": name, "trigger": "every_turn", **one}
    return list(found.values())


def _named(task: str, written: dict[str, Any]) -> dict[str, Any]:
    """Return what a prompt is called, taking that out of what is written of it."""
    given = str(written.pop("id", None) or "")
    slug = re.sub("[^a-z0-9_-]+", "-", task.lower()).strip("-_") or "prompt"
    made = slug if slug[0].isalpha() else f"p-{slug}"
    found = {
        "id": given if re.fullmatch(pack_schema.PROMPT_ID, given) else made,
        "name": str(written.pop("name", None) or task),
    }
    if written.get("description") is not None:
        found["description"] = written.pop("description")
    return {**found, "version": str(written.pop("version", None) or "1.0.0")}


def _validators(guardrails: list[Guardrail], problems: ProblemList) -> list[dict[str, Any]]:
    made = []
    for guardrail in guardrails:
        validator = validator_of(guardrail)
        if validator is not None:
            made.append(validator)
            continue
        assert guardrail.place is not None  # noqa: S101 - it was read from a file
        problems.add(
            f"guardrail {guardrail.type!r} cannot be a validator of a pack",
            guardrail.place,
            expected=f"one of {', '.join(KNOWN)}",
            fix="pack the prompts without it, from their files",
        )
    return made


def _check_shape(parts: _Parts, problems: ProblemList) -> None:
    """Refuse what schema 1.4 does not allow."""
    for task, prompt in parts.prompts.items():
        if wrong := mismatches(prompt, pack_schema.PROMPT):
            problems.add(
                f"prompt {shorten(task)!r} is none of schema 1.4: {wrong}",
                parts.places[task],
                expected="what https://promptpack.org says of a prompt",
                fix="mend it, or take it out",
            )
        for name in prompt.get("tools", ()):
            if wrong := mismatches(parts.tools.get(name), pack_schema.TOOL):
                problems.add(
                    f"tool {shorten(name)!r} of prompt {shorten(task)!r} is none of schema 1.4: "
                    f"{wrong}",
                    parts.places[task],
                    expected="what https://promptpack.org says of a tool",
                    fix="mend it, or take it out",
                )
