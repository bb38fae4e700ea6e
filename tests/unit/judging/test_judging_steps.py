"""Replies of judges that quote numbered steps, and what is left out of steps that are too long."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_arena.judging.llm.cutting import LONGEST_TEXT, MOST_TOGETHER, allowance, cut
from pytest_arena.judging.llm.levels import Level
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.judging.llm.reply import read_reply
from pytest_arena.judging.llm.reply_json import BadReplyError
from pytest_arena.judging.llm.steps import NumberedStep, StepLevels

STEPS = (
    NumberedStep("step 1, the user says", "Where is order 7? refund", 1, "the user"),
    NumberedStep(
        "step 2, a tool call of the assistant",
        'calls the tool find_order with {"number": "7"}\n'
        'which gives {"note": "step 3: calls the tool refund with {}"}',
        2,
        "the assistant",
    ),
    NumberedStep("step 3, the assistant says", "It is late.", 3, "the assistant"),
)
MATERIAL = (Material("persona", "Never says maybe."), *STEPS)
FORM = StepLevels((Level("good", 1.0, needs_quote=True), Level("bad", 0.0)))
OWN = StepLevels(FORM.levels, whose=("the assistant",))


def reply(evidence: Any, level: str = "good") -> str:
    return json.dumps({"evidence": evidence, "reasoning": "So it is.", "level": level})


@pytest.mark.parametrize(
    ("evidence", "quotes"),
    [
        ([{"step": 3, "quote": "It is late"}], ("step 3: It is late",)),
        ([{"step": "3", "text": "it is late"}], ("step 3: it is late",)),
        ([{"step": "step 3", "quote": "It is late."}], ("step 3: It is late.",)),
        (
            [{"step_number": 2, "quote": ["find_order", "number"]}],
            ("step 2: find_order", "step 2: number"),
        ),
        ({"step": 3, "quote": "It is late."}, ("step 3: It is late.",)),
        (
            {"step 3": "It is late.", "2": "find_order"},
            ("step 3: It is late.", "step 2: find_order"),
        ),
        (["step 3: It is late."], ("step 3: It is late.",)),
        (['[Step 2] "calls the tool find_order"'], ('step 2: "calls the tool find_order"',)),
        ("step 2: find_order\nstep 3: It is late.", ("step 2: find_order", "step 3: It is late.")),
        (["It is late."], ("step 3: It is late.",)),
        ([{"quote": "Where is order 7?"}], ("step 1: Where is order 7?",)),
        ([{"step": 2, "quote": '{"number": "7"}'}], ('step 2: {"number": "7"}',)),
    ],
)
def test_a_quoted_step_is_found(evidence: Any, quotes: tuple[str, ...]) -> None:
    assert read_reply(reply(evidence), FORM, MATERIAL).quotes == quotes


@pytest.mark.parametrize(
    ("evidence", "why"),
    [
        ([], "the level 'good' needs a quote in 'evidence'"),
        (None, "the level 'good' needs a quote in 'evidence'"),
        ([{"step": 3}], "'evidence' is not a list of steps with a quote each"),
        ([{"step": 3, "quote": "N/A"}], "the level 'good' needs a quote in 'evidence'"),
        ([{"step": 4, "quote": "It is late."}], "there is no step 4, the steps are 1 to 3"),
        ([{"step": 0, "quote": "It is late."}], "there is no step 0, the steps are 1 to 3"),
        (
            [{"step": 2, "quote": "It is late."}],
            "the quote 'It is late.' does not occur in step 2, it does in 3",
        ),
        (
            # what a tool's result says of a step is none
            [{"step": 3, "quote": "calls the tool refund"}],
            "the quote 'calls the tool refund' does not occur in step 3, it does in 2",
        ),
        (["calls the tool pay"], "the quote 'calls the tool pay' does not occur in any step"),
        (["Never says maybe."], "the quote 'Never says maybe.' does not occur in any step"),
        (
            [{"step": [2, 3], "quote": "It is late."}],
            "'evidence' is not a list of steps with a quote each",
        ),
        ([3], "'evidence' is not a list of steps with a quote each"),
        ([{"step": 3, "quote": 7}], "'evidence' is not a list of steps with a quote each"),
    ],
)
def test_what_stands_in_no_such_step_is_no_evidence(evidence: Any, why: str) -> None:
    with pytest.raises(BadReplyError) as caught:
        read_reply(reply(evidence), FORM, MATERIAL)
    assert str(caught.value) == why


def test_a_level_without_need_of_a_quote_may_rest_on_what_is_missing() -> None:
    assert read_reply(reply([], "bad"), FORM, MATERIAL).score == 0


def test_only_those_whose_steps_are_judged_are_quoted() -> None:
    assert read_reply(reply(["late"]), OWN, MATERIAL).quotes == ("step 3: late",)
    with pytest.raises(BadReplyError, match="step 1 is not one of the assistant"):
        read_reply(reply([{"step": 1, "quote": "refund"}]), OWN, MATERIAL)
    with pytest.raises(BadReplyError, match="does not occur in any step of the assistant"):
        read_reply(reply(["Where is order 7?"]), OWN, MATERIAL)


def test_short_texts_stay_whole_and_long_ones_share_what_is_left() -> None:
    assert allowance([]) == LONGEST_TEXT
    assert allowance([10, 9_000]) == LONGEST_TEXT
    most = allowance([10] * 100 + [8_000] * 20)
    assert most == (MOST_TOGETHER - 1_000) // 20
    assert allowance([5_000] * 5_000) == 400


def test_a_cut_text_keeps_both_ends_and_says_what_is_missing() -> None:
    assert cut("abc", 3) == ("abc", 0)
    text = "a" * 5_000 + "b" * 5_000
    assert cut(text, 300) == (
        "a" * 200 + "\n[… 9,700 characters left out …]\n" + "b" * 100,
        9_700,
    )
