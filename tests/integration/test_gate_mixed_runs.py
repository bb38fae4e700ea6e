"""The gate over runs that are not all of one kind: providers, ways of comparing, a killed run."""

from __future__ import annotations

import signal

import pytest
from conftest import Project
from live_model import MODEL, gate, statuses, summary, wrong

TWO = """\
providers:
  - {name: m, provider: live, model: one}
  - {name: n, provider: live, model: two, retries: 0}
prompts: {shop: {system: "version 1"}}
targets: {shop: {type: prompt, prompt: shop}}
tests:
  - name: Case
    matrix: {n: [1, 2, 3]}
    target: shop
    prompt: "question {{ n }}?"
    assertions: [{type: equals, value: "yes"}]
"""
MIXED = """\
providers: [{name: m, provider: live, model: one}]
prompts: {shop: {system: "version 1"}, desk: {system: "desk"}}
targets: {shop: {type: prompt, prompt: shop}, desk: {type: prompt, prompt: desk}}
tests:
  - name: Shop
    matrix: {n: [1, 2, 3]}
    target: shop
    prompt: "question {{ n }}?"
    assertions: [{type: equals, value: "yes"}]
  - name: Desk
    matrix: {n: [1, 2, 3]}
    target: desk
    prompt: "question {{ n }}?"
    assertions: [{type: equals, value: "yes"}]
"""
FRAGILE = MODEL.replace(
    "        wrong = any(",
    """\
        if Path("down").exists() and Path("down").read_text() == self.spec.model:
            raise ConnectionError("nobody answers")
        with open("calls", "a+") as file:
            file.write("x")
            file.seek(0)
            calls = len(file.read())
        if Path("deadly").exists() and calls == int(Path("deadly").read_text()):
            os.kill(os.getpid(), signal.SIGKILL)
        wrong = any(""",
).replace("import json\n", "import json\nimport os\nimport signal\n", 1)


def start(project: Project, arena: str, *, trials: int = 3) -> None:
    """Write an arena, and make its baseline while all is well."""
    project.write(arena=arena)
    project.pytester.makeconftest(FRAGILE)
    wrong(project)
    assert project.run_apart("--arena-update-baseline", f"--arena-trials={trials}").ret == 0
    (project.path / "calls").unlink()


def test_a_provider_that_is_down_is_an_error_and_hides_no_regression_of_another(
    project: Project, spread: tuple[str, ...]
) -> None:
    start(project, TWO)
    project.write(arena=TWO.replace("version 1", "version 2"))
    (project.path / "down").write_text("two")
    wrong(project, "version 2 question 2")
    result = gate(project, "--arena-trials=3", *spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    found = {c["id"].partition("::")[2]: c["standing"]["status"] for c in project.cells().values()}
    assert {status for name, status in found.items() if "[n]" in name} == {"error"}
    assert found["Case (n=2)[m]"] == "regressed"
    assert (found["Case (n=1)[m]"], found["Case (n=3)[m]"]) == ("still passing",) * 2
    wrong(project)
    # with the other half fine, what was not seen still keeps the run from being green
    assert gate(project).ret == pytest.ExitCode.TESTS_FAILED


def test_cells_with_an_old_version_and_cells_without_are_judged_in_one_run(
    project: Project,
) -> None:
    start(project, MIXED)
    project.write(arena=MIXED.replace("version 1", "version 2"))
    wrong(project, "version 2 question 2", "desk question 3")
    assert gate(project, "--arena-trials=3").ret == pytest.ExitCode.TESTS_FAILED
    found = statuses(project)
    worse = [name for name, status in found.items() if status == "regressed"]
    assert worse == ["Shop (n=2)", "Desk (n=3)"]
    cells = {c["case"]: c for c in project.cells().values()}
    assert cells["Shop (n=2)"]["confirmation_old"]
    assert not cells["Desk (n=3)"].get("confirmation_old")
    assert (summary(project)["compared"], summary(project)["judged"]) == (6, 6)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
def test_a_run_killed_while_it_confirms_goes_on_and_ends_as_it_would_have(
    project: Project,
) -> None:
    start(project, MIXED, trials=1)
    project.write(arena=MIXED.replace("version 1", "version 2"))
    wrong(project, "version 2 question 2", "desk question 3")
    assert gate(project).ret == pytest.ExitCode.TESTS_FAILED
    whole, calls = statuses(project), len((project.path / "calls").read_text())
    assert calls > 40
    (project.path / "calls").unlink()
    # six cells, then further trials of the two suspects
    (project.path / "deadly").write_text("30")
    assert gate(project).ret == -signal.SIGKILL
    assert project.records()[-1]["kind"] != "end"
    (project.path / "deadly").unlink()
    assert gate(project, "--arena-resume").ret == pytest.ExitCode.TESTS_FAILED
    assert statuses(project) == whole
    assert [name for name, status in whole.items() if status == "regressed"] == [
        "Shop (n=2)", "Desk (n=3)",
    ]  # fmt: skip
    # the cells were not asked anew, and at most one round of further trials was
    assert calls <= len((project.path / "calls").read_text()) <= calls + 30
