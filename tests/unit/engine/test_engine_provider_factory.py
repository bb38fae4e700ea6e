"""What is imported while files are collected."""

from __future__ import annotations

import gc
import threading

import pytest

from pytest_arena.engine.provider_factory import warm_up
from pytest_arena.providers.base import Provider
from pytest_arena.registry import Registry
from pytest_arena.schema import ProviderSpec


def test_what_a_client_imports_is_made_and_kept_without_the_garbage_collector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen, frozen = [], threading.Event()

    class Heavy(Provider):
        type = "heavy"

        @classmethod
        def warm_up(cls) -> None:
            seen.append(gc.isenabled())

    monkeypatch.setattr(gc, "freeze", frozen.set)
    registry = Registry()
    registry.provider(Heavy)
    spec = ProviderSpec(name="m", provider="heavy", model="x")
    warm_up(registry, [spec, spec])
    assert frozen.wait(10)
    assert seen == [False]
