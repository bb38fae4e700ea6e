"""`arena calibrate`: the figures that it prints, the file that it keeps, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_arena.api import run_arena
from pytest_arena.cli import main

ARENA = """\
providers: [{name: mini, provider: mock}]
judge:
  provider: mock
  model: grader
  responses:
    patterns:
      - {match: kind regards, answer: '{"evidence": [], "reasoning": "Kind.", "level": "fully"}'}
      - {match: broken|cannot be used, answer: "no JSON"}
    default: '{"evidence": [], "reasoning": "Cold.", "level": "not"}'
tests:
  - name: Letter
    prompt: Write to them.
    mock: With kind regards
    assertions:
      - {type: tone, value: inviting}
      - {type: refusal, expected: true}
      - {type: any_of, assertions: [{type: llm_judge, criteria: Ends well.}]}
"""
LABELS = """\
output,label
With kind regards,pass
"Yours, with kind regards",pass
Do it!,fail
With kind regards? Never.,fail
Bye.,pass
broken,fail
"""


@pytest.fixture
def arena(tmp_path: Path) -> Path:
    path = tmp_path / "arena.yaml"
    path.write_text(ARENA)
    (tmp_path / "labels.csv").write_text(LABELS)
    return path


def test_it_prints_the_figures_and_keeps_them(
    arena: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", "labels.csv", "arena.yaml", "--type", "tone"]) == 0
    (path,) = (arena.parent / "calibrations").iterdir()
    assert capsys.readouterr().out == (
        "tone (arena.yaml:15) by grader (prompt tone/1)\n"
        "6 labels: 3 passed, 2 failed, 1 error\n"
        "7 calls to judges, $0.0000+\n"
        "  row 4, labelled fail: passed, Kind.\n"
        "  row 5, labelled pass: failed, Cold.\n"
        "  row 6, labelled fail: error, judge 'judge' gave no usable judgement, not even when "
        "asked again: it is not a JSON object (Expecting value: line 1 column 1 (char 0))\n"
        "accuracy       60.0 %\n"
        "Cohen's kappa  0.167 (95 %: -0.667 to 1.000)\n"
        "false passes   1 of 2 that should fail\n"
        "false fails    1 of 3 that should pass\n"
        f"written: {path}\n"
        "warning: only 5 labels were judged\n"
        "warning: kappa may be as low as -0.67\n"
    )
    record = json.loads(path.read_text())
    assert record["key"] == path.stem
    assert (record["judge"], record["prompt"], record["labels"]) == (
        ["grader"],
        "tone/1",
        "labels.csv",
    )
    assert record["calibration"]["undecided"] == 1


def test_a_run_shows_the_calibration_of_its_judges(arena: Path) -> None:
    main(["calibrate", "labels.csv", "arena.yaml", "--type", "tone"])
    main(["calibrate", "labels.csv", "arena.yaml", "--type", "refusal"])
    tone, refusal, group = run_arena(arena).cells[0].trials[0].assertions
    assert tone.judge is not None
    assert tone.judge.calibration is not None
    assert (tone.judge.calibration.labels, tone.judge.calibration.false_passes) == (6, 1)
    assert refusal.judge is not None
    assert (refusal.judge.prompt, refusal.judge.votes) == ("embedded", ())
    assert refusal.judge.calibration is not None
    assert group.group[0].judge is not None
    assert group.group[0].judge.calibration is None


def test_a_changed_judge_is_not_calibrated_any_more(arena: Path) -> None:
    main(["calibrate", "labels.csv", "arena.yaml", "--type", "tone"])
    arena.write_text(ARENA.replace("model: grader", "model: other"))
    tone = run_arena(arena).cells[0].trials[0].assertions[0]
    assert tone.judge is not None
    assert tone.judge.calibration is None


def test_contexts_and_references_stand_in_columns(
    arena: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ARENA.replace("type: tone, value: inviting", "type: factuality, reference: x")
    arena.write_text(
        text.replace("kind regards, answer", "so be it, answer")
        .replace('"level": "fully"', '"level": "same"')
        .replace('"level": "not"', '"level": "unrelated"')
    )
    (arena.parent / "labels.jsonl").write_text(
        '{"answer": "A", "reference": "so be it", "expected": true, "question": "Q"}\n'
        '{"answer": "A", "reference": "not so", "expected": false, "question": "Q"}\n'
    )
    assert main(["calibrate", "labels.jsonl", "arena.yaml", "--line", "15"]) == 0
    assert "2 labels: 1 passed, 1 failed\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "labels", "said"),
    [
        (
            [],
            LABELS,
            "3 assertions fit\n"
            "  expected: one of tone (arena.yaml:15), refusal (arena.yaml:16), llm_judge "
            "(arena.yaml:17)\n"
            "  fix: name one with --type, --case or --line\n",
        ),
        (
            ["--type", "bias"],
            LABELS,
            "no assertion fits\n"
            "  expected: one of tone (arena.yaml:15), refusal (arena.yaml:16), llm_judge "
            "(arena.yaml:17)\n"
            "  fix: name one with --type, --case or --line\n",
        ),
        (
            ["--type", "tone"],
            "text,label\nA,pass\n",
            "labels.csv has no column 'output'\n"
            "  expected: a column named output, answer or response\n"
            "  fix: rename one of text, label\n",
        ),
        (
            ["--type", "tone"],
            "output,label\nA,maybe\nB,\n",
            "labels.csv:2:3: row 1 has the label 'maybe'\n"
            "  expected: pass or fail (or 1 and 0, true and false, yes and no)\n"
            "labels.csv:3:3: row 2 has the label ''\n"
            "  expected: pass or fail (or 1 and 0, true and false, yes and no)\n",
        ),
        (
            ["--type", "tone", "--concurrency", "0"],
            LABELS,
            "--concurrency: must be at least 1\n  fix: leave it out\n",
        ),
    ],
)
def test_what_cannot_be_calibrated_is_told(
    arena: Path, options: list[str], labels: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (arena.parent / "labels.csv").write_text(labels)
    assert main(["calibrate", "labels.csv", "arena.yaml", *options]) == 4
    assert capsys.readouterr().err == said


def test_without_a_verdict_nothing_is_kept(arena: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (arena.parent / "labels.csv").write_text("output,label\nbroken,pass\n")
    assert main(["calibrate", "labels.csv", "arena.yaml", "--type", "tone"]) == 1
    assert capsys.readouterr().out.endswith(
        "no answer got a verdict, so there is nothing to calibrate by\n"
    )
    assert not (arena.parent / "calibrations").exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is not JSON"),
        ('{"format": 2}', "it is not of format 1"),
        ('{"format": 1, "key": 3}', "it has no 'key' or no 'calibration'"),
        (
            '{"format": 1, "key": "k", "calibration": {"labels": -1}}',
            "'labels' is not a count",
        ),
    ],
)
def test_a_broken_calibration_is_a_mistake_of_the_arena(
    arena: Path, text: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = arena.parent / "calibrations"
    folder.mkdir()
    (folder / "k.json").write_text(text)
    assert main(["validate", "arena.yaml"]) == 1
    assert capsys.readouterr().out.startswith(
        f"calibrations/k.json:1:1: calibration 'k.json' cannot be read: {why}\n"
        "  expected: a file that arena calibrate wrote\n"
        "  fix: run arena calibrate again, or remove the file\n"
    )


def test_judges_are_asked_as_a_run_would_ask_them(
    arena: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their own budget holds, those of a run's file and cases do not, and hooks see the calls."""
    text = ARENA.replace("  model: grader\n", "  model: grader\n  budget: {max_calls: 4}\n")
    arena.write_text(text.replace("judge:", "budget: {max_calls: 1}\njudge:", 1))
    (arena.parent / "conftest.py").write_text(
        "import pathlib\n"
        "def pytest_arena_before_request(request):\n"
        "    with open(pathlib.Path(__file__).parent / 'seen', 'a') as file:\n"
        "        file.write('x')\n"
    )
    assert main(["calibrate", "labels.csv", "arena.yaml", "--type", "tone", "--concurrency=1"]) == 0
    assert (arena.parent / "seen").read_text() == "x" * 6
    assert "max_calls 4" in capsys.readouterr().out
