"""What several cases of one test raised, as the one failure of the test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_arena.checks.failures import CheckErrored, CheckFailed
from pytest_arena.collection.python_tests.ending import is_failure
from pytest_arena.errors import ArenaError, UserError
from pytest_arena.text.exception_text import exception_text


class CasesFailed(AssertionError):
    """The failure of several cases of a test."""

    __module__ = "pytest_arena"


class CasesErrored(ArenaError):
    """The error of several cases of a test, of which some reached no verdict."""

    __module__ = "pytest_arena"


def together(kept: Sequence[tuple[str, BaseException]], count: int, root: Path) -> Exception:
    """Return one exception that tells what cases raised, out of so many."""
    names = ", ".join(name for name, _ in kept)
    texts = [f"{len(kept)} of {count} cases did not pass: {names}"]
    texts += [_text(raised, root) for _, raised in kept]
    kind = CasesFailed if all(is_failure(raised) for _, raised in kept) else CasesErrored
    return kind("\n\n".join(texts))


def _text(raised: BaseException, root: Path) -> str:
    if isinstance(raised, (CheckFailed, CheckErrored, UserError)):
        return str(raised)
    return exception_text(raised, root)
