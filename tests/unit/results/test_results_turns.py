"""A trial as it stood at one of its turns."""

from __future__ import annotations

from pytest_arena.results.request_response import Response
from pytest_arena.results.trial import Trial


def test_a_turn_of_an_agent_is_found_behind_all_that_it_said() -> None:
    worked = (
        {"role": "assistant", "content": None, "tool_calls": [{"id": "a"}]},
        {"role": "tool", "tool_call_id": "a", "content": "here"},
        {"role": "assistant", "content": "One."},
    )
    users = [{"role": "user", "content": text} for text in ("first", "second", "third")]
    two = {"role": "assistant", "content": "Two."}
    trial = Trial(
        messages=(users[0], *worked, users[1], two, users[2]),
        responses=(Response("One.", transcript=worked), Response("Two."), Response("Three.")),
        verdict="passed",
    )
    before = [[one["content"] for one in trial.at_turn(turn).messages] for turn in range(3)]
    assert before[0] == ["first"]
    assert before[1] == ["first", None, "here", "One.", "second"]
    assert before[2] == ["first", None, "here", "One.", "second", "Two.", "third"]
