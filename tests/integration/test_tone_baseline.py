"""A tone held against the baseline's: kept by one run, compared by the next, in every worker."""

from __future__ import annotations

import json

from conftest import Project

ARENA = """\
providers:
  - {name: bot, provider: mock}
tests:
  - name: Late
    prompt: My parcel is late!
    mock: "%s"
    assertions:
      - {type: tone, value: polite, relative_to: baseline, on_unsure: pass}
  - name: Talk
    conversation:
      - user: Hello
        assertions:
          - {type: tone, value: friendly, relative_to: baseline, on_unsure: pass}
      - {user: Bye}
    mock: ["Hello! I am so glad that you are here, how can I help?", "Goodbye, have a great day!"]
"""
KIND = "I am sorry for the delay, and thank you for your patience. It will arrive tomorrow."
CURT = "It will arrive when it arrives. Do not ask again."


def test_a_ruder_answer_than_the_baselines_fails(project: Project, spread: tuple[str, ...]) -> None:
    project.write(arena=ARENA % KIND)
    first = project.run("--arena-update-baseline")
    first.assert_outcomes(passed=2)
    assert "Unsure, and marked so: tone 2 times in 2 cells." in " ".join(first.outlines)
    lines = (project.path / ".arena" / "baseline.jsonl").read_text().splitlines()
    scores = [json.loads(line).get("scores") for line in lines if '"kind": "cell"' in line]
    assert [list(each) for each in scores] == [["/polite tone"], ["0/friendly tone"]]

    again = project.run("--arena-baseline=.arena/baseline.jsonl")
    again.assert_outcomes(passed=2)
    assert "Unsure" not in again.stdout.str()

    project.write(arena=ARENA % CURT)
    project.run(*spread, "--arena-baseline=.arena/baseline.jsonl")
    assert project.verdicts() == {"Late[bot]": "failed", "Talk[bot]": "passed"}
    late = next(cell for cell in project.cells().values() if cell["case"] == "Late")
    (finding,) = late["trials"][0]["assertions"]
    assert (finding["expected"], finding["measure"]) == (
        "as polite as the baseline's",
        "polite tone",
    )
    assert "less than the baseline's" in finding["reason"]


def test_a_cell_that_is_only_unsure_is_an_error(project: Project) -> None:
    project.write(
        arena="""\
providers: [{name: bot, provider: mock}]
tests:
  - name: Alone
    prompt: Write to the customer.
    mock: "-----"
    assertions: [{type: tone, value: professional}]
  - name: By name
    prompt: Write to the customer.
    mock: "-----"
    assertions: [{type: tone, value: professional, on_unsure: pass}]
  - name: Over all trials
    prompt: Write to the customer.
    mock: "-----"
    assertions: [{type: tone, value: professional, pass_threshold: 0.5}]
  - name: Beside another
    prompt: Write to the customer.
    mock: "-----"
    assertions: [{type: tone, value: professional}, {type: max_words, value: 5}]
"""
    )
    result = project.run()
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.re_match_lines([r".*Alone\[bot\] - error: evaluation: nothing was judged.*"])
