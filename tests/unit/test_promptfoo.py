"""Functions of promptfoo's configurations: what they are given, and what they may give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_arena.promptfoo import asserting, function_in
from pytest_arena.results import Response, Trial
from pytest_arena.schema import CheckContext

FULL = {"pass": True, "score": 0.4, "reason": "fine"}
CONTEXT = CheckContext("case", "mini", {"word": "hi"})


def answered(output: str, transformed: Any = None) -> Trial:
    said = ({"role": "user", "content": "How?"},)
    return Trial(said, (Response(output, transformed=transformed),), verdict="error")


@pytest.mark.parametrize(
    ("gives", "threshold", "verdict", "score"),
    [
        (True, None, "passed", 1),
        (False, None, "failed", 0),
        (0.2, None, "passed", 0.2),
        (0, None, "failed", 0),
        (-1, None, "failed", 0),
        (12, None, "passed", 1),
        (0.2, 0.5, "failed", 0.2),
        (40, 30, "passed", 1),
        ("True", None, "passed", 1),
        ("false", None, "failed", 0),
        ("0.5 of it", None, "passed", 0.5),
        ('{"pass": true, "score": 1, "reason": ""}', None, "passed", 1),
        (FULL, None, "passed", 0.4),
        (FULL, 0.5, "failed", 0.4),
        ({"pass_": False, "score": 0, "reason": "no"}, None, "failed", 0),
        ({"pass": True}, None, "failed", 0),
        ({"pass": True, "score": "1", "reason": ""}, None, "failed", 0),
        (None, None, "failed", 0),
        ([True], None, "failed", 0),
        ("fine", None, "failed", 0),
        ("{broken", None, "failed", 0),
        (float("nan"), None, "failed", 0),
    ],
)
def test_what_a_function_gives_means_the_same_as_there(
    gives: Any, threshold: float | None, verdict: str, score: float
) -> None:
    found = asserting(lambda output, context: gives, threshold=threshold)(answered("x"), CONTEXT)
    assert (found.verdict, found.score) == (verdict, score), found.reason


def test_a_function_is_given_the_answer_or_what_was_made_of_it_and_its_context() -> None:
    def seen(output: Any, context: dict[str, Any]) -> bool:
        return [output, context["vars"], context["prompt"], context["config"]] == [
            {"a": 1}, {"word": "hi"}, "How?", {"n": 3},
        ]  # fmt: skip

    trial = answered("raw", {"a": 1})
    assert asserting(seen, config={"n": 3})(trial, CONTEXT).verdict == "passed"


def test_an_exception_fails_with_not_too() -> None:
    found = asserting(lambda output, context: output[99])(answered("x"), CONTEXT)
    assert (found.verdict, found.turns) == ("failed", False)


@pytest.fixture
def module(tmp_path: Path) -> str:
    folder = tmp_path / "checks"
    folder.mkdir()
    (folder / "arena_beside.py").write_text("yes = True\n")
    (folder / "good.py").write_text(
        "import arena_beside\n"
        "def get_assert(output, context): return arena_beside.yes\n"
        "async def later(output, context): return len(output)\n"
    )
    (folder / "broken.py").write_text("import no_such_thing_at_all\n")
    return str(tmp_path / "c_promptfoo.py")


@pytest.mark.parametrize(
    ("file", "name", "verdict", "reason"),
    [
        ("checks/good.py", "get_assert", "passed", "checks/good.py:get_assert gave True"),
        ("checks/good.py", "later", "passed", "checks/good.py:later gave 1"),
        ("checks/good.py", "none", "error", "checks/good.py: it has no function 'none'"),
        (
            "checks/broken.py",
            "f",
            "error",
            "checks/broken.py: ModuleNotFoundError: No module",
        ),
        ("checks/none.py", "f", "error", "there is no file none.py to load"),
    ],
)
def test_a_function_of_a_file_is_loaded_when_it_is_called(
    file: str, name: str, verdict: str, reason: str, module: str
) -> None:
    found = asserting(function_in(module, file, name))(answered("x"), CONTEXT)
    assert found.verdict == verdict
    assert found.reason.startswith(reason)
