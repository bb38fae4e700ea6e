"""Functions that arena files name are found in their modules."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event
from types import ModuleType
from typing import Any

import pytest

from pytest_arena.references import resolve

SLOW = """\
import slow_desk_events

slow_desk_events.began.set()
slow_desk_events.go_on.wait(60)

def is_paid_back():
    return True
"""


def test_a_module_that_another_thread_imports_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: Any = ModuleType("slow_desk_events")
    events.began, events.go_on = Event(), Event()
    monkeypatch.setitem(sys.modules, "slow_desk_events", events)
    tmp_path.joinpath("slow_desk.py").write_text(SLOW)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(resolve, "slow_desk:is_paid_back", tmp_path)
        assert events.began.wait(60)
        second = pool.submit(resolve, "slow_desk:is_paid_back", tmp_path)
        # long enough for one that does not wait to fail
        wait([second], timeout=0.3)
        events.go_on.set()
        assert first.result()() is True
        assert second.result() is first.result()
    del sys.modules["slow_desk"]
