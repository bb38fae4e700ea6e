"""`--arena-shard`: machines that share out a run, each with a part of the cells and the limits."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import PLAIN, Project
from servers.formats import Reply
from servers.wire import WireRequest, WireServer

from pytest_arena.cli import main
from pytest_arena.comparison.coverage import part_sentence
from pytest_arena.results import read_run

CASES = "".join(
    f"  - {{name: C{n}, prompt: Q{n}, mock: A{n}, assertions: [{{type: contains, value: A}}]}}\n"
    for n in range(9)
)
ARENA = f"""\
providers:
  - {{name: one, provider: mock, concurrency: 2}}
  - {{name: two, provider: mock}}
tests:
{CASES}"""


def run_part(project: Project, part: str, *arguments: str) -> pytest.RunResult:
    folder = f"shards/arena-{part.partition('/')[0]}"
    return project.run("--arena-shard", part, "--arena-report-dir", folder, *arguments)


def cells_of(part: int) -> set[str]:
    return {cell.id for cell in read_run(f"shards/arena-{part}/results.jsonl").cells}


@pytest.mark.real_workers
def test_three_machines_run_each_cell_once_under_any_spread(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write(arena=ARENA)
    project.pytester.makepyfile(
        test_own="""
        import pytest

        def test_ordinary():
            pass

        @pytest.mark.parametrize("n", range(4))
        def test_made(arena, n):
            arena.check("A", contains="A")
        """
    )
    for number, more in enumerate([(), ("-n2",), ("-p", "no:randomly")], 1):
        assert run_part(project, f"{number}/3", *more).ret == 0
    parts = [cells_of(number) for number in (1, 2, 3)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 22
    # provider one has places for two machines only
    assert sorted(bool([c for c in part if "[one]" in c]) for part in parts) == [False, True, True]
    capsys.readouterr()
    assert main(["merge", "shards"]) == 0
    assert "3 shards, 22 cells: all held" in capsys.readouterr().out


def test_shards_that_are_shuffled_are_merged_in_the_order_of_the_files(project: Project) -> None:
    project.write(arena=ARENA.replace("Q0", "Q"))
    project.pytester.makeconftest(
        """
        import os, random, pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_collection_modifyitems(items):
            random.Random(os.environ["SHUFFLE"]).shuffle(items)
        """
    )
    for number in (1, 2, 3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SHUFFLE", str(number))
            run_part(project, f"{number}/3")
    assert main(["merge", "shards"]) == 0
    whole = [cell.id for cell in read_run("arena-report/results.jsonl").cells]
    assert whole == [f"arena.yaml::C{n}[{name}]" for n in range(9) for name in ("one", "two")]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("prompt: Q1,", "prompt: R1,", True),
        ("contains, value: A}", "contains, value: A, weight: 2}", True),
        # each machine may have an endpoint of its own
        ("provider: mock}", "provider: mock, params: {seed: 1}}", False),
        ("mock: A1,", "mock: A2,", False),
    ],
)
@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_shards_of_other_prompts_or_assertions_are_told_of(
    before: str,
    after: str,
    said: bool,
    workers: tuple[str, ...],
    project: Project,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project.write(arena=ARENA)
    run_part(project, "1/2", *workers)
    assert before in ARENA
    project.write(arena=ARENA.replace(before, after))
    run_part(project, "2/2", *workers)
    capsys.readouterr()
    main(["merge", "shards"])
    shown = " ".join(capsys.readouterr().out.split())
    assert ("prompts or assertions were not those of" in shown) == said


def test_runs_of_other_columns_say_alike_that_prompts_were_others(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, prompt in (("one", "Q1"), ("two", "R1")):
        project.write(arena=ARENA.replace("prompt: Q1,", f"prompt: {prompt},"))
        project.run(f"--arena-provider={name}", f"--arena-report-dir=shards/{name}")
    capsys.readouterr()
    main(["merge", "shards"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "prompts or assertions were not those of shards/one/" in shown


def test_a_run_says_which_shard_it_is(project: Project) -> None:
    project.write(arena=ARENA)
    result = run_part(project, "2/3")
    report = Path("shards/arena-2/report.md").read_text()
    assert "Shard 2/3: " in report
    assert "of 18 cells ran." in " ".join(result.stdout.str().split())


def test_a_shard_without_cells_is_whole_and_green(project: Project) -> None:
    project.write(
        arena="providers: [{name: m, provider: mock}]\ntests:\n" + CASES[: len(CASES) // 9]
    )
    assert [run_part(project, f"{n}/2").ret for n in (1, 2)] == [0, 0]
    assert sorted(len(cells_of(n)) for n in (1, 2)) == [0, 1]
    assert main(["merge", "shards"]) == 0


def test_a_failure_in_a_shard_without_cells_is_not_forgotten(project: Project) -> None:
    one = "".join(CASES.splitlines(keepends=True)[:1])
    project.write(arena=f"providers: [{{name: m, provider: mock}}]\ntests:\n{one}")
    project.pytester.makepyfile(test_ordinary="def test_no():\n    assert False\n")
    codes = [run_part(project, f"{n}/2").ret for n in (1, 2)]
    assert sorted(codes) == [0, 1]
    assert sorted(len(cells_of(n)) for n in (1, 2)) == [0, 1]
    assert main(["merge", "shards"]) == 1


def test_a_failed_test_of_a_shard_whose_gate_failed_fails_the_whole(
    project: Project, spread: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = CASES.splitlines(keepends=True)
    providers = "providers: [{name: m, provider: mock}]\ntests:\n"
    project.write(arena=providers + "".join(lines[1:3]))
    assert project.run("--arena-update-baseline").ret == 0
    project.write(arena=providers + "".join(lines[:3]))
    project.pytester.makepyfile(test_ordinary="def test_no():\n    assert False\n")
    options = ("--arena-baseline=.arena/baseline.jsonl", "--arena-fail-on=regression")
    for number in (1, 2, 3):
        run_part(project, f"{number}/3", *options, *spread)
    runs = [read_run(f"shards/arena-{number}/results.jsonl") for number in (1, 2, 3)]
    assert sorted((run.exit_code, run.other_failures) for run in runs) == [(0, 0), (0, 0), (1, 1)]
    # that of the new cell, which can be compared with nothing, would have failed anyway
    (failed,) = [run for run in runs if run.exit_code]
    assert failed.gate is not None
    assert failed.gate.failed
    assert main(["merge", "shards", "--baseline=.arena/baseline.jsonl"]) == 1
    assert "1 failure that no cell has" in capsys.readouterr().out


BROKEN_FIXTURE = """
import pytest

@pytest.fixture(autouse=True, scope="session")
def broken():
    yield
    assert False
"""


@pytest.mark.parametrize(
    ("files", "counted"),
    [
        ({}, 0),
        ({"conftest": BROKEN_FIXTURE}, 1),
        ({"test_broken": "import nothing_here\n"}, 1),
        ({"test_own": "def test_no():\n    assert False\n"}, 1),
        ({"test_own": "def test_no(arena):\n    arena.check('A', contains='B')\n"}, 0),
        (
            {
                "test_own": "import pytest\n\n@pytest.mark.xfail(strict=True)\n"
                "def test_no(arena):\n    arena.check('A', contains='A')\n"
            },
            1,
        ),
    ],
)
def test_what_fails_and_is_no_cells_is_counted(
    project: Project, files: dict[str, str], counted: int
) -> None:
    cases = CASES.splitlines(keepends=True)[:2]
    cases[0] = cases[0].replace("mock: A0", "mock: no")
    project.write(arena="providers: [{name: m, provider: mock}]\ntests:\n" + "".join(cases))
    for name, text in files.items():
        project.pytester.makepyfile(**{name: text})
    assert project.run("--continue-on-collection-errors").ret == 1
    assert project.records()[-1]["other_failures"] == counted


def test_a_hook_that_calls_a_run_bad_counts_as_a_failure(project: Project) -> None:
    project.pytester.makeconftest(
        """
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionfinish(session):
            session.exitstatus = 1
        """
    )
    project.write(arena=ARENA)
    assert project.run().ret == 1
    assert project.records()[-1]["other_failures"] == 1


LIMITED = """\
providers: [{name: a, provider: mock}, {name: b, provider: mock}]
tests:
  - name: One
    tags: [t]
    prompt: q1
    mock: {a: ok, b: no}
    assertions: [{type: contains, value: ok}]
  - {name: Two, prompt: q2, mock: ok, assertions: [{type: contains, value: ok}]}
  - {name: Three, prompt: q3, mock: ok, assertions: [{type: contains, value: ok}]}
gates: [{metric: pass_rate, min: 0.8}]
"""
MARKED = """\
import pytest

@pytest.mark.parametrize("n", [pytest.param(n, marks=[pytest.mark.t] * (n < 3)) for n in range(6)])
def test_made(arena, n):
    arena.check("A", contains="A")
"""


def limits_and_conclusion(folder: str) -> tuple[list[tuple[str, str, str]], str]:
    run = read_run(f"{folder}/results.jsonl")
    found = [(one.verdict, one.action, one.reason) for one in run.limits]
    return found, part_sentence(run) or ""


@pytest.mark.parametrize(
    "chosen",
    [
        ("-m", "t"),
        ("-k", "One or test_made"),
        ("--arena-provider=a", "-m", "t"),
        ("arena.yaml", "test_own.py::test_made[1]", "test_own.py::test_made[2]"),
        (),
    ],
)
def test_merged_parts_of_a_selection_say_what_one_run_of_it_says(
    project: Project, chosen: tuple[str, ...]
) -> None:
    project.pytester.makepyfile(test_own=MARKED)
    project.pytester.makeini(f"[pytest]\naddopts = {PLAIN}\nmarkers = t: chosen\n")
    project.write(arena=LIMITED)
    options = ("--arena-fail-on=gates", *chosen)
    whole = project.run(*options)
    for number in (1, 2):
        run_part(project, f"{number}/2", *options)
    assert main(["merge", "shards", "--output", "merged"]) == whole.ret
    assert limits_and_conclusion("merged") == limits_and_conclusion("arena-report")


def test_a_shard_that_was_killed_leaves_a_whole_that_is_incomplete(
    project: Project, spread: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    project.write(arena=ARENA)
    assert run_part(project, "2/2").ret == 0
    project.pytester.makeconftest(
        """
        import os, signal

        def pytest_arena_cell_finished(cell, config):
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    folder = "--arena-report-dir=shards/arena-1"
    assert project.run_apart("--arena-shard=1/2", folder, *spread).ret < 0
    assert main(["merge", "shards"]) == 2
    out = capsys.readouterr().out
    assert "shards/arena-1/results.jsonl: the run was killed" in out
    assert "2 shards, 10 cells: incomplete, so there is no verdict" in out


def test_nothing_selected_is_no_empty_shard(project: Project) -> None:
    project.write(arena=ARENA)
    project.pytester.mkdir("empty")
    assert project.run("--arena-shard=1/2", "empty").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_earlier_times_balance_the_shards(project: Project) -> None:
    def slow(request: WireRequest) -> Reply:
        return Reply(text="A", latency_s=0.25 if request.prompt in ("Q0", "Q1") else 0.0)

    with WireServer(slow) as server:
        line = f"{{name: m, provider: openai, model: m, api_base: {server.url}/v1}}"
        project.write(arena=f"providers: [{line}]\ntests:\n{CASES}")
        assert project.run("--arena-report-dir=before").ret == 0
        for number in (1, 2):
            run_part(project, f"{number}/2", "--arena-shard-durations=before")
    parts = [{one.partition("::")[2] for one in cells_of(number)} for number in (1, 2)]
    assert sorted(len(part & {"C0[m]", "C1[m]"}) for part in parts) == [1, 1]


def test_a_shard_has_its_part_of_limits_and_budgets(project: Project) -> None:
    with WireServer(latency_s=0.05) as server:
        line = (
            f"{{name: m, provider: openai, model: m, api_base: {server.url}/v1, concurrency: 4,"
            " budget: {max_calls: 4}}"
        )
        arena = CASES.replace("value: A", "value: ok")
        project.write(arena=f"providers: [{line}]\ntests:\n{arena[: arena.index('  - {name: C8')]}")
        result = run_part(project, "1/2")
        assert (server.peak, server.calls) == (2, 2)
        said = "this shard's part (0.5) of max_calls 4 of provider 'm' is spent"
        assert said in " ".join(result.stdout.str().split())
        shutil.rmtree("shards")
        # where shards run one after the other, each has the whole limit; budgets stay shared
        run_part(project, "2/2", "--arena-shard-limits=1")
    assert server.calls == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--arena-shard=0/4",),
            "--arena-shard: '0/4' is not one of so many parts\n"
            "  expected: K/N with K from 1 to N\n"
            "  fix: give the second of four as --arena-shard=2/4, and count from 1",
        ),
        (
            ("--arena-shard=5/4",),
            "--arena-shard: '5/4' is not one of so many parts\n"
            "  expected: K/N with K from 1 to N\n"
            "  fix: give the second of four as --arena-shard=2/4",
        ),
        (
            ("--arena-shard=1/2000000000",),
            "--arena-shard: 2,000,000,000 parts are too many to deal cells to\n"
            "  expected: at most 100,000\n"
            "  fix: give groups of files to runs of their own, each in fewer parts",
        ),
        (
            ("--arena-shard-limits=2",),
            "--arena-shard-limits has no effect without --arena-shard\n"
            "  fix: give --arena-shard K/N",
        ),
        (
            ("--arena-shard=1/2", "--arena-shard-limits=3"),
            "--arena-shard-limits: 3 shards at once, where there are 2\n  fix: give 2 or fewer",
        ),
        (
            ("--arena-shard=1/2", "--lf"),
            "--lf chooses tests by what this machine remembers, so that the parts of --arena-shard "
            "would not fit together\n"
            "  fix: leave --lf out; -k and -m choose alike on every machine",
        ),
        (
            ("--arena-shard=1/2", "--arena-shard-durations=nowhere.jsonl"),
            "--arena-shard-durations: cannot read nowhere.jsonl: No such file or directory\n"
            "  fix: name a results.jsonl",
        ),
        (
            ("--arena-shard=1/2", "--arena-shard-durations=nowhere.jsonl", "-n2"),
            "--arena-shard-durations: cannot read nowhere.jsonl: No such file or directory\n"
            "  fix: name a results.jsonl",
        ),
        (
            ("--arena-shard=1/2", f"--arena-shard-durations={'x' * 300}"),
            f"--arena-shard-durations: cannot read {'x' * 300}: File name too long\n"
            "  fix: name a results.jsonl",
        ),
        (
            ("--arena-shard=1/2", "--arena-shard-durations=file:///no/where"),
            "--arena-shard-durations: file:///no/where/results.jsonl: No such file or directory\n"
            "  expected: a place that can be reached with the credentials of this machine",
        ),
    ],
)
def test_what_makes_no_shard_is_refused(
    project: Project, arguments: tuple[str, ...], said: str
) -> None:
    project.write(arena=ARENA)
    result = project.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str().replace("ERROR: ", "").replace(f"{project.path}/", "")


def test_a_judge_that_the_shards_cannot_share_is_refused(project: Project) -> None:
    project.write(
        arena="providers: [{name: m, provider: mock}, {name: j, provider: mock, concurrency: 2}]\n"
        "judge: j\ntests:\n"
        "  - {name: A, prompt: Q, mock: A, assertions: [{type: llm_judge, criteria: Good?}]}\n"
    )
    result = project.run("--arena-shard=1/3")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*'j' judges, embeds, plays a user or is compared with, and allows 2 calls in flight, "
            "which 3 shards cannot share",
            "  fix: give it concurrency: 3 or more, or use fewer shards at once "
            "(--arena-shard-limits)",
        ]
    )


def test_a_judge_that_nobody_calls_may_have_fewer_places_than_there_are_shards(
    project: Project,
) -> None:
    project.write(
        arena="providers: [{name: m, provider: mock}]\n"
        "judge: {name: j, provider: openai, model: j, concurrency: 2}\ntests:\n"
        "  - name: A\n    prompt: Q\n"
        """    mock: {m: A, j: '{"pass": true, "score": "fully", "reason": "good"}'}\n"""
        "    assertions: [{type: llm_judge, criteria: Good?}]\n"
    )
    assert project.run("--arena-shard=1/3").ret == pytest.ExitCode.USAGE_ERROR
    for number in range(1, 4):
        assert project.run("--arena-mock", f"--arena-shard={number}/3").ret == 0
