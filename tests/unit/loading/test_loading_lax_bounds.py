"""Bounds that no answer can pass are told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.builtins import register
from pytest_arena.loading import load_arena
from pytest_arena.registry import Registry

SAID = (
    "arena.yaml:4:5: no answer has more than {} characters, so that this checks nothing: one of "
    "more than 16 MiB is given up (max_response_mb)"
)


def warnings_of(folder: Path, assertion: str, further: str = "") -> tuple[str, ...]:
    text = f"""\
providers: [{{name: one, provider: mock, responses: {{default: x}}{further}}}]
tests:
- {{name: A, prompt: hi, assertions: [
    {assertion}]}}
"""
    path = folder / "arena.yaml"
    path.write_text(text)
    registry = Registry()
    register(registry)
    return load_arena(path, root=folder, registry=registry).warnings


@pytest.mark.parametrize(
    "assertion",
    [
        "{type: max_length, value: 1000000000}",
        "{type: length, max: 1000000000}",
        "{type: all_of, assertions: [{type: max_length, value: 1000000000}]}",
    ],
)
def test_a_length_that_no_answer_has_is_told_of(tmp_path: Path, assertion: str) -> None:
    (said,) = warnings_of(tmp_path, assertion)
    assert said.partition(": ")[2] == SAID.format("1,000,000,000").partition(": ")[2]


@pytest.mark.parametrize(
    ("assertion", "further"),
    [
        ("{type: max_length, value: 500}", ""),
        ("{type: length, min: 5, max: 1000000000}", ""),
        ("{type: max_length, value: 1000000000, not: true}", ""),
        ("{type: max_length, value: 17000000}", ", max_response_mb: 20"),
    ],
)
def test_one_that_an_answer_may_break_is_not(tmp_path: Path, assertion: str, further: str) -> None:
    assert warnings_of(tmp_path, assertion, further) == ()
