"""The hooks around each call, as the engine sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_arena.results.request_response import Request, Response


class ConfigHooks:
    """The plug-ins and conftest files of a configuration that see requests and responses."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @property
    def any(self) -> bool:
        """Whether one of them wants to see a request or a response."""
        hook = self._config.hook
        return bool(
            hook.pytest_arena_before_request.get_hookimpls()
            or hook.pytest_arena_after_response.get_hookimpls()
        )

    def before_request(self, request: Request) -> None:
        self._config.hook.pytest_arena_before_request(request=request, config=self._config)

    def after_response(self, request: Request, response: Response) -> None:
        self._config.hook.pytest_arena_after_response(
            request=request, response=response, config=self._config
        )
