"""The examples that ship load with what ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.builtins import register
from pytest_arena.loading import load_arena
from pytest_arena.registry import Registry

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted(ROOT.glob("arenas/**/*arena.yaml"))


@pytest.fixture(scope="module")
def shipped() -> Registry:
    registry = Registry()
    register(registry)
    return registry


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_example_has_no_problems(path: Path, shipped: Registry) -> None:
    assert load_arena(path, root=ROOT, registry=shipped).cells


def test_the_support_bot_is_eight_cells(shipped: Registry) -> None:
    path = ROOT / "arenas" / "support-bot" / "support-bot.arena.yaml"
    arena = load_arena(path, root=ROOT, registry=shipped)
    assert [cell.name for cell in arena.cells] == [
        f"{case}[{provider}]"
        for case in ("Password Reset", "Account Recovery", "Billing Question", "Guardrail Test")
        for provider in ("openai-mini", "openai-full")
    ]
    assert arena.cells[0].case.params == {"max_tokens": 500, "temperature": 0.7}
    assert [rule.type for rule in arena.cells[0].case.guardrails] == ["banned_words"]
