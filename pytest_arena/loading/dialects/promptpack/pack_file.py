"""A PromptPack file, JSON or YAML, and the prompts, tools and workflow that it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptpack.described import LeftOut
from pytest_arena.loading.dialects.promptpack.evals import PackEvals, build_evals
from pytest_arena.loading.dialects.promptpack.pack_texts import PackTexts
from pytest_arena.loading.dialects.promptpack.validators import build_validators
from pytest_arena.loading.dialects.promptpack.variables import values_of
from pytest_arena.loading.dialects.promptpack.yaml_packs import as_json_has_it, is_manifest
from pytest_arena.loading.problems import ProblemList, one_of
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import Guardrail
from pytest_arena.schema.pack import (
    ModelOverride,
    PackEngine,
    PackPromptSpec,
    PackVariable,
    PackWorkflow,
    WorkflowState,
)

_KEYS = ("evals", "fragments", "prompts", "template_engine", "tools", "workflow")
_DESCRIBED = (
    "$schema",
    "schema_version",
    "id",
    "name",
    "version",
    "description",
    "metadata",
    "compilation",
    "author",
    "license",
)
_INERT = ("agents", "skills", "compositions", "requires", "workflows", "personas")
_OF_PROMPT = {"evals", "tests", "validators", "template", *PackPromptSpec.model_fields}
_INERT_IN_PROMPTS = ("media", "provider", "skills", "extensions")
_INERT_IN_STATES = ("skills", "control", "composition", "extensions")


@dataclass(frozen=True, slots=True)
class PackPrompt:
    """One prompt of a pack, as it is written and with what checks its answers."""

    task: str
    owner: str
    """What messages call it."""
    spec: PackPromptSpec
    written: YamlMap
    texts: PackTexts
    tools: YamlMap
    """The tools of the pack that it may use, as they are written."""
    guardrails: tuple[Guardrail, ...]
    evals: PackEvals
    tests: YamlList | None

    @property
    def place(self) -> Location:
        """Where its text stands."""
        key = "template" if "template" in self.written else "system_template"
        return self.written.value_place(key)

    def text(
        self,
        variables: Mapping[str, Any],
        asked_at: Location,
        problems: ProblemList,
        override: ModelOverride | None = None,
    ) -> str:
        """Return its template filled in, as it is for one model where that has an `override`.

        What is wrong with the variables is a problem at `asked_at`.
        """
        values = values_of(self.spec.variables, variables, self.owner, asked_at, problems)
        template = self.spec.system_template
        if override is not None:
            whole = override.system_template or template
            template = override.system_template_prefix + whole + override.system_template_suffix
        return self.texts.fill(template, self.place, values, problems)


class PackFile:
    """A pack as its file says it; a prompt is read when somebody asks for it, so that a mistake in
    one is none of the others'."""

    def __init__(self, tree: YamlMap, name: str, context: LoadContext) -> None:
        self._context = context
        self._left_out = LeftOut(name, context)
        self.name = name
        self._tree = self._left_out.known(tree, _KEYS, f"pack {name}", _INERT, _DESCRIBED)
        engine = self._tree.get("template_engine")
        spec = None
        if isinstance(engine, YamlMap):
            owner = f"'template_engine' of pack {name}"
            spec = build_model(PackEngine, engine, context.problems, owner)
        fragments = self._mapping("fragments")
        self.texts = PackTexts(fragments, (spec or PackEngine()).braces)

    @property
    def tasks(self) -> list[str]:
        """The names of its prompts."""
        return [str(task) for task in self._prompts]

    @cached_property
    def _prompts(self) -> YamlMap:
        found = self._mapping("prompts")
        if not found:
            place = self._tree.value_place("prompts")
            raise ArenaFileError(
                Problem(
                    f"pack {self.name} has no prompts",
                    place,
                    "prompts: by task, each with a system_template",
                    "name a file that is a PromptPack",
                )
            )
        return found

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
        return self._built(task, written, owner)

    def _built(self, task: str, written: YamlMap, owner: str) -> PackPrompt | None:
        context, before = self._context, len(self._context.problems)
        known = self._left_out.known(written, _OF_PROMPT, owner, _INERT_IN_PROMPTS, ("pipeline",))
        apart = {"evals", "tests", "validators"}
        values: dict[str, Any] = {key: value for key, value in known.items() if key not in apart}
        if isinstance(known.get("variables"), YamlList):
            values["variables"] = self._variables(known["variables"], owner)
        spec = build_model(PackPromptSpec, known, context.problems, owner, values)
        place = known.value_place("validators")
        guardrails = build_validators(known.get("validators"), place, owner, context)
        lists = (self._tree.get("evals"), f"pack {self.name}"), (known.get("evals"), owner)
        evals = build_evals(lists, self._left_out, context)
        if spec is None or len(context.problems) > before:
            return None
        tests = known.get("tests")
        return PackPrompt(
            task,
            owner,
            spec,
            known,
            self.texts,
            self._tools_of(spec, known, owner),
            guardrails,
            evals,
            tests if isinstance(tests, YamlList) else None,
        )

    def _variables(self, written: YamlList, owner: str) -> tuple[PackVariable, ...]:
        found = []
        for index, entry in enumerate(written):
            if not isinstance(entry, YamlMap):
                self._context.problems.add(
                    f"a variable of {owner} is not a mapping",
                    written.value_place(index),
                    expected="a mapping with name, type and required",
                    fix="write it like {name: company, type: string, required: true}",
                )
                continue
            named = f"variable {shorten(str(entry.get('name')))!r} of {owner}"
            if entry.get("binding"):
                self._left_out.add(f"the binding of {named}")
            found.append(build_model(PackVariable, entry, self._context.problems, named))
        return tuple(variable for variable in found if variable is not None)

    def _tools_of(self, spec: PackPromptSpec, written: YamlMap, owner: str) -> YamlMap:
        """Return the tools that a prompt may use, under the names that models are told."""
        known = self._mapping("tools") or YamlMap(written.files, written.mark)
        allowed = YamlMap(known.files, known.mark)
        for name in spec.tools:
            if name in spec.tool_policy.blocklist:
                continue
            if isinstance(known.get(name), YamlMap):
                described = {"name", "description", "parameters"}
                tool = self._left_out.known(known[name], described, f"tool {name!r}")
                told = str(tool.get("name") or name)
                allowed.put(told, tool.only({"description", "parameters"}), known.marks[name])
            else:
                self._left_out.add(f"tool {name!r} of {owner}, which it does not describe")
        return allowed

    def evals_in_states(self, prompts: Iterable[PackPrompt]) -> PackEvals:
        """Return the evals of the whole pack, which every state is held to; those of a single
        prompt are left out, since no turn is known to be its own."""
        for prompt in prompts:
            if prompt.written.get("evals"):
                self._left_out.add(f"the evals of {prompt.owner}, which answers in a workflow")
        lists = ((self._tree.get("evals"), f"pack {self.name}"),)
        return build_evals(lists, self._left_out, self._context)

    def workflow(self, place: Location) -> PackWorkflow | None:
        """Return the pack's workflow; None after adding a problem."""
        context, owner = self._context, f"the workflow of pack {self.name}"
        written = self._mapping("workflow")
        if written is None:
            context.problems.add(
                f"pack {self.name} has no workflow",
                place,
                expected="a pack with workflow: {entry: …, states: {…}}",
                fix="name another pack, or reach one of its prompts by type: prompt",
            )
            return None
        values: dict[str, Any] = dict(written)
        if isinstance(written.get("states"), YamlMap):
            values["states"] = {
                str(name): state
                for name in written["states"]
                if (state := self._state(str(name), written["states"], owner)) is not None
            }
        if isinstance(written.get("engine"), YamlMap):
            values["engine"] = self._left_out.known(
                written["engine"], ("budget",), f"'engine' of {owner}"
            )
        before = len(context.problems)
        spec = build_model(PackWorkflow, written, context.problems, owner, values)
        if spec is None or len(context.problems) > before:
            return None
        self._check_states(spec, written, owner)
        return spec if len(context.problems) == before else None

    def _state(self, name: str, states: YamlMap, owner: str) -> WorkflowState | None:
        named = f"state {shorten(name)!r} of {owner}"
        if not isinstance(states[name], YamlMap):
            self._context.problems.add(
                f"{named} is not a mapping",
                states.value_place(name),
                expected="a mapping with prompt_task",
                fix="write it like {prompt_task: intake, on_event: {Done: closed}}",
            )
            return None
        fields = WorkflowState.model_fields
        known = self._left_out.known(states[name], fields, named, _INERT_IN_STATES)
        return build_model(WorkflowState, known, self._context.problems, named)

    def _check_states(self, spec: PackWorkflow, written: YamlMap, owner: str) -> None:
        """Refuse states and prompts that are named and not there."""
        states: YamlMap = written["states"]
        self._named(spec.entry, spec.states, written.value_place("entry"), "entry", owner)
        for name, state in spec.states.items():
            here = f"state {shorten(name)!r} of {owner}"
            own = states[name]
            for event, target in state.on_event.items():
                at = own["on_event"].value_place(event)
                self._named(target, spec.states, at, f"event {event!r} of {here}", owner)
            if state.on_max_visits is not None:
                at = own.value_place("on_max_visits")
                self._named(state.on_max_visits, spec.states, at, f"'on_max_visits' of {here}", "")
            if state.prompt_task is not None and state.prompt_task not in self._prompts:
                self._context.problems.add(
                    f"{here} names an unknown prompt {shorten(state.prompt_task)!r}",
                    own.value_place("prompt_task"),
                    expected=one_of(state.prompt_task, self.tasks, ""),
                    fix=suggest(state.prompt_task, self.tasks) or "name one of these",
                )

    def _named(
        self, name: str, states: dict[str, WorkflowState], place: Location, what: str, owner: str
    ) -> None:
        if name not in states:
            of = f" of {owner}" if what == "entry" else ""
            self._context.problems.add(
                f"{what}{of} names an unknown state {shorten(name)!r}",
                place,
                expected=one_of(name, states, ""),
                fix=suggest(name, states) or "name one of these",
            )

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
    with context.gathering():
        path = context.find(written, place, "pack")
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
        return PackFile(tree, name, context)
    return None
