"""Prompt configs of a suite as the prompts of a PromptPack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Any

from pytest_arena.errors import ArenaFileError, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.made import listed, mapping
from pytest_arena.loading.dialects.promptarena.manifests import Manifest, Manifests, known_keys
from pytest_arena.loading.dialects.promptarena.tools import SuiteTools
from pytest_arena.loading.tree import YamlList, YamlMap, plain

_KEYS = (
    *("task_type", "system_template", "variables", "required_vars", "optional_vars", "fragments"),
    *("allowed_tools", "validators", "model_overrides", "parameters", "tool_policy", "evals"),
    "template_engine",
)
_DESCRIBED = (
    *("id", "name", "version", "description", "tested_models", "metadata", "compilation", "media"),
    "voice_profile",
)
_AS_IN_PACKS = ("system_template", "model_overrides", "parameters", "evals")
_OF_POLICIES = ("tool_choice", "max_rounds", "max_tool_calls_per_turn", "blocklist")


@dataclass(slots=True)
class SuitePrompt:
    """One prompt config, with the variables that the suite gives it."""

    manifest: Manifest
    task: str
    ids: frozenset[str]
    """What scenarios and states may call it."""
    variables: dict[str, Any]
    tree: YamlMap

    @property
    def validators(self) -> list[Any]:
        """Its validators as they are written."""
        written = self.tree.get("validators")
        return plain(written) if isinstance(written, YamlList) else []

    @property
    def tools(self) -> list[str]:
        """The names of the tools that it allows."""
        written = self.tree.get("allowed_tools")
        return [str(name) for name in written] if isinstance(written, YamlList) else []


@dataclass(slots=True)
class SuitePrompts:
    """The prompt configs of a suite, and the pack that is made of those that are used."""

    manifests: Manifests
    context: LoadContext
    suite_tools: SuiteTools
    found: list[SuitePrompt] = field(default_factory=list)
    broken: dict[str, ArenaFileError] = field(default_factory=dict)
    """What is wrong with those that could not be read, by name."""

    def add(self, manifest: Manifest) -> None:
        """Take one prompt config."""
        owner = f"prompt {shorten(manifest.name)!r}"
        tree = known_keys(manifest.spec, _KEYS, owner, self.context, described=_DESCRIBED)
        task = str(tree.get("task_type") or manifest.name)
        said = manifest.entry.get("vars")
        ids = {task, manifest.name, str(manifest.entry.get("id") or task)}
        variables = plain(said) if isinstance(said, YamlMap) else {}
        self.found.append(SuitePrompt(manifest, task, frozenset(ids), variables, tree))

    def of(self, task: str) -> SuitePrompt | None:
        """Return the prompt that a scenario's `task_type` means."""
        by_task = (one for one in self.found if one.task == task)
        return next(by_task, None) or next((one for one in self.found if task in one.ids), None)

    @property
    def names(self) -> list[str]:
        """What scenarios may name."""
        return sorted({one.task for one in self.found})

    def as_in_packs(self, prompt: SuitePrompt, policy: YamlMap | None) -> YamlMap:
        """Return a prompt as a pack has it, under the `tool_policy` of a scenario."""
        tree, spec = prompt.tree, prompt.manifest.spec
        made = YamlMap(spec.files, spec.mark)
        for key in _AS_IN_PACKS:
            if tree.get(key) not in (None, [], {}):
                made.adopt(key, tree)
        if "system_template" not in tree:
            self.context.problems.add(
                f"prompt {shorten(prompt.task)!r} has no system_template",
                prompt.manifest.place,
                expected="system_template: the system prompt",
                fix="add it under spec:",
            )
            made.put("system_template", "?", spec.mark)
        variables = list(self._variables(prompt))
        if variables:
            mark = tree.marks.get("variables", spec.mark)
            made.put("variables", listed(spec, mark, variables), mark)
        if isinstance(tree.get("validators"), YamlList):
            made.adopt("validators", tree)
        offered = [name for name in prompt.tools if name in self.suite_tools.made]
        if offered:
            made.put("tools", listed(spec, tree.marks["allowed_tools"], offered), spec.mark)
        rules = self._policy(tree.get("tool_policy"), policy)
        if rules is not None:
            made.put("tool_policy", rules, rules.mark)
        return made

    def fragments(self, prompt: SuitePrompt) -> Iterator[tuple[str, str, Any]]:
        """Yield the fragments that a prompt names: name, text, and the tree that holds it."""
        written = prompt.tree.get("fragments")
        if isinstance(written, YamlMap):
            for name, text in written.items():
                yield str(name), str(text), written
            return
        for entry in written if isinstance(written, YamlList) else ():
            if not isinstance(entry, YamlMap) or not entry.get("name"):
                continue
            name = str(entry["name"])
            tree = self._fragment(name, entry, prompt)
            text = tree.get("content", tree.get("template", "")) if tree is not None else None
            if text is not None:
                yield name, str(text), tree

    def _fragment(self, name: str, entry: YamlMap, prompt: SuitePrompt) -> YamlMap | None:
        """Return a fragment's spec, from beside its prompt or the suite's `fragments` folder."""
        place = entry.value_place("name")
        written = str(entry.get("path") or f"fragments/{name}.yaml")
        beside = (self.context.root / place.file).parent
        for folder in (beside, beside.parent, self.manifests.folder):
            path = (folder / written).resolve()
            if path.is_file() and path.is_relative_to(self.context.root.resolve()):
                with self.context.gathering():
                    tree = self.context.read_tree(path, place, "fragment")
                    if isinstance(tree, YamlMap):
                        spec = tree.get("spec", tree)
                        return spec if isinstance(spec, YamlMap) else None
        if entry.get("required", True):
            self.context.problems.add(
                f"fragment {shorten(name)!r} of prompt {shorten(prompt.task)!r} does not exist",
                place,
                expected=f"the file {written} beside the prompt or the suite",
                fix="write the file, or name it under path:",
            )
        return None

    def _variables(self, prompt: SuitePrompt) -> Iterator[Any]:
        tree = prompt.tree
        written = tree.get("variables")
        yield from written if isinstance(written, YamlList) else ()
        required, optional = tree.get("required_vars"), tree.get("optional_vars")
        for name in required if isinstance(required, YamlList) else ():
            yield mapping(tree, tree.marks["required_vars"], {"name": name, "required": True})
        for name, value in plain(optional).items() if isinstance(optional, YamlMap) else ():
            yield mapping(tree, tree.marks["optional_vars"], {"name": name, "default": value})

    def _policy(self, own: Any, of_scenario: YamlMap | None) -> YamlMap | None:
        made: YamlMap | None = None
        policies = [one for one in (own, of_scenario) if isinstance(one, YamlMap)]
        for written in policies:
            for key in _OF_POLICIES:
                # zero is PromptArena's word for the usual limit
                if written.get(key) not in (None, 0, "", []):
                    made = made if made is not None else YamlMap(written.files, written.mark)
                    made.adopt(key, written)
        return made
