"""Transforms of a run: each answer of a trial, after guardrails, with the raw answer kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_arena import run_arena

ARENA = """\
providers:
  - {name: m, provider: mock, transform: {javascript: output.trim()}}
guardrails: {rules: [{type: banned_words, words: [secret], direction: output}]}
tests:
  - name: Talk
    conversation:
      - {user: One, assertions: [{type: equals, value: a}]}
      - {user: Two, assertions: [{type: equals, value: b}]}
    mock: [' {"say": "a"} ', ' {"say": "b"} ']
    transform: {jmespath: say}
    assertions: [{type: javascript, code: output === 'b'}]
  - name: Blocked
    prompt: Hi
    mock: the secret
    transform: {javascript: '"harmless"'}
    assertions: [{type: validation_error}]
  - name: Never found
    prompt: Hi
    mock: " {} "
    transform: {jmespath: say}
    assertions: [{type: success}]
  - name: Over trials
    prompt: Hi
    trials: 2
    mock: [' {"say": "a", "n": 1}', ' {"say": "a", "n": 2}']
    transform: {jmespath: say}
    assertions: [{type: consistency, min_similarity: 1}, {type: equals, value: a}]
"""


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("transforms")
    (folder / "arena.yaml").write_text(ARENA)
    run = run_arena(folder / "arena.yaml")
    return {cell.case: cell for cell in run.cells}


def test_each_answer_of_a_conversation_is_transformed_and_kept_raw(cells: dict[str, Any]) -> None:
    cell = cells["Talk"]
    (trial,) = cell.trials
    assert cell.verdict == "passed", trial
    assert [one.output for one in trial.responses] == [' {"say": "a"} ', ' {"say": "b"} ']
    assert [one.transformed for one in trial.responses] == ["a", "b"]
    assert trial.messages[1]["content"] == ' {"say": "a"} '


def test_guardrails_see_the_raw_answer_and_what_they_took_out_stays_out(
    cells: dict[str, Any],
) -> None:
    cell = cells["Blocked"]
    assert cell.verdict == "passed"
    assert [one.transformed for one in cell.trials[0].responses] == [None]


def test_a_transform_that_finds_nothing_is_an_error_with_the_answer(cells: dict[str, Any]) -> None:
    (trial,) = cells["Never found"].trials
    assert trial.verdict == "error"
    assert trial.error.message == "transform 'say' gave nothing"
    assert trial.output == " {} "


def test_assertions_over_all_trials_see_what_was_made(cells: dict[str, Any]) -> None:
    assert cells["Over trials"].verdict == "passed"
