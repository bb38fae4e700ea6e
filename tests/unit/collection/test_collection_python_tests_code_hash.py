"""The hash of a test's code: another one where the test demands something else."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pytest_arena.collection.python_tests.code_hash import code_hash

_NUMBERS = count()


def hashed(folder: Path, code: str, **settings: Any) -> str:
    # each in a file of its own, since sources are kept by their files' names
    file = folder / f"test_{next(_NUMBERS)}.py"
    file.write_text(code)
    given: dict[str, Any] = {"__name__": file.stem}
    exec(compile(code, str(file), "exec"), given)
    (test,) = (made for name, made in given.items() if name.startswith("test_"))
    item: Any = SimpleNamespace(obj=test)
    return code_hash(item, settings)


def test_comments_decorators_layout_and_the_name_change_nothing(tmp_path: Path) -> None:
    plain = hashed(tmp_path, "def test_x():\n    assert 1 == 1\n")
    other = "import pytest\n\n@pytest.mark.slow\ndef test_y():  # why\n\n    assert 1 ==  1\n"
    assert hashed(tmp_path, other) == plain


def test_what_is_demanded_changes_it(tmp_path: Path) -> None:
    plain = hashed(tmp_path, "def test_x():\n    assert 1 == 1\n")
    assert hashed(tmp_path, "def test_x():\n    assert 1 == 2\n") != plain
    assert hashed(tmp_path, "def test_x():\n    assert 1 == 1\n", pass_threshold=0.8) != plain


def test_code_without_a_source_has_a_hash_of_its_own() -> None:
    hashes = set()
    for text in ("1 == 1", "f() == g()"):
        given: dict[str, Any] = {}
        exec(f"def test_x():\n    assert {text}\n", given)
        item: Any = SimpleNamespace(obj=given["test_x"])
        hashes.add(code_hash(item, {}))
    assert len(hashes) == 2
