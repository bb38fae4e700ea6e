"""What results keep of an arena file: its name, its limits, and how its providers are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

from pytest_arena.loading.plans import Arena, CellPlan
from pytest_arena.loading.versions import versions_of

_OF_CONTENTS = ("prompt", "assertions", "judge", "files")


def arena_facts(arena: Arena, clean: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the facts as plain values; `clean` takes keys out."""
    return {
        "file": arena.file,
        "name": arena.name,
        "description": arena.description,
        "schedule": arena.schedule,
        "versions": clean(versions_of(arena.cells)),
        "inventory": clean(arena.inventory),
        "contents": _contents(arena.cells),
        "gates": [gate.model_dump(exclude_unset=True) for gate in arena.gates],
        "comparison": arena.comparison.model_dump() if arena.comparison else None,
    }


def _contents(cells: Iterable[CellPlan]) -> str:
    """Name what the cells ask and check; whom they ask may have another address on each machine."""
    lines = [
        f"{plan.case.name} {plan.column} {[plan.hashes.get(part) for part in _OF_CONTENTS]}"
        for plan in cells
    ]
    return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:12]
