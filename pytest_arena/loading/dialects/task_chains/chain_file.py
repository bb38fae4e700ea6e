"""A file with a chain of tasks, JSON or YAML, as today's keys say it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.left_out import LeftOut
from pytest_arena.loading.dialects.task_chains.chain_checks import check_chain_of_tasks
from pytest_arena.loading.dialects.task_chains.todays_keys import TodaysKeys
from pytest_arena.loading.dialects.task_chains.unquoted import with_quotes
from pytest_arena.loading.files import display_name, read_limited
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.loading.yaml_errors import decode
from pytest_arena.loading.yaml_reader import read_yaml
from pytest_arena.schema.task_chain import (
    BranchSpec,
    ChainTaskSpec,
    ExecuteConfigSpec,
    TaskChainSpec,
    TransitionSpec,
)

_MAX_BYTES = 5_000_000
_DESCRIBED = ("$schema", "description", "debug")
_INERT = ("routing_strategy", "triggers")
_OF_WRAPPERS = ("input", "input_type", "inputType")
_MODELS = ("model", "models", "provider", "providers")
_INERT_IN_CONFIG = (*_MODELS, "think", "retry_policy", "compact_policy", "tools_policies")
_ALERTS = ("on_failure_alert", "alert_on_match")
_KIND = "chain file"


@dataclass(frozen=True, slots=True)
class TaskChainFile:
    """A chain as its file says it; `written` holds it in today's keys, with the file's places."""

    spec: TaskChainSpec
    written: YamlMap
    name: str

    @property
    def id(self) -> str:
        """What the chain is called."""
        return self.spec.id or Path(self.name).stem

    def task_written(self, index: int) -> YamlMap:
        """Return a task as it is written."""
        found: YamlMap = self.written["tasks"][index]
        return found


def read_task_chain(written: str, place: Location, context: LoadContext) -> TaskChainFile | None:
    """Return the chain of a file that is named at `place`; None after adding its problems."""
    with context.gathering():
        path = context.find(written, place, _KIND)
        name = display_name(path, context.root)
        tree = _tree(path, name, place, context)
        if not isinstance(tree, YamlMap):
            raise _no_chain(f"{_KIND} {name} is not a mapping", Location(name, 1, 1))
        return _chain(tree, name, place, context)
    return None


def _tree(path: Path, name: str, place: Location, context: LoadContext) -> Any:
    """Return a file's tree; templates that lack their quotes are given them, with a warning."""
    data = read_limited(path, _MAX_BYTES, place, _KIND)
    context.files.append(name)
    try:
        return read_yaml(data, context.files, context.problems)
    except ArenaFileError:
        text, quoted = with_quotes(decode(data, name))
        if not quoted:
            raise
        try:
            tree = read_yaml(text.encode(), context.files, context.problems)
        except ArenaFileError:
            tree = None
        if tree is None:
            raise
    for line, column, right in quoted:
        context.warn(
            Location(name, line, column),
            f"a template with a colon stands without quotes; it is read as {shorten(right, 200)}",
        )
    return tree


def _chain(tree: YamlMap, name: str, place: Location, context: LoadContext) -> TaskChainFile | None:
    left_out = LeftOut(f"chain {name}", context)
    keys = TodaysKeys()
    if isinstance(tree.get("chain"), YamlMap):
        # as it is sent to a server, beside its input
        left_out.known(tree, ("chain",), f"chain {name}", _OF_WRAPPERS, strict=True)
        tree, keys.is_older = tree["chain"], True
    if "tasks" not in tree:
        raise _no_chain(f"{_KIND} {name} has no tasks", tree.place)
    made = keys.chain(tree)
    context_problems = len(context.problems)
    known = left_out.known(
        made, TaskChainSpec.model_fields, f"chain {name}", _INERT, _DESCRIBED, strict=True
    )
    tasks = made["tasks"]
    if not isinstance(tasks, YamlList) or not tasks:
        raise _no_chain(f"'tasks' of chain {name} is no list of tasks", made.value_place("tasks"))
    built = [
        _task(task, tasks.value_place(n), name, left_out, context) for n, task in enumerate(tasks)
    ]
    specs = tuple(task for task in built if task is not None)
    if len(specs) < len(built) or len(context.problems) > context_problems:
        return None
    values = {**known, "tasks": specs}
    spec = build_model(TaskChainSpec, known, context.problems, f"chain {name}", values)
    if spec is None:
        return None
    check_chain_of_tasks(spec, tasks, f"chain {name}", context)
    left_out.tell(place)
    if len(context.problems) > context_problems:
        return None
    return TaskChainFile(spec, made, name)


def _task(
    written: Any,
    place: Location,
    name: str,
    left_out: LeftOut,
    context: LoadContext,
) -> ChainTaskSpec | None:
    if not isinstance(written, YamlMap):
        context.problems.add(
            f"a task of chain {name} is not a mapping",
            place,
            expected="a mapping with id and handler",
            fix="write it like {id: answer, handler: chat_completion}",
        )
        return None
    task = str(written.get("id"))
    owner = f"task {shorten(task)!r} of chain {name}"
    written = left_out.known(written, ChainTaskSpec.model_fields, owner, strict=True)
    values: dict[str, Any] = dict(written)
    config = written.get("execute_config")
    if isinstance(config, YamlMap):
        # what is not acted on is told once for the whole chain
        known = left_out.known(
            config,
            ExecuteConfigSpec.model_fields,
            "'execute_config'",
            _INERT_IN_CONFIG,
            strict=True,
        )
        spec = build_model(
            ExecuteConfigSpec, known, context.problems, f"'execute_config' of {owner}"
        )
        if spec is None:
            return None
        values["execute_config"] = spec
    transition = written.get("transition")
    if isinstance(transition, YamlMap):
        values["transition"] = _transition(transition, owner, left_out, context)
        if values["transition"] is None:
            return None
    return build_model(ChainTaskSpec, written, context.problems, owner, values)


def _transition(
    written: YamlMap, owner: str, left_out: LeftOut, context: LoadContext
) -> TransitionSpec | None:
    """Return the ways on from a task; what tells somebody of a way that was taken is left out."""
    known = left_out.known(
        written, TransitionSpec.model_fields, "'transition'", _ALERTS, strict=True
    )
    values: dict[str, Any] = dict(known)
    branches = known.get("branches")
    if isinstance(branches, YamlList):
        built = [
            _branch(one, branches.value_place(n), owner, left_out, context)
            for n, one in enumerate(branches)
        ]
        if None in built:
            return None
        values["branches"] = tuple(built)
    return build_model(TransitionSpec, known, context.problems, f"'transition' of {owner}", values)


def _branch(
    written: Any, place: Location, owner: str, left_out: LeftOut, context: LoadContext
) -> BranchSpec | None:
    if not isinstance(written, YamlMap):
        context.problems.add(
            f"a branch of {owner} is not a mapping",
            place,
            expected="a mapping with operator, when and goto",
            fix="write it like {operator: default, goto: end}",
        )
        return None
    known = left_out.known(written, BranchSpec.model_fields, "a branch", _ALERTS, strict=True)
    return build_model(BranchSpec, known, context.problems, f"a branch of {owner}")


def _no_chain(what: str, place: Location) -> ArenaFileError:
    return ArenaFileError(
        Problem(
            what,
            place,
            "a chain of tasks: {id: …, tasks: [{id: …, handler: …}]}",
            "name a file that is one",
        )
    )
