"""The nearest recorded request, and in what another one differs from it."""

from __future__ import annotations

from typing import Any

from pytest_arena.recording.explain_miss import differences, nearest


def facts(text: str, **given: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"model": "m", "provider": "p", "messages": messages, "params": {}, "trial": 0, **given}


def test_the_same_text_to_another_model_is_nearer_than_another_text() -> None:
    others = [facts("What are your opening hours?"), facts("How do I pay?", model="n")]
    assert nearest(facts("How do I pay?"), others) is others[1]


def test_among_equal_texts_the_one_with_more_in_common_is_nearest() -> None:
    others = [facts("How do I pay?", model="n", trial=2), facts("How do I pay?", trial=1)]
    assert nearest(facts("How do I pay?"), others) is others[1]


def test_nothing_is_nearest_to_anything_in_an_empty_recording() -> None:
    assert nearest(facts("hi"), []) is None


def test_long_texts_are_shown_where_they_begin_to_differ() -> None:
    before, now = "x" * 500 + "old" + "y" * 500, "x" * 500 + "new" + "y" * 500
    (line,) = differences(facts(before), facts(now))
    assert line == (
        f"messages[0].content: recorded '…{'x' * 20}old{'y' * 37}…', "
        f"asked '…{'x' * 20}new{'y' * 37}…'"
    )


def test_many_differences_are_counted() -> None:
    lines = differences(facts("a"), facts("a", params={str(n): n for n in range(9)}))
    assert lines[0] == "params.0: recorded nothing, asked 0"
    assert lines[-1] == "and 4 more"
    assert len(lines) == 6
