"""What ships with the plugin, as a plug-in like those of others."""

from __future__ import annotations

from pytest_arena.registry import Registry


class Builtins:
    """What ships with the plugin, which it registers through the hook that others use."""

    def pytest_arena_register(self, registry: Registry) -> None:
        from pytest_arena.builtins import register

        register(registry)
