"""A PromptPack file, JSON or YAML, and the prompts, tools and workflow that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.left_out import LeftOut
from pytest_arena.loading.dialects.promptpack.evals import (
    EvalList,
    PackEvals,
    build_evals_of_states,
)
from pytest_arena.loading.dialects.promptpack.pack_prompts import PackPrompt, PromptReader
from pytest_arena.loading.dialects.promptpack.pack_texts import PackTexts
from pytest_arena.loading.dialects.promptpack.pack_workflow import WorkflowReader
from pytest_arena.loading.dialects.promptpack.yaml_packs import as_json_has_it, is_manifest
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema.pack import PackEngine, PackWorkflow

_KEYS = ("evals", "fragments", "prompts", "template_engine", "tools", "workflow")
_DESCRIBED = (
    "$schema",
    "schema_version",
    "id",
    "name",
    "version",
    "description",
    "author",
    "license",
)
_INERT = (
    "agents",
    "compilation",
    "compositions",
    "metadata",
    "personas",
    "requires",
    "skills",
    "workflows",
)


class PackFile:
    """A pack as its file says it; a prompt is read when somebody asks for it, so that a mistake in
    one is none of the others'."""

    def __init__(self, tree: YamlMap, name: str, context: LoadContext) -> None:
        self._context = context
        self._left_out = LeftOut(f"pack {name}", context)
        self.name = name
        self._tree = self._left_out.known(tree, _KEYS, f"pack {name}", _INERT, _DESCRIBED)
        engine = self._tree.get("template_engine")
        spec = None
        if isinstance(engine, YamlMap):
            owner = f"'template_engine' of pack {name}"
            engine = self._left_out.fitting(engine, PackEngine, owner)
            spec = build_model(PackEngine, engine, context.problems, owner)
        elif engine is not None:
            place = self._tree.key_place("template_engine")
            self._left_out.add(f"'template_engine' of pack {name}, which is no mapping", place)
        fragments = self._mapping("fragments")
        texts = PackTexts(fragments, (spec or PackEngine()).braces)
        tools = self._mapping("tools")
        self._reader = PromptReader(texts, tools, self._tree, self._evals, self._left_out, context)

    @property
    def tasks(self) -> list[str]:
        """The names of its prompts."""
        return [str(task) for task in self._prompts]

    @cached_property
    def _prompts(self) -> YamlMap:
        found = self._tree.get("prompts")
        if isinstance(found, YamlMap) and found:
            return found
        listed = bool(found)
        raise ArenaFileError(
            Problem(
                f"'prompts' of pack {self.name} is not a mapping"
                if listed
                else f"pack {self.name} has no prompts",
                self._tree.value_place("prompts"),
                "prompts: by task, each with a system_template",
                "write each under its task: prompts: {support: {system_template: …}}"
                if listed
                else "name a file that is a PromptPack",
            )
        )

    def prompt(self, task: str | None, place: Location) -> PackPrompt | None:
        """Return a prompt by its task, which may be left out where there is one; None after adding
        a problem at `place`, where it is named."""
        if task is None and len(self.tasks) == 1:
            task = self.tasks[0]
        if task is None or task not in self._prompts:
            self._context.problems.add(
                f"pack {self.name} has several prompts, and none is named"
                if task is None
                else f"pack {self.name} has no prompt {shorten(task)!r}",
                place,
                expected=one_of(task or "", self.tasks, ""),
                fix=(task and suggest(task, self.tasks)) or "write prompt: with one of these",
            )
            return None
        written = self._prompts[task]
        owner = f"prompt {shorten(task)!r} of pack {self.name}"
        if not isinstance(written, YamlMap):
            self._context.problems.add(
                f"{owner} is not a mapping",
                self._prompts.value_place(task),
                expected="a mapping with system_template",
                fix="write it like {system_template: You are …}",
            )
            return None
        return self._reader.prompt(task, written, owner)

    @property
    def _evals(self) -> EvalList:
        return self._tree.get("evals"), f"pack {self.name}", self._tree.value_place("evals")

    def evals_in_states(self, prompts: Mapping[str, PackPrompt]) -> PackEvals:
        """Return what the answers of a workflow are held to, whose states have these prompts."""
        states_of: dict[str, tuple[str, ...]] = {}
        for state, prompt in prompts.items():
            states_of[prompt.task] = (*states_of.get(prompt.task, ()), state)
        by_task = {prompt.task: prompt.own_evals for prompt in prompts.values()}
        own = {states_of[task]: evals for task, evals in by_task.items()}
        return build_evals_of_states(self._evals, own, self._left_out, self._context)

    def workflow(self, place: Location) -> PackWorkflow | None:
        """Return the pack's workflow; None after adding a problem at `place`, where it is asked
        for, or at its own."""
        before = len(self._context.problems)
        written = self._mapping("workflow")
        if len(self._context.problems) > before:
            return None
        reader = WorkflowReader(self.name, self.tasks, self._left_out, self._context)
        return reader.workflow(written, place)

    def tell(self, place: Location) -> None:
        """Warn of what of the pack, as far as it was read, has no effect."""
        self._left_out.tell(place)

    def _mapping(self, key: str) -> YamlMap | None:
        found = self._tree.get(key)
        if found is None or isinstance(found, YamlMap):
            return found
        self._context.problems.add(
            f"{key!r} of pack {self.name} is not a mapping",
            self._tree.value_place(key),
            expected=f"{key} by name",
            fix=f"write {key}: {{name: …}}",
        )
        return None


def read_pack(written: str, place: Location, context: LoadContext) -> PackFile | None:
    """Return the pack that is named at `place`; None after adding its problems."""
    if written in context.made_packs:
        return PackFile(context.made_packs[written], written, context)
    with context.gathering():
        path = context.find(written, place, "pack")
        known = context.packs.get(path)
        if isinstance(known, PackFile):
            return known
        tree = context.read_tree(path, place, "pack")
        name = context.files[-1]
        if isinstance(tree, YamlMap) and is_manifest(tree):
            tree = as_json_has_it(tree, name)
        if not isinstance(tree, YamlMap):
            raise ArenaFileError(
                Problem(
                    f"pack {name} is not a mapping",
                    Location(name, 1, 1),
                    "a PromptPack, JSON or YAML",
                    "name a file that is one",
                )
            )
        context.packs[path] = made = PackFile(tree, name, context)
        return made
    return None
