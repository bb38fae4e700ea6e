"""A call of the fixture `arena`, from its beginning to its end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pytest_arena.checks.failures import CheckErrored, CheckFailed
from pytest_arena.collection.python_tests.ending import ending_of
from pytest_arena.errors import Location, Problem, UserError
from pytest_arena.text.exception_text import exception_headline

if TYPE_CHECKING:
    from pytest_arena.collection.python_tests.attempt import Attempt
    from pytest_arena.collection.python_tests.talk import Talk


class Call:
    """A check or a question that is among its attempt's `calls` until its cell knows what came of
    it.

    What is there when the test ends nobody has waited for, or the test caught what broke it off, as
    a time limit.
    """

    def __init__(self, name: str, place: Location, case: str, attempt: Attempt) -> None:
        self.place = place
        self.case = case
        self.talk: Talk | None = None
        """The cell of a question, once it is known."""
        self._name = name
        self._attempt = attempt
        self._raised: BaseException | None = None
        attempt.calls[self] = None

    def end(self) -> None:
        """Note that its cell knows."""
        self._attempt.calls.pop(self, None)

    def __enter__(self) -> Call:
        return self

    def __exit__(self, _kind: object, raised: BaseException | None, _traceback: object) -> None:
        if raised is None:
            return
        if self.talk is not None:
            if isinstance(raised, asyncio.CancelledError):
                raised = self.told()
            ending = ending_of(raised, self.talk.raised, self._attempt.root)
            self.talk.unanswered = ending.without_answer()
            self.end()
        elif isinstance(raised, (CheckFailed, CheckErrored)):
            self.end()
        else:
            self._raised = raised

    def told(self) -> UserError:
        """Return what the test is told of a call that never ended, or that was refused."""
        if isinstance(self._raised, UserError):
            return self._raised
        problem = f"{self._name} did not come to its end"
        if self._raised is not None and not isinstance(self._raised, asyncio.CancelledError):
            problem += f": {exception_headline(self._raised, self._attempt.root)}"
        awaited = self._name.startswith(("arena.acheck", "arena.aask"))
        fix = "await it in the test" if awaited else "let the test wait for it"
        return UserError(Problem(problem, self.place, fix=fix))
