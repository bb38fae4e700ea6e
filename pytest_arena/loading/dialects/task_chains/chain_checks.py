"""What of a chain of tasks could never run: ways to tasks that are not there, and the like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.task_chains.durations import go_seconds
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.prompts import TemplateError
from pytest_arena.prompts.chain_macros import without_macros
from pytest_arena.prompts.go_templates import check_functions_in_go, fields_in_go
from pytest_arena.schema.task_chain import END, BranchSpec, ChainTaskSpec, TaskChainSpec

_TOKENS: dict[str, tuple[str, ...]] = {
    "chat_completion": ("tool_call", "executed"),
    "execute_tool_calls": ("tools_executed", "no_calls_found", "noop"),
    "noop": ("noop",),
}
"""The control tokens that a handler gives, where it gives no others."""
_RANGE = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*-\s*(-?\d+(?:\.\d+)?)\s*")
_NUMBER = re.compile(r"\s*[-+]?\d+(?:\.\d+)?\s*")
ALWAYS = ("input", "previous_output", "last_error")


def check_chain_of_tasks(
    spec: TaskChainSpec, written: YamlList, owner: str, context: LoadContext
) -> None:
    """Refuse what no run could go by; warn of branches that are never taken."""
    _Checks(spec, written, owner, context).check()


def variables_of(spec: TaskChainSpec) -> list[str]:
    """Return the names of all that a template or `input_var` of a chain may ask for."""
    names = [task.id for task in spec.tasks]
    composed = [
        f"{task.id}_{composed_name(branch.when)}_composed"
        for task in spec.tasks
        for branch in task.transition.branches
        if branch.compose is not None
    ]
    of_tasks = [f"{task.id}_composed" for task in spec.tasks if task.compose is not None]
    return [*ALWAYS, *names, *composed, *of_tasks, *(f"{name}_error" for name in names)]


def composed_name(when: str) -> str:
    """Return how a branch is named in the variable that it composes."""
    return when.replace(" ", "_").replace("-", "_").lower()


class _Checks:
    def __init__(
        self, spec: TaskChainSpec, written: YamlList, owner: str, context: LoadContext
    ) -> None:
        self._spec = spec
        self._written = written
        self._owner = owner
        self._context = context
        self._names = [task.id for task in spec.tasks]
        self._known = variables_of(spec)

    def check(self) -> None:
        for name, count in Counter(self._names).items():
            if count > 1:
                second = [n for n, each in enumerate(self._names) if each == name][1]
                self._refuse(
                    f"{self._owner} has two tasks {shorten(name)!r}",
                    self._written[second].value_place("id"),
                    "a name of its own for each task",
                    "rename one of them",
                )
        for task, written in zip(self._spec.tasks, self._written, strict=True):
            self._task(task, written)
        for name in self._unreachable():
            place = self._written[self._names.index(name)].value_place("id")
            self._context.warn(place, f"task {name!r} of {self._owner} is never come to")

    def _task(self, task: ChainTaskSpec, written: YamlMap) -> None:
        here = f"task {shorten(task.id)!r} of {self._owner}"
        transition = written.get("transition") or written
        on_failure = task.transition.on_failure
        if on_failure == END:
            self._context.warn(
                transition.value_place("on_failure"),
                f"'on_failure' of {here} is 'end', which is no task: where the task fails, the "
                "trial is an error",
            )
        elif on_failure:
            place = transition.value_place("on_failure")
            self._named(on_failure, place, f"'on_failure' of {here}", self._names)
        for branch, place in zip(task.transition.branches, _places(transition), strict=False):
            self._branch(task, branch, place, here)
        if task.input_var and task.input_var not in self._known:
            self._unknown_variable(task.input_var, written.value_place("input_var"), here)
        for key in ("prompt_template", "print"):
            self._template(getattr(task, key), written.value_place(key), f"{key!r} of {here}")
        if task.output_template:
            self._parses(task.output_template, written.value_place("output_template"), here)
        if task.timeout and go_seconds(task.timeout) is None:
            self._refuse(
                f"bad timeout {shorten(task.timeout)!r} of {here}",
                written.value_place("timeout"),
                "a duration as Go has them: 30s, 2m, 1h30m",
                "write timeout: 30s",
            )
        self._needs(task, written, here)

    def _needs(self, task: ChainTaskSpec, written: YamlMap, here: str) -> None:
        """Refuse a task that lacks what its handler goes by."""
        at = written.value_place("handler")
        calls = task.handler in ("tools", "hook")
        if calls and (task.tools is None or not task.tools.name):
            self._refuse(
                f"{here} calls a tool, and does not say which",
                at,
                "tools: {name: …, tool_name: …, args: {…}}",
                "add tools: {name: …}",
            )
        labels = [one for one in task.transition.branches if one.operator == "equals"]
        if task.handler == "route" and not any(one.when.strip() for one in labels):
            self._refuse(
                f"{here} routes, and has no label to choose",
                at,
                "branches with operator: equals, whose 'when' are the labels",
                "add branches: [{operator: equals, when: …, goto: …}]",
            )
        if task.handler == "prompt_to_condition" and not task.valid_conditions:
            self._refuse(
                f"{here} has no 'valid_conditions', of which the model names one",
                at,
                "valid_conditions: {yes: true, no: true}",
                "add valid_conditions: {…}",
            )
        if task.handler == "text_to_embedding":
            self._context.warn(
                at,
                f"{here} makes an embedding, which no arena does within a chain: where the chain "
                "comes to it, the trial is an error",
            )

    def _branch(self, task: ChainTaskSpec, branch: BranchSpec, written: YamlMap, here: str) -> None:
        if branch.goto and branch.goto != END:
            place = written.value_place("goto")
            self._named(branch.goto, place, f"a branch of {here}", [*self._names, END])
        when = written.value_place("when")
        if branch.compose is not None and branch.compose.with_var not in self._known:
            place = written["compose"].value_place("with_var")
            self._unknown_variable(branch.compose.with_var, place, here)
        if branch.operator == "edge_traversed_at_least":
            self._edge(branch, written, here)
        elif branch.operator == "in_range":
            bounds = _RANGE.fullmatch(branch.when)
            if bounds is None or float(bounds[1]) > float(bounds[2]):
                self._refuse(
                    f"bad range {shorten(branch.when)!r} in a branch of {here}",
                    when,
                    "two numbers, the lower one first",
                    "write when: 5-7",
                )
        elif branch.operator in (">", "gt", "<", "lt") and not _NUMBER.fullmatch(branch.when):
            self._refuse(
                f"a branch of {here} compares with {shorten(branch.when)!r}",
                when,
                "a number",
                "write when: 6",
            )
        tokens = _TOKENS.get(task.handler)
        waits = branch.operator not in ("default", "edge_traversed_at_least")
        if waits and tokens and not any(_may_match(branch, token) for token in tokens):
            self._context.warn(
                when,
                f"a branch of {here} waits for {branch.label!r} and is never taken: "
                f"{task.handler} gives {', '.join(tokens)}",
            )

    def _edge(self, branch: BranchSpec, written: YamlMap, here: str) -> None:
        source, arrow, target = branch.edge.partition("->")
        place = written.value_place("edge")
        if not arrow or not source or not target:
            self._refuse(
                f"a branch of {here} counts a bad edge {shorten(branch.edge)!r}",
                place,
                "two tasks with -> between them",
                f"write edge: {task_or(source, self._names)}->{task_or(target, self._names)}",
            )
            return
        for name in (source, target):
            if name != END or name == source:
                self._named(name, place, f"'edge' of a branch of {here}", self._names)
        if not re.fullmatch(r"\s*\d+\s*", branch.when):
            self._refuse(
                f"a branch of {here} counts an edge up to {shorten(branch.when)!r}",
                written.value_place("when"),
                "a whole number",
                "write when: 10",
            )

    def _template(self, template: str, place: Location, what: str) -> None:
        for name in self._parses(template, place, what):
            if name not in self._known:
                self._unknown_variable(name, place, what)

    def _parses(self, template: str, place: Location, what: str) -> list[str]:
        try:
            check_functions_in_go(without_macros(template))
            return fields_in_go(without_macros(template))
        except TemplateError as error:
            self._refuse(f"{what}: {error.what}", place, error.expected, error.fix)
            return []

    def _unknown_variable(self, name: str, place: Location, what: str) -> None:
        near = [*ALWAYS[:2], *self._names]
        self._refuse(
            f"{what} asks for {shorten(name)!r}, which nothing in the chain gives",
            place,
            one_of(name, near, ""),
            suggest(name, self._known) or "name a task, or input",
        )

    def _named(self, name: str, place: Location, what: str, known: list[str]) -> None:
        if name not in self._names:
            self._refuse(
                f"{what} names an unknown task {shorten(name)!r}",
                place,
                one_of(name, known, ""),
                suggest(name, known) or "name one of these",
            )

    def _unreachable(self) -> list[str]:
        """Return the tasks that no way leads to."""
        ways = {task.id: list(_targets(task)) for task in self._spec.tasks}
        seen, left = {self._names[0]}, [self._names[0]]
        while left:
            for target in ways.get(left.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    left.append(target)
        return [name for name in dict.fromkeys(self._names) if name not in seen]

    def _refuse(self, what: str, place: Location, expected: str, fix: str) -> None:
        self._context.problems.add(what, place, expected=expected, fix=fix)


def task_or(name: str, names: Iterable[str]) -> str:
    """Return a task's name for an example, where what was written is none."""
    return name if name in names else next(iter(names))


def _targets(task: ChainTaskSpec) -> Iterator[str]:
    yield from (branch.goto for branch in task.transition.branches if branch.goto)
    if task.transition.on_failure:
        yield task.transition.on_failure


def _places(transition: object) -> Iterator[YamlMap]:
    branches = transition.get("branches") if isinstance(transition, YamlMap) else None
    for branch in branches if isinstance(branches, YamlList) else ():
        if isinstance(branch, YamlMap):
            yield branch


def _may_match(branch: BranchSpec, token: str) -> bool:
    if branch.operator == "equals":
        return token == branch.when
    if branch.operator == "contains":
        return branch.when in token
    if branch.operator == "starts_with":
        return token.startswith(branch.when)
    return branch.operator == "ends_with" and token.endswith(branch.when)
