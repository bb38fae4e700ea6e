"""What is told of an exception: the code of the user's own, and no more than helps."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_arena.text.exception_text import exception_headline, exception_text


def raised(code: str, tmp_path: Path, call: str = "f()") -> BaseException:
    """Return what a function of a file raises."""
    path = tmp_path / "own.py"
    path.write_text(code)
    names: dict[str, Callable[[], object]] = {}
    exec(compile(code, str(path), "exec"), names)
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        names["f"]()
    return caught.value


def test_frames_of_the_users_code_alone_are_told(tmp_path: Path) -> None:
    code = "import json\ndef f():\n    return g()\ndef g():\n    return json.loads('{')\n"
    text = exception_text(raised(code, tmp_path), tmp_path)
    headline, *frames = text.splitlines()
    assert headline.startswith("JSONDecodeError in own.py:5: ")
    assert frames[-2:] == [
        "  own.py:3 in f: return g()",
        "  own.py:5 in g: return json.loads('{')",
    ]
    assert "decoder.py" not in text


def test_without_code_of_the_users_the_frames_there_are_are_told() -> None:
    try:
        json.loads("{")
    except ValueError as error:
        own = error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)
    assert exception_headline(own).startswith("JSONDecodeError in decoder.py:")
    assert "raw_decode" in exception_text(own)


def test_a_deep_recursion_is_cut_in_the_middle(tmp_path: Path) -> None:
    text = exception_text(raised("def f():\n    return f()\n", tmp_path), tmp_path)
    assert len(text.splitlines()) <= 12
    assert " more frames" in text


def test_an_exception_that_cannot_be_shown_is_told_as_such(tmp_path: Path) -> None:
    code = "class Odd(Exception):\n    def __str__(self): raise RuntimeError\ndef f(): raise Odd\n"
    error = raised(code, tmp_path)
    assert exception_headline(error, tmp_path) == (
        "Odd in own.py:3: (its text cannot be made: RuntimeError)"
    )


def test_the_first_of_a_group_is_told_as_its_cause(tmp_path: Path) -> None:
    code = "def f(): raise ExceptionGroup('two', [KeyError('a'), ValueError('b')])\n"
    text = exception_text(raised(code, tmp_path), tmp_path)
    assert "caused by KeyError in an unknown place: 'a'" in text


@pytest.mark.parametrize("suppressed", [True, False])
def test_what_was_handled_is_told_unless_it_is_suppressed(tmp_path: Path, suppressed: bool) -> None:
    ending = " from None" if suppressed else ""
    code = (
        "def f():\n    try:\n        {}['a']\n    except KeyError:\n"
        f"        raise ValueError('b'){ending}\n"
    )
    text = exception_text(raised(code, tmp_path), tmp_path)
    assert ("caused by KeyError in own.py:3: 'a'" in text) is not suppressed


@pytest.mark.skipif(os.name == "nt", reason="a folder that is somebody's current one stays")
@pytest.mark.parametrize("rooted", [True, False])
def test_an_exception_is_told_where_the_working_directory_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rooted: bool
) -> None:
    error = raised("def f():\n    return 1 / 0\n", tmp_path)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    told = exception_text(error, tmp_path if rooted else None).splitlines()

    assert told[0] == "ZeroDivisionError in own.py:2: division by zero"
    assert told[-1] == "  own.py:2 in f: return 1 / 0"
    frames = compile("raise ValueError('x')", "relative.py", "exec")
    with pytest.raises(ValueError, match="x") as caught:
        exec(frames)
    assert exception_headline(caught.value, tmp_path).startswith("ValueError in ")
