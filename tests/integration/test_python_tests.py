"""The fixture `arena` in ordinary tests: what they check and ask are cells of the run."""

from __future__ import annotations

import re
from typing import Any

import pytest
from conftest import Project

ARENA = """\
providers:
  - {name: mini, provider: mock, model: m-1, responses: {default: "Your refund comes in 5 days."}}
  - {name: haiku, provider: mock, model: h-1, responses: {default: "No idea."}}
judge:
  provider: mock
  responses: {default: '{"evidence": ["refund"], "reasoning": "Kind.", "level": "fully"}'}
"""
EVERY_KIND = """
import unittest

import pytest

def test_application(arena):
    arena.check("Choose Forgot password.", contains="Forgot password", prompt="How?")
    arena.check("Choose Forgot password.", {"max_words": 3})

def test_does_not_hold(arena):
    arena.check("Hello", contains="bye")
    arena.check("Hello", contains="never looked at")

@pytest.mark.parametrize("model", ["mini", "haiku"])
@pytest.mark.parametrize("topic", ["refund", "idea"])
def test_of_models(arena, topic, model):
    answer = arena.ask(model, "What of my refund?")
    arena.check(answer, contains=topic)

def test_two_questions(arena):
    first = arena.ask("mini", "One?", system="Be brief.")
    second = arena.ask({"provider": "mock", "name": "mini", "responses": {"default": "B"}}, "Two?")
    arena.check(second, equals="B")
    arena.check(first.output.upper()[:11], contains="refund", llm_judge="is kind")
    assert "days" in first.output

def test_breaks_before_a_check(arena):
    raise LookupError("no such customer")

def test_asserts_by_itself(arena):
    assert arena.ask("mini", "When?").output == "tomorrow"

def test_asserts_without_an_answer(arena):
    assert 1 == 2

def test_expects_the_failure(arena):
    with pytest.raises(AssertionError):
        arena.check("Hello", contains="bye")

def test_is_skipped(arena):
    pytest.skip("not today")

@pytest.fixture
def broken():
    raise OSError("no disk")

def test_has_no_setup(broken, arena):
    pass

def test_uses_nothing(arena):
    pass

@pytest.mark.arena(provider="bot")
def test_names_its_column(arena):
    arena.check(arena.ask("mini", "?"), contains="refund")

def test_cases(arena):
    for name in ("haiku", "mini", "none"):
        with arena.case(f"Refund of {name}", provider=name):
            arena.check(arena.ask(name, "What of my refund?"), contains="refund")
    with arena.case("Skipped"):
        pytest.skip("not this one")
    arena.check("the test goes on", contains="goes on")

def test_subtests(arena, subtests):
    for word in ("hello", "bye"):
        with subtests.test(word):
            arena.check("hello", contains=word)

@pytest.mark.xfail(reason="known")
def test_known_gap(arena):
    arena.check("Hello", contains="bye")

def test_asked_for_by_name(request):
    request.getfixturevalue("arena").check("Hello", contains="hello")

class TestOfUnittest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _arena(self, arena):
        self.arena = arena

    def test_holds(self):
        self.arena.check("Hello", contains="hello")

    def test_fails(self):
        self.arena.check("Hello", contains="bye")
"""
VERDICTS = {
    "test_application[application]": "passed",
    "test_does_not_hold[application]": "failed",
    "test_of_models[refund][mini]": "passed",
    "test_of_models[refund][haiku]": "failed",
    "test_of_models[idea][mini]": "failed",
    "test_of_models[idea][haiku]": "passed",
    "test_two_questions[mini]": "passed",
    "test_breaks_before_a_check[application]": "error",
    "test_asserts_by_itself[mini]": "failed",
    "test_asserts_without_an_answer[application]": "error",
    "test_expects_the_failure[application]": "passed",
    "test_is_skipped[application]": "skipped",
    "test_has_no_setup[application]": "error",
    "test_names_its_column[bot]": "passed",
    "test_cases::Refund of haiku[haiku]": "failed",
    "test_cases::Refund of mini[mini]": "passed",
    "test_cases::Refund of none[none]": "error",
    "test_cases::Skipped[application]": "skipped",
    "test_cases[application]": "passed",
    "test_subtests[application]": "failed",
    "test_known_gap[application]": "failed",
    "test_asked_for_by_name[application]": "passed",
    "TestOfUnittest::test_fails[application]": "failed",
    "TestOfUnittest::test_holds[application]": "passed",
}
"""In the order of the file; pytest counts what it makes of a subtest on its own."""


@pytest.fixture
def tests(project: Project) -> Project:
    """A project with an arena file that has no cases of its own."""
    project.write(arena=ARENA)
    return project


def findings(cell: dict[str, Any]) -> list[tuple[str, str, float]]:
    (trial,) = cell["trials"]
    return [(one["type"], one["verdict"], one["weight"]) for one in trial["assertions"]]


@pytest.mark.real_workers
def test_what_tests_check_are_cells_of_the_run(tests: Project, spread: tuple[str, ...]) -> None:
    tests.pytester.makepyfile(test_app=EVERY_KIND)
    result = tests.run(*spread)
    assert result.ret == 1
    cells = {name.partition("::")[2]: cell for name, cell in tests.cells().items()}
    assert {name: cell["verdict"] for name, cell in cells.items()} == VERDICTS
    assert list(cells) == list(VERDICTS)
    two = cells["test_two_questions[mini]"]
    assert [message["content"] for message in two["trials"][0]["messages"]] == [
        "Be brief.",
        "One?",
        "Your refund comes in 5 days.",
        "Two?",
    ]
    assert [one["turn"] for one in two["trials"][0]["assertions"]] == [1, 0, 0]
    assert findings(cells["test_expects_the_failure[application]"]) == [
        ("contains", "failed", 0.0),
        ("test", "passed", 1.0),
    ]
    assert findings(cells["test_asserts_by_itself[mini]"]) == [("test", "failed", 1.0)]
    error = cells["test_breaks_before_a_check[application]"]["trials"][0]["error"]
    assert error["kind"] == "system"
    assert error["message"].startswith("LookupError in test_app.py:")
    assert cells["test_is_skipped[application]"]["reason"] == "not today"
    assert (
        cells["test_of_models[refund][mini]"]["test"] == "test_app.py::test_of_models[refund-mini]"
    )
    assert cells["test_known_gap[application]"]["xfail"] == "known"
    shown = result.stdout.str()
    assert "pytest_arena.CheckFailed: failed: contains: did not find 'bye' in 'Hello'" in shown
    assert "python_tests/" not in shown.replace("python_tests.fixture.ArenaFixture", "")
    assert "CasesErrored: 2 of 4 cases did not pass: Refund of haiku, Refund of none" in shown


def test_without_the_option_tests_check_and_write_nothing(
    tests: Project, spread: tuple[str, ...]
) -> None:
    tests.pytester.makepyfile(
        test_app="""
import pytest

def test_holds(arena):
    arena.check(arena.ask("mini", "What of my refund?"), contains="refund", llm_judge="is kind")

def test_does_not_hold(arena):
    arena.check("Hello", contains="bye")

@pytest.mark.arena(trials=2)
def test_twice(arena, record_property):
    record_property("run", 1)
    arena.check("Hello", contains="hello")
"""
    )
    result = tests.pytester.runpytest("--strict-markers", *spread)
    result.assert_outcomes(passed=2, failed=1)
    assert not (tests.path / "arena-report").exists()


def test_a_run_without_results_records_nothing(tests: Project) -> None:
    tests.pytester.makepyfile("def test_it(arena): arena.ask('mini', '?')")
    result = tests.pytester.runpytest("--arena-record=new")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert (
        "--arena-record new keeps answers, which a run without --arena does not do"
        in result.stderr.str()
    )


TRIALS = """
import unittest

import pytest

made = []

@pytest.fixture
def fresh():
    made.append("up")
    yield len(made)
    made.append("down")

@pytest.fixture(scope="module")
def wide():
    made.append("wide")

@pytest.mark.arena(trials=5, pass_threshold=0.6)
def test_mostly(arena, fresh, wide, caplog):
    arena.check("bye" if made.count("up") == 2 else "hello", contains="hello")

def test_made(wide):
    assert made == ["wide"] + ["up", "down"] * 4

@pytest.mark.arena(trials=4, pass_threshold=0.9)
def test_seldom(arena, fresh):
    arena.check("hello" if made.count("up") % 2 else "bye", contains="hello")

class TestOfOneInstance:
    @pytest.mark.arena(trials=2)
    def test_is_new(self, arena):
        assert not hasattr(self, "seen")
        self.seen = True
        arena.check("hello", contains="hello")

class TestOfUnittest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _arena(self, arena):
        self.arena = arena

    @pytest.mark.arena(trials=2)
    def test_is_new(self):
        assert not hasattr(self, "seen")
        self.seen = True
        self.arena.check("hello", contains="hello")

@pytest.mark.xfail(strict=True)
@pytest.mark.arena(trials=2)
def test_known_gap(arena):
    arena.check("hello", contains="bye")

@pytest.mark.arena(trials=3, pass_threshold=0.5)
def test_breaks_once(arena):
    made.append("broken")
    if made.count("broken") == 1:
        raise OSError("no disk")
    arena.check(arena.ask("mini", "?"), contains="refund")

@pytest.fixture
def sticky():
    yield
    raise OSError("cannot be taken down")

@pytest.mark.arena(trials=2)
def test_taken_down(arena, sticky):
    arena.check("hello", contains="hello")

@pytest.mark.arena(trials=3)
def test_skips(arena):
    pytest.skip("not here")
"""


@pytest.mark.parametrize("options", [(), ("--arena-trials=2",), ("--arena-fail-on=none",)])
def test_what_passes_under_a_strict_xfail_fails(
    tests: Project, spread: tuple[str, ...], options: tuple[str, ...]
) -> None:
    tests.pytester.makepyfile(
        test_app="""
        import pytest

        @pytest.mark.xfail(strict=True)
        def test_no_gap(arena):
            arena.check("hello", contains="hello")

        @pytest.mark.xfail
        def test_no_known_gap(arena):
            arena.check("hello", contains="hello")
        """
    )
    tests.run(*options, *spread).assert_outcomes(failed=1, xpassed=1)


@pytest.mark.parametrize("options", [(), ("--arena-trials=2",)])
@pytest.mark.parametrize("mark", ["", "()", "(reason='')", "('True', reason='')", "(strict=True)"])
def test_a_mark_without_a_reason_expects_a_failure(
    tests: Project, spread: tuple[str, ...], mark: str, options: tuple[str, ...]
) -> None:
    tests.pytester.makepyfile(
        test_app=f"""
        import pytest

        @pytest.mark.xfail{mark}
        def test_checks(arena):
            arena.check("no", contains="ok")

        @pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.xfail{mark})])
        def test_asserts(arena, n):
            arena.check("ok", contains="ok")
            assert n == 0
        """
    )
    result = tests.run(*options, *spread)
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(xfailed=2)
    assert {cell["xfail"] for cell in tests.cells().values()} == {"marked xfail"}


@pytest.mark.parametrize("options", [(), ("--arena-trials=2",)])
@pytest.mark.parametrize("mark", ["", "(reason='known')"])
def test_a_mark_expects_failures_of_checks_while_fixtures_are_taken_down(
    tests: Project, spread: tuple[str, ...], mark: str, options: tuple[str, ...]
) -> None:
    tests.pytester.makepyfile(
        test_app=f"""
        import pytest

        @pytest.fixture
        def service(arena):
            yield
            arena.check("no", contains="ok")

        @pytest.mark.xfail{mark}
        def test_app(arena, service):
            arena.check("ok", contains="ok")
        """
    )
    result = tests.run(*options, *spread)
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(xpassed=1, xfailed=1)
    (cell,) = tests.cells().values()
    assert (cell["verdict"], cell["xfail"]) == ("failed", "known" if mark else "marked xfail")


def test_a_mark_runs_a_test_as_trials_of_its_cells(tests: Project) -> None:
    tests.pytester.makepyfile(test_app=TRIALS)
    result = tests.run("-rA")
    result.assert_outcomes(passed=6, failed=1, xfailed=1, errors=1, skipped=1)
    cells = {name.partition("::")[2]: cell for name, cell in tests.cells().items()}
    found = {
        name: (
            cell["verdict"],
            "".join(trial["verdict"][0] for trial in cell["trials"]),
            cell["trials_not_run"],
        )
        for name, cell in cells.items()
    }
    assert found == {
        "test_mostly[application]": ("passed", "pfpp", 1),
        "test_seldom[application]": ("failed", "pf", 2),
        "TestOfOneInstance::test_is_new[application]": ("passed", "pp", 0),
        "TestOfUnittest::test_is_new[application]": ("passed", "pp", 0),
        "test_known_gap[application]": ("failed", "f", 1),
        "test_breaks_once[mini]": ("passed", "epp", 0),
        "test_taken_down[application]": ("passed", "pp", 0),
        "test_skips[application]": ("skipped", "", 2),
    }
    assert [trial["index"] for trial in cells["test_mostly[application]"]["trials"]] == [0, 1, 2, 3]
    shown = result.stdout.str()
    assert "1 of 2 trials passed; pytest_arena.Ch" in shown


def test_the_option_for_trials_holds_for_tests(tests: Project) -> None:
    tests.pytester.makepyfile(
        """
import pytest

@pytest.mark.arena(trials=2)
def test_it(arena):
    arena.check("hello", contains="hello")
"""
    )
    tests.run("--arena-trials=3")
    (cell,) = tests.cells().values()
    assert len(cell["trials"]) == 3


def test_mistakes_are_told_at_the_test(tests: Project) -> None:
    tests.pytester.makepyfile(
        test_app="""
import pytest

@pytest.mark.arena(trails=3)
def test_unknown_argument(arena): pass

@pytest.mark.arena(trials=0)
def test_no_trials(arena): pass

@pytest.mark.arena(pass_threshold="most")
def test_no_share(arena): pass

@pytest.mark.arena(3)
def test_no_name(arena): pass

@pytest.mark.arena(trials=3)
def test_no_fixture(): pass

@pytest.mark.arena(file="other.yaml")
def test_no_file(arena): arena.check("hello", contains="hello")

def test_no_assertion(arena): arena.check("hello", contians="hello")

def test_no_provider(arena): arena.ask("mimi", "?")

def test_no_question(arena): arena.ask("mini", [])

def test_no_name_twice(arena):
    for _ in range(2):
        with arena.case("A"):
            pass
"""
    )
    result = tests.run()
    result.assert_outcomes(failed=5, errors=5)
    told = "\n".join(re.sub(r"^E +", "", line) for line in result.outlines)
    assert "another exception" not in told
    for text in (
        "test_app.py:3:1: mark arena: unknown argument 'trails'\n"
        "  expected: one of file, provider, trials, pass_threshold\n"
        "  fix: did you mean 'trials'?",
        "test_app.py:6:1: mark arena: trials is 0\n  expected: a number of trials of at least 1",
        "test_app.py:9:1: mark arena: pass_threshold is 'most'\n"
        "  expected: the share of the trials that must pass, from 0 to 1",
        "test_app.py:12:1: mark arena: 3 has no name\n"
        "  fix: write it like @pytest.mark.arena(trials=5, pass_threshold=0.8)",
        "test_app.py:15:1: mark arena on a test that does not use the fixture of that name\n"
        "  fix: take arena as an argument, or leave the mark out",
        "other.yaml",
        "test_app.py:21:31: unknown assertion type 'contians'",
        "test_app.py:23:30: unknown provider 'mimi'",
        "test_app.py:25:30: there is nothing to ask",
        "the test has had a case 'A'",
    ):
        assert text in told
    assert set(tests.verdicts().values()) == {"error"}


def test_coroutines_ask_and_check(tests: Project) -> None:
    tests.pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    tests.pytester.makepyfile(
        test_app="""
import asyncio

import pytest

@pytest.mark.asyncio
@pytest.mark.arena(trials=2)
async def test_of_asyncio(arena):
    one, two = await asyncio.gather(arena.aask("mini", "One?"), arena.aask("mini", "Two?"))
    arena.check(one, contains="refund")
    await arena.acheck(two, llm_judge="is kind")

@pytest.mark.asyncio
async def test_stands_still(arena):
    arena.ask("mini", "?")

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_of_anyio(arena, anyio_backend):
    arena.check(await arena.aask("mini", "One?"), contains="refund")

@pytest.mark.asyncio
async def test_side_by_side(arena):
    async def case(name, word):
        with arena.case(name):
            answer = await arena.aask("mini", name)
            await asyncio.sleep(0)
            arena.check(answer, contains=word)
    await asyncio.gather(case("A", "refund"), case("B", "bye"))
"""
    )
    result = tests.pytester.runpytest("--arena", "-p", "no:hypothesispytest")
    result.assert_outcomes(passed=2, failed=2)
    assert "fix: write await arena.aask(…)" in result.stdout.str()
    assert tests.verdicts() == {
        "test_of_asyncio[mini]": "passed",
        "test_stands_still[mini]": "error",
        "test_of_anyio[asyncio][mini]": "passed",
        "test_side_by_side::A[mini]": "passed",
        "test_side_by_side::B[mini]": "failed",
    }


def test_options_of_a_run_hold_for_what_tests_ask(tests: Project) -> None:
    tests.pytester.makepyfile(
        test_app="""
def test_mini(arena): arena.check(arena.ask("mini", "?"), contains="refund")
def test_haiku(arena): arena.check(arena.ask("haiku", "?"), contains="refund")
"""
    )
    tests.run("--arena-provider=mini")
    assert tests.verdicts() == {"test_mini[mini]": "passed", "test_haiku[haiku]": "skipped"}
    result = tests.run("--lf")
    assert "no previously failed tests" in result.stdout.str()
    tests.run()
    result = tests.run("--lf")
    result.assert_outcomes(failed=1)
    assert tests.verdicts() == {"test_haiku[haiku]": "failed"}
    tests.write(arena=f"{ARENA}budget: {{max_calls: 1}}\n")
    result = tests.run()
    result.assert_outcomes(passed=1, skipped=1)
    assert result.ret == 1
    cell = tests.cells()["test_app.py::test_haiku[haiku]"]
    assert cell["verdict"] == "skipped"
    assert cell["over_budget"]


def test_a_call_without_an_answer_is_an_error_of_its_column(tests: Project) -> None:
    tests.pytester.makepyfile(
        test_app="""
def test_down(arena):
    down = {"error": "server", "text": "no luck"}
    bot = {"provider": "mock", "name": "bot", "retries": 0, "responses": {"default": down}}
    arena.ask(bot, "?")
"""
    )
    tests.run()
    assert tests.verdicts() == {"test_down[bot]": "error"}
    (trial,) = tests.cells()["test_app.py::test_down[bot]"]["trials"]
    assert trial["error"]["kind"] == "server"


def test_cases_fail_their_test_however_it_came_by_the_fixture(tests: Project) -> None:
    tests.pytester.makepyfile(
        test_app="""
import pytest

def failing(arena):
    with arena.case("A"):
        arena.check("hello", contains="bye")

def test_by_name(request):
    failing(request.getfixturevalue("arena"))

@pytest.fixture
def late(arena):
    yield
    failing(arena)

def test_late(late): pass

def test_breaks_after(arena):
    failing(arena)
    raise OSError("no disk")

def test_names(arena):
    with arena.case("B", provider="a[b]"): pass
"""
    )
    result = tests.run()
    result.assert_outcomes(failed=3, passed=1, errors=1)
    shown = result.stdout.str()
    assert "cases that did not pass before: A" in shown
    assert "'a[b]' is no name of a column" in shown
    assert tests.verdicts() == {
        "test_by_name::A[application]": "failed",
        "test_late::A[application]": "failed",
        "test_breaks_after::A[application]": "failed",
        "test_breaks_after[application]": "error",
        "test_names[application]": "error",
    }


def test_a_skipped_case_ends_no_trials(tests: Project) -> None:
    tests.write(arena=f"{ARENA}budget: {{max_calls: 2}}\n")
    tests.pytester.makepyfile(
        test_app="""
import pytest

@pytest.mark.arena(trials=3)
def test_it(arena):
    with arena.case("skipped"):
        pytest.skip("not here")
    with arena.case("unpaid"):
        arena.ask("mini", "?")
    with arena.case("held"):
        arena.check("hello", contains="hello")
"""
    )
    tests.run().assert_outcomes(passed=1)
    found = {c["case"].partition("::")[2]: c for c in tests.cells().values()}
    assert {name: cell["verdict"] for name, cell in found.items()} == {
        "skipped": "skipped",
        "unpaid": "skipped",
        "held": "passed",
    }
    assert [bool(found[name]["over_budget"]) for name in ("unpaid", "held")] == [True, False]
    assert len(found["held"]["trials"]) == 3


def test_what_fixtures_check_is_their_test_s(tests: Project) -> None:
    tests.pytester.makepyfile(
        test_app="""
import pytest

@pytest.fixture
def before(arena):
    arena.check("hello", contains="hello")

@pytest.fixture
def after(arena):
    yield
    arena.check("hello", contains="bye")

@pytest.fixture
def fine(arena):
    yield
    arena.check("hello", contains="hello")

def test_before(before): pass
def test_after(after, arena): arena.check("hello", contains="hello")
def test_fine(fine): pass

@pytest.mark.arena(trials=2)
def test_after_trials(after, arena): pass
"""
    )
    result = tests.run()
    result.assert_outcomes(passed=4, errors=2)
    assert tests.verdicts() == {
        "test_before[application]": "passed",
        "test_after[application]": "failed",
        "test_fine[application]": "passed",
        "test_after_trials[application]": "failed",
    }


def test_guardrails_of_the_file_hold_for_what_tests_ask(tests: Project) -> None:
    tests.write(arena=f"{ARENA}guardrails: {{banned_words: [hack]}}\n")
    tests.pytester.makepyfile(
        test_app="""
def test_blocked(arena): arena.ask("mini", "How do I hack it?")
def test_let_through(arena): arena.check(arena.ask("mini", "How?"), contains="refund")
"""
    )
    tests.run()
    assert tests.verdicts() == {"test_blocked[mini]": "failed", "test_let_through[mini]": "passed"}
    (trial,) = tests.cells()["test_app.py::test_blocked[mini]"]["trials"]
    assert trial["guardrail"]["action"] == "block"


def test_a_test_that_is_run_again_has_the_last_word(tests: Project) -> None:
    tests.pytester.makeini("[pytest]\n")
    tests.pytester.makepyfile(
        test_app="""
seen = []
def test_it(arena):
    seen.append(1)
    arena.check("hello" if len(seen) > 1 else "bye", contains="hello")
"""
    )
    result = tests.pytester.runpytest("--arena", "--reruns=2", "-p", "no:asyncio")
    result.assert_outcomes(passed=1)
    assert tests.verdicts() == {"test_it[application]": "passed"}


def test_a_fixture_of_the_same_name_is_left_alone(tests: Project) -> None:
    tests.pytester.makepyfile(
        test_app="""
import pytest

@pytest.fixture
def arena():
    return "a hall"

@pytest.mark.arena
def test_it(arena):
    assert arena == "a hall"

@pytest.mark.arena
def test_by_its_name_alone():
    pass
"""
    )
    case = "{name: A, prompt: hi, tags: [arena], assertions: [{type: contains, value: refund}]}"
    tests.write(arena=f"{ARENA}tests: [{case}]\n")
    tests.run("-m", "arena").assert_outcomes(passed=3, failed=1)
    assert set(tests.verdicts()) == {"A[mini]", "A[haiku]"}


def test_a_file_without_cases_is_refused_where_no_test_goes_by_it(tests: Project) -> None:
    tests.pytester.makepyfile("def test_it(): pass")
    result = tests.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "arena.yaml:1:1: the arena has no cases" in result.stderr.str()


NO_VERDICT = """
import unittest

import pytest

class TestOfUnittest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def given(self, arena):
        self.arena = arena

    @unittest.expectedFailure
    def test_raises(self):
        self.arena.check("hi", contains="hi")
        raise ConnectionError("gone")

    @unittest.expectedFailure
    def test_unjudged(self):
        self.arena.check("hi", response_time=1000)

@pytest.fixture
def service(arena):
    yield
    raise ConnectionError("gone at its end")

@pytest.mark.xfail(reason="known")
def test_teardown(arena, service):
    arena.check("x", contains="y")

@pytest.mark.xfail(reason="known")
def test_subtest(arena, subtests):
    with subtests.test("a"):
        arena.check("x", response_time=1000)
    arena.check("x", contains="y")

def test_not_awaited(arena):
    arena.acheck("x", contains="y")

def test_caught(arena):
    try:
        arena.check("x", response_time=1000)
    except Exception:
        pass
"""


@pytest.mark.parametrize(
    "name",
    ["test_raises", "test_unjudged", "test_teardown", "test_subtest", "test_not_awaited"],
)
def test_what_reached_no_verdict_is_covered_by_nothing(
    project: Project, name: str, spread: tuple[str, ...]
) -> None:
    if name == "test_subtest" and not hasattr(pytest, "Subtests"):
        pytest.skip("this pytest has no subtests of its own")
    project.pytester.makepyfile(test_app=NO_VERDICT)
    result = project.run("-k", name, "-W", "ignore", *spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    (cell,) = project.cells().values()
    assert cell["verdict"] == ("failed" if name == "test_teardown" else "error")


def test_a_check_without_a_verdict_cannot_be_caught(
    project: Project, spread: tuple[str, ...]
) -> None:
    project.pytester.makepyfile(test_app=NO_VERDICT)
    result = project.run("-k", "test_caught", *spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "1 cell did not pass, but" in " ".join(result.outlines)


UNANSWERED = """
import pytest

def asked(arena, provider="down"):
    try:
        return arena.ask(provider, "hi").output
    except Exception:
        return "later"

def test_caught(arena):
    asked(arena)

def test_expected(arena):
    with pytest.raises(Exception):
        arena.ask("down", "hi")

def test_awaited(arena):
    import asyncio

    async def ask():
        with pytest.raises(Exception):
            await arena.aask("down", "hi")

    asyncio.run(ask())

def test_in_a_case(arena):
    with arena.case("a"):
        asked(arena)

@pytest.mark.arena(trials=2)
def test_trials(arena):
    asked(arena)

def test_asked_on(arena):
    asked(arena)
    up = {"name": "down", "provider": "mock", "responses": {"default": "up"}}
    assert asked(arena, up) == "up"

def test_own_fallback(arena):
    arena.check(asked(arena), contains="later")
"""


@pytest.mark.parametrize(
    ("name", "verdict", "column"),
    [
        ("test_caught", "error", "down"),
        ("test_expected", "error", "down"),
        ("test_awaited", "error", "down"),
        ("test_in_a_case", "error", "down"),
        ("test_trials", "error", "down"),
        ("test_asked_on", "passed", "down"),
        ("test_own_fallback", "passed", "application"),
    ],
)
def test_a_column_that_never_answered_has_not_passed(
    project: Project, name: str, verdict: str, column: str, spread: tuple[str, ...]
) -> None:
    provider = "{name: down, provider: mock, responses: {default: {error: server}}, retries: 0}"
    project.write(arena=f"providers: [{provider}]\n")
    project.pytester.makepyfile(test_app=UNANSWERED)
    result = project.run("-k", name, *spread)
    (cell,) = project.cells().values()
    assert (cell["verdict"], cell["provider"]) == (verdict, column)
    assert result.ret == (1 if verdict == "error" else 0)
    if verdict == "error":
        assert {trial["error"]["kind"] for trial in cell["trials"]} == {"server"}


def test_what_unittest_expects_to_fail_is_an_expected_failure(
    project: Project, spread: tuple[str, ...]
) -> None:
    checks = NO_VERDICT.replace("response_time=1000", "contains='y'")
    project.pytester.makepyfile(test_app=checks)
    result = project.run("-k", "test_unjudged", *spread)
    assert result.ret == pytest.ExitCode.OK
    (cell,) = project.cells().values()
    assert (cell["verdict"], cell["xfail"]) == ("failed", "expected failure")


def test_a_call_that_was_broken_off_is_told(project: Project) -> None:
    project.pytester.makepyfile(
        test_app="""
        import asyncio

        def test_given_up(arena):
            async def run():
                task = asyncio.create_task(arena.acheck("x", contains="x"))
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])

            asyncio.run(run())
        """
    )
    result = project.run()
    result.stdout.fnmatch_lines(["*test_app.py:5:*: arena.acheck(…) did not come to its end"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (("-k", "caught or teardown"), "A part: 2 of 6 Python tests ran."),
        (("test_app.py::test_caught",), "A part: 1 Python test asked for by name ran."),
    ],
)
def test_a_run_of_some_tests_says_so(
    project: Project, chosen: tuple[str, ...], said: str, spread: tuple[str, ...]
) -> None:
    project.pytester.makepyfile(test_app=NO_VERDICT)
    project.run(*chosen, *spread)
    assert said in (project.path / "arena-report" / "report.md").read_text()


IN_THREADS = """
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

def in_thread(function, *given, **named):
    thread = threading.Thread(target=function, args=given, kwargs=named)
    thread.start()
    thread.join()

def test_failed(arena):
    in_thread(arena.check, "x", contains="y")

def test_unjudged(arena):
    in_thread(arena.check, "x", response_time=1000)

def test_expected(arena):
    with ThreadPoolExecutor() as pool, pytest.raises(AssertionError):
        pool.submit(arena.check, "x", contains="y").result()

def test_passed(arena):
    in_thread(arena.check, "x", contains="x")
"""


def test_a_check_that_fails_in_a_thread_is_not_lost(project: Project) -> None:
    project.pytester.makepyfile(test_app=IN_THREADS)
    result = project.run("-W", "ignore")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=2, failed=2)
    verdicts = {cell["case"]: cell["verdict"] for cell in project.cells().values()}
    assert verdicts == {
        "test_failed": "failed",
        "test_unjudged": "error",
        "test_expected": "passed",
        "test_passed": "passed",
    }
