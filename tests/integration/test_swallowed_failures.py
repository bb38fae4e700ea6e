"""A run whose cells did not pass is red, whatever hooks, marks and plug-ins told pytest."""

from __future__ import annotations

import pytest
from conftest import Project

ARENA = """\
providers: [{name: one, provider: mock}]
tests:
  - {name: Good, prompt: hi, mock: hi, assertions: [{type: contains, value: hi}]}
  - {name: Bad, prompt: hi, mock: no, assertions: [{type: contains, value: hi}]}
  - {name: Broken, prompt: hi, mock: {error: server}, assertions: [{type: contains, value: hi}]}
"""
SWALLOWS = """\
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.outcome = "passed"
    return report
"""
FORGIVES = """\
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    session.exitstatus = 0
"""
MARKS = """\
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        if {condition}:
            item.add_marker(pytest.mark.xfail(reason="known"))
"""
SAID = (
    "{} did not pass, but a hook, a mark, a plug-in or the test itself made pytest take that for "
    "no failure: "
    "arena.yaml::Bad[one]"
)


@pytest.fixture
def arena(project: Project) -> Project:
    project.write(arena=ARENA)
    return project


@pytest.mark.parametrize("conftest", [SWALLOWS, FORGIVES])
def test_a_swallowed_failure_makes_the_run_red_and_is_named(
    arena: Project, conftest: str, spread: tuple[str, ...]
) -> None:
    arena.pytester.makeconftest(conftest)
    result = arena.run(*spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    said = SAID.format("2 cells") + ", arena.yaml::Broken[one]"
    assert said in " ".join(result.outlines)
    assert arena.records()[-1]["exit_code"] == 1
    assert said in arena.records()[-1]["notes"]


def test_what_fail_on_excuses_stays_excused(arena: Project) -> None:
    arena.pytester.makeconftest(SWALLOWS)
    assert arena.run("--arena-fail-on=none").ret == 0
    assert arena.run("--arena-fail-on=none", "-k", "Bad").ret == 0


def test_a_run_that_is_red_anyway_says_nothing_of_it(arena: Project) -> None:
    result = arena.run()
    assert result.ret == 1
    result.stdout.no_fnmatch_line("*made pytest take*")


def test_a_mark_of_a_conftest_covers_a_failure_and_results_call_it_expected(
    arena: Project, spread: tuple[str, ...]
) -> None:
    arena.pytester.makeconftest(MARKS.format(condition="'Bad' in item.name"))
    result = arena.run("-k", "not Broken", *spread)
    assert result.ret == 0
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["xfailed"]) == (1, 1)
    assert arena.cells()["arena.yaml::Bad[one]"]["xfail"] == "known"
    assert arena.records()[-1]["totals"]["xfailed"] == 1


def test_a_mark_of_a_conftest_covers_no_error(arena: Project) -> None:
    arena.pytester.makeconftest(MARKS.format(condition="True"))
    result = arena.run("-k", "Broken")
    assert result.ret == 1
    assert result.parseoutcomes().get("xfailed") is None
    assert arena.cells()["arena.yaml::Broken[one]"]["xfail"] is None


def test_an_error_of_a_python_test_is_not_covered_by_its_xfail(project: Project) -> None:
    project.pytester.makepyfile(
        test_it="""
        import pytest

        @pytest.mark.xfail(reason="known")
        def test_it(arena):
            arena.check("hi", contains="hi")
            raise ConnectionError("gone")
        """
    )
    result = project.run()
    assert project.verdicts() == {"test_it[application]": "error"}
    assert result.ret == 1


CATCHES = """\
import pytest

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_{hook}:
    try:
        return (yield)
    except BaseException:
        {instead}
"""
OF_TESTS = """\
import pytest

def test_checks(arena):
    arena.check("no", contains="ok")

def test_asserts(arena):
    arena.check("ok", contains="ok")
    assert not arena

@pytest.mark.arena(trials=2)
def test_trials(arena):
    arena.check("no", contains="ok")

def test_skips(arena):
    pytest.skip("not here")

def test_good(arena):
    arena.check("ok", contains="ok")
"""
FAILING = ["test_checks", "test_asserts", "test_trials"]


@pytest.mark.parametrize("hook", ["pyfunc_call(pyfuncitem)", "runtest_call(item)"])
@pytest.mark.parametrize("instead", ["return True", "pytest.skip('flaky')"])
def test_a_python_test_whose_failure_a_hook_catches_has_failed(
    project: Project, hook: str, instead: str, spread: tuple[str, ...]
) -> None:
    project.pytester.makeconftest(CATCHES.format(hook=hook, instead=instead))
    project.pytester.makepyfile(test_it=OF_TESTS)
    result = project.run(*spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    verdicts = project.verdicts()
    assert [name for name in FAILING if verdicts[f"{name}[application]"] == "failed"] == FAILING
    assert verdicts["test_good[application]"] == "passed"
    assert "3 cells did not pass, but a hook" in " ".join(result.outlines)


def test_a_hook_that_expects_a_failure_of_a_python_test_says_so(
    project: Project, spread: tuple[str, ...]
) -> None:
    instead = "pytest.xfail('known')"
    project.pytester.makeconftest(CATCHES.format(hook="pyfunc_call(pyfuncitem)", instead=instead))
    project.pytester.makepyfile(test_it=OF_TESTS.replace('pytest.skip("not here")', "pass"))
    result = project.run("-k", "checks or asserts", *spread)
    assert result.ret == pytest.ExitCode.OK
    assert all(cell["xfail"].endswith("known") for cell in project.cells().values())


LATE = """\
import pytest

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session):
    found = yield
    session.exitstatus = 0
    return found
"""
LAST = """\
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config):
    yield
    return 0
"""

OUTERMOST = LAST.replace("wrapper=True", "wrapper=True, tryfirst=True")


@pytest.mark.parametrize("conftest", [LATE, LAST, OUTERMOST])
def test_an_exit_code_that_is_made_good_after_the_run_is_held(
    arena: Project, conftest: str, spread: tuple[str, ...]
) -> None:
    arena.pytester.makeconftest(conftest)
    result = arena.run(*spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    said = "arena: a plug-in made the exit code 0 of a run that failed: it is 1"
    assert said in result.errlines


EXITS = "def pytest_{hook}: raise SystemExit({code})\n"
ENDS = """\
import pytest

def pytest_sessionfinish():
    pytest.exit("done", returncode=0)
"""


@pytest.mark.parametrize("hook", ["unconfigure()", "terminal_summary()", "sessionfinish()"])
@pytest.mark.parametrize("code", ["", "0"])
def test_a_hook_that_exits_when_the_run_is_over_makes_it_no_good_one(
    arena: Project, hook: str, code: str, spread: tuple[str, ...]
) -> None:
    arena.pytester.makeconftest(EXITS.format(hook=hook, code=code))
    result = arena.run_apart(*spread)
    # in `sessionfinish`, before there are results
    assert result.ret == (3 if hook == "sessionfinish()" else 1)
    assert result.errlines[-1].startswith("arena: a ")


def test_a_run_that_a_hook_ends_before_its_results_are_written_can_be_taken_up(
    arena: Project, spread: tuple[str, ...]
) -> None:
    arena.pytester.makeconftest(ENDS)
    result = arena.run_apart(*spread)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert result.errlines[-1] == (
        "arena: a hook or a plug-in ended the run with exit code 0 before its results were "
        "written: it is 3; --arena-resume takes up what had finished"
    )
    arena.pytester.makeconftest("")
    result = arena.run_apart("--arena-resume", *spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert len(arena.records()) == 5


def test_other_exit_codes_of_hooks_stay(arena: Project) -> None:
    arena.pytester.makeconftest(EXITS.format(hook="unconfigure()", code="7"))
    assert arena.run_apart().ret == 7


RUNS_NOTHING = """\
def pytest_runtestloop(session):
    return True
"""
RUNS_SOME = """\
def pytest_runtest_protocol(item, nextitem):
    return True if "Good" not in item.name else None
"""


def test_cells_that_a_hook_kept_from_running_make_the_run_red(
    arena: Project, spread: tuple[str, ...]
) -> None:
    arena.pytester.makeconftest(RUNS_SOME)
    result = arena.run(*spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    said = " ".join(arena.records()[-1]["notes"])
    assert said == (
        "2 cells that were to run have no result: a hook or a plug-in kept pytest from running "
        "them: arena.yaml::Bad[one], arena.yaml::Broken[one]"
    )
    assert arena.records()[-1]["exit_code"] == 1


INSTEAD = """\
import pytest

{options}
def pytest_runtest_{hook}:
    if "Bad" in item.name:
        {instead}
"""
REPORTS = """\
report = pytest.TestReport(
            item.nodeid, item.location, {}, "skipped", ("conftest.py", 1, "Skipped: not today"),
            "call",
        )
        item.ihook.pytest_runtest_logreport(report=report)
        return True
"""


@pytest.mark.parametrize(
    ("hook", "options", "instead", "verdict"),
    [
        ("setup(item)", "", "pytest.skip('not today')", "skipped"),
        ("call(item)", "", "pytest.skip('not today')", "skipped"),
        (
            "setup(item)",
            "@pytest.hookimpl(tryfirst=True)",
            "item.add_marker(pytest.mark.skip(reason='not today'))",
            "skipped",
        ),
        (
            "setup(item)",
            "@pytest.hookimpl(tryfirst=True)",
            "item.add_marker(pytest.mark.xfail(reason='not today', run=False))",
            "skipped",
        ),
        ("protocol(item, nextitem)", "", REPORTS, "skipped"),
        ("setup(item)", "", "raise RuntimeError('the database is down')", "error"),
        ("call(item)", "@pytest.hookimpl(tryfirst=True)", "1 / 0", "error"),
    ],
)
def test_a_cell_that_a_hook_skips_or_breaks_has_no_verdict_of_its_answer(
    arena: Project,
    hook: str,
    options: str,
    instead: str,
    verdict: str,
    spread: tuple[str, ...],
) -> None:
    conftest = INSTEAD.format(hook=hook, options=options, instead=instead)
    arena.pytester.makeconftest(conftest)
    result = arena.run("-k", "not Broken", *spread)
    assert result.ret == (1 if verdict == "error" else 0)
    # its answer, which was fetched ahead, would have failed it
    assert arena.verdicts() == {"Good[one]": "passed", "Bad[one]": verdict}
    if verdict == "skipped":
        assert arena.cells()["arena.yaml::Bad[one]"]["reason"].endswith("not today")


def test_a_call_that_was_made_ahead_of_a_skipped_cell_is_not_made_again_for_a_rerun(
    arena: Project,
) -> None:
    broken_once = """
    import pytest
    times = []

    def pytest_arena_before_request(request):
        times.append(request.case)

    def pytest_runtest_setup(item):
        if "Bad" in item.name and "broken" not in times:
            times.append("broken")
            raise RuntimeError("the database is down")

    def pytest_sessionfinish():
        assert sorted(times) == ["Bad", "Good", "broken"]
    """
    arena.pytester.makeconftest(broken_once)
    result = arena.run("-k", "not Broken", "-prerunfailures", "--reruns=1")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert arena.verdicts() == {"Good[one]": "passed", "Bad[one]": "failed"}


def test_items_that_a_hook_runs_twice_are_cells_once(
    arena: Project, spread: tuple[str, ...]
) -> None:
    arena.pytester.makeconftest("def pytest_collection_modifyitems(items): items += items[:2]")
    result = arena.run("-k", "not Broken", "--arena-report=markdown", *spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=2, failed=2)
    run, *cells, end = arena.records()
    assert (run["kind"], end["kind"], len(cells)) == ("run", "end", 2)
    assert arena.verdicts() == {"Good[one]": "passed", "Bad[one]": "failed"}
    assert (arena.path / "arena-report" / "report.md").exists()


def test_a_loop_that_runs_nothing_is_no_green_run(arena: Project) -> None:
    arena.pytester.makeconftest(RUNS_NOTHING)
    result = arena.run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["arena: 3 cells that were to run have no result: *"])


@pytest.mark.parametrize(
    "hook",
    ["collection_modifyitems()", "collection_finish()", "report_collectionfinish()"],
)
@pytest.mark.parametrize("options", ["", "@pytest.hookimpl(tryfirst=True)"])
def test_a_hook_that_exits_when_all_is_collected_makes_no_green_run(
    arena: Project, hook: str, options: str
) -> None:
    exits = f"import pytest\n{options}\ndef pytest_{hook}: pytest.exit('enough', returncode=0)\n"
    arena.pytester.makeconftest(exits)
    result = arena.run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["arena: 3 cells that were to run have no result: *"])


@pytest.mark.parametrize("option", ["--collect-only", "--setup-only", "--setup-plan"])
def test_options_that_run_nothing_are_no_failure(arena: Project, option: str) -> None:
    assert arena.run(option).ret == pytest.ExitCode.OK


@pytest.mark.parametrize("plugin", ["terminal", "capture", "skipping", "junitxml"])
def test_a_plug_in_of_pytests_that_is_not_there_changes_no_verdict(
    arena: Project, plugin: str
) -> None:
    assert arena.pytester.runpytest_subprocess("--arena", f"-pno:{plugin}").ret == 1
    assert set(arena.verdicts().values()) == {"passed", "failed", "error"}
