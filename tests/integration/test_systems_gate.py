"""The gate on applications: their old code beside the new one, or the baseline's word for it."""

from __future__ import annotations

import subprocess

import pytest
from conftest import Project

BOT = """
from wording import end

def answer(prompt):
    return f"order {prompt} has shipped{end}"
"""
CLI = 'read -r prompt; . ./wording.sh; echo "order $prompt has shipped$end"\n'
ARENA = """
providers:
  - {name: bot, provider: python, call: "bot:answer", version: git}
  - {name: cli, provider: exec, command: [sh, cli.sh], version: git}
tests:
  - name: Shipped
    prompt: "48213"
    assertions: [{type: contains, value: shipped!}]
"""
BASELINE = ".arena/baseline.jsonl"


def git(project: Project, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *who, *arguments], cwd=project.path, check=True, capture_output=True)


def write_ending(project: Project, end: str) -> None:
    (project.path / "wording.py").write_text(f"end = {end!r}\n")
    (project.path / "wording.sh").write_text(f"end={end!r}\n")


@pytest.fixture
def bots(project: Project) -> Project:
    """Two applications in git, with a baseline in which all is well."""
    (project.path / "bot.py").write_text(BOT)
    (project.path / "cli.sh").write_text(CLI)
    (project.path / ".gitignore").write_text("__pycache__\narena-report\n")
    write_ending(project, "!")
    project.write(arena=ARENA)
    git(project, "init", "-q")
    project.run_apart("--arena-update-baseline").assert_outcomes(passed=2)
    git(project, "add", ".")
    git(project, "commit", "-qm", "well")
    return project


def gate(project: Project, *options: str) -> pytest.RunResult:
    return project.run_apart(f"--arena-baseline={BASELINE}", "--arena-fail-on=regression", *options)


def test_the_code_of_a_revision_is_asked_beside_todays(
    bots: Project, spread: tuple[str, ...]
) -> None:
    write_ending(bots, "?")
    gate(bots, "--arena-old=git:HEAD", *spread).assert_outcomes(failed=2)
    for name in ("bot", "cli"):
        cell = bots.columns()[name]
        assert cell["standing"]["status"] == "regressed"
        assert {trial["output"] for trial in cell["confirmation"]} == {"order 48213 has shipped?"}
        old = {trial["output"] for trial in cell["confirmation_old"]}
        assert old == {"order 48213 has shipped!"}


def test_what_the_old_code_does_no_better_is_no_regression(bots: Project) -> None:
    # the file is not in git, and so it is the same for both
    for name, text in (("bot.py", BOT.replace("wording", "beyond")),):
        (bots.path / name).write_text(text)
    (bots.path / "beyond.py").write_text("end = '?'\n")
    git(bots, "add", "bot.py", "beyond.py")
    git(bots, "commit", "-qm", "worse already")
    (bots.path / "bot.py").write_text((bots.path / "bot.py").read_text() + "# tidied up\n")
    result = gate(bots, "--arena-old=git:HEAD", "--arena-provider=bot")
    assert bots.columns()["bot"]["standing"]["status"] == "drifted"
    assert result.ret == pytest.ExitCode.OK


def test_where_the_old_code_cannot_be_asked_the_baseline_stands_for_it(bots: Project) -> None:
    write_ending(bots, "?")
    gate(bots).assert_outcomes(failed=2)
    assert bots.columns()["bot"]["standing"]["status"] == "regressed"
    assert not bots.columns()["bot"].get("confirmation_old")
    notes = bots.records()[-1]["notes"]
    assert (
        "provider 'bot' is not the one of the baseline, and the old one cannot be asked: its "
        "trials in the baseline stand for it; --arena-old git:REV asks the code of a revision, "
        "where it can"
    ) in notes


def test_a_command_without_a_file_of_the_repository_is_not_asked_as_it_was(bots: Project) -> None:
    script = f"read p; echo order $p has shipped? # {'x' * 300}"
    bots.write(arena=ARENA.replace("[sh, cli.sh]", f"[sh, -c, '{script}']"))
    gate(bots, "--arena-old=git:HEAD", "--arena-provider=cli").assert_outcomes(failed=1)
    assert bots.columns()["cli"]["confirmation_old"]
    git(bots, "commit", "-qam", "a script")
    bots.write(arena=ARENA.replace("[sh, cli.sh]", f"[sh, -c, '{script}y']"))
    gate(bots, "--arena-old=git:HEAD", "--arena-provider=cli").assert_outcomes(failed=1)
    assert not bots.columns()["cli"]["confirmation_old"]


def test_what_is_installed_is_never_taken_for_the_code_of_a_revision(bots: Project) -> None:
    bots.write(
        arena=ARENA.replace('"bot:answer"', '"textwrap:dedent"').replace("shipped!", "48213")
    )
    gate(bots, "--arena-update-baseline", "--arena-fail-on=none")
    git(bots, "add", ".")
    git(bots, "commit", "-qm", "another")
    bots.write(arena=ARENA.replace('"bot:answer"', '"textwrap:dedent"').replace("git}", "'2'}"))
    gate(bots, "--arena-old=git:HEAD")
    notes = [note for note in bots.records()[-1]["notes"] if "cannot be asked" in note]
    assert len(notes) == 1
    assert notes[0].startswith("provider 'bot' is not the one of the baseline")
