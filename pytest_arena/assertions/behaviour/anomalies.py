"""Signs that an agent does not get on, each found at the call or answer that completes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pytest_arena.assertions.messages import share
from pytest_arena.assertions.tool_calls.base import Calls, call_key, told_one, tool_name
from pytest_arena.judging.words import count_characters
from pytest_arena.light_dataclass import dataclass
from pytest_arena.schema.anomalies import AnomalyKind, AnomalySigns
from pytest_arena.text.numbers import counted, less_rounding, number


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One sign: its kind, and the number (from 1) of the call or answer that completed it."""

    kind: AnomalyKind
    number: int
    what: str

    def __str__(self) -> str:
        place = "answer" if self.kind == "empty_response" else "call"
        return f"{self.kind} at {place} {self.number}: {self.what}"


def anomalies_in(
    signs: AnomalySigns, turns: Sequence[Calls], replies: Sequence[str]
) -> list[Anomaly]:
    """Return the first of each sign in the calls of each turn and in what was answered, the one
    that was complete first before the others."""
    calls = [call for turn in turns for call in turn]
    runs = turns if signs.within == "turn" else [calls]
    finders: dict[AnomalyKind, Callable[[], Anomaly | None]] = {
        "empty_response": lambda: empty_response(
            replies, signs.empty_threshold, signs.empty_max_chars
        ),
        "stuck": lambda: _first(lambda run: stuck(run, signs.stuck_threshold), runs),
        "loop": lambda: _first(
            lambda run: loop(run, signs.loop_window, signs.loop_min_repeats), runs
        ),
        "high_error_rate": lambda: high_error_rate(
            calls, signs.error_window, signs.error_rate_threshold
        ),
    }
    found = [one for kind in signs.anomalies if (one := finders[kind]()) is not None]
    # three equal calls are stuck before they are half of a loop
    return sorted(found, key=lambda anomaly: anomaly.number)


def _first(find: Callable[[Calls], Anomaly | None], runs: Sequence[Calls]) -> Anomaly | None:
    """Return the first sign in any of these runs of calls, numbered through all of them."""
    before = 0
    for run in runs:
        if (one := find(run)) is not None:
            return replace(one, number=before + one.number)
        before += len(run)
    return None


def stuck(calls: Calls, threshold: int) -> Anomaly | None:
    """Find the same call with the same arguments so many times in a row."""
    keys = [call_key(call) for call in calls]
    for end in range(threshold, len(keys) + 1):
        if len(set(keys[end - threshold : end])) == 1:
            what = f"{told_one(calls[end - 1])} {number(threshold)} times in a row"
            return Anomaly("stuck", end, what)
    return None


def loop(calls: Calls, window: int, repeats: int) -> Anomaly | None:
    """Find a pattern of several calls that comes `repeats` times in a row within the last `window`
    calls; one call over and over is no pattern: that is `stuck`."""
    keys = [call_key(call) for call in calls]
    for end in range(1, len(keys) + 1):
        for length in _lengths(keys, end, window, repeats):
            names = " → ".join(tool_name(call.name) for call in calls[end - length : end][:5])
            further = " → …" if length > 5 else ""
            return Anomaly("loop", end, f"{names}{further}, {number(repeats)} times in a row")
    return None


def _lengths(keys: Sequence[str], end: int, window: int, repeats: int) -> Iterator[int]:
    """Yield the lengths of patterns that end there, the shortest first."""
    for length in range(2, min(end, window) // repeats + 1):
        if keys[end - 1] != keys[end - 1 - length]:
            continue
        pattern = keys[end - length : end]
        starts = range(end - length * repeats, end, length)
        if len(set(pattern)) > 1 and all(keys[at : at + length] == pattern for at in starts):
            yield length


def high_error_rate(calls: Calls, window: int, rate: float) -> Anomaly | None:
    """Find a full window of calls of which such a share failed."""
    for end in range(window, len(calls) + 1):
        failed = sum(call.error is not None for call in calls[end - window : end])
        if failed >= less_rounding(rate * window):
            what = (
                f"{failed} of the last {counted(window, 'call')} failed ({share(failed / window)})"
            )
            return Anomaly("high_error_rate", end, what)
    return None


def empty_response(replies: Sequence[str], threshold: int, longest: int) -> Anomaly | None:
    """Find so many answers in a row that say next to nothing."""
    for end in range(threshold, len(replies) + 1):
        last = replies[end - threshold : end]
        if all(count_characters(reply.strip()) <= longest for reply in last):
            what = f"{number(threshold)} in a row of at most {counted(longest, 'character')}"
            return Anomaly("empty_response", end, what)
    return None
