"""When litellm, which takes seconds to import, is imported: from collection on, and once."""

from __future__ import annotations

import pytest
from conftest import Project
from servers.wire import WireServer

WATCH = """\
import sys, threading

told, begun = [], threading.Event()

class Watch:
    def find_spec(self, name, path=None, target=None):
        # a part of it, since whether it is installed is looked up without importing it
        if name == "litellm.main":
            told.append(f"import by {threading.current_thread().name}")
            begun.set()

sys.meta_path.insert(0, Watch())

def pytest_collection_finish():
    # a thread that was started may take a while to get its turn
    begun.wait(60)
    told.append("collected")

def pytest_arena_before_request(request):
    told.append(f"call of {request.provider}")

def pytest_unconfigure():
    print("told:", *told, sep="\\n")
"""


def test_its_import_begins_with_collection_and_happens_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", "k")
    with WireServer() as server:
        entries = "".join(
            f"  - {{name: {name}, provider: deepseek, model: m, api_base: '{server.url}/v1'}}\n"
            for name in ("one", "two")
        )
        cases = "".join(
            f"  - {{name: c{number}, prompt: hi, assertions: [{{type: success}}]}}\n"
            for number in range(3)
        )
        project.write(arena=f"providers:\n{entries}tests:\n{cases}")
        project.pytester.makeconftest(WATCH)
        # a process of its own, which has imported nothing yet
        result = project.pytester.runpytest_subprocess("--arena", "-p", "no:randomly", "-s")
        result.assert_outcomes(passed=6)
        assert server.calls == 6
    told = result.outlines[result.outlines.index("told:") + 1 :][:8]
    assert told[:2] == ["import by arena-warm-up-litellm", "collected"]
    assert sorted(told[2:]) == 3 * ["call of one"] + 3 * ["call of two"]
