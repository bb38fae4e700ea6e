"""One order out of several that each know a part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import Any


def in_one_order(sequences: Sequence[Sequence[str]], rank: Callable[[str], Any]) -> list[str]:
    """Return all names so that no sequence is contradicted; each name is once in a sequence.

    Where the sequences leave it open, the lower rank goes first, then the earlier sequence. Where
    they contradict each other, the name that is first by rank breaks the circle.
    """
    names = list(dict.fromkeys(name for sequence in sequences for name in sequence))
    place = {name: number for number, name in enumerate(names)}
    followers: dict[str, set[str]] = {name: set() for name in names}
    for sequence in sequences:
        for name, follower in pairwise(sequence):
            followers[name].add(follower)
    waiting = _count(followers.values(), names)
    ready = [(rank(name), place[name], name) for name in names if not waiting[name]]
    heapify(ready)
    left = dict.fromkeys(names)
    ordered: list[str] = []
    while left:
        if not ready:
            ready.append(min((rank(name), place[name], name) for name in left))
        name = heappop(ready)[2]
        if name not in left:
            continue
        del left[name]
        ordered.append(name)
        for follower in followers[name]:
            waiting[follower] -= 1
            if not waiting[follower] and follower in left:
                heappush(ready, (rank(follower), place[follower], follower))
    return ordered


def _count(followers: Iterable[set[str]], names: Iterable[str]) -> dict[str, int]:
    waiting = dict.fromkeys(names, 0)
    for group in followers:
        for name in group:
            waiting[name] += 1
    return waiting
