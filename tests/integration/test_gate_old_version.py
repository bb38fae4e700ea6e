"""The gate beside the old version: whose change it was, and what cannot be said at all."""

from __future__ import annotations

import json
import subprocess
from xml.etree import ElementTree

import pytest
from conftest import Project
from live_model import ARENA, BASELINE, MODEL, gate, statuses, summary, with_baseline, wrong


@pytest.fixture
def live(project: Project) -> Project:
    return with_baseline(project)


def test_a_new_prompt_that_breaks_two_cases_is_told_from_one_trial_each(
    live: Project, spread: tuple[str, ...]
) -> None:
    live.write(arena=ARENA.replace("version 1", "version 2"))
    wrong(live, "version 2 question 2", "version 2 question 5")
    result = gate(live, "--junitxml=junit.xml", *spread)
    result.assert_outcomes(passed=4, failed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    found = statuses(live)
    assert [name for name, status in found.items() if status == "regressed"] == [
        "Case (n=2)", "Case (n=5)",
    ]  # fmt: skip
    cell = next(c for c in live.cells().values() if c["case"] == "Case (n=2)")
    assert {t["verdict"] for t in cell["confirmation_old"]} == {"passed"}
    assert {t["messages"][0]["content"] for t in cell["confirmation_old"]} == {"version 1"}
    assert summary(live)["calls"] == 2 * (2 + 4 + 4)
    # to whoever reads JUnit and to --lf the two have failed, and each stands there once
    cases = ElementTree.parse(live.path / "junit.xml").findall(".//testcase")
    assert len(cases) == 6
    assert sum(case.find("failure") is not None for case in cases) == 2
    again = gate(live, "--lf")
    again.assert_outcomes(failed=2)


def test_what_fails_under_the_old_version_too_has_drifted_and_is_no_failure(live: Project) -> None:
    live.write(arena=ARENA.replace("version 1", "version 2"))
    wrong(live, "question 2")
    result = gate(live)
    result.assert_outcomes(passed=5, xfailed=1)
    assert result.ret == pytest.ExitCode.OK
    assert statuses(live)["Case (n=2)"] == "drifted"
    result.stdout.fnmatch_lines(["No regression proven, but 1 cell is drifted*"])
    assert (
        live.run_apart(f"--arena-baseline={BASELINE}", "--arena-fail-on=drift").ret
        == pytest.ExitCode.TESTS_FAILED
    )


@pytest.mark.parametrize(
    ("change", "broken", "said"),
    [
        (("model: one", "model: two"), "two 0.5", ["model: one → two"]),
        (("temperature: 0.5", "temperature: 0.9"), "one 0.9", ["params.temperature: 0.5 → 0.9"]),
        (('"question {{ n }}?"', '"question {{ n }}, please?"'), "please", []),
    ],
)
def test_each_change_of_ours_is_asked_beside_what_it_was(
    live: Project, change: tuple[str, str], broken: str, said: list[str]
) -> None:
    live.write(arena=ARENA.replace(*change))
    wrong(live, broken)
    assert gate(live).ret == pytest.ExitCode.TESTS_FAILED
    assert set(statuses(live).values()) == {"regressed"}
    assert all(c["standing"].get("differences", []) == said for c in live.cells().values())
    assert all("in the same minutes" in c["standing"]["reason"] for c in live.cells().values())
    wrong(live)
    assert gate(live).ret == pytest.ExitCode.OK
    assert set(statuses(live).values()) == {"still passing"}


def test_changed_assertions_judge_both_versions(live: Project) -> None:
    live.write(arena=ARENA.replace("type: equals", "type: contains"))
    result = gate(live)
    assert result.ret == pytest.ExitCode.OK
    assert (summary(live)["compared"], summary(live)["judged"]) == (6, 6)
    live.write(arena=ARENA.replace('type: equals, value: "yes"', 'type: equals, value: "si"'))
    assert gate(live).ret == pytest.ExitCode.OK
    # what the old version does not do either is no change of the prompt
    assert set(statuses(live).values()) == {"still failing"}


def test_without_the_old_version_changed_assertions_leave_nothing_to_judge(live: Project) -> None:
    live.write(arena=ARENA.replace("type: equals", "type: contains"))
    result = gate(live, "--arena-old=off")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["Nothing was judged: no cell could be compared with *"])


def test_the_stored_baseline_alone_finds_what_broke_and_says_where_it_is_blind(
    live: Project,
) -> None:
    live.write(arena=ARENA.replace("version 1", "version 2"))
    wrong(live, "version 2 question 2")
    result = gate(live, "--arena-old=off")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert statuses(live)["Case (n=2)"] == "regressed"
    assert summary(live)["calls"] == 82


def test_renamed_cases_are_compared_and_a_renamed_provider_is_not(live: Project) -> None:
    live.write(arena=ARENA.replace("name: Case", "name: Question"))
    result = gate(live)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["No regression: 6 of 6 cells compared with *"])
    wrong(live, "question 3")
    assert gate(live).ret == pytest.ExitCode.TESTS_FAILED
    assert statuses(live)["Question (n=3)"] == "regressed"
    wrong(live)
    live.write(arena=ARENA.replace("name: m,", "name: other,"))
    result = gate(live)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["Nothing was judged: *"])


def test_an_old_version_in_git_is_asked_as_it_was_there(live: Project) -> None:
    for command in ("init -b main", "add -A", "commit -m one"):
        subprocess.run(
            ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", *command.split()],
            cwd=live.path, check=True, capture_output=True,
        )  # fmt: skip
    live.write(arena=ARENA.replace("version 1", "version 2"))
    wrong(live, "version 2 question 2")
    assert gate(live, "--arena-old=git:main").ret == pytest.ExitCode.TESTS_FAILED
    assert statuses(live)["Case (n=2)"] == "regressed"
    assert gate(live, "--arena-old=git:merge-base(main)").ret == pytest.ExitCode.TESTS_FAILED
    assert statuses(live)["Case (n=2)"] == "regressed"
    result = gate(live, "--arena-old=git:nowhere")
    result.stdout.fnmatch_lines(["*git knows no revision 'nowhere'*"])


def test_nothing_secret_is_kept_to_ask_again(project: Project) -> None:
    project.pytester.makeconftest(MODEL)
    wrong(project)
    keyed = ARENA.replace(
        "model: one,",
        'model: one, api_base: "https://user:pa55@host.example/v1?key=k3y", '
        "headers: {X-Key: s3cret},",
    )
    project.write(arena=keyed)
    project.run_apart("--arena-update-baseline").assert_outcomes(passed=6)
    kept = (project.path / BASELINE).read_text()
    assert "host.example/v1" in kept
    assert not [word for word in ("pa55", "k3y", "s3cret") if word in kept]


def trials(project: Project) -> set[int]:
    lines = (project.path / BASELINE).read_text().splitlines()
    return {record["trials"] for line in lines if (record := json.loads(line)).get("case")}


def test_a_baseline_gets_five_trials_and_green_runs_add_to_it(project: Project) -> None:
    project.write(arena=ARENA)
    project.pytester.makeconftest(MODEL)
    wrong(project)
    project.run_apart("--arena-update-baseline").assert_outcomes(passed=6)
    assert trials(project) == {5}
    project.run_apart("--arena-update-baseline=add").assert_outcomes(passed=6)
    assert trials(project) == {6}
    wrong(project, "question 2")
    failed = project.run_apart("--arena-update-baseline=add")
    failed.stdout.fnmatch_lines([f"baseline: {BASELINE} was left as it is, since the run failed"])
    assert trials(project) == {6}


def test_a_run_goes_on_in_the_middle_of_its_confirmation(live: Project) -> None:
    live.write(arena=ARENA.replace("version 1", "version 2"))
    wrong(live, "version 2 question 2")
    gate(live)
    whole = live.cells()
    results = live.path / "arena-report" / "results.jsonl"
    lines = results.read_text().splitlines()
    kept = [json.loads(line) for line in lines if json.loads(line)["kind"] != "end"]
    for record in kept:
        record.pop("standing", None)
        if len(record.get("confirmation", ())) > 4:
            record["confirmation"] = record["confirmation"][:4]
            record["confirmation_old"] = record["confirmation_old"][:2]
    results.write_text("".join(json.dumps(record) + "\n" for record in kept))
    assert gate(live, "--arena-resume").ret == pytest.ExitCode.TESTS_FAILED
    assert {c["id"]: c["standing"]["status"] for c in live.cells().values()} == {
        c["id"]: c["standing"]["status"] for c in whole.values()
    }
    resumed = next(c for c in live.cells().values() if c["case"] == "Case (n=2)")
    first = next(c for c in whole.values() if c["case"] == "Case (n=2)")
    assert len(resumed["confirmation"]) == len(first["confirmation"])


@pytest.mark.parametrize("option", ["--arena-old=sometimes", "--arena-drift=-1",
                                    "--arena-least-compared=2", "--arena-blind=maybe"])  # fmt: skip
def test_options_of_the_gate_that_make_no_sense_are_refused(live: Project, option: str) -> None:
    result = gate(live, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{option.partition('=')[0]}:*"])


FAMILIES = """\
providers: [{name: m, provider: live, model: one}]
tests:
  - name: Case
    matrix: {topic: [refunds, returns, hours], n: [1, 2, 3, 4, 5, 6, 7, 8]}
    cluster: "{{ topic }}"
    prompt: "version 1 {{ topic }} {{ n }}"
    assertions: [{type: equals, value: "yes"}]
"""
AT_TIMES = MODEL.replace(
    "        return Response(",
    "        asked[text] = asked.get(text, 0) + 1\n"
    "        wrong = wrong and asked[text] % 3 == 1\n"
    "        return Response(",
).replace("class Model", "asked = {}\n\nclass Model")


def test_a_family_that_falls_together_is_named_and_fails_no_run(project: Project) -> None:
    project.write(arena=FAMILIES)
    project.pytester.makeconftest(AT_TIMES)
    wrong(project)
    project.run_apart("--arena-update-baseline").assert_outcomes(passed=24)
    project.write(arena=FAMILIES.replace("version 1", "version 2"))
    wrong(project, "refunds")
    result = gate(project, "--arena-trials=3", "--arena-old=off")
    result.assert_outcomes(passed=16, xfailed=8)
    assert result.ret == pytest.ExitCode.OK
    said = " ".join(result.stdout.str().split())
    assert "the family 'refunds' fell as a whole, against" in said
    (family,) = summary(project)["families"]
    assert (family["name"], family["cells"], family["fell"]) == ("refunds", 8, 8)
