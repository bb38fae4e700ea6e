"""What a trial's verdict goes by, in the corners: turns, and checks that never decide."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.assertions.trial_verdict import conclude, weighted_score
from pytest_arena.results import Finding, GuardrailEvent, Response, Trial

ASKED: Any = ({"role": "user", "content": "?"},)
HELD = Finding("contains", "passed", 1.0, "found")


def block(turn: int) -> GuardrailEvent:
    return GuardrailEvent("banned_words", "input", "block", "a word", turn=turn)


@pytest.mark.parametrize(("turn", "shown"), [(0, None), (1, 1), (2, 2)])
def test_an_unexpected_block_tells_its_turn_unless_it_is_the_first(
    turn: int, shown: int | None
) -> None:
    trial = Trial(ASKED, (Response("Hi"),), verdict="passed", guardrails=(block(turn),))
    verdict, _, (_, found) = conclude(trial, (), (HELD,), threshold=None)
    assert (verdict, found.type, found.turn) == ("failed", "guardrail", shown)


def test_a_single_empty_answer_is_no_turn_and_one_of_several_is() -> None:
    def empty(*outputs: str) -> list[int | None]:
        trial = Trial(ASKED, tuple(Response(text) for text in outputs), verdict="passed")
        return [found.turn for found in conclude(trial, (), (), threshold=None)[2]]

    assert empty("") == [None]
    assert empty("", "Hi") == [0]
    assert empty("Hi", "", " \n") == [1, 2]


@pytest.mark.parametrize("verdict", ["failed", "error", "skipped", "unsure"])
def test_a_check_of_weight_0_changes_neither_verdict_nor_score(verdict: Any) -> None:
    trial = Trial(ASKED, (Response("Hi"),), verdict="passed")
    aside = Finding("contains", verdict, 0.0, "", weight=0)
    for threshold in (None, 1.0):
        found = conclude(trial, (), (HELD, aside), threshold=threshold)
        assert found == ("passed", 1.0, (HELD, aside))
    assert weighted_score((aside,)) is None


def test_checks_of_weight_0_alone_judge_nothing() -> None:
    trial = Trial(ASKED, (Response("Hi"),), verdict="passed")
    aside = Finding("contains", "failed", 0.0, "", weight=0)
    assert conclude(trial, (), (aside,), threshold=None)[:2] == ("passed", None)


def test_a_member_of_weight_0_does_not_decide_its_group(judge: Any) -> None:
    text = (
        "{type: all_of, assertions: [{type: contains, value: Hi}, "
        "{type: contains, value: Bye, weight: 0}]}"
    )
    found = judge(text, "Hi")
    assert (found.verdict, found.score) == ("passed", 1.0)
