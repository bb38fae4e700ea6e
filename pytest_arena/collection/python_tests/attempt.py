"""One execution of a test: what it asked and checked, cell by cell, and how it ended."""

from __future__ import annotations

from pathlib import Path

from pytest_arena.collection.python_tests.call import Call
from pytest_arena.collection.python_tests.ending import (
    PASSED,
    Ending,
    broken,
    ended_thread,
    ending_of,
    leaves,
)
from pytest_arena.collection.python_tests.talk import Talk, Turn
from pytest_arena.errors import ErrorKind, UserError
from pytest_arena.loading.plans import CasePlan
from pytest_arena.results.request_response import Response
from pytest_arena.results.trial import Trial
from pytest_arena.schema import ProviderSpec

OWN = ""
"""The case of the test itself, beside those that it names."""


class Attempt:
    """The cells of one execution of a test, by case and column.

    A test's own case, and each that it names by `arena.case`, ends by itself; what one raised says
    nothing of the others.
    """

    def __init__(self, index: int, root: Path) -> None:
        self.index = index
        self.root = root
        self._talks: dict[tuple[str, str], Talk] = {}
        self._last: dict[str, Talk] = {}
        self.endings: dict[str, Ending] = {}
        self.columns: dict[str, ProviderSpec] = {}
        """The columns that cases were given by name."""
        self.kept: list[BaseException] = []
        """What cases raised."""
        self.unraised: list[tuple[str, BaseException]] = []
        """The same by case, until the test has raised it at its end."""
        self.in_subtests: list[BaseException] = []
        self.over_budget: dict[str, str] = {}
        """The budget that kept a case from a call, by case."""
        self._opened: set[str] = set()
        self._told_of_thread = False
        self.calls: dict[Call, None] = {}
        """Those that have begun, and not come to their end."""
        self._told_of: list[BaseException] = []
        """What was told of those that never did."""

    @property
    def size(self) -> int:
        """How much has been asked and found; it grows with each call of the fixture."""
        return sum(talk.size for talk in self._talks.values()) + len(self._told_of)

    def caused(self, raised: BaseException | None) -> bool:
        """Return whether a check of its own raised this, or its never having ended."""
        every = list(leaves(raised)) if raised is not None else []
        own = [self._told_of, *(talk.raised for talk in self._talks.values())]
        return any(one in told for told in own for one in every)

    def end_calls(self) -> UserError | None:
        """Note that what has not come to its end never will; return what the test itself, beside
        its cases, is to raise for that."""
        told = [(call.case, call.told()) for call in list(self.calls)]
        self.calls.clear()
        self._told_of += [error for _, error in told]
        for case, error in told:
            if case != OWN and self.endings.get(case) == PASSED:
                self.keep(case, error)
        return next((error for case, error in told if case == OWN), None)

    def lost_in_thread(self) -> BaseException | None:
        """Return a failure of its checks that ended a thread, so that nobody was told; once."""
        every = (one for talk in self._talks.values() for one in talk.raised)
        lost = next((one for one in every if ended_thread(one)), None)
        if lost is None or self._told_of_thread:
            return None
        self._told_of_thread = True
        return lost

    @property
    def has_passed(self) -> bool:
        """Whether the test itself has come to its end, and to no harm."""
        return self.endings.get(OWN) == PASSED

    def talk(self, case: str, column: ProviderSpec) -> Talk:
        """Return what is said in a cell, from now on the newest of its case."""
        talk = self._talks.setdefault((case, column.name), Talk(column))
        self._last[case] = talk
        return talk

    def who_gave(self, case: str, response: Response) -> tuple[Talk, Turn] | None:
        """Return whose answer it is among those that the case has heard: the very same, or one
        with the same text, or one that the text is a part of; the newest of several."""
        heard = [
            (talk, turn)
            for (name, _), talk in self._talks.items()
            if name == case
            for turn in reversed(talk.turns)
        ]
        looks = (
            lambda turn: turn.response is response,
            lambda turn: turn.response == response,
            lambda turn: not response.tool_calls and turn.response.output == response.output,
            lambda turn: not response.tool_calls and turn.gave(response.output),
        )
        for look in looks:
            for talk, turn in heard:
                if look(turn):
                    return talk, turn
        return None

    def open(self, case: str) -> bool:
        """Note that a case begins; return whether it is the first of its name."""
        is_new = case not in self._opened
        self._opened.add(case)
        return is_new

    def keep(self, case: str, raised: BaseException) -> None:
        """Note what a case raised, and that the test is to raise it at its end."""
        self.end(case, raised)
        if self.endings[case].verdict != "skipped":
            self.kept.append(raised)
            self.unraised.append((case, raised))

    def end(self, case: str, raised: BaseException | None, *, setup: bool = False) -> None:
        """Note how a case ended."""
        own = [error for (name, _), t in self._talks.items() if name == case for error in t.raised]
        self.endings[case] = ending_of(raised, own, self.root, setup=setup)
        if raised is not None:
            blamed = [
                talk
                for (name, _), talk in self._talks.items()
                if name == case and any(one in talk.raised for one in leaves(raised))
            ]
            if blamed:
                self._last[case] = blamed[0]

    def end_test(self, raised: BaseException | None, *, setup: bool = False) -> None:
        """Note how the test ended, once all its cases have."""
        told = [leaf for error in self.kept for leaf in leaves(error)]
        if raised is not None and told and all(one in told for one in leaves(raised)):
            raised = None
        every = [*([raised] if raised is not None else ()), *self.in_subtests]
        if len(every) > 1:
            raised = BaseExceptionGroup("of the test and its subtests", every)
        elif every:
            raised = every[0]
        self.end(OWN, raised, setup=setup)

    def columns_of(self, case: str) -> list[ProviderSpec]:
        """Return the columns of a case: those that were judged, else all that were asked."""
        talks = [talk for (name, _), talk in self._talks.items() if name == case]
        judged = [talk for talk in talks if talk.was_judged or talk.raised]
        return [talk.column for talk in judged or talks]

    def asked(self, case: str, column: str) -> CasePlan | None:
        """Return what was asked first in a cell, if the fixture asked anything there."""
        talk = self._talks.get((case, column))
        return talk.asked if talk is not None else None

    def trial(self, case: str, column: str) -> Trial:
        """Return the trial of a cell."""
        ending = self.endings.get(case, PASSED)
        talk = self._talks.get((case, column))
        if talk is None:
            talk, ending = Talk(ProviderSpec(name=column)), _missing(ending)
        elif talk is not self._last[case]:
            ending = ending.elsewhere()
        if not talk.turns and not talk.was_judged:
            ending = ending.without_answer()
        return talk.trial(ending, self.index)


def _missing(ending: Ending) -> Ending:
    """Return how an execution ended for a cell that it did not come to."""
    if ending.verdict == "passed":
        return broken(ErrorKind.ASSERTION, "nothing was asked or checked in this trial")
    return ending.elsewhere()
