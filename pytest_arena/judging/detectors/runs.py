"""The runs of words that two texts share, in time that grows with their lengths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


class Runs:
    """All runs of the words of one text, as a suffix automaton (Blumer et al. 1985).

    A state stands for runs that end at the same places: the words that may follow it, the longest
    of its runs, and the state of the next shorter one.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._following: list[dict[str, int]] = [{}]
        self._longest = [0]
        self._shorter = [-1]
        last = 0
        for word in words:
            last = self._added(word, last)

    def lengths(self, words: Iterable[str]) -> Iterator[int]:
        """Yield for each word how long a run that ends with it is one of these."""
        state, length = 0, 0
        for word in words:
            while state and word not in self._following[state]:
                state = self._shorter[state]
                length = self._longest[state]
            if word in self._following[state]:
                state, length = self._following[state][word], length + 1
            yield length

    def _added(self, word: str, last: int) -> int:
        new = self._state({}, self._longest[last] + 1)
        while last >= 0 and word not in self._following[last]:
            self._following[last][word] = new
            last = self._shorter[last]
        if last < 0:
            self._shorter[new] = 0
            return new
        known = self._following[last][word]
        if self._longest[known] == self._longest[last] + 1:
            self._shorter[new] = known
            return new
        copy = self._state(dict(self._following[known]), self._longest[last] + 1)
        self._shorter[copy] = self._shorter[known]
        self._shorter[known] = self._shorter[new] = copy
        while last >= 0 and self._following[last].get(word) == known:
            self._following[last][word] = copy
            last = self._shorter[last]
        return new

    def _state(self, following: dict[str, int], longest: int) -> int:
        self._following.append(following)
        self._longest.append(longest)
        self._shorter.append(0)
        return len(self._longest) - 1
