"""The workflow of a pack: its states, and whether what they name is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.left_out import LeftOut
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema.pack import PackWorkflow, WorkflowEngine, WorkflowState

_INERT = ("skills", "control", "composition", "extensions")


class WorkflowReader:
    """A reader of the workflow of one pack, whose prompts have the names `tasks`."""

    def __init__(
        self, pack: str, tasks: Sequence[str], left_out: LeftOut, context: LoadContext
    ) -> None:
        self._pack = pack
        self._tasks = tasks
        self._left_out = left_out
        self._context = context

    def workflow(self, written: YamlMap | None, place: Location) -> PackWorkflow | None:
        """Return the workflow that is written; None after adding a problem."""
        context, owner = self._context, f"the workflow of pack {self._pack}"
        if written is None:
            context.problems.add(
                f"pack {self._pack} has no workflow",
                place,
                expected="a pack with workflow: {entry: …, states: {…}}",
                fix="name another pack, or reach one of its prompts by type: prompt",
            )
            return None
        before = len(context.problems)
        known = self._left_out.known(written, PackWorkflow.model_fields, owner)
        values: dict[str, Any] = dict(known)
        if isinstance(written.get("states"), YamlMap):
            values["states"] = {
                str(name): state
                for name in written["states"]
                if (state := self._state(str(name), written["states"], owner)) is not None
            }
        if isinstance(written.get("engine"), YamlMap):
            engine = f"'engine' of {owner}"
            values["engine"] = self._left_out.fitting(written["engine"], WorkflowEngine, engine)
        if len(context.problems) > before:
            return None
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
        known = self._left_out.known(states[name], fields, named, _INERT)
        fitting = self._left_out.fitting(known, WorkflowState, named)
        made = build_model(WorkflowState, fitting, self._context.problems, named)
        if made is not None and made.orchestration == "external" and not made.is_final:
            said = f"the events of {named}, which its caller sends (orchestration: external)"
            self._left_out.add(said, states[name].key_place("on_event"))
        return made

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
            if state.prompt_task is None and state.orchestration != "composition":
                self._context.problems.add(
                    f"{here} has no prompt_task",
                    own.place,
                    expected=one_of("", self._tasks, ""),
                    fix="add prompt_task: the prompt that answers in it",
                )
            elif state.prompt_task is not None and state.prompt_task not in self._tasks:
                self._context.problems.add(
                    f"{here} names an unknown prompt {shorten(state.prompt_task)!r}",
                    own.value_place("prompt_task"),
                    expected=one_of(state.prompt_task, self._tasks, ""),
                    fix=suggest(state.prompt_task, self._tasks) or "name one of these",
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
