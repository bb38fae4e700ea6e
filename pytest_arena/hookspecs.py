"""The hooks of pytest-arena, for `conftest.py` files and plug-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_arena.registry import Registry
    from pytest_arena.results import Cell, Request, Response, RunResult


@pytest.hookspec(historic=True)
def pytest_arena_register(registry: Registry) -> None:
    """Add assertions, guardrails, providers and reporters.

    Called once for each plug-in and each `conftest.py`, late ones included, in every process.
    What ships with pytest-arena registers in the same way::

        def pytest_arena_register(registry):
            registry.assertion(MyAssertion)
    """


@pytest.hookspec
def pytest_arena_before_request(request: Request, config: pytest.Config) -> None:
    """See a request, and change it in place, before it is sent.

    Called on the engine's event loop thread for every call, not for its further attempts:
    be quick, do not block. An exception makes the trial an `error`.
    """


@pytest.hookspec
def pytest_arena_after_response(
    request: Request, response: Response, config: pytest.Config
) -> None:
    """See a response, and change it in place, before guardrails and assertions look at it.

    Called on the engine's event loop thread: be quick, do not block. An exception makes the
    trial an `error`.
    """


@pytest.hookspec
def pytest_arena_cell_finished(cell: Cell, config: pytest.Config) -> None:
    """Hear of a cell that has its verdict; called once a cell, in the controller process."""


@pytest.hookspec
def pytest_arena_run_summary(run: RunResult, config: pytest.Config) -> str | list[str] | None:
    """Return lines that are added to the terminal summary and to the reports' run facts."""
