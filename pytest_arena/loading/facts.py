"""What results keep of an arena file: its name, its limits, and how its providers are asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_arena.loading.plans import Arena
from pytest_arena.loading.versions import versions_of


def arena_facts(arena: Arena, clean: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the facts as plain values; `clean` takes keys out."""
    return {
        "file": arena.file,
        "name": arena.name,
        "description": arena.description,
        "schedule": arena.schedule,
        "versions": clean(versions_of(arena.cells)),
        "inventory": clean(arena.inventory),
        "gates": [gate.model_dump(exclude_unset=True) for gate in arena.gates],
        "comparison": arena.comparison.model_dump() if arena.comparison else None,
    }
