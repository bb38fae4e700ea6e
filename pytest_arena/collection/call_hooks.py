"""The hooks around each call, as the engine sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_arena.results.request_response import Request, Response


class ConfigHooks:
    """Hand requests and responses to the hooks of plug-ins and conftest files."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def before_request(self, request: Request) -> None:
        self._config.hook.pytest_arena_before_request(request=request, config=self._config)

    def after_response(self, request: Request, response: Response) -> None:
        self._config.hook.pytest_arena_after_response(
            request=request, response=response, config=self._config
        )
