"""A chain of tasks that is ready to run: its tasks with their texts, tools and ways on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.agent_plans import AgentPlan
from pytest_arena.schema import Guardrail, ProviderSpec
from pytest_arena.schema.task_chain import END, BranchSpec, ComposeSpec, Handler

ON_FAILURE = "on_failure"
"""What a way is called that is taken where a task fails."""
ASKING = frozenset(
    (
        "chat_completion",
        "route",
        "prompt_to_string",
        "prompt_to_int",
        "prompt_to_float",
        "prompt_to_range",
        "prompt_to_condition",
        "prompt_to_js",
    )
)
"""The handlers that ask a model."""


@dataclass(frozen=True, slots=True)
class TextPlan:
    """A template of Go's; `given` are the fields that are known before a run, `live` the macros
    whose fields are filled in when it is rendered."""

    template: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    live: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def facts(self) -> list[Any]:
        """Return what decides what it says."""
        return [self.template, dict(self.given), {k: list(v) for k, v in self.live.items()}]


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A call of one tool that a task makes itself: by any of these names, with these arguments."""

    names: tuple[str, ...]
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """One task: what is asked or done in it, and which ways lead on."""

    name: str
    handler: Handler
    agent: AgentPlan
    """What its model is offered, or what it runs."""
    branches: tuple[BranchSpec, ...] = ()
    on_failure: str = ""
    system: str = ""
    """Its system instruction, in which macros are left that only a run can fill in."""
    prompt: TextPlan | None = None
    output: TextPlan | None = None
    print: TextPlan | None = None
    input_var: str = ""
    input_max_bytes: int = 0
    timeout_s: float | None = None
    retries: int = 0
    conditions: tuple[str, ...] = ()
    compose: ComposeSpec | None = None
    call: CallPlan | None = None
    hidden: frozenset[str] = frozenset()
    """The tools that its model is not offered."""
    params: Mapping[str, Any] = field(default_factory=dict)
    shifts: bool = False
    """Whether what was said first is left out where a conversation gets too long."""
    provider: ProviderSpec | None = None
    """Who is asked in place of the column's model."""

    @property
    def transitions(self) -> Iterator[tuple[str, str]]:
        """The ways to other tasks, each by what it is called."""
        for branch in self.branches:
            if branch.goto not in ("", END):
                yield branch.label, branch.goto
        if self.on_failure:
            yield ON_FAILURE, self.on_failure

    def facts(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return what decides what is done in it."""
        texts = {"prompt": self.prompt, "output": self.output, "print": self.print}
        asked = {"model": self.provider.full_model} if self.provider is not None else {}
        call = self.call and {"names": self.call.names, "arguments": dict(self.call.arguments)}
        return {
            "handler": self.handler,
            "system": self.system,
            **{key: text.facts() for key, text in texts.items() if text is not None},
            "branches": [branch.model_dump(exclude_defaults=True) for branch in self.branches],
            "on_failure": self.on_failure,
            "input": [self.input_var, self.input_max_bytes],
            "limits": [self.timeout_s, self.retries, self.shifts],
            "conditions": self.conditions,
            "compose": self.compose and self.compose.model_dump(),
            "call": call,
            "hidden": sorted(self.hidden),
            "params": dict(self.params),
            **asked,
            **self.agent.facts(variables),
        }


@dataclass(frozen=True, slots=True)
class TaskChainPlan:
    """The chain of tasks that answers a case's turns on the model of a column."""

    name: str
    id: str
    entry: str
    states: Mapping[str, TaskPlan]
    max_steps: int
    every: AgentPlan
    """All tools that some task may call."""
    token_limit: int = 0

    @property
    def most_calls(self) -> int:
        """The most calls of models in one turn."""
        asking = sum(task.handler in ASKING for task in self.states.values())
        return min(self.max_steps, self._most_steps) if self._has_loop else asking

    @property
    def _most_steps(self) -> int:
        """Return how often the tasks can be run where each counted edge is taken as often as it
        may be; one that nothing counts is bounded by `max_steps` alone."""
        counted = {
            branch.edge: int(branch.when)
            for task in self.states.values()
            for branch in task.branches
            if branch.operator == "edge_traversed_at_least"
        }
        return len(self.states) + sum(counted.values()) if counted else self.max_steps

    @property
    def _has_loop(self) -> bool:
        left = {name: {to for _, to in task.transitions} for name, task in self.states.items()}
        while ends := {name for name, ways in left.items() if not ways & left.keys()}:
            for name in ends:
                del left[name]
        return bool(left)

    @property
    def has_servers(self) -> bool:
        """Whether a task may call tools of MCP servers."""
        return any(task.agent.servers for task in self.states.values())

    @property
    def providers(self) -> Iterator[ProviderSpec]:
        """Who is asked in some task in place of the column's model."""
        return (task.provider for task in self.states.values() if task.provider is not None)

    @property
    def guardrails(self) -> Iterator[Guardrail]:
        """The guardrails of all tasks: there are none."""
        return iter(())

    def facts(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return what decides what the chain does."""
        return {
            "entry": self.entry,
            "tasks": {name: task.facts(variables) for name, task in self.states.items()},
            "max_steps": self.max_steps,
            "token_limit": self.token_limit,
        }
