"""A run that was interrupted is taken up again: what it finished is not run once more."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ARENA, Project
from survival import kill_and_resume


def interrupt(project: Project, *finished: str, torn: bool = True) -> None:
    """Leave the results as a run does that is killed after these cells."""
    results = project.path / "arena-report" / "results.jsonl"
    run, *cells = results.read_text().splitlines(keepends=True)
    kept = [line for line in cells if any(f"::{name}" in line for name in finished)]
    results.write_text("".join([run, *kept]) + '{"kind": "cell", "id": "to' * torn)


def notes(project: Project) -> list[str]:
    lines: list[str] = project.records()[-1]["notes"]
    return lines


def started(project: Project) -> list[str]:
    """Return the cells of which a request was made, as the conftest file notes them."""
    file = project.path / "asked"
    lines = sorted(file.read_text().splitlines()) if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


@pytest.fixture
def noting(small: Project) -> Project:
    """The small arena, run once, with each request noted."""
    small.pytester.makepyfile(
        conftest="def pytest_arena_before_request(request, config):\n"
        "    with open(config.rootpath / 'asked', 'a') as file:\n"
        "        file.write(f'{request.case}[{request.provider}]\\n')"
    )
    small.run()
    started(small)
    return small


def test_finished_cells_are_taken_and_the_rest_is_run(
    noting: Project, spread: tuple[str, ...]
) -> None:
    before = noting.cells()
    interrupt(noting, "Greeting", "Slow server", "Known gap[good]", "Left out")
    result = noting.run("--arena-resume", *spread)
    # an error is run again, and so is what was not reached
    assert started(noting) == ["Known gap[bad]", "Slow server[bad]"]
    result.assert_outcomes(passed=4, failed=1, errors=1, xfailed=2, skipped=2)
    (note,) = notes(noting)
    assert note.startswith("4 cells were taken from the run interrupted at 20")
    assert note in result.outlines
    after = noting.cells()
    assert list(after) == list(before)
    for cell_id in ("arena.yaml::Greeting[good]", "arena.yaml::Greeting[bad]"):
        assert after[cell_id] == before[cell_id]
    assert not (noting.path / "arena-report" / ".resume.jsonl").exists()


@pytest.mark.parametrize(
    ("change", "options"),
    [
        (("prompt: Say hello", "prompt: Say hi"), ()),
        (("value: hello", "value: Hello"), ()),
        (("banned_words: [hack]", "banned_words: [hack, crack]"), ()),
        (("model: good-model", "model: better-model"), ()),
        (("prompt: Say hello", "trials: 2\n    prompt: Say hello"), ()),
        (("", ""), ("--arena-trials=2",)),
    ],
    ids=["prompt", "assertion", "guardrail", "model", "trials", "option"],
)
def test_a_cell_that_has_changed_is_run_again(
    noting: Project, change: tuple[str, str], options: tuple[str, ...]
) -> None:
    interrupt(noting, "Greeting[good]", torn=False)
    noting.write(arena=ARENA.replace(*change, 1))
    noting.run("--arena-resume", "-k", "Greeting and good", *options)
    assert "Greeting[good]" in started(noting)
    assert notes(noting)[0].startswith("nothing taken from the run interrupted at 20")
    assert notes(noting)[0].endswith(" UTC: no cell of it is as it was")


def test_answers_of_a_mock_do_not_stand_for_those_of_a_model(noting: Project) -> None:
    path = noting.path / "arena.yaml"
    path.write_text(ARENA.replace("name: good, provider: mock", "name: good, provider: openai"))
    noting.run("--arena-mock", "-k", "Greeting and good")
    interrupt(noting, "Greeting[good]")
    noting.run("--arena-block-network", "--arena-resume", "-k", "Greeting and good")
    assert noting.verdicts() == {"Greeting[good]": "error"}


def test_nothing_to_resume_is_said_and_everything_is_run(noting: Project) -> None:
    noting.run("--arena-resume")
    assert len(started(noting)) == 6
    assert notes(noting) == [
        "nothing to resume: no run in this folder was interrupted; every cell was run"
    ]


def test_a_run_without_the_option_forgets_what_was_interrupted(noting: Project) -> None:
    folder = noting.path / "arena-report"
    interrupt(noting, "Greeting")
    shard = folder / ".shards" / "0123456789ab" / "gw0-1.jsonl"
    shard.parent.mkdir(parents=True)
    shard.write_text(folder.joinpath("results.jsonl").read_text().splitlines()[1] + "\n")
    (folder / ".resume.jsonl").write_text("")
    noting.run()
    assert len(started(noting)) == 6
    assert not (folder / ".shards").exists()
    assert not (folder / ".resume.jsonl").exists()


def test_what_only_a_worker_s_shard_holds_is_taken_too(noting: Project) -> None:
    folder = noting.path / "arena-report"
    line = next(x for x in (folder / "results.jsonl").read_text().splitlines() if "g[good]" in x)
    (folder / "results.jsonl").unlink()
    shard = folder / ".shards" / "0123456789ab" / "gw0-1.jsonl"
    shard.parent.mkdir(parents=True)
    shard.write_text(line + '\n{"torn')
    noting.run("--arena-resume", "-k", "good")
    assert "Greeting[good]" not in started(noting)
    assert notes(noting)[0].startswith("1 cell was taken from the run interrupted at 20")


def test_a_recording_run_takes_only_cells_that_were_recorded(noting: Project) -> None:
    interrupt(noting, "Greeting")
    noting.run("--arena-resume", "--arena-record=new")
    assert len(started(noting)) == 6
    (note,) = notes(noting)
    assert note.startswith("nothing taken from the run interrupted at 20")
    assert note.endswith(" UTC: it had --arena-record off")


def test_the_ini_file_can_ask_for_it(noting: Project) -> None:
    interrupt(noting, "Greeting")
    noting.run("-o", "arena_resume=true")
    assert notes(noting)[0].startswith("2 cells were taken from")


BREAKS_OFF = """\
import pytest
seen = []

def pytest_runtest_logreport(report):
    seen.append(report) if report.when == "call" else None
    if len(seen) == 2:
        seen.append("no more")
        {break_off}

def pytest_keyboard_interrupt(excinfo):
    {again}
"""


@pytest.mark.parametrize(
    ("break_off", "again", "spread"),
    [
        ("raise KeyboardInterrupt", "raise KeyboardInterrupt", ()),
        ("raise KeyboardInterrupt", "raise KeyboardInterrupt", ("-n2",)),
        ("pytest.exit('enough', returncode=7)", "pass", ()),
        ("pytest.exit('enough', returncode=0)", "pass", ()),
    ],
    ids=["ctrl-c-twice", "ctrl-c-twice-n2", "exit", "exit-as-if-good"],
)
def test_a_run_that_is_broken_off_is_no_whole_one_whatever_pytest_makes_of_it(
    small: Project, break_off: str, again: str, spread: tuple[str, ...]
) -> None:
    small.pytester.makepyfile(conftest=BREAKS_OFF.format(break_off=break_off, again=again))
    code = small.run_apart(*spread).ret
    # the second Ctrl-C ends Python as well, with 1 or by its signal
    assert code not in (0, 5)
    *_, end = small.records()
    assert end["interrupted"] is True
    had = sum(cell["verdict"] in ("passed", "failed") for cell in small.cells().values())
    assert had
    assert end["exit_code"] == (7 if "7" in break_off else pytest.ExitCode.INTERRUPTED)
    small.pytester.makepyfile(conftest="")
    small.run_apart("--arena-resume", *spread)
    taken = "1 cell was" if had == 1 else f"{had} cells were"
    assert notes(small)[0].startswith(f"{taken} taken from the run interrupted at 20")


@pytest.mark.parametrize(
    ("breaks_off", "options", "code"),
    [
        ("raise KeyboardInterrupt", (), pytest.ExitCode.INTERRUPTED),
        ("raise KeyboardInterrupt", ("-n2",), pytest.ExitCode.INTERRUPTED),
        ("pytest.exit('enough', returncode=7)", (), 7),
        ("raise RuntimeError('a hook that breaks')", (), pytest.ExitCode.INTERNAL_ERROR),
    ],
    ids=["ctrl-c", "ctrl-c-n2", "exit", "hook"],
)
def test_a_run_that_broke_off_updates_no_baseline_and_keeps_its_exit_code(
    small: Project, breaks_off: str, options: tuple[str, ...], code: int
) -> None:
    conftest = BREAKS_OFF.format(break_off=breaks_off, again="pass")
    small.pytester.makepyfile(conftest=conftest)
    result = small.run_apart("--arena-update-baseline", *options)
    assert result.ret == code
    if code == pytest.ExitCode.INTERRUPTED:
        # of others, pytest shows no summary
        assert "the baseline was not updated: the run was interrupted" in result.stdout.str()
    assert not (small.path / ".arena").exists()


RAISES = """\
seen = []

def pytest_runtest_logreport(report):
    seen.append(report) if report.when == "call" else None
    if len(seen) == 2:
        raise {what}
"""


@pytest.mark.parametrize("what", ["RuntimeError('a hook that breaks')", "SystemExit(0)"])
def test_a_run_that_a_hook_broke_is_resumed(small: Project, what: str) -> None:
    small.pytester.makepyfile(conftest=RAISES.format(what=what))
    assert small.run_apart().ret == pytest.ExitCode.INTERNAL_ERROR
    *_, end = small.records()
    assert end["interrupted"] is True
    report = (small.path / "arena-report" / "report.md").read_text()
    assert "The run was interrupted: these are the cells that had finished." in report
    small.pytester.makepyfile(conftest="")
    small.run_apart("--arena-resume")
    assert " taken from the run interrupted at 20" in notes(small)[0]


def test_what_x_left_out_is_run_when_it_is_resumed(
    noting: Project, spread: tuple[str, ...]
) -> None:
    noting.run_apart("-x", *spread)
    had = sum(cell["verdict"] in ("passed", "failed") for cell in noting.cells().values())
    assert had > 0
    started(noting)
    noting.run_apart("--arena-resume", *spread)
    taken = "1 cell was" if had == 1 else f"{had} cells were"
    assert notes(noting)[0].startswith(f"{taken} taken from the run interrupted at 20")


DEAR = """\
providers:
  - {name: m, provider: mock, model: m, responses: {default: All is well.}, concurrency: 1,
     input_cost_per_million: 0, output_cost_per_million: 100000}
tests:
  - name: Asked
    matrix: {n: [1, 2, 3, 4]}
    prompt: Is {{ n }} well?
    assertions: [{type: cost, max_usd: 1}]
"""


def test_what_a_budget_left_is_run_when_it_is_resumed(
    project: Project, spread: tuple[str, ...]
) -> None:
    project.write(arena=DEAR)
    project.run_apart("--arena-max-cost=0.7", "--arena-fail-on=none", *spread)
    before = [cell["verdict"] for cell in project.cells().values()]
    assert set(before) == {"passed", "skipped"}
    # a run that is refused leaves it
    project.run_apart("--arena-resume", "--arena-provider=nobody")
    result = project.run_apart("--arena-resume", *spread)
    result.assert_outcomes(passed=4)
    had = before.count("passed")
    taken = "1 cell was" if had == 1 else f"{had} cells were"
    assert notes(project)[0].startswith(f"{taken} taken from the run that a budget ended at 20")


def test_what_was_found_at_other_prices_is_asked_again(project: Project) -> None:
    project.write(arena=DEAR)
    project.run_apart()
    interrupt(project, "Asked")
    project.write(arena=DEAR.replace("100000", "900000"))
    project.run_apart("--arena-resume").assert_outcomes(failed=4)
    interrupt(project, "Asked")
    project.run_apart("--arena-resume").assert_outcomes(failed=4)
    assert notes(project)[0].startswith("4 cells were taken")


@pytest.mark.parametrize("given", ["api_base: '${WHERE}'", "params: {user: '${WHERE}'}"])
def test_what_another_endpoint_answered_is_asked_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("WHERE", "http://one.test")
    project.write(arena=DEAR.replace("provider: mock", f"provider: mock, {given}"))
    project.run("-k", "Asked")
    cells = project.cells().values()
    assert "one.test" not in str([cell["hashes"] for cell in cells])
    interrupt(project, "Asked")
    monkeypatch.setenv("WHERE", "http://two.test")
    project.run("--arena-resume")
    assert notes(project)[0].endswith("no cell of it is as it was")
    interrupt(project, "Asked")
    project.run("--arena-resume")
    assert notes(project)[0].startswith("4 cells were taken")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 4, 6, 8])
def test_a_run_killed_at_any_moment_loses_nothing_and_is_resumed(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-survival")
    kill_and_resume(tmp_path, seed)


CHECKED = """\
providers:
  - {name: good, provider: mock, responses: {defaultResponse: "A good day."}}
tests:
  - name: Looked at
    prompt: Hello!
    assertions: [{type: python, call: "looks:is_good"}]
  - name: Contained
    prompt: Hello!
    assertions: [{type: contains, value: good}]
  - name: Own answer
    prompt: Hello!
    mock: It is good.
    assertions: [{type: contains, value: good}]
"""


@pytest.fixture
def looking(project: Project) -> Project:
    """An arena of which one case is looked at by a function, run once and interrupted."""
    project.write(arena=CHECKED)
    (project.path / "looks.py").write_text("def is_good(output):\n    return 'good' in output\n")
    (project.path / "conftest.py").write_text(
        "def pytest_arena_before_request(request, config):\n"
        "    with open(config.rootpath / 'asked', 'a') as file:\n"
        "        file.write(f'{request.case}[{request.provider}]\\n')",
    )
    project.run_apart()
    assert len(started(project)) == 3
    interrupt(project, "Looked", "Contained", "Own")
    return project


def test_cells_hold_while_the_code_is_as_it_was(looking: Project, spread: tuple[str, ...]) -> None:
    looking.run_apart("--arena-resume", *spread)
    assert started(looking) == []


def test_a_changed_function_is_asked_again_and_the_rest_is_taken(looking: Project) -> None:
    looks = "def is_good(output):\n    return 'bad' in output\n"
    (looking.path / "looks.py").write_text(looks)
    result = looking.run_apart("--arena-resume")
    assert started(looking) == ["Looked at[good]"]
    result.assert_outcomes(passed=2, failed=1)


def test_a_changed_text_of_a_mock_is_asked_for_again(looking: Project) -> None:
    looking.write(arena=CHECKED.replace("It is good.", "It is bad."))
    result = looking.run_apart("--arena-resume")
    assert started(looking) == ["Own answer[good]"]
    result.assert_outcomes(passed=2, failed=1)
    interrupt(looking, "Looked", "Contained", "Own")
    looking.write(arena=CHECKED.replace("A good day", "A bad day"))
    looking.run_apart("--arena-resume")
    assert started(looking) == ["Contained[good]", "Looked at[good]", "Own answer[good]"]
