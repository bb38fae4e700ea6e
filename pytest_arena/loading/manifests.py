"""A manifest of Promptise, `.agent` or `.superagent`, as an agent that an arena runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.agent_plans import ToolPlan
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.manifest_gaps import (
    OF_AGENT,
    OF_CONFIG,
    OF_SUPERAGENT,
    OWNER,
    GapsFound,
    refuse_key,
)
from pytest_arena.loading.manifest_limits import (
    TIME_LIMIT,
    budget_of,
    health_of,
    limits_of,
    seconds_of,
)
from pytest_arena.loading.manifest_mission import mission_of
from pytest_arena.loading.manifest_secrets import secrets_of
from pytest_arena.loading.manifest_servers import servers_of
from pytest_arena.loading.manifest_variables import filled
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import AgentTargetSpec, Assertion, HealthSpec, McpServerSpec, ToolLimits
from pytest_arena.schema.manifest import (
    AgentManifest,
    ManifestBudget,
    ManifestToolCost,
    SuperagentManifest,
    SuperagentModel,
    SuperagentSection,
)

_NOT_IN_CONFIG = {"version", "name", "config", "entrypoint", "memory", "world"}
_DEDICATED = frozenset(AgentManifest.model_fields) - _NOT_IN_CONFIG
"""Keys that may stand under `config:` instead."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says of an agent; its servers are those of the arena file where that has one
    of the same name."""

    instructions: str | None
    place: Location
    servers: Mapping[str, McpServerSpec]
    limits: ToolLimits = field(default_factory=ToolLimits)
    health: HealthSpec | None = None
    tool_costs: Mapping[str, ManifestToolCost] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    mission: Assertion | None = None

    def completed(self, spec: AgentTargetSpec) -> AgentTargetSpec:
        """Return a target with the limits, signs and secrets of the manifest, where it has none of
        its own."""
        own = {key: getattr(spec.limits, key) for key in spec.limits.model_fields_set}
        update: dict[str, Any] = {"limits": self.limits.model_copy(update=own)}
        update["secrets"] = {**self.secrets, **spec.secrets}
        if "health" not in spec.model_fields_set:
            update["health"] = self.health
        if "max_llm_turns" not in spec.model_fields_set:
            # or a turn would end before the limit that the manifest has
            update["max_llm_turns"] = max(spec.max_llm_turns, self.limits.llm_turns or 0)
        return spec.model_copy(update=update)

    def costing(self, tool: ToolPlan) -> ToolPlan:
        """Return a tool of the arena file with what `tool_costs` say of it, and it does not."""
        cost = self.tool_costs.get(tool.name)
        said = cost.model_dump(exclude=tool.spec.model_fields_set) if cost is not None else {}
        return replace(tool, spec=tool.spec.model_copy(update=said)) if said else tool


def read_manifest(written: str, place: Location, context: LoadContext) -> Manifest | None:
    """Return the manifest that is named at `place`, or None after adding its problems.

    What it says that has no effect here is among the warnings.
    """
    before = len(context.problems)
    made = None
    with context.gathering():
        path = context.find(written, place, "manifest")
        tree = context.read_tree(path, place, "manifest")
        if not isinstance(tree, YamlMap):
            raise ArenaFileError(
                Problem(
                    "the manifest is not a mapping",
                    Location(context.files[-1], 1, 1),
                    "a manifest as Promptise reads it: a mapping with name, or with agent",
                    "begin with name: … and instructions: …",
                )
            )
        is_super = path.suffix == ".superagent"
        gaps = GapsFound(context)
        made = (_of_superagent if is_super else _of_agent)(tree, gaps, context)
        gaps.tell()
    return made if len(context.problems) == before else None


def _of_agent(tree: YamlMap, gaps: GapsFound, context: LoadContext) -> Manifest | None:
    config = tree["config"] if isinstance(tree.get("config"), YamlMap) else YamlMap([], 0)
    tree = _with_config(tree, config, context)
    for key in tree.keys() & {"instructions", "budget", "health", "model", "agent_pattern"}:
        tree[key] = filled(tree, key, context.problems)
    spec = build_model(AgentManifest, tree, context.problems, OWNER)
    if spec is None:
        return None
    _look_at_habits(spec, tree, gaps)
    gaps.look(tree, OF_AGENT)
    gaps.look(config, OF_CONFIG, "config")
    _look_at_model(spec.model, tree.key_place("model"), gaps, context)
    budget = budget_of(tree, gaps, context)
    seconds = seconds_of(config, context)
    costs = budget.tool_costs if budget.enabled else {}
    return Manifest(
        spec.instructions,
        tree.value_place("instructions"),
        _servers(tree, costs, gaps, context),
        limits_of(budget, seconds),
        health_of(tree, gaps, context),
        costs,
        secrets_of(tree, gaps, context),
        mission_of(tree, gaps, context),
    )


def _of_superagent(tree: YamlMap, gaps: GapsFound, context: LoadContext) -> Manifest | None:
    spec = build_model(SuperagentManifest, tree, context.problems, OWNER)
    if spec is None:
        return None
    section = tree.only(tree)["agent"].only(tree["agent"])
    if "instructions" in section:
        section["instructions"] = filled(section, "instructions", context.problems)
    agent = build_model(SuperagentSection, section, context.problems, f"'agent' of {OWNER}")
    if agent is None:
        return None
    name = _model_name(agent.model, section, context)
    _look_at_model(name, section.key_place("model"), gaps, context)
    gaps.look(tree, OF_SUPERAGENT)
    return Manifest(
        agent.instructions,
        section.value_place("instructions"),
        _servers(tree, {}, gaps, context),
        limits_of(ManifestBudget(), spec.max_invocation_time),
    )


def _model_name(model: Any, section: YamlMap, context: LoadContext) -> str | None:
    """Return `provider:name` of a model that is written as a text or as a mapping."""
    if isinstance(model, str):
        return model
    owner = f"'model' of {OWNER}"
    if isinstance(model, YamlMap):
        spec = build_model(SuperagentModel, model, context.problems, owner)
        return f"{spec.provider}:{spec.name}" if spec is not None else None
    context.problems.add(
        f"{owner} is neither a text nor a mapping",
        section.value_place("model"),
        expected="a model as provider:name, or a mapping with provider and name",
        fix="write model: openai:gpt-5-mini",
    )
    return None


def _with_config(tree: YamlMap, config: YamlMap, context: LoadContext) -> YamlMap:
    """Return the manifest with what stands under `config:` and has a section of its own."""
    whole = tree.only(tree)
    known = sorted({*_DEDICATED, *OF_CONFIG, TIME_LIMIT})
    for key in config:
        if key not in known:
            refuse_key(config, key, f"'config' of {OWNER}", known, context)
        elif key in _DEDICATED and tree.get(key) is not None:
            context.problems.add(
                f"{key!r} of 'config' stands in the manifest as well",
                config.key_place(key),
                expected="each key in one place",
                fix=f"remove it here; the other stands at {tree.key_place(key)}",
            )
        elif key in _DEDICATED:
            whole.adopt(key, config)
    return whole


def _look_at_habits(spec: AgentManifest, tree: YamlMap, gaps: GapsFound) -> None:
    """Take ways to work that an arena does not know."""
    if spec.agent_pattern not in (None, "react"):
        what = f"agent_pattern {spec.agent_pattern}"
        why = "the agent calls tools until it answers, as with react"
        gaps.add(tree.key_place("agent_pattern"), what, why)
    if spec.execution_mode == "open":
        what, why = "execution_mode open", "an agent cannot change itself"
        gaps.add(tree.key_place("execution_mode"), what, why)


def _look_at_model(
    name: str | None, place: Location, gaps: GapsFound, context: LoadContext
) -> None:
    """Take a model that no column asks, since it is the columns that say which one works."""
    if name is None:
        return
    model = name.partition(":")[2] or name
    asked = {spec.full_model.partition("/")[2] for spec in context.providers.values()}
    if model not in asked:
        why = "the columns say which models work, and none of them is this one"
        gaps.add(place, f"model {name}", why)


def _servers(
    tree: YamlMap,
    costs: Mapping[str, ManifestToolCost],
    gaps: GapsFound,
    context: LoadContext,
) -> dict[str, McpServerSpec]:
    written = tree.get("servers")
    return servers_of(written, costs, gaps, context) if isinstance(written, YamlMap) else {}
