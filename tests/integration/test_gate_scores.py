"""Scores that fall below no threshold: warned of everywhere, and red where a limit says so."""

from __future__ import annotations

import json

import pytest
from conftest import Project

from pytest_arena.cli import main

GATED = "gates: [{metric: score_falls, max: 0}]\n"
KIND = "Your parcel number %s was sent this morning."
CURT = "Your parcel number %s was sent, I guess, this morning or so."


def arena(answer: str) -> str:
    """Return eight cases whose answers are all near enough to a reference."""
    cases = "".join(
        f"""\
  - name: Parcel {number}
    prompt: Where is parcel {number}?
    mock: "{answer % number}"
    assertions: [{{type: levenshtein, value: "{KIND % number}", min_similarity: 0.5}}]
"""
        for number in range(1, 9)
    )
    return f"providers: [{{name: bot, provider: mock}}]\ntests:\n{cases}"


@pytest.fixture
def kind(project: Project) -> Project:
    project.write(arena=arena(KIND))
    project.run("--arena-update-baseline").assert_outcomes(passed=8)
    return project


def test_a_fall_warns_and_a_limit_makes_it_fail(kind: Project, spread: tuple[str, ...]) -> None:
    kind.write(arena=arena(CURT))
    options = ("--arena-baseline=.arena/baseline.jsonl", "--arena-fail-on=regression")
    result = kind.run(*options, *spread)
    result.assert_outcomes(passed=8)
    assert result.ret == 0
    said = " ".join(result.stdout.str().split())
    assert "No regression proven, but scores of levenshtein 'at least 0.5' fell, against" in said
    assert "over 8 of 8 cells, and no threshold was crossed." in said
    markdown = (kind.path / "arena-report" / "report.md").read_text()
    assert "over 8 of 8 cells, and no threshold was crossed." in markdown
    (fall,) = kind.records()[-1]["gate"]["scores"]
    assert (fall["assertion"], fall["cells"], fall["fell"]) == ("levenshtein 'at least 0.5'", 8, 8)

    kind.write(arena=GATED + arena(CURT))
    result = kind.run(*options)
    assert result.ret == 1
    (limit,) = kind.records()[-1]["limits"]
    assert limit["verdict"] == "failed"
    assert limit["reason"].startswith(
        "score_falls: 1 fall of scores, 0 allowed: levenshtein 'at least 0.5' by 0."
    )


def test_shards_that_are_merged_tell_what_one_run_tells(
    kind: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kind.write(arena=arena(CURT))
    for part, chosen in ((1, "1 or 2 or 3"), (2, "not 1 and not 2 and not 3")):
        folder = f"--arena-report-dir=part-{part}"
        kind.run("--arena-baseline=.arena/baseline.jsonl", "-k", chosen, folder)
    monkeypatch.chdir(kind.path)
    assert main(["merge", "--baseline", ".arena/baseline.jsonl", "part-1", "part-2"]) == 0
    assert "over 8 of 8 cells" in " ".join(capsys.readouterr().out.split())
    (fall,) = kind.records()[-1]["gate"]["scores"]
    assert fall["cells"] == 8


def test_an_older_baseline_is_said_to_keep_no_scores(kind: Project) -> None:
    path = kind.path / ".arena" / "baseline.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records:
        record.pop("graded", None)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    kind.write(arena=GATED + arena(CURT))
    result = kind.run("--arena-baseline=.arena/baseline.jsonl")
    assert result.ret == 1
    said = " ".join(result.stdout.str().split())
    assert "Whether scores fell in 8 cells is not known" in said
    (limit,) = kind.records()[-1]["limits"]
    assert (limit["verdict"], limit["reason"]) == (
        "error", "score_falls: .arena/baseline.jsonl has no scores to compare with",
    )  # fmt: skip
