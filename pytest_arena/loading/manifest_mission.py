"""`mission:` of a manifest as an assertion on what its agent does."""

from __future__ import annotations

from dataclasses import replace

from pytest_arena.errors import Location
from pytest_arena.loading.assertions import build_named
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.manifest_gaps import OF_MISSION, OWNER, GapsFound
from pytest_arena.loading.manifest_variables import filled
from pytest_arena.loading.plans import CasePlan
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import Assertion
from pytest_arena.schema.manifest import ManifestMission

_JUDGED_BY = ("objective", "success_criteria", "confidence_threshold")


def mission_of(tree: YamlMap, gaps: GapsFound, context: LoadContext) -> Assertion | None:
    """Return the assertion that an agent accomplished the mission of its manifest, if it has
    one."""
    if not isinstance(tree.get("mission"), YamlMap):
        return None
    written: YamlMap = filled(tree, "mission", context.problems)
    read = build_model(ManifestMission, written, context.problems, f"'mission' of {OWNER}")
    if read is None:
        return None
    if not read.enabled:
        gaps.add_idle(tree, "mission", "it is not looked at")
        return None
    gaps.look(written, OF_MISSION, "mission")
    said = written.only(key for key in _JUDGED_BY if written.get(key) not in ("", None))
    return build_named("mission", said, context)


def with_mission(plan: CasePlan, mission: Assertion, context: LoadContext) -> CasePlan:
    """Return a case that looks at the mission of its agent, too, unless it does so itself, or there
    is nobody who could judge it."""
    if any(one.type == mission.type for one in plan.assertions):
        return plan
    if plan.judge is None:
        place = mission.place or Location(plan.source, plan.line, 1)
        context.warn(place, f"'mission' of {OWNER} is not judged: the arena file has no judge")
        return plan
    added = mission.model_copy()
    # a finding has a line of the arena file, and this one stands in none
    added._place = None
    return replace(plan, assertions=(*plan.assertions, added))
