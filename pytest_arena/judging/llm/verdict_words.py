"""Yes and no in a judge's mouth, where they can only mean one thing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from pytest_arena.text.folding import fold

_AFFIRMING = (
    frozenset(("yes", "y", "true")),
    frozenset(("pass", "passed", "passes")),
)
_DENYING = (
    frozenset(("no", "n", "false")),
    frozenset(("fail", "failed", "fails")),
)


class Choice(Protocol):
    """What may be chosen: its name, and what it is worth."""

    @property
    def name(self) -> str: ...
    @property
    def score(self) -> float: ...


ChoiceT = TypeVar("ChoiceT", bound=Choice)


def says_yes(word: str) -> bool | None:
    """Return whether a word affirms; None where it neither affirms nor denies."""
    word = fold(word)
    if any(word in words for words in _AFFIRMING):
        return True
    return False if any(word in words for words in _DENYING) else None


def says_passed(word: str) -> bool | None:
    """Return whether a word says that something passed; None where it says neither that nor that
    it failed, as `yes` does not."""
    word = fold(word)
    return True if word in _AFFIRMING[1] else False if word in _DENYING[1] else None


def stand_for(word: str, choices: Sequence[ChoiceT]) -> ChoiceT | None:
    """Return the choice that a word such as `yes`, `true` or `PASS` stands for.

    Only choices that are such words themselves are meant. A word of another pair (`PASS` for
    `yes`) is taken where to affirm is worth more than to deny: of "it is rude" a `yes` is no pass.
    """
    wanted = says_yes(word)
    if wanted is None:
        return None
    alike = next(words for words in (*_AFFIRMING, *_DENYING) if fold(word) in words)
    same = [one for one in choices if fold(one.name) in alike]
    if same:
        return same[0] if len(same) == 1 else None
    yes = [one for one in choices if says_yes(one.name) is True]
    no = [one for one in choices if says_yes(one.name) is False]
    if len(yes) != 1 or len(no) != 1 or yes[0].score <= no[0].score:
        return None
    return yes[0] if wanted else no[0]
