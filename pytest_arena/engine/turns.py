"""Whose turn it is to compute: pytest's thread, which handles a cell, or the event loop's.

Both run Python, so that one of them computes at a time, and the interpreter's lock passes on
wherever the other makes a system call: some ten times a call and cell, at the price of a tenth of
all that both do.
"""

from __future__ import annotations

from queue import Empty, SimpleQueue
from selectors import DefaultSelector, SelectorKey

from pytest_arena.real_time import real_time

LOOP_LASTS_S = 0.05
"""How long the loop computes while pytest waits for its turn: until all answers that are there have
been taken, as a rule. With turns as short as pytest's, runs of quick calls took a tenth longer."""
PYTEST_LASTS_S = 0.005
"""How long pytest computes while answers wait: their times are taken when the loop sees them."""
LOOP_WAITS_S = 0.02
"""How long the loop waits for pytest, which may be amid a long check."""
PYTEST_WAITS_S = 0.1


class Turn:
    """The turn of one of two threads.

    It is a courtesy: nothing is locked, who has waited in vain goes on all the same, and where both
    take the turn in the same moment, both have it. Each method is its own thread's to call.
    """

    other: Turn

    def __init__(self, lasts_s: float, waits_s: float) -> None:
        """`lasts_s`: how long it computes while the other one waits; `waits_s`: how long it waits
        for the other one."""
        self.taken = False
        self._lasts_s = lasts_s
        self._waits_s = waits_s
        self._waits = False
        self._given: SimpleQueue[None] = SimpleQueue()
        self._number = 0
        self._until = 0.0
        self._waited_in_vain = 0
        """The number of the other one's turn that took longer than it waits."""

    def take(self) -> None:
        """Wait for the other one's turn to end, but not for long, and not twice for the same."""
        other = self.other
        if self.taken:
            return
        if other.taken and self._waited_in_vain != (number := other._number):
            self._waits = True
            try:
                self._given.get(timeout=self._waits_s)
            except Empty:
                self._waited_in_vain = number
            self._waits = False
        if not self.taken:
            self._begin()

    def give(self) -> None:
        """End the turn: to wait for something else, or since nothing is left to do."""
        other = self.other
        self.taken = False
        if other._waits:
            # in its name, lest this one takes the turn again before the other one is awake
            other._begin()
            other._given.put(None)

    def share(self) -> None:
        """Give the turn, and take it again, if it has lasted for long and the other one waits, or
        has waited in vain and computes beside it."""
        other = self.other
        if self.taken and (other._waits or other.taken) and real_time.monotonic() > self._until:
            self.give()
            self.take()

    def _begin(self) -> None:
        self._waits, self.taken = False, True
        self._number += 1
        self._until = real_time.monotonic() + self._lasts_s


class Turns:
    """The turns of a process: the loop's and pytest's."""

    def __init__(self) -> None:
        self.loop = Turn(LOOP_LASTS_S, LOOP_WAITS_S)
        self.pytest = Turn(PYTEST_LASTS_S, PYTEST_WAITS_S)
        self.loop.other, self.pytest.other = self.pytest, self.loop


class TurnTakingSelector(DefaultSelector):
    """The selector of a loop that computes when it is its turn, which ends where it waits."""

    def __init__(self, turn: Turn) -> None:
        super().__init__()
        self._turn = turn

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Return what is ready, as every selector does."""
        if timeout is not None and timeout <= 0:
            self._turn.share()
            return super().select(timeout)
        # what is there already is no reason to wait
        if ready := super().select(0):
            return ready
        self._turn.give()
        ready = super().select(timeout)
        self._turn.take()
        return ready
