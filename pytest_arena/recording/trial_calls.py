"""The calls of one trial: those that an interrupted run made, and those that this one makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Self

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.light_dataclass import dataclass

_MADE = "the interrupted run had made it"
_AT_WORK = "the run was interrupted while it was made, so that nobody knows whether it was done"
Place = tuple[int, ...]
"""Where a call stands in its trial: its turn, the step in it, and its place among calls made at
once."""


@dataclass(frozen=True, slots=True)
class KeptCall:
    """One call as a journal has it; `key` is the hash of all that it was made with.

    `given` is what came of it, None where that is not known: it never ended, or it held a secret.
    """

    at: Place
    key: str
    name: str = ""
    session: str = ""
    irreversible: bool = False
    ended: bool = False
    given: Mapping[str, Any] | None = None
    number: int = 0
    """Counts the calls of the trial in the order in which they ended."""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Return the call of a journal's line."""
        return cls(
            tuple(record["at"]),
            record["key"],
            record.get("name", ""),
            record.get("session", ""),
            record.get("irreversible", False),
            record["ended"],
            record.get("given"),
        )

    def join(self, calls: list[KeptCall]) -> None:
        """Stand behind the calls before it; an end takes its beginning's place."""
        number = calls[-1].number + 1 if calls else 0
        begun = [one for one in calls if not one.ended and one.is_as(self.at, self.key)]
        if self.ended and begun:
            calls.remove(begun[0])
        calls.append(replace(self, number=number))

    def is_as(self, at: Place, key: str) -> bool:
        """Return whether it is the call of this place, made with the same."""
        return self.at == at and self.key == key


class TrialCalls:
    """What calls of one trial gave, kept as each ends; each kept one is given once.

    An irreversible call that was begun and has no end is never made again, and neither is one
    where the conversation has not come by all irreversible calls that had been made.
    """

    def __init__(
        self,
        left: list[KeptCall],
        keep: Callable[[Mapping[str, Any]], None],
        count: Callable[[], None],
        *,
        keeps_answers: bool = True,
    ) -> None:
        """`left` is what other processes left of the trial; `count` is told of each call that is
        taken of it. Without `keeps_answers`, what models say is kept elsewhere."""
        self.keeps_answers = keeps_answers
        self._left = left
        self._keep = keep
        self._count = count
        self.session = next((call.session for call in left if call.session), "")
        """The session that the trial began in; empty for one that begins."""

    def taken(self, at: Place, key: str) -> KeptCall | None:
        """Return the finished call of a place, None where it must be made."""
        found = next((call for call in self._left if call.ended and call.is_as(at, key)), None)
        if found is None:
            return None
        if found.given is None:
            if found.irreversible:
                raise not_again(found.name, f"{_MADE}, and what it gave was not kept whole")
            return None
        self._left.remove(found)
        self._count()
        return found

    def begin(self, at: Place, key: str, name: str) -> None:
        """Keep that an irreversible call begins, or raise where it must not."""
        for call in self._left:
            if call.irreversible:
                another_way = f"{_MADE}, and the conversation took another way now"
                raise not_again(call.name, another_way if call.ended else _AT_WORK)
        self._keep(_record(KeptCall(at, key, name, self.session, irreversible=True)))

    def end(
        self, at: Place, key: str, given: Mapping[str, Any], name: str = "", *, irreversible: bool
    ) -> None:
        """Keep what came of a call."""
        call = KeptCall(at, key, name, self.session, irreversible, ended=True, given=given)
        self._keep(_record(call))


def _record(call: KeptCall) -> dict[str, Any]:
    record: dict[str, Any] = {"at": list(call.at), "key": call.key, "ended": call.ended}
    if call.name:
        record["name"] = call.name
    if call.irreversible:
        record["irreversible"] = True
    record["session"] = call.session
    if call.given is not None:
        record["given"] = call.given
    return record


def not_again(name: str, why: str) -> ProviderError:
    """Return the error of a trial that would make an irreversible call a second time."""
    return ProviderError(
        ErrorKind.AGENT,
        f"the irreversible call of {name!r} is not made again: {why}\n"
        "  expected: a call that has not been made\n"
        "  fix: see what became of it, and run the case again without --arena-resume",
    )
