"""An evaluation arena for LLM applications, at home in pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_arena._version import __version__

if TYPE_CHECKING:
    from pytest_arena.api import arun_arena, run_arena
    from pytest_arena.checks.expect import aexpect, expect
    from pytest_arena.checks.failures import CheckErrored, CheckFailed
    from pytest_arena.collection.python_tests.fixture import ArenaFixture
    from pytest_arena.comparison import load_results
    from pytest_arena.errors import ErrorKind, ProviderError
    from pytest_arena.providers.base import Provider, ProviderEnvironment
    from pytest_arena.reporting.base import Report, Reporter
    from pytest_arena.results import Cell, Finding, Request, Response, RunResult, ToolCall, Trial
    from pytest_arena.schema import (
        ArenaModel,
        Assertion,
        CellAssertion,
        CheckContext,
        Guardrail,
        MayBeUnsure,
        Outcome,
        Violation,
    )

_HOMES = {
    "load_results": "pytest_arena.comparison",
    "arun_arena": "pytest_arena.api",
    "run_arena": "pytest_arena.api",
    "aexpect": "pytest_arena.checks.expect",
    "expect": "pytest_arena.checks.expect",
    "CheckErrored": "pytest_arena.checks.failures",
    "CheckFailed": "pytest_arena.checks.failures",
    "ArenaFixture": "pytest_arena.collection.python_tests.fixture",
    "ErrorKind": "pytest_arena.errors",
    "ProviderError": "pytest_arena.errors",
    "Provider": "pytest_arena.providers.base",
    "ProviderEnvironment": "pytest_arena.providers.base",
    "Cell": "pytest_arena.results",
    "Finding": "pytest_arena.results",
    "Request": "pytest_arena.results",
    "Response": "pytest_arena.results",
    "RunResult": "pytest_arena.results",
    "ToolCall": "pytest_arena.results",
    "Trial": "pytest_arena.results",
    "Report": "pytest_arena.reporting.base",
    "Reporter": "pytest_arena.reporting.base",
    "ArenaModel": "pytest_arena.schema",
    "Assertion": "pytest_arena.schema",
    "CellAssertion": "pytest_arena.schema",
    "CheckContext": "pytest_arena.schema",
    "Guardrail": "pytest_arena.schema",
    "MayBeUnsure": "pytest_arena.schema",
    "Outcome": "pytest_arena.schema",
    "Violation": "pytest_arena.schema",
}

__all__ = [
    "ArenaFixture",
    "ArenaModel",
    "Assertion",
    "Cell",
    "CellAssertion",
    "CheckContext",
    "CheckErrored",
    "CheckFailed",
    "ErrorKind",
    "Finding",
    "Guardrail",
    "MayBeUnsure",
    "Outcome",
    "Provider",
    "ProviderEnvironment",
    "ProviderError",
    "Report",
    "Reporter",
    "Request",
    "Response",
    "RunResult",
    "ToolCall",
    "Trial",
    "Violation",
    "__version__",
    "aexpect",
    "arun_arena",
    "expect",
    "load_results",
    "run_arena",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that plain pytest pays for none of them.

    `dir` does not tell of them: freezegun, for one, asks each module for all that it lists.
    """
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)
