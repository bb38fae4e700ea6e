"""Prompts that are written as a pack writes them: of packs, of PromptConfigs, of YAML files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Self

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptpack.pack_prompts import PackPrompt
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.packing.pack_variables import names_in_braces

SYNTAX = "{{variable}}"
OF_PACKS = ("workflow", "agents", "skills", "metadata")
"""What a pack has beside prompts and what these share; it is taken over as it is."""
_PREFIX = re.compile(r"^fragments?[.:]\s*")
_CONFIG = {
    "allowed_tools": "tools",
    "description": "description",
    "media": "media",
    "model_overrides": "model_overrides",
    "parameters": "parameters",
    "pipeline": "pipeline",
    "system_template": "system_template",
    "tested_models": "tested_models",
    "tool_policy": "tool_policy",
    "validators": "validators",
    "variables": "variables",
    "version": "version",
    "evals": "evals",
}
"""Keys of a PromptConfig, and what a pack calls them."""
_ELSEWHERE = ("task_type", "template_engine", "id", "name")


@dataclass(frozen=True, slots=True)
class PackSource:
    """A prompt as a pack has it, and what of that pack it needs."""

    task: str
    written: YamlMap
    fragments: YamlMap | None = None
    tools: YamlMap | None = None
    evals: YamlList | None = None
    """The evals of the whole pack, which hold for it as well."""

    @property
    def place(self) -> Location:
        """Where its text stands, or it itself."""
        key = "template" if "template" in self.written else "system_template"
        return self.written.value_place(key)

    @property
    def texts(self) -> list[Any]:
        """Its text, and those that it has for some models."""
        key = "template" if "template" in self.written else "system_template"
        return [self.written.get(key), self.written.get("model_overrides")]

    def reached(self) -> dict[str, Any]:
        """Return the fragments that its texts name, and those that these name."""
        known = self.fragments if self.fragments is not None else {}
        found: dict[str, Any] = {}
        wanted = [*self.texts]
        while wanted:
            for name in names_in_braces(wanted.pop()):
                plain_name = _PREFIX.sub("", name)
                if plain_name in known and plain_name not in found:
                    found[plain_name] = known[plain_name]
                    wanted.append(known[plain_name])
        return found

    @classmethod
    def of_prompt(cls, task: str, tree: YamlMap, context: LoadContext) -> Self:
        """Return the prompt of a file of its own, which may have `fragments` and `tools`."""
        _check_syntax(tree, context)
        apart = ("fragments", "template_engine")
        return cls(task, tree.only(tree.keys() - set(apart)), _map(tree, "fragments"))

    @classmethod
    def of_pack(cls, task: str, prompt: PackPrompt, context: LoadContext) -> Self:
        """Return a prompt of a pack under another name."""
        return cls.of_whole(task, prompt.written, prompt.whole, context)

    @classmethod
    def of_whole(cls, task: str, written: YamlMap, pack: YamlMap, context: LoadContext) -> Self:
        """Return a prompt of a pack with what it shares with others."""
        _check_syntax(pack, context)
        evals = pack.get("evals")
        return cls(
            task,
            written,
            _map(pack, "fragments"),
            _map(pack, "tools"),
            evals if isinstance(evals, YamlList) else None,
        )


def pack_prompts(pack: YamlMap, context: LoadContext) -> list[PackSource]:
    """Return all prompts of a pack; one that is no mapping is a problem."""
    prompts = pack.get("prompts")
    if not isinstance(prompts, YamlMap):
        raise ArenaFileError(
            Problem(
                "'prompts' is not a mapping",
                pack.value_place("prompts"),
                "prompts: by task, each with a system_template",
                "write each under its task",
            )
        )
    found = []
    for task, written in prompts.items():
        if isinstance(written, YamlMap):
            found.append(PackSource.of_whole(str(task), written, pack, context))
        else:
            context.problems.add(
                f"prompt {shorten(str(task))!r} is not a mapping",
                prompts.value_place(task),
                expected="a mapping with system_template",
                fix="write it like {system_template: You are …}",
            )
    _refuse(pack, ("compositions", "requires", "workflows", "personas"), context)
    return found


def config_of(tree: YamlMap, file: Path, context: LoadContext) -> PackSource:
    """Return the prompt of a PromptConfig, which PromptKit compiles packs of."""
    spec = tree.get("spec")
    if not isinstance(spec, YamlMap):
        raise ArenaFileError(
            Problem(
                "the PromptConfig has no spec",
                tree.place,
                "spec: {task_type: …, system_template: …}",
                "add spec: …",
            )
        )
    _check_syntax(spec, context)
    _refuse(spec, [key for key in spec if key not in (*_CONFIG, *_ELSEWHERE)], context)
    written = YamlMap(spec.files, spec.mark)
    for key, value in spec.items():
        if key in _CONFIG:
            written.put(_CONFIG[key], value, spec.marks[key], spec.key_marks[key])
    task = spec.get("task_type") or file.name.partition(".")[0]
    return PackSource(str(task), written)


def _refuse(tree: YamlMap, keys: Any, context: LoadContext) -> None:
    for key in keys:
        if tree.get(key) not in (None, [], {}):
            context.problems.add(
                f"{key!r} cannot be in a pack of schema 1.4",
                tree.key_place(key),
                expected="prompts with fragments, variables, tools, validators and evals",
                fix=f"take {key!r} out",
            )


def _check_syntax(tree: YamlMap, context: LoadContext) -> None:
    engine = tree.get("template_engine")
    syntax = engine.get("syntax", SYNTAX) if isinstance(engine, YamlMap) else SYNTAX
    if str(syntax).replace(" ", "") in ("${variable}", "{variable}"):
        assert isinstance(engine, YamlMap)  # noqa: S101 - it has a syntax
        context.problems.add(
            f"the prompts are in the syntax {syntax}",
            engine.value_place("syntax"),
            expected=f"{SYNTAX}, in which packs are written",
            fix="write each variable as {{name}}",
        )


def _map(tree: YamlMap, key: str) -> YamlMap | None:
    found = tree.get(key)
    return found if isinstance(found, YamlMap) else None
