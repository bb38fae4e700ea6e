"""Threads that an application leaves, for which Python waits when pytest has ended."""

from __future__ import annotations

import pytest
from conftest import Project

ARENA = """\
providers: [{name: b, provider: python, call: "threads_bot:ask"}]
tests: [{name: A, prompt: hi, assertions: [{type: contains, value: ok}]}]
"""
BOT = """
import threading
from concurrent.futures import ThreadPoolExecutor

over = threading.Event()
pool = ThreadPoolExecutor(1)


def ask(prompt):
    begin()
    return "ok"


def begin():
"""
CONFTEST = """
import pytest
import threads_bot


@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    threads_bot.over.set()
"""
TOLD = "the thread 'heartbeat' still runs, and pytest waits for it to end"


@pytest.mark.parametrize(
    ("begun", "told"),
    [
        ('threading.Thread(target=over.wait, name="heartbeat", daemon=False).start()', True),
        ('threading.Thread(target=over.wait, name="heartbeat", daemon=True).start()', False),
        ("pool.submit(int)", False),
        ("pass", False),
    ],
)
def test_a_thread_that_python_waits_for_is_named(begun: str, told: bool, project: Project) -> None:
    project.write(arena=ARENA)
    project.pytester.makepyfile(threads_bot=f"{BOT}    {begun}")
    project.pytester.makeconftest(CONFTEST)
    result = project.run()
    assert result.ret == 0
    assert (TOLD in result.stdout.str()) == told
