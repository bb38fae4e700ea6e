"""The estimate before a run: what it counts, and what it rests on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.builtins import register
from pytest_arena.engine.estimate import Estimate, estimate, total_seconds
from pytest_arena.loading import load_arena
from pytest_arena.registry import Registry

ARENA = """\
providers:
  - {name: mini, provider: openai, model: own, input_cost_per_million: 1000,
     output_cost_per_million: 2000}
  - {name: ours, provider: openai, model: nobody-knows, concurrency: 2}
  - {name: free, provider: mock, model: any}
  - {name: slow, provider: mock, model: any, rate_limit: {requests_per_minute: 6}}
  - {name: wordy, provider: mock, model: any, rate_limit: {tokens_per_minute: 600}}
tests:
  - name: Plain
    trials: 5
    prompt: 12345678
    assertions: [{type: contains, value: x}]
  - name: Skipped
    skip: not now
    prompt: hi
    assertions: [{type: contains, value: x}]
"""
TALK = """\
providers: [{name: mini, provider: mock, model: any, params: {max_tokens: 1000}}]
tests:
  - name: Talk
    conversation: [{user: "1234"}, {user: "1234"}]
    assertions: [{type: contains, value: x}]
"""
LOAD = """\
providers: [{name: mini, provider: mock, model: any}]
tests:
  - {name: Timed, prompt: hi, concurrent: 10, duration: 30s,
     assertions: [{type: success_rate, min: 0.9}]}
  - {name: Counted, prompt: hi, concurrent_users: 4, messages_per_user: 5,
     assertions: [{type: success_rate, min: 0.9}]}
"""


def rows(tmp_path: Path, text: str, **given: int) -> dict[str, Estimate]:
    (tmp_path / "a.arena.yaml").write_text(text)
    registry = Registry()
    register(registry)
    arena = load_arena(tmp_path / "a.arena.yaml", root=tmp_path, registry=registry)
    asked = {"concurrency": 16, **given}
    return {row.provider: row for row in estimate([arena], registry, **asked)}


def test_calls_tokens_and_dollars_follow_from_the_file(tmp_path: Path) -> None:
    mini = rows(tmp_path, ARENA)["mini"]
    # 8 characters are 2 tokens, and 3 stand around the message
    assert (mini.calls, mini.input_tokens, mini.output_tokens) == (5, 25, 1000)
    assert mini.cost_usd == pytest.approx(25 * 0.001 + 1000 * 0.002)


def test_a_price_that_nobody_knows_is_not_guessed_and_a_mock_is_free(tmp_path: Path) -> None:
    found = rows(tmp_path, ARENA)
    assert found["ours"].cost_usd is None
    assert found["free"].cost_usd == 0


def test_the_limit_that_takes_longest_decides(tmp_path: Path) -> None:
    found = rows(tmp_path, ARENA)
    assert (found["free"].by_limit, found["free"].seconds) == ("16 at once", 0.625)
    assert (found["ours"].by_limit, found["ours"].seconds) == ("2 at once", 5.0)
    assert (found["slow"].by_limit, found["slow"].seconds) == ("6 requests a minute", 50.0)
    assert (found["wordy"].by_limit, found["wordy"].seconds) == ("600 tokens a minute", 102.5)
    assert total_seconds(list(found.values()), 16, 2.0) == 102.5


def test_trials_of_the_run_go_before_those_of_the_case(tmp_path: Path) -> None:
    assert rows(tmp_path, ARENA, trials=2)["mini"].calls == 2


def test_a_conversation_sends_again_what_was_said(tmp_path: Path) -> None:
    mini = rows(tmp_path, TALK)["mini"]
    assert (mini.calls, mini.input_tokens) == (2, 4 + (8 + 200))
    assert (mini.output_tokens, mini.most_output_tokens) == (400, 2000)


def test_load_cases_are_counted_by_users_and_time(tmp_path: Path) -> None:
    assert rows(tmp_path, LOAD)["mini"].calls == 10 * 30 / 2 + 20
