"""What it takes to ask an earlier version of a cell again, and that version as a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pytest_arena.loading.hashing import Hasher, further_facts, provider_hash
from pytest_arena.loading.plans import Arena, CasePlan, CellPlan, TurnPlan
from pytest_arena.results.content import shown
from pytest_arena.results.request_response import SYSTEM_ROLES
from pytest_arena.schema import ProviderSpec

BASELINE_TRIALS = 5


def versions_of(plans: Iterable[CellPlan]) -> dict[str, dict[str, Any]]:
    """Return what it takes to ask the providers of cells again, by their hash; nothing secret."""
    found: dict[str, dict[str, Any]] = {}
    for plan in plans:
        hashed = plan.hashes["provider"]
        if hashed not in found:
            spec = plan.provider
            version = {
                "provider": spec.provider,
                "model": spec.model,
                "api_base": _without_user(spec.api_base),
                "api_key_env": spec.api_key_env,
                "params": {**plan.case.params, **spec.params},
            }
            known = {name: value for name, value in version.items() if value}
            found[hashed] = {**known, "further": further_facts(spec)}
    return found


def with_baseline_trials(arena: Arena) -> Arena:
    """Return an arena whose cells have enough trials for a baseline; a mock's are all alike.

    All get as many: further trials for those that look unsteady would make their neighbours look
    better than they are.
    """
    return replace(arena, cells=tuple(_with_trials(plan) for plan in arena.cells))


def _with_trials(plan: CellPlan) -> CellPlan:
    case = plan.case
    if plan.provider.provider == "mock" or case.load is not None or case.trials >= BASELINE_TRIALS:
        return plan
    return replace(plan, case=replace(case, trials=BASELINE_TRIALS))


def earlier_version(
    plan: CellPlan,
    hashes: Mapping[str, str],
    prompt: Sequence[tuple[str, str]] | None,
    provider: Mapping[str, Any] | None,
) -> CellPlan | None:
    """Return the plan that asks as an earlier version did, judged as the cell is now.

    `hashes` are the earlier version's, `prompt` its roles and texts, `provider` what is kept of
    its provider. None where that does not make up the very same version.
    """
    case: CasePlan | None = plan.case
    spec: ProviderSpec | None = plan.provider
    if hashes.get("prompt") != plan.hashes["prompt"]:
        case = _with_prompt(plan.case, prompt or (), hashes.get("prompt", ""))
    if hashes.get("provider") != plan.hashes["provider"]:
        spec = _with_version(plan.provider, provider or {})
        case = replace(case, params={}) if case is not None else None
        if spec is None or provider_hash(spec, {}) != hashes.get("provider"):
            return None
    if case is None or spec is None:
        return None
    return judged_alike(replace(plan, case=case, provider=spec), plan, hashes)


def judged_alike(old: CellPlan, new: CellPlan, hashes: Mapping[str, str]) -> CellPlan | None:
    """Return an earlier plan under the assertions of a newer one; None where they do not fit."""
    if [len(turns) for turns in old.case.dialogues] != [len(t) for t in new.case.dialogues]:
        return None
    dialogues = tuple(
        tuple(
            replace(before, assertions=now.assertions)
            for before, now in zip(turns, others, strict=True)
        )
        for turns, others in zip(old.case.dialogues, new.case.dialogues, strict=True)
    )
    case = replace(
        new.case,
        system=old.case.system,
        params=old.case.params,
        dialogues=dialogues,
        guardrails=old.case.guardrails,
        tools=old.case.tools,
        agent=old.case.agent,
        chain=old.case.chain,
        workflow=old.case.workflow,
        offer=old.case.offer,
        files={**new.case.files, **old.case.files},
    )
    return replace(
        new, case=case, provider=old.provider, fallbacks=(), hashes={**new.hashes, **hashes}
    )


def _with_prompt(case: CasePlan, texts: Sequence[tuple[str, str]], wanted: str) -> CasePlan | None:
    """Return a case with an earlier prompt, if its texts make up that prompt and no other."""
    chunks: list[list[tuple[str, str]]] = []
    systems = sum(role in SYSTEM_ROLES for role, _ in texts)
    single = len(case.dialogues) > 1
    for role, text in texts:
        begins = role in SYSTEM_ROLES or (not systems and single)
        if begins or not chunks:
            chunks.append([])
        chunks[-1].append((role, text))
    if len(chunks) != len(case.dialogues):
        return None
    dialogues = []
    for chunk, turns in zip(chunks, case.dialogues, strict=True):
        users = [text for role, text in chunk if role not in SYSTEM_ROLES]
        if len(users) != len(turns):
            return None
        dialogues.append(_with_texts(turns, users))
    system = next((text for role, text in texts if role in SYSTEM_ROLES), None)
    found = replace(case, system=system, dialogues=tuple(dialogues))
    return found if Hasher().prompt(found) == wanted else None


def _with_texts(turns: Sequence[TurnPlan], users: Sequence[str]) -> tuple[TurnPlan, ...]:
    return tuple(
        turn if shown(turn.user) == user else replace(turn, user=user)
        for turn, user in zip(turns, users, strict=True)
    )


def _with_version(spec: ProviderSpec, version: Mapping[str, Any]) -> ProviderSpec | None:
    if not version:
        return None
    changes = {name: version.get(name) for name in ("api_base", "api_key_env")}
    if changes["api_base"] == _without_user(spec.api_base):
        # a user and a key before the host are not kept
        changes["api_base"] = spec.api_base
    named = {name: version.get(name, "") for name in ("provider", "model")}
    earlier = spec.model_copy(
        update={**changes, **named, "params": dict(version.get("params", {})), "fallbacks": ()}
    )
    earlier._vendor = spec._vendor
    return earlier


def _without_user(url: str | None) -> str | None:
    """Return a base URL without the user and the key that may stand before its host."""
    if not url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
