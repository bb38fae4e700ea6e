"""`budget:`, `health:` and time limits of a manifest, as limits of a trial."""

from __future__ import annotations

from typing import Any

from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.manifest_gaps import OF_BUDGET, OF_HEALTH, OWNER, GapsFound
from pytest_arena.loading.manifest_variables import filled
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import HealthSpec, ToolLimits
from pytest_arena.schema.manifest import ManifestBudget, ManifestHealth, TimeLimited

TIME_LIMIT = "max_invocation_time"
_LIMITS = {
    "max_tool_calls_per_run": "tool_calls",
    "max_llm_turns_per_run": "llm_turns",
    "max_cost_per_run": "cost_weight",
    "max_irreversible_per_run": "irreversible",
}


def budget_of(tree: YamlMap, gaps: GapsFound, context: LoadContext) -> ManifestBudget:
    """Return the budget of a manifest; without one, or a sound one, that which limits nothing."""
    written = tree.get("budget")
    if not isinstance(written, YamlMap):
        return ManifestBudget()
    owner = f"'budget' of {OWNER}"
    budget = build_model(ManifestBudget, written, context.problems, owner) or ManifestBudget()
    if not budget.enabled:
        gaps.add_idle(tree, "budget", "it limits nothing")
    else:
        gaps.look(written, OF_BUDGET, "budget")
    return budget


def limits_of(budget: ManifestBudget, seconds: float) -> ToolLimits:
    """Return the limits of a trial that are those of one run, which may take so many seconds."""
    given: dict[str, Any] = {"wall_time": seconds} if seconds else {}
    if budget.enabled:
        found = {ours: getattr(budget, theirs) for theirs, ours in _LIMITS.items()}
        # each way that Promptise has ends what the agent does
        given |= {**found, "on_exceeded": "stop"}
    return ToolLimits(**given)


def seconds_of(config: YamlMap, context: LoadContext) -> float:
    """Return `max_invocation_time` of `config:`; 0 is no limit."""
    if TIME_LIMIT not in config:
        return 0
    values = {TIME_LIMIT: filled(config, TIME_LIMIT, context.problems)}
    owner = f"'config' of {OWNER}"
    read = build_model(TimeLimited, config, context.problems, owner, values)
    return read.max_invocation_time if read is not None else 0


def health_of(tree: YamlMap, gaps: GapsFound, context: LoadContext) -> HealthSpec | None:
    """Return the signs at which the agent of a manifest is stopped, if it looks for any."""
    written = tree.get("health")
    if not isinstance(written, YamlMap):
        return None
    owner = f"'health' of {OWNER}"
    health = build_model(ManifestHealth, written, context.problems, owner)
    if health is None:
        return None
    if not health.enabled:
        gaps.add_idle(tree, "health", "it looks for nothing")
        return None
    gaps.look(written, OF_HEALTH, "health")
    values = {key: getattr(health, key) for key in written if key in HealthSpec.model_fields}
    values["on_anomaly"] = "note" if health.on_anomaly == "log" else "stop"
    return build_model(HealthSpec, written, context.problems, owner, values)
