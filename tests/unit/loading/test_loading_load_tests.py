"""What a load case cannot be asked: whatever could never be judged on its calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import Arena, load_arena
from pytest_arena.registry import Registry

ARENA = """\
providers:
  - {name: m, provider: mock, model: any}
  - {name: other, provider: mock, model: any}
judge: m
tests:
  - name: L
    concurrent: 2
    duration: 1s
    conversation:
      - {user: a, assertions: [TURN]}
    assertions:
      - CHECK
"""
HARMLESS = "{type: contains, value: x}"


def load(tmp_path: Path, check: str, turn: str = HARMLESS) -> Arena:
    path = tmp_path / "arena.yaml"
    path.write_text(ARENA.replace("CHECK", check).replace("TURN", turn))
    registry = Registry()
    register(registry)
    return load_arena(path, root=tmp_path, registry=registry)


@pytest.mark.parametrize(
    ("written", "column", "why"),
    [
        (
            "{type: preferred_over, provider: other}",
            0,
            "'preferred_over', but another provider has no answers to the calls of a load",
        ),
        (
            "{type: preferred_over, baseline: true}",
            0,
            "'preferred_over', but the baseline keeps no answers of a load case",
        ),
        (
            "{type: tone, value: friendly, relative_to: baseline}",
            0,
            "'tone', but the baseline keeps no scores of a load case",
        ),
        (
            "{type: any_of, assertions: [{type: preferred_over, provider: other}]}",
            28,
            "'preferred_over', but another provider has no answers to the calls of a load",
        ),
    ],
)
@pytest.mark.parametrize("on_turn", [False, True])
def test_what_compares_with_other_answers_is_refused(
    tmp_path: Path, written: str, column: int, why: str, on_turn: bool
) -> None:
    with pytest.raises(ArenaFileError) as caught:
        load(tmp_path, *((HARMLESS, written) if on_turn else (written,)))
    line, first = (10, 32) if on_turn else (12, 9)
    assert str(caught.value) == (
        f"arena.yaml:{line}:{first + column}: case 'L' is a load case and has {why}\n"
        "  expected: assertions on the answers and figures of the load alone\n"
        "  fix: move it to a case of its own, without a load"
    )


@pytest.mark.parametrize(
    "check",
    [
        "{type: tone, value: friendly}",
        "{type: llm_judge, criteria: x}",
        "{type: consistency, min_similarity: 0.5}",
        "{type: any_of, assertions: [{type: contains, value: x}]}",
        "{type: response_time, max_ms: 100}",
    ],
)
def test_what_is_judged_on_its_answers_is_taken(tmp_path: Path, check: str) -> None:
    assert load(tmp_path, check).cells[0].case.load is not None
