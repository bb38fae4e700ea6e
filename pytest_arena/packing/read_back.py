"""A pack that was made, read as anybody reads it: what is not as it was is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_arena.errors import Location, shorten
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptpack.pack_file import PackFile
from pytest_arena.loading.dialects.promptpack.pack_prompts import PackPrompt
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.yaml_reader import read_yaml
from pytest_arena.packing.pack_templates import template_of
from pytest_arena.packing.sources import Sources, TextSource

_OF_WORKFLOWS = re.compile(r"(workflow_context|artifacts\.[\w.-]+)")


def pack_text(pack: Mapping[str, Any]) -> str:
    """Return a pack as JSON; the same prompts give the same bytes."""
    return json.dumps(pack, indent=2, ensure_ascii=False) + "\n"


def check_reading(
    pack: Mapping[str, Any],
    places: Mapping[str, Location],
    sources: Sources,
    context: LoadContext,
) -> None:
    """Refuse a prompt that would be another one when the pack is read."""
    name = str(pack["id"])
    inner = replace(context, problems=ProblemList(), warnings=[], files=[name], packs={})
    tree = read_yaml(pack_text(pack).encode(), [name], inner.problems)
    file = PackFile(tree, name, inner)
    if "workflow" in sources.shared:
        place = sources.shared["workflow"][1]
        file.workflow(place)
        for told in inner.problems.texts:
            context.problems.add(told, place, expected="a workflow of the prompts", fix="mend it")
    for source in sources.prompts:
        place = places[source.task]
        before = len(inner.problems)
        read = file.prompt(source.task, place)
        if read is None or len(inner.problems) > before:
            told = "; ".join(inner.problems.texts[before:])
            context.problems.add(
                f"prompt {shorten(source.task)!r} cannot be read from a pack: {told}",
                place,
                expected="a prompt that a pack can hold",
                fix="mend it, or take it out",
            )
            continue
        _check_names(read, place, context)
        guardrails = read.guardrails[len(read.guardrails) - len(sources.guardrails) :]
        for ours, theirs in zip(sources.guardrails, guardrails, strict=False):
            if ours.type != theirs.type or ours.model_dump() != theirs.model_dump():
                assert ours.place is not None  # noqa: S101 - it was read from a file
                context.problems.add(
                    f"guardrail {ours.type!r} cannot be a validator of a pack as it is",
                    ours.place,
                    expected="its words, pattern or limit, direction, on_violation and message",
                    fix="take out what else it says, or the guardrail",
                )
        if isinstance(source, TextSource) and "{{fragment:" not in pack_text(
            pack["prompts"][source.task]
        ):
            _check_text(source, read.text, sources, place, context)


def _check_names(read: PackPrompt, place: Location, context: LoadContext) -> None:
    """Refuse a text that names what neither a variable nor a fragment is."""
    values = {variable.name: "" for variable in read.spec.variables}
    text = read.spec.system_template
    values |= dict.fromkeys(_OF_WORKFLOWS.findall(text), "")
    problems = ProblemList()
    read.texts.fill(text, place, values, problems)
    for told in problems.texts:
        context.problems.add(
            f"prompt {shorten(read.task)!r} cannot be filled in: {told}",
            place,
            expected="variables, and fragments that are there and do not name each other",
            fix="name a variable like {{name}}, and a fragment like {{fragment:name}}",
        )


def _check_text(
    source: TextSource, read: Any, sources: Sources, place: Location, context: LoadContext
) -> None:
    """Refuse a text that would be filled in otherwise."""
    names = template_of(source.text, sources.variables, ProblemList()).variables
    values = {**dict.fromkeys(names, "‹value›"), **sources.variables}
    problems = ProblemList()
    there = source.text.filled(values, replace(context, problems=problems))
    back = read(values, place, problems)
    if there != back or len(problems):
        context.problems.add(
            f"prompt {shorten(source.task)!r} would be another one in a pack",
            place,
            expected="a text with variables",
            fix="write it without anything else in double braces",
        )
