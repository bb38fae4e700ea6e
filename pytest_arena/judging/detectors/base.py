"""What all detectors share, so that one rule serves as a guardrail and as an assertion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from pydantic_core import PydanticCustomError

from pytest_arena.judging.detectors.messages import listed
from pytest_arena.light_dataclass import dataclass
from pytest_arena.schema.base import ArenaModel
from pytest_arena.schema.guardrail import Said


@dataclass(frozen=True, slots=True)
class Look:
    """What a detector saw in a text.

    `found` is None where it cannot tell. `shown` are the texts that it found, as they may be
    printed; `spans` where they stand.
    """

    found: bool | None
    reason: str
    shown: tuple[str, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()


class Detector(ArenaModel):
    """What looks for something that should not be in a text; the fields are YAML keys."""

    nothing: ClassVar[str] = "nothing of the kind"
    """What there should be, in a few words."""

    def look(self, text: str, said: Said) -> Look:
        """Return what a text holds; an `ArenaError` where a library that it needs is missing."""
        raise NotImplementedError(f"{type(self).__name__} has no look()")


def seen(what: str, shown: Iterable[str], spans: Iterable[tuple[int, int]]) -> Look:
    """Return that something was found, each different text named once."""
    once = tuple(dict.fromkeys(shown))
    return Look(True, f"found {what}: {listed(once)}", once, tuple(spans))


def covered(text: str, keep: int = 2) -> str:
    """Return a text that must not be printed: its ends only, the rest as an ellipsis."""
    if len(text) < 3 * keep:
        return "…"
    return f"{text[:keep]}…{text[-keep:]}"


def refuse_all_allowed(allow: tuple[str, ...]) -> tuple[str, ...]:
    """Return what may occur; refuse a pattern that lets everything."""
    for given in allow:
        if "*" in given and not given.strip().strip("*?"):
            raise PydanticCustomError(
                "cannot_fail",
                "{given} allows everything, so that this checks nothing",
                {
                    "given": repr(given),
                    "expected": "texts that may occur, such as *@example.com",
                    "fix": "say more than * of it, or remove the check",
                },
            )
    return allow
