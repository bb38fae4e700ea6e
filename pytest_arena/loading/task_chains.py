"""The chain of tasks of a case: its tasks with the case's variables and tools."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.agents import refuse_chaos
from pytest_arena.loading.chains import COLUMN
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.task_chains.durations import go_seconds
from pytest_arena.loading.plans import CasePlan
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.targets import TaskChain
from pytest_arena.loading.task_chain_plans import TaskChainPlan, TaskPlan, TextPlan
from pytest_arena.loading.task_chain_tools import ChainTools
from pytest_arena.loading.tools import DeclaredTools
from pytest_arena.loading.tree import YamlMap
from pytest_arena.prompts.chain_macros import NAMES, as_fields, filled, macros_in, variable
from pytest_arena.prompts.templates import as_text
from pytest_arena.schema import ProviderSpec
from pytest_arena.schema.task_chain import END, ChainTaskSpec


def with_task_chain(
    plan: CasePlan, chain: TaskChain, case: YamlMap, tools: DeclaredTools, context: LoadContext
) -> CasePlan:
    """Return a case that a chain of tasks answers; `case` is the case as it is written, filled
    in."""
    owner = f"case {shorten(plan.name, 60)!r}"
    refuse_chaos(case, owner, context)
    if plan.load is not None:
        context.problems.add(
            f"load {owner} has the target {shorten(chain.name)!r}, which is a chain of tasks",
            case.value_place("target") if "target" in case else case.place,
            expected="load on a provider, whose calls are timed one by one",
            fix="name a target of type prompt, or make it a case without load",
        )
    _check_models(chain, context)
    builder = _TaskBuilder(plan, chain, case, tools, context)
    spec = chain.file.spec
    states = {task.id: builder.task(index, task) for index, task in enumerate(spec.tasks)}
    made = TaskChainPlan(
        chain.name,
        chain.file.id,
        spec.tasks[0].id,
        states,
        chain.target.max_steps,
        builder.tools.every,
        max(spec.token_limit, 0),
    )
    offered = {name: tool.offered for name, tool in builder.tools.every.tools.items()}
    return replace(plan, workflow=made, tools=tuple(offered.values()))


class _TaskBuilder:
    """Builds the tasks of one case's chain."""

    def __init__(
        self,
        plan: CasePlan,
        chain: TaskChain,
        case: YamlMap,
        tools: DeclaredTools,
        context: LoadContext,
    ) -> None:
        self._chain = chain
        self._context = context
        self._variables = {name: as_text(value) for name, value in plan.variables.items()}
        self.tools = ChainTools(plan, chain, case, tools, context)

    def task(self, index: int, spec: ChainTaskSpec) -> TaskPlan:
        """Return a task that is ready to run; problems are added."""
        written = self._chain.file.task_written(index)
        config = spec.execute_config
        agent, call = self.tools.of_task(spec, written)
        on_failure = spec.transition.on_failure
        return TaskPlan(
            spec.id,
            spec.handler,
            agent,
            spec.transition.branches,
            "" if on_failure == END else on_failure,
            self._system(spec, written),
            self._text(spec.prompt_template, written, "prompt_template"),
            self._text(spec.output_template, written, "output_template"),
            self._text(spec.print, written, "print"),
            spec.input_var,
            spec.input_max_bytes,
            go_seconds(spec.timeout) if spec.timeout else None,
            max(spec.retry_on_failure, 0),
            spec.valid_conditions,
            spec.compose,
            call,
            frozenset(config.hide_tools),
            self._params(spec, written),
            config.shift,
            self._provider(spec.id),
        )

    def _params(self, spec: ChainTaskSpec, written: YamlMap) -> dict[str, Any]:
        config = spec.execute_config
        params: dict[str, Any] = {}
        if config.temperature is not None:
            params["temperature"] = config.temperature
        elif spec.handler == "route" or spec.handler.startswith("prompt_to_"):
            # as the original has it: one label, or one number
            params["temperature"] = 0.0
        most = config.max_tokens
        if isinstance(most, str):
            # a variable that nobody set leaves the model its own limit
            text = filled(most, self._give).strip()
            if text and "{{" not in text and not text.isdecimal():
                self._context.problems.add(
                    f"'max_tokens' of task {shorten(spec.id)!r} is {shorten(text)!r}",
                    written["execute_config"].value_place("max_tokens"),
                    expected="a whole number",
                    fix="mend the variable",
                )
            most = int(text) if text.isdecimal() else None
        if most is not None and most > 0:
            params["max_tokens"] = most
        return params

    def _provider(self, task: str) -> ProviderSpec | None:
        name = self._chain.target.models.get(task, COLUMN)
        return None if name == COLUMN else self._context.providers.get(name)

    def _system(self, spec: ChainTaskSpec, written: YamlMap) -> str:
        place = written.value_place("system_instruction")
        for name, payload in macros_in(spec.system_instruction):
            if name == "var":
                self._check_variable(payload, place, spec.id)
            elif name not in NAMES:
                told = f"{{{{{name}{f':{payload}' if payload else ''}}}}}"
                self._context.warn(
                    place,
                    f"{shorten(told, 60)} in the system instruction of task {spec.id!r} is no "
                    "macro of a chain, and is sent as it is",
                )
        return filled(spec.system_instruction, self._give)

    def _text(self, template: str, written: YamlMap, key: str) -> TextPlan | None:
        if not template:
            return None
        made, macros = as_fields(template)
        given: dict[str, str] = {}
        live: dict[str, tuple[str, str]] = {}
        for field, (name, payload) in macros.items():
            if name == "var":
                task = str(written.get("id"))
                self._check_variable(payload, written.value_place(key), task)
            value = self._give(name, payload)
            if value is None:
                live[field] = (name, payload)
            else:
                given[field] = value
        return TextPlan(made, given, live)

    def _give(self, name: str, payload: str) -> str | None:
        """Return what a macro stands for, where that is known before a run."""
        if name == "var":
            return variable(payload, self._variables)
        if name == "chain" and payload == "id":
            return self._chain.file.id
        if name in ("date", "now") and not payload:
            # so that a recording is found on another day
            return self._variables.get(name)
        return None

    def _check_variable(self, payload: str, place: Location, task: str) -> None:
        if variable(payload, self._variables) is None:
            name = payload.partition("|")[0].strip()
            self._context.problems.add(
                f"task {shorten(task)!r} of chain {self._chain.file.name} wants the variable "
                f"{shorten(name)!r}, which is not set, or empty",
                place,
                expected="a variable of the arena or the case",
                fix=suggest(name, self._variables) or f"add variables: {{{name}: …}}",
            )


def _check_models(chain: TaskChain, context: LoadContext) -> None:
    """Refuse `models:` of tasks and entries that are not there."""
    models = chain.written.get("models")
    if not isinstance(models, YamlMap):
        return
    tasks = [task.id for task in chain.file.spec.tasks]
    for task, name in chain.target.models.items():
        if task not in tasks:
            context.problems.add(
                f"'models' of target {shorten(chain.name)!r} names an unknown task "
                f"{shorten(task)!r}",
                models.key_place(task),
                expected=one_of(task, tasks, ""),
                fix=suggest(task, tasks) or "name one of these",
            )
        found = context.providers.get(name)
        known = [COLUMN, *sorted(context.providers)]
        if name != COLUMN and found is None and not context.broken_providers:
            context.problems.add(
                f"unknown provider {shorten(name)!r} in 'models' of target {shorten(chain.name)!r}",
                models.value_place(task),
                expected=one_of(name, known, "an entry of providers:"),
                fix=suggest(name, known) or "name one of these, or add it to providers:",
            )
        elif found is not None and (found.system is not None or found.asks_nobody):
            context.problems.add(
                f"the chain {shorten(chain.name)!r} asks {shorten(name)!r}, which is no model",
                models.value_place(task),
                expected="a model, or $provider for that of the column",
                fix="name a model",
            )
