"""How an execution of a test came out, by what it raised."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from traceback import walk_tb

import pytest

from pytest_arena.checks.failures import CheckErrored, CheckFailed
from pytest_arena.errors import BudgetSpent, ErrorKind, ProviderError, UserError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.failure_text import headline
from pytest_arena.results.trial import Finding, TrialError, Verdict
from pytest_arena.text.exception_text import exception_headline, exception_text

TEST = "test"
"""The type of the finding that a test's own word is, beside those of its checks."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The verdict of one execution of a test on a cell, and why."""

    verdict: Verdict
    error: TrialError | None = None
    reason: str | None = None
    """Why it was skipped, or the test's own failure."""

    def finding_of_test(self, *, judged: bool) -> tuple[Finding, ...]:
        """Return the test's own word: its failure, or, where no check gave a verdict, that it
        passed."""
        if self.verdict == "failed" and self.reason is not None:
            return (Finding(TEST, "failed", 0.0, self.reason),)
        if self.verdict == "passed" and not judged:
            return (Finding(TEST, "passed", 1.0, "the test passed"),)
        return ()

    def elsewhere(self) -> Ending:
        """Return the same for a cell that the test had not failed at: it was cut short."""
        if self.verdict not in ("failed", "error") or self.error is not None:
            return self
        why = f"the test ended before: {self.reason or 'a check failed'}"
        return Ending("error", TrialError(str(ErrorKind.ASSERTION), why))

    def without_answer(self) -> Ending:
        """Return the same for a cell without an answer: there was nothing that could fail."""
        if self.verdict != "failed":
            return self
        why = self.reason or "a check failed"
        return Ending("error", TrialError(str(ErrorKind.ASSERTION), f"nothing was checked: {why}"))


PASSED = Ending("passed")


def ending_of(
    raised: BaseException | None, own: list[BaseException], root: Path, *, setup: bool = False
) -> Ending:
    """Return how an execution ended that raised this.

    `own` are the failures that checks raised and whose findings are known. Whatever is no failure
    of an assertion is an error: an exception of the code under test says nothing of an answer.
    """
    if raised is None:
        return PASSED
    every = list(leaves(raised))
    for one in every:
        if isinstance(one, (pytest.skip.Exception, pytest.xfail.Exception)):
            return Ending("skipped", reason=str(one.msg or "") or None)
    errors = [one for one in every if not is_failure(one)]
    if errors:
        return Ending("error", _error(errors[0], own, root, setup))
    if setup:
        return Ending("error", TrialError(str(ErrorKind.SETUP), _said(every[0], root)))
    if any(one in own for one in every):
        return Ending("failed")
    return Ending("failed", reason=_said(every[0], root))


def leaves(raised: BaseException) -> Iterator[BaseException]:
    """Yield an exception, or those of a group."""
    if isinstance(raised, BaseExceptionGroup):
        for one in raised.exceptions:
            yield from leaves(one)
    else:
        yield raised


def is_failure(one: BaseException) -> bool:
    """Return whether an exception says that something does not hold, as an `assert` does.

    A time limit says nothing of an answer, though pytest-timeout tells it in the same way.
    """
    if isinstance(one, pytest.fail.Exception):
        return not _is_time_limit(one)
    return isinstance(one, AssertionError)


def ended_thread(one: BaseException) -> bool:
    """Return whether an exception was caught by nobody but the thread that it ended."""
    own = threading.Thread._bootstrap_inner.__code__  # type: ignore[attr-defined]
    return any(frame.f_code is own for frame, _ in walk_tb(one.__traceback__))


def _is_time_limit(one: BaseException) -> bool:
    frames = [frame for frame, _ in walk_tb(one.__traceback__)]
    return any(frame.f_globals.get("__name__") == "pytest_timeout" for frame in frames)


def _error(
    one: BaseException, own: list[BaseException], root: Path, setup: bool
) -> TrialError | None:
    if isinstance(one, CheckErrored):
        if one in own:
            # its findings say why
            return None
        return TrialError(str(ErrorKind.ASSERTION), headline(one.cell))
    if isinstance(one, ProviderError):
        return TrialError(str(one.kind), one.message, one.attempts)
    if isinstance(one, pytest.fail.Exception):
        return TrialError(str(ErrorKind.TIMEOUT), str(one.msg))
    if isinstance(one, BudgetSpent):
        return TrialError(str(ErrorKind.PROVIDER), f"budget: {one}")
    if isinstance(one, UserError):
        return TrialError(str(ErrorKind.CONFIGURATION), str(one))
    kind = ErrorKind.SETUP if setup else ErrorKind.SYSTEM
    return TrialError(str(kind), exception_text(one, root))


def _said(one: BaseException, root: Path) -> str:
    if isinstance(one, CheckFailed):
        return headline(one.cell)
    if isinstance(one, pytest.fail.Exception):
        return str(one.msg or "the test failed")
    return exception_headline(one, root)


def broken(kind: ErrorKind, message: str) -> Ending:
    """Return an ending without a verdict."""
    return Ending("error", TrialError(str(kind), message))
