"""What changed beside a cell's status: the words of its prompt, and how and by whom it is asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from pytest_arena.comparison.baseline.model import Baseline, BaselineCell, Prompt, Version
from pytest_arena.comparison.baseline.summarize import prompts_of
from pytest_arena.comparison.gate.cells import CellPair

_UNSET = "not set"
_MOST_OF_A_VALUE = 120


def prompt_diff(baseline: Baseline, pair: CellPair) -> tuple[str, ...]:
    """Return a unified diff of what was sent then and is sent now.

    Empty where the baseline has not kept the old prompt.
    """
    if pair.before is None:
        return ()
    old = baseline.prompts.get(pair.before.hashes.get("prompt", ""))
    new = prompts_of([pair.cell]).get(pair.cell.hashes.get("prompt", ""))
    if old is None or new is None:
        return ()
    diff = unified_diff(_lines(old), _lines(new), "baseline", "now", lineterm="", n=2)
    return tuple(diff)


def differences(
    baseline: Baseline, versions: Mapping[str, Version], pair: CellPair
) -> tuple[str, ...]:
    """Return what else is not as it was, a line each: `params.temperature: 0.5 → 0.9`.

    What the provider's entry says, its parameters and an application's version among it, as far as
    both sides kept it (`versions` are those of the run, by hash), tools, files and guardrails, and
    the model and its build as the provider reports them.
    """
    before, now = pair.before, pair.now
    if before is None:
        return ()
    found: list[str] = []
    if "provider" in pair.changed:
        old = baseline.providers.get(before.hashes.get("provider", ""))
        new = versions.get(now.hashes.get("provider", ""))
        if old is not None and new is not None:
            found += _of_versions(old, new)
    if "prompt" in pair.changed:
        found += [line for kind in ("tools", "files") for line in _of_named(kind, before, now)]
    if "assertions" in pair.changed:
        found += _of_named("guardrails", before, now)
    found += _reported("model as the provider reports it", before.models, now.models)
    found += _reported("build as the provider reports it", before.builds, now.builds)
    return tuple(found)


def _of_versions(old: Version, new: Version) -> Iterator[str]:
    sides = [old, new]
    if all("further" in side for side in sides):
        # a baseline from before kept nothing of it, which is not to say that nothing was there
        sides = [{**side, **side["further"]} for side in sides]
    then, now = (dict(_settings(side)) for side in sides)
    for name in {**then, **now}:
        if then.get(name) != now.get(name):
            short = [_short(side.get(name, _UNSET)) for side in (then, now)]
            yield f"{name}: " + (" → ".join(short) if short[0] != short[1] else "changed")


def _settings(version: Mapping[str, Any], way: str = "") -> Iterator[tuple[str, str]]:
    """Yield each setting by its name, nested ones as `params.temperature`."""
    for name, value in version.items():
        if name == "further" and not way:
            continue
        if isinstance(value, Mapping) and value:
            yield from _settings(value, f"{way}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{way}{name}", text


def _short(value: str) -> str:
    return value if len(value) <= _MOST_OF_A_VALUE else f"{value[: _MOST_OF_A_VALUE - 1]}…"


def _of_named(kind: str, before: BaselineCell, now: BaselineCell) -> Iterator[str]:
    """Yield which guardrails, tools or files were added, removed or changed, as far as both sides
    name theirs."""
    old, new = (Counter(side.hashes.get(kind, "").split()) for side in (before, now))
    if before.hashes.get(kind, "") == now.hashes.get(kind, ""):
        return
    if not all(":" in each for each in (*old, *new)):
        yield f"{kind}: " + ("added" if not old else "changed" if new else "removed")
        return
    gone, come = (_names(side) for side in (old - new, new - old))
    said = [f"{name} changed" for name in sorted((gone & come).elements())]
    said += [f"{name} added" for name in sorted((come - gone).elements())]
    said += [f"{name} removed" for name in sorted((gone - come).elements())]
    yield f"{kind}: {', '.join(said) or 'in another order'}"


def _names(entries: Counter[str]) -> Counter[str]:
    """Return how often each name is among them."""
    return Counter(each.rpartition(":")[0] for each in entries.elements())


def _reported(what: str, before: tuple[str, ...], now: tuple[str, ...]) -> Iterator[str]:
    # a provider may answer from several at once: only what has none in common is another one
    if before and now and not set(before) & set(now):
        yield f"{what}: {', '.join(before)} → {', '.join(now)}"


def _lines(prompt: Prompt) -> list[str]:
    return [f"{role}: {line}" for role, text in prompt for line in text.split("\n")]
