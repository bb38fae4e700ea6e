"""`env:` of a configuration: its texts where templates name them; keys are never copied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.javascript_values import json_text
from pytest_arena.importing.promptfoo.provider_models import ENVIRONMENT, SECRET
from pytest_arena.loading.tree import YamlList, YamlMap


def with_environment(source: Source) -> Source:
    """Return a configuration in which `{{ env.NAME }}` is what its own `env:` says, where that is
    no secret; what it sets is listed, since an arena sets no variables of the environment."""
    tree = source.tree
    written = tree.get("env")
    if not isinstance(written, YamlMap):
        if written is not None:
            source.findings.left_out(tree.value_place("env"), "env, which is no mapping")
        return source
    known = {}
    for name, value in written.items():
        text = value if isinstance(value, str) else "" if value is None else json_text(value)
        source.findings.left_out(
            written.key_place(name),
            f"{name}, a variable of the environment",
            "set it where the arena is run"
            if "{{" in text or SECRET.search(str(name))
            else "it stands where a template names it; set it for programs and code",
        )
        if "{{" not in text and not SECRET.search(str(name)):
            known[str(name)] = text
    return replace(source, tree=_filled(tree, known)) if known else source


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, YamlMap):
        made = value.like()
        for key, inner in value.items():
            made[key] = _filled(inner, known)
        return made
    if isinstance(value, YamlList):
        listed = value.like()
        listed.extend(_filled(inner, known) for inner in value)
        return listed
    if isinstance(value, str) and "env." in value:
        return ENVIRONMENT.sub(lambda found: known.get(found[1], found[0]), value)
    return value
