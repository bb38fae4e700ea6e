"""A cell whose long texts are on disk is, to whoever looks at it, the whole cell."""

from __future__ import annotations

import copy
import pickle
from dataclasses import fields, replace

import pytest
from filled import filled

from pytest_arena.results import Cell, Response, left_texts
from pytest_arena.results.left_texts import without_long_texts
from pytest_arena.results.serialize import cell_line
from pytest_arena.results.trial import Trial
from pytest_arena_reporters.html.records import CellWriter
from pytest_arena_reporters.html.texts import Texts, answers_of


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(left_texts, "LONGEST_KEPT", 10)


def long_cell() -> Cell:
    answer = Response("a long answer", reasoning="some thoughts", latency_ms=3.0)
    trial = Trial(({"role": "user", "content": "a question"},), (answer,), verdict="passed")
    return Cell("a::b[c]", "a", "b", "c", None, "passed", (trial,))


@pytest.mark.parametrize("seed", range(12))
def test_every_field_of_every_record_is_as_in_the_whole_cell(seed: int) -> None:
    whole = filled(Cell, seed)
    light = without_long_texts(whole, lambda: whole)
    assert light == whole
    assert whole == light
    assert cell_line(light) == cell_line(whole)
    assert repr(light) == repr(whole)
    assert CellWriter(Texts({})).cell(light) == CellWriter(Texts({})).cell(whole)
    assert list(answers_of(light)) == list(answers_of(whole))


def test_long_texts_are_read_only_when_they_are_asked_for() -> None:
    whole, asked = long_cell(), []
    light = without_long_texts(whole, lambda: asked.append(1) or whole)
    assert light.trials[0].latency_ms == 3.0
    assert light.trials[0].verdict == "passed"
    assert light.trials[0].responses[0].input_tokens is None
    assert not asked
    assert light.trials[0].output == "a long answer"
    assert light.trials[0].messages == ({"role": "user", "content": "a question"},)
    assert len(asked) == 2


def test_a_cell_without_long_texts_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(left_texts, "LONGEST_KEPT", 1000)
    whole = long_cell()
    assert without_long_texts(whole, lambda: whole) is whole


def test_copies_and_changed_ones_hold_what_they_are_given() -> None:
    whole = long_cell()
    light = without_long_texts(whole, lambda: whole)
    (trial,) = light.trials
    assert pickle.loads(pickle.dumps(light)) == whole
    assert type(pickle.loads(pickle.dumps(trial))) is Trial
    assert copy.deepcopy(light) == whole
    changed = replace(trial, verdict="failed")
    assert (changed.verdict, changed.output) == ("failed", "a long answer")
    answer = trial.responses[0]
    assert replace(answer, output="another").output == "another"
    assert replace(answer, output="another") != answer
    answer.output = "put there by a hook"
    assert trial.output == "put there by a hook"
    assert whole.trials[0].output == "a long answer"
    with pytest.raises(AttributeError):
        trial.verdict = "failed"  # type: ignore[misc]
    assert isinstance(answer, Response)
    assert {one.name for one in fields(answer)} == {one.name for one in fields(Response)}
