"""Whether two alike texts say the same, as far as words can tell, and what differs if not.

Two texts say the same where they are of the same words, in the same order or with whole parts of a
sentence moved, after spellings of one thing are made one. Anything else is left to a judge: one
word, number, unit or sign, or the order of names, is enough to say something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from pytest_arena.judging.similarity.statement import Statement, state
from pytest_arena.text.folding import fold

_FOCUS = frozenset(("only", "just", "even", "also", "not", "no", "never", "too"))
_FRONTING = (
    "about above after although among around as at because before behind below between by despite "
    "during for from if in inside into near of on once onto outside over past per since through "
    "throughout to under unless until upon via when whenever where while with within"
)
_FRONTED = frozenset(_FRONTING.split())
"""Words that begin what may stand in front of a sentence as well as behind it."""
_JOINING = ("and", "or")
_MOST_MOVED = 200
_NEAR = 2
"""So many words that only one of two texts has may be one fact, told otherwise."""


class Contrast(NamedTuple):
    """What differs between two texts: nothing (`same`), or what `reason` says.

    `near` says that so little differs that all the likeness of the texts says nothing. `added` and
    `missing` are the words that only the first, and only the second text has. `of_quantities` says
    that there are other numbers of the same units.
    """

    same: bool
    near: bool
    reason: str
    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    of_quantities: bool = False

    @property
    def of_numbers(self) -> bool:
        """Whether nothing but numbers differs, so many against so many, or numbers of one unit."""
        if self.of_quantities:
            return True
        differing = (*self.added, *self.missing)
        are_numbers = all(word[-1].isdigit() for word in differing)
        return are_numbers and len(self.added) == len(self.missing) > 0

    @property
    def of_negation(self) -> bool:
        """Whether nothing but a negation differs."""
        return bool(self.added or self.missing) and _NEGATING.issuperset(self.added + self.missing)


_SAME = Contrast(True, True, "the same words")
_NEGATING = frozenset(("not", "no", "never", "do", "does", "did", "is", "any"))


def contrast(first: str, second: str) -> Contrast:
    """Return whether two texts say the same, and what differs where they may not."""
    one, other = state(first), state(second)
    if not one.words or not other.words:
        # nothing but punctuation says nothing
        return _SAME if fold(first) == fold(second) else Contrast(False, True, "one has no words")
    if one.words == other.words:
        forms = zip(one.forms, other.forms, strict=True)
        apart = next((f"'{a}' stands against '{b}'" for a, b in forms if a and b and a != b), None)
        apart = apart or _other_sentences(one, other)
        return Contrast(False, True, apart) if apart else _SAME
    if _is_moved(one, other):
        return _SAME
    added = tuple((one.counts - other.counts).elements())
    missing = tuple((other.counts - one.counts).elements())
    if not added and not missing:
        return Contrast(False, True, "the same words stand in another order")
    most = max(len(added), len(missing))
    near = (
        most <= 1
        or (most <= _NEAR and len(one.words) > len(added))
        or one.numbers != other.numbers
        or one.is_negated != other.is_negated
    )
    reason = f"{_told(added)} stands against {_told(missing)}"
    return Contrast(False, near, reason, added, missing, _has_other_quantities(one, other))


def first_contrast(texts: Sequence[str]) -> str | None:
    """Return what differs between the first two of several texts that are alike and may not say
    the same; None where there are none."""
    for first, second in combinations(dict.fromkeys(texts), 2):
        found = contrast(first, second)
        if found.near and not found.same:
            return found.reason
    return None


def _other_sentences(first: Statement, second: Statement) -> str | None:
    """Return where a sentence ends in one text, and simply goes on in the other."""
    for word, one, other in zip(first.words[:-1], first.ends, second.ends, strict=False):
        if {one, other} == {"", "."}:
            return f"a sentence ends behind '{word}' in one of them"
    return None


def _told(tokens: Sequence[str]) -> str:
    shown = " ".join(token.strip() for token in tokens[:5]) + (" …" if len(tokens) > 5 else "")
    return f"'{shown}'" if tokens else "nothing"


def _has_other_quantities(first: Statement, second: Statement) -> bool:
    """Return whether each text has another number of the same units: 20 percent, and 10 percent."""
    one, other = _quantities(first), _quantities(second)
    units = {unit for _, unit in one - other}
    return bool(units) and units == {unit for _, unit in other - one}


def _quantities(statement: Statement) -> set[tuple[str, str]]:
    pairs = pairwise(statement.words)
    return {(number, unit) for number, unit in pairs if number[-1].isdigit() and unit.isalpha()}


def _is_shared_out(words: Sequence[str]) -> bool:
    """Return whether it may matter which of two comes first: "Ana and Ben are 5 and 9"."""
    joins = sum(word in _JOINING for word in words)
    return joins > 1 or sum(word[-1].isdigit() for word in words) > 1 or "respectively" in words


def _is_moved(first: Statement, second: Statement) -> bool:
    """Return whether one text is the other with a part of the sentence at another place.

    That is "on Friday" or the like in front instead of behind, the words on either side of "and" or
    "or", and those of "X is the Y".
    """
    one, other = first.words, second.words
    if len(one) != len(other) or first.counts != second.counts:
        return False
    differing = [place for place, word in enumerate(one) if word != other[place]]
    start, end = differing[0], differing[-1] + 1
    here, there = one[start:end], other[start:end]
    if len(here) > _MOST_MOVED or _FOCUS & set(here):
        return False
    is_whole = len(here) == len(one)
    for cut in range(1, len(here)):
        head, tail = here[:cut], here[cut:]
        if tail + head == there and (start == 0 or end == len(one)):
            return head[0] in _FRONTED or tail[0] in _FRONTED
        if (*tail[1:], tail[0], *head) == there:
            joins = tail[0] in _JOINING and len(here) == 3 and not _is_shared_out(one)
            return joins or (
                tail[0] == "is" and is_whole and first.is_definite and second.is_definite
            )
    return False
