"""Cells work like any test under pytest's own options and well-known plug-ins."""

from __future__ import annotations

import pytest
from conftest import PLAIN, Project

THREE = """\
providers: [{name: a, provider: mock}, {name: b, provider: mock}]
tests:
  - name: First
    prompt: one
    tags: [early]
    mock: one
    assertions: [{type: contains, value: one}]
  - name: Second
    prompt: two
    mock: {a: nothing, b: two}
    assertions: [{type: contains, value: two}]
  - name: Third
    prompt: three
    mock: three
    assertions: [{type: contains, value: three}]
"""


@pytest.fixture
def three(project: Project) -> Project:
    """Six cells of which `Second[a]` fails."""
    project.write(arena=THREE)
    return project


def test_collect_only_lists_cells_and_writes_nothing(
    three: Project, spread: tuple[str, ...]
) -> None:
    result = three.run("--co", "-q", *spread)
    assert result.outlines[:6] == [
        f"arena.yaml::{case}[{provider}]"
        for case in ("First", "Second", "Third")
        for provider in ("a", "b")
    ]
    assert not (three.path / "arena-report").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("-n2", "arena.yaml"),
        ("-n2", "test_plain.py", "arena.yaml::First[a]"),
        ("-n1", "--dist=no"),
        ("-n2", "--dist=loadfile"),
        ("-d", "--tx=popen"),
    ],
    ids=" ".join,
)
def test_collect_only_lists_cells_whoever_would_run_them(
    three: Project, options: tuple[str, ...]
) -> None:
    three.pytester.makepyfile(test_plain="def test_plain(): pass")
    result = three.run("--co", "-q", *options)
    assert result.ret == pytest.ExitCode.OK
    assert "arena.yaml::First[a]" in result.outlines
    assert ("test_plain.py::test_plain" in result.outlines) == ("arena.yaml" not in options)


@pytest.mark.parametrize("option", ["--collect-only", "--setup-plan"])
def test_a_shard_that_is_only_looked_at_leaves_results_as_they_are(
    three: Project, option: str
) -> None:
    three.run("--arena-shard=1/2")
    before = three.cells()
    assert three.run("--arena-shard=1/2", option).ret == pytest.ExitCode.OK
    assert three.cells() == before
    assert before


@pytest.mark.parametrize(
    ("expression", "passed", "failed"),
    [("Second", 1, 1), ("Second and b", 1, 0), ("early", 2, 0), ("not a", 3, 0)],
)
def test_k_selects_by_case_provider_and_tag(
    project: Project, expression: str, passed: int, failed: int
) -> None:
    # a folder of its own name would match `-k a`
    project.write(cells=THREE.replace("name: a,", "name: alpha,").replace("{a: ", "{alpha: "))
    expression = expression.replace("not a", "not alpha")
    result = project.run("cells.yaml", "-k", expression)
    result.assert_outcomes(passed=passed, failed=failed, deselected=6 - passed - failed)


def test_m_selects_by_tag(three: Project) -> None:
    three.run("-m", "early").assert_outcomes(passed=2, deselected=4)


def test_lf_runs_only_what_failed(three: Project, spread: tuple[str, ...]) -> None:
    three.run(*spread)
    three.run("--lf", *spread).assert_outcomes(failed=1)


def test_ff_runs_what_failed_first(three: Project) -> None:
    three.run()
    result = three.run("--ff", "-v")
    outcomes = [line for line in result.outlines if line.startswith("arena.yaml::")]
    assert outcomes[0].startswith("arena.yaml::Second[a]")
    assert len(outcomes) == 6


def test_stepwise_stops_and_goes_on_where_it_stopped(three: Project) -> None:
    three.run("--sw").assert_outcomes(passed=2, failed=1)
    three.write(arena=THREE.replace("a: nothing", "a: two"))
    three.run("--sw").assert_outcomes(passed=4, deselected=2)


def test_x_stops_at_the_first_failure(three: Project) -> None:
    three.run("-x").assert_outcomes(passed=2, failed=1)


def test_maxfail_counts_failed_cells(three: Project) -> None:
    three.write(arena=THREE.replace("mock: one", "mock: nothing"))
    three.run("--maxfail=2").assert_outcomes(failed=2)


def test_durations_are_the_providers_own(project: Project, spread: tuple[str, ...]) -> None:
    project.write(
        arena="""\
providers: [{name: m, provider: mock, latency: 150ms}]
tests:
  - name: Slow
    matrix: {n: [1, 2, 3]}
    prompt: "{{ n }}"
    mock: fine
    assertions: [{type: contains, value: fine}]
"""
    )
    result = project.run("--durations=3", "--durations-min=0.01", *spread)
    shown = [line.split() for line in result.outlines if "s call " in line and "Slow" in line]
    took = {f"{call[2]} {call[3]}": float(call[0].removesuffix("s")) for call in shown}
    latencies = {
        cell_id: sum(trial["latency_ms"] for trial in cell["trials"]) / 1000
        for cell_id, cell in project.cells().items()
    }
    assert len(latencies) == 3
    assert took == pytest.approx(latencies, abs=0.0051), "shown with two digits"


def test_a_node_id_names_one_cell(three: Project) -> None:
    three.run("arena.yaml::Second[b]").assert_outcomes(passed=1)


def test_without_the_option_nothing_is_collected(three: Project) -> None:
    result = three.pytester.runpytest()
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_the_ini_twin_switches_it_on(three: Project) -> None:
    three.pytester.makeini(
        f"[pytest]\naddopts = {PLAIN}\narena = true\narena_report = json\n"
        "arena_report_dir = out\narena_provider = a\n"
    )
    three.pytester.runpytest().assert_outcomes(passed=2, failed=1)
    assert sorted(p.name for p in (three.path / "out").glob("[!.]*")) == [
        "report.json",
        "results.jsonl",
    ]


def test_other_file_names_can_be_collected(three: Project) -> None:
    (three.path / "arena.yaml").rename(three.path / "mine.eval.yml")
    three.pytester.makeini(f"[pytest]\naddopts = {PLAIN}\narena_files = *.eval.yml\n")
    three.run().assert_outcomes(passed=5, failed=1)


def test_a_yaml_file_on_the_command_line_is_an_arena(
    three: Project, spread: tuple[str, ...]
) -> None:
    (three.path / "arena.yaml").rename(three.path / "some.yaml")
    three.run("some.yaml", "--arena-provider=a", *spread).assert_outcomes(passed=2, failed=1)


def test_no_arena_takes_the_plugin_out(three: Project) -> None:
    result = three.pytester.runpytest("-p", "no:arena", "--arena")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_arena_provider_keeps_a_column(three: Project) -> None:
    three.run("--arena-provider=a").assert_outcomes(passed=2, failed=1)
    three.run("--arena-provider=default").assert_outcomes(passed=5, failed=1)


def test_an_unknown_provider_is_a_usage_error(three: Project, spread: tuple[str, ...]) -> None:
    three.write(arena=THREE.replace("name: a,", "name: alpha,").replace("{a: ", "{alpha: "))
    result = three.run("--arena-provider=alhpa", *spread)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: --arena-provider: no provider or group is named 'alhpa'",
            "  expected: one of alpha, b, default",
            "  fix: did you mean 'alpha'?",
        ]
    )


@pytest.mark.parametrize(
    ("option", "lines"),
    [
        (
            "--arena-report=htlm",
            [
                "ERROR: --arena-report: unknown format 'htlm'",
                "  expected: one or more of csv, html, json, markdown, otlp, parquet",
                "  fix: did you mean 'html'?",
            ],
        ),
        (
            "--arena-concurrency=0",
            [
                "ERROR: --arena-concurrency: '0' is not a number of at least 1",
                "  fix: give a whole number, as in --arena-concurrency=4",
            ],
        ),
        (
            "--arena-trials=many",
            [
                "ERROR: --arena-trials: 'many' is not a number of at least 1",
                "  fix: give a whole number, as in --arena-trials=4",
            ],
        ),
    ],
)
def test_a_bad_option_is_a_usage_error(three: Project, option: str, lines: list[str]) -> None:
    result = three.pytester.runpytest("--arena", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line][:3] == lines


def test_dist_each_is_refused(three: Project) -> None:
    result = three.run("-n2", "--dist=each")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --dist each would run every cell once on each worker"])


def test_limits_that_cannot_be_shared_are_refused_under_another_dist(three: Project) -> None:
    result = three.run("-n2", "--dist=loadfile", "--arena-concurrency=1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --arena-concurrency allows 1 call in flight, which 2 workers cannot share *"]
    )


@pytest.mark.parametrize("dist", ["loadfile", "loadscope", "worksteal", "loadgroup"])
def test_other_ways_to_distribute_give_the_same_outcomes(three: Project, dist: str) -> None:
    three.run("-n2", f"--dist={dist}").assert_outcomes(passed=5, failed=1)


FLAKY = """
from pytest_arena import Provider, Response

class Flaky(Provider):
    type = "flaky"
    needs_model = False
    calls = 0

    async def complete(self, request):
        type(self).calls += 1
        return Response(output="lucky" if self.calls > 1 else "no")

def pytest_arena_register(registry):
    registry.provider(Flaky)
"""


def test_rerunfailures_calls_again_and_says_where_that_asks_nobody(
    three: Project, spread: tuple[str, ...]
) -> None:
    three.write(
        flaky="""\
providers: [{name: m, provider: flaky}]
tests:
  - name: Second time lucky
    prompt: hi
    assertions: [{type: contains, value: lucky}]
"""
    )
    three.pytester.makeconftest(FLAKY)
    result = three.run("--reruns=2", "-p", "rerunfailures", "arena.yaml", "flaky.yaml", *spread)
    result.assert_outcomes(passed=6, failed=1)
    assert "3 rerun" in result.stdout.str()
    assert three.verdicts()["Second time lucky[m]"] == "passed"
    result.stdout.fnmatch_lines(
        ["2 re-runs asked nobody anew: the answers come from the mock, and stay the same"]
    )


@pytest.mark.parametrize("argument", ["arena.yaml", "arena.yaml::First[a]", "./arena.yaml"])
def test_an_arena_named_without_the_option_is_told_how_to_collect_it(
    three: Project, argument: str
) -> None:
    result = three.pytester.runpytest(argument)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    name = argument.partition("::")[0]
    assert result.errlines[-3:-1] == [
        f"ERROR: {name!r} is an arena file, and arena files are collected when that is asked for",
        "  fix: add --arena, or arena = true to the ini file",
    ]


def test_an_arena_named_without_the_option_is_told_so_by_xdist_too(three: Project) -> None:
    result = three.pytester.runpytest("arena.yaml", "-n2")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(
        [
            "'arena.yaml' is an arena file, and arena files are collected when that is asked for",
            "  fix: add --arena, or arena = true to the ini file",
        ]
    )


def test_another_yaml_file_is_left_to_whoever_collects_it(three: Project) -> None:
    three.write(other="a: 1\n")
    three.pytester.makeconftest(
        """
        import pytest

        class Item(pytest.Item):
            def runtest(self): pass

        class File(pytest.File):
            def collect(self):
                yield Item.from_parent(self, name="one")

        def pytest_collect_file(file_path, parent):
            if file_path.suffix == ".yaml":
                return File.from_parent(parent, path=file_path)
        """
    )
    three.pytester.runpytest("other.yaml", "arena.yaml").assert_outcomes(passed=2)


def test_a_time_limit_of_pytest_timeout_ends_the_item(project: Project) -> None:
    project.write(
        arena="""\
providers: [{name: m, provider: mock, latency: 30s}]
tests:
  - name: Endless
    prompt: hi
    mock: fine
    assertions: [{type: contains, value: fine}]
"""
    )
    result = project.run_apart("-p", "timeout", "--timeout=1")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert project.verdicts() == {"Endless[m]": "error"}


def test_setup_only_and_setup_plan_make_no_call(three: Project) -> None:
    for option in ("--setup-only", "--setup-plan"):
        three.run(option)
        assert not (three.path / "arena-report").exists()


def test_every_option_is_in_the_help_and_has_an_ini_twin(pytester: pytest.Pytester) -> None:
    from pytest_arena.options import OPTIONS

    text = pytester.runpytest("--help").stdout.str()
    assert "arena: evaluate LLM applications" in text
    for option in OPTIONS:
        assert option.ini_only or option.flag in text
        assert f"{option.name} (" in text


def test_plain_pytest_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_modules():
            heavy = {"pydantic", "yaml", "litellm", "pandas", "jinja2", "openai", "asyncio"}
            ours = sorted(name for name in sys.modules if name.startswith("pytest_arena"))
            assert ours == [
                "pytest_arena",
                "pytest_arena._garbage",
                "pytest_arena._imports",
                "pytest_arena._version",
                "pytest_arena.hookspecs",
                "pytest_arena.options",
                "pytest_arena.plugin",
            ]
            # as freezegun does, which asks each module for all that it lists
            for name in ours:
                module = sys.modules[name]
                assert all(hasattr(module, listed) for listed in dir(module))
            assert not heavy & set(sys.modules)
        """
    )
    loaded = ("xdist", "asyncio", "anyio", "hypothesispytest", "cov")
    off = [argument for plugin in loaded for argument in ("-p", f"no:{plugin}")]
    pytester.runpytest_subprocess(
        *off, "-p", "no:randomly", "-p", "no:rerunfailures"
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("--arena-concurency=5", "--arena-concurrency=5"),
        ("--arena-max_cost=1", "--arena-max-cost=1"),
        ("--arena-mok", "--arena-mock"),
        ("--arean", "--arena"),
    ],
)
def test_a_misspelt_option_is_refused_with_the_one_that_is_meant(
    three: Project, given: str, meant: str
) -> None:
    result = three.run(given)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    name = given.partition("=")[0]
    result.stderr.fnmatch_lines([f"ERROR: unrecognized option {name}: did you mean {meant}[?]"])


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("arena_max_costs", "did you mean arena_max_cost[?]"),
        ("arena_fail_onn", "did you mean arena_fail_on[?]"),
        ("arena-max-cost", "did you mean arena_max_cost[?]"),
        ("arenas", "did you mean arena[?]"),
        ("Arena", "did you mean arena[?]"),
        ("arena_zzz", "pytest --help lists them"),
    ],
)
def test_a_misspelt_key_is_refused_with_the_one_that_is_meant(
    three: Project, key: str, said: str, spread: tuple[str, ...]
) -> None:
    three.pytester.makeini(f"[pytest]\narena_report =\n{key} = 1\n")
    result = three.pytester.runpytest(*spread)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: tox.ini: unrecognized option {key}: {said}"])
    three.pytester.makeini(f"[pytest]\naddopts = {PLAIN}\n")
    result = three.run("-o", f"{key}=1", *spread)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: -o: unrecognized option {key}: {said}"])


def test_misspelt_keys_are_told_all_at_once(three: Project) -> None:
    three.pytester.makeini("[pytest]\narena = true\narena_fail_onn = none\narena_trial = 1\n")
    result = three.pytester.runpytest()
    assert result.errlines[:2] == [
        "ERROR: tox.ini: unrecognized option arena_fail_onn: did you mean arena_fail_on?",
        "tox.ini: unrecognized option arena_trial: did you mean arena_trials?",
    ]


@pytest.mark.filterwarnings("ignore::pytest.PytestConfigWarning")
def test_a_key_of_somebody_else_is_theirs(three: Project) -> None:
    three.pytester.makeini("[pytest]\narena_own = 1\narea_code = 2\n")
    three.pytester.makeconftest("def pytest_addoption(parser): parser.addini('arena_own', 'mine')")
    assert three.run("-k", "First").ret == pytest.ExitCode.OK
    assert three.run("-k", "First", "-o", "arena_own=2").ret == pytest.ExitCode.OK


def test_an_option_of_somebody_else_is_theirs(three: Project) -> None:
    three.pytester.makeconftest("def pytest_addoption(parser): parser.addoption('--arena-moks')")
    three.run("--arena-moks=1").assert_outcomes(passed=5, failed=1)
    result = three.run("--arena-moks=1", "--arena-quarrel")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unrecognized arguments: --arena-quarrel"])
    three.run("-k", "First", "--", "arena.yaml").assert_outcomes(passed=2)
