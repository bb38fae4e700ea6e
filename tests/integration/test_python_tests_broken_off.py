"""Questions and checks of Python tests that do not come to their end, and tests that catch that."""

from __future__ import annotations

import pytest
from conftest import Project

APPLICATION = """
import signal
import threading

asked, let_go = threading.Event(), threading.Event()
limited = True

def answer(prompt):
    if "slow" in str(prompt):
        asked.set()
        if limited:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
        let_go.wait()
    return "hi"

def judge(messages):
    return answer(messages)
"""
ARENA = """
providers:
  - {name: app, provider: python, call: "app:answer"}
  - {name: other, provider: mock, responses: {default: "hi"}}
judge: {provider: python, call: "app:judge"}
"""
TESTS = """
import asyncio
import contextlib
import signal
import threading

import app
import pytest

class limit:
    \"""A time limit that is over as soon as the application or the judge is at work.\"""

    def __init__(self, error=TimeoutError):
        self.error = error

    def __enter__(self):
        def over(*_):
            raise self.error("too slow")

        self.before = signal.signal(signal.SIGUSR1, over)

    def __exit__(self, kind, error, traceback):
        signal.signal(signal.SIGUSR1, self.before)
        return isinstance(error, self.error)

@pytest.fixture(autouse=True)
def application():
    yield
    app.let_go.set()

def test_question(arena):
    with limit():
        arena.ask("app", "slow")

def test_question_by_assertion(arena):
    with limit(AssertionError):
        arena.ask("app", "slow")

def test_question_interrupted(arena):
    with limit(KeyboardInterrupt):
        arena.ask("app", "slow")

def test_question_in_case(arena):
    with arena.case("a"), limit():
        arena.ask("app", "slow")

def test_question_refused(arena):
    with pytest.raises(Exception):
        arena.ask("app", "hi", target="unknown")

def test_question_cancelled(arena):
    async def run():
        task = asyncio.create_task(arena.aask("app", "slow"))
        await asyncio.to_thread(app.asked.wait)
        task.cancel()
        await asyncio.wait([task])

    app.limited = False
    asyncio.run(run())

def test_question_left_in_a_thread(arena):
    def ask():
        # the run may end before the answer comes
        with contextlib.suppress(BaseException):
            arena.ask("app", "slow")

    app.limited = False
    threading.Thread(target=ask, daemon=True).start()
    app.asked.wait()

def test_question_asked_again(arena):
    with limit():
        arena.ask("app", "slow")
    arena.ask("app", "hi")

def test_question_with_a_fallback(arena):
    with limit():
        arena.ask("app", "slow")
    arena.check("later", contains="later")

def test_check(arena):
    with limit():
        arena.check("hi", llm_judge="is slow")

def test_check_in_case(arena):
    with arena.case("a"), limit():
        arena.check("hi", llm_judge="is slow")

def test_check_made_again(arena):
    with limit():
        arena.check("hi", llm_judge="is slow")
    arena.check("hi", contains="hi")

def test_check_refused(arena):
    answer = arena.ask("app", "hi")
    with pytest.raises(Exception):
        arena.check(answer, contians="hi")

@pytest.mark.xfail(reason="known")
def test_check_expected_to_fail(arena):
    with limit():
        arena.check("hi", llm_judge="is slow")

@pytest.fixture
def checks_at_its_end(arena):
    yield
    with limit():
        arena.check("hi", llm_judge="is slow")

def test_check_of_a_fixture(arena, checks_at_its_end):
    arena.check("hi", contains="hi")

def test_check_cancelled(arena):
    async def run():
        task = asyncio.create_task(arena.acheck("hi", contains="hi"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(run())
"""
CUT_SHORT = "in test_it.py:17: too slow"


def run(project: Project, name: str, *options: str) -> pytest.RunResult:
    project.write(arena=ARENA)
    project.pytester.makepyfile(app=APPLICATION, test_it=TESTS)
    return project.run(f"test_it.py::{name}", *options)


@pytest.mark.parametrize(
    ("name", "column", "said"),
    [
        ("test_question", "app", f"TimeoutError {CUT_SHORT}"),
        ("test_question_by_assertion", "app", f"nothing was checked: AssertionError {CUT_SHORT}"),
        ("test_question_interrupted", "app", f"KeyboardInterrupt {CUT_SHORT}"),
        ("test_question_in_case", "app", f"TimeoutError {CUT_SHORT}"),
        ("test_question_refused", "app", "'unknown'"),
        ("test_question_cancelled", "app", "arena.aask(…) did not come to its end\n"),
        (
            "test_question_left_in_a_thread",
            "app",
            "test_it.py:64:13: arena.ask(…) did not come to its end\n",
        ),
        ("test_check", "application", f"did not come to its end: TimeoutError {CUT_SHORT}\n"),
        ("test_check_in_case", "application", "did not come to its end: TimeoutError"),
        ("test_check_made_again", "application", "did not come to its end: TimeoutError"),
        ("test_check_refused", "app", "contians"),
        ("test_check_expected_to_fail", "application", "did not come to its end: TimeoutError"),
        ("test_check_of_a_fixture", "application", "did not come to its end: TimeoutError"),
        ("test_check_cancelled", "application", "arena.acheck(…) did not come to its end\n"),
    ],
)
def test_what_did_not_come_to_its_end_is_an_error_though_the_test_caught_that(
    project: Project, name: str, column: str, said: str, spread: tuple[str, ...]
) -> None:
    result = run(project, name, *spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    (cell,) = project.cells().values()
    assert (cell["verdict"], cell["provider"]) == ("error", column)
    assert said in cell["trials"][0]["error"]["message"]


@pytest.mark.parametrize(
    ("name", "column"),
    [("test_question_asked_again", "app"), ("test_question_with_a_fallback", "application")],
)
def test_a_question_that_was_broken_off_may_be_asked_again(
    project: Project, name: str, column: str, spread: tuple[str, ...]
) -> None:
    assert run(project, name, *spread).ret == pytest.ExitCode.OK
    (cell,) = project.cells().values()
    assert (cell["verdict"], cell["provider"]) == ("passed", column)


def test_a_check_that_was_broken_off_is_told_with_its_place(project: Project) -> None:
    run(project, "test_check").stdout.fnmatch_lines(
        [
            f"*: test_it.py:*: arena.check(…) did not come to its end: TimeoutError {CUT_SHORT}",
            "E * fix: let the test wait for it",
        ]
    )


def test_a_question_to_a_column_that_is_left_out_is_skipped_though_the_test_caught_that(
    project: Project, spread: tuple[str, ...]
) -> None:
    result = run(project, "test_question", "--arena-provider=other", *spread)
    result.assert_outcomes(skipped=1)
    project.pytester.makepyfile(
        test_it="""
        def test_caught(arena):
            try:
                arena.ask("app", "hi")
            except BaseException:
                pass
        """
    )
    project.run("test_it.py", "--arena-provider=other", *spread)
    (cell,) = project.cells().values()
    assert cell["verdict"] == "skipped"
