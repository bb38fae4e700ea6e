"""Guardrails that do not come back are an error of the trial, and hold nobody up."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pytest_arena import run_arena
from pytest_arena.guardrails.text import BannedWords
from pytest_arena.targets import dialogue

ARENA = """\
providers:
  - {name: m, provider: mock, model: any}
guardrails:
  rules:
    - {type: banned_words, words: [zebra], direction: output, on_violation: block}
tests:
  - name: Long
    prompt: say it
    mock: "LONG"
    assertions: [{type: contains, value: a}]
  - name: Short
    prompt: say it
    mock: a
    assertions: [{type: contains, value: a}]
"""


def test_a_look_that_takes_too_long_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = BannedWords.find_in

    def endless(self: BannedWords, text: str, said: object) -> object:
        if len(text) > 10:
            threading.Event().wait()
        return look(self, text, said)  # type: ignore[arg-type]

    monkeypatch.setattr(BannedWords, "find_in", endless)
    monkeypatch.setattr(dialogue, "LONGEST_LOOK_S", 0.1)
    file = tmp_path / "arena.yaml"
    file.write_text(ARENA.replace("LONG", "a" * 6_000))
    long, short = run_arena(file).cells
    assert (long.verdict, short.verdict) == ("error", "passed")
    assert long.trials[0].error is not None
    assert long.trials[0].error.message == (
        "the guardrails took longer than 0.1 s, and were given up"
    )
