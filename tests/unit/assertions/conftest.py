"""What the tests of assertions share: building one from YAML, a trial, and its finding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from stand_in_packages import add_stand_ins

from pytest_arena.assertions import BUILTINS
from pytest_arena.assertions.evaluate import evaluate, evaluate_cell
from pytest_arena.registry import Registry
from pytest_arena.results import Finding, GuardrailEvent, Response, Trial
from pytest_arena.schema import Assertion, CellAssertion, CheckContext

add_stand_ins()


def _build(entry: dict[str, Any]) -> Assertion:
    registry = Registry()
    registry.assertions.ship(BUILTINS)
    given = dict(entry)
    found = registry.assertions.get(given.pop("type"))
    assert found is not None
    if "assertions" in given:
        given["assertions"] = [_build(member) for member in given["assertions"]]
    return found.model_validate(given)


def _trial(
    output: str | None = "", *more: str, guardrails: tuple[GuardrailEvent, ...] = (), **facts: Any
) -> Trial:
    texts = () if output is None else (output, *more)
    return Trial(
        messages=({"role": "user", "content": "How do I reset my password?"},),
        responses=tuple(Response(text, **{"finish_reason": "stop", **facts}) for text in texts),
        verdict="passed",
        guardrails=guardrails,
    )


@pytest.fixture(scope="session")
def build() -> Callable[[str], Assertion]:
    """Build an assertion from one line of YAML."""
    return lambda text: _build(yaml.safe_load(text))


@pytest.fixture(scope="session")
def trial() -> Callable[..., Trial]:
    """Make a trial from its answers."""
    return _trial


@pytest.fixture(scope="session")
def judge() -> Callable[..., Finding]:
    """Evaluate a line of YAML against an answer, a trial, or the trials of a cell."""

    def judged(text: str, given: Any, root: Path | None = None, **facts: Any) -> Finding:
        assertion = _build(yaml.safe_load(text))
        context = CheckContext(provider="mini", root=root or Path())
        if isinstance(assertion, CellAssertion):
            return evaluate_cell(assertion, tuple(given), context)
        target = given if isinstance(given, Trial) else _trial(given, **facts)
        return evaluate(assertion, target, context)

    return judged
