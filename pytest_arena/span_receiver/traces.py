"""The traces that are waited for, and the spans of them that have come."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field

from pytest_arena.light_dataclass import dataclass
from pytest_arena.span_receiver.body import Span

MOST_SPANS = 5_000
"""Of one call: what comes beyond is counted."""
_REMEMBERED = 2_000


@dataclass(frozen=True, slots=True)
class Received:
    """What came of one call: its spans, how many were too many, and why they are not the whole."""

    spans: tuple[Span, ...] = ()
    left_out: int = 0
    problem: str = ""


class WaitedFor:
    """One call that is under way, and what has come of its trace.

    Its spans are those below `parent`, the span that the application was told of. Spans below an
    earlier turn of the same trace, which may come late, are `elsewhere`.
    """

    def __init__(self, parent: str, elsewhere: set[str]) -> None:
        self._parent = parent
        self._elsewhere = elsewhere
        self._spans: dict[str, Span] = {}
        self._left_out = 0
        self._has_root = False
        self._came = asyncio.Event()
        self.fault = ""
        """What keeps spans from being read at all."""

    def add(self, spans: Iterable[Span]) -> None:
        """Take spans of the trace."""
        for span in spans:
            self._has_root = self._has_root or span["parentSpanId"] == self._parent
            if len(self._spans) < MOST_SPANS:
                self._spans[span["spanId"]] = span
            else:
                self._left_out += 1
        self._came.set()

    async def received(self, wait_s: float, left_s: float | None = None) -> Received:
        """Return what came, once the application's own first span has ended with all below it, or
        after a time, of which no more than `left_s` may be left."""
        try:
            async with asyncio.timeout(wait_s if left_s is None else left_s):
                while not self._is_whole:
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            pass
        own, orphans = self._sorted()
        self._elsewhere.update([self._parent, *(span["spanId"] for span in own)])
        problem = self._problem(len(own), len(orphans), wait_s)
        return Received((*own, *orphans), self._left_out, problem)

    @property
    def _is_whole(self) -> bool:
        return self._has_root and (self._left_out > 0 or not self._sorted()[1])

    def _problem(self, own: int, orphans: int, wait_s: float) -> str:
        waited = f"within {wait_s:.3g} s of the answer"
        if not own and not orphans:
            return self.fault or f"no span of this call came {waited}"
        if not self._has_root:
            return (
                f"the span that was begun with the call's traceparent has not come {waited}; "
                f"{orphans} below it have"
            )
        if orphans:
            return f"the trace is not whole: what {orphans} spans belong to has not come {waited}"
        return ""

    def _sorted(self) -> tuple[list[Span], list[Span]]:
        """Return the spans below the call's own, and those whose parents have not come."""
        places: dict[str, str] = {}
        own, orphans = [], []
        for span in self._spans.values():
            place = self._place(span, places)
            if place == self._parent:
                own.append(span)
            elif place not in self._elsewhere:
                orphans.append(span)
        return own, orphans

    def _place(self, span: Span, places: dict[str, str]) -> str:
        """Return the id that the chain of a span's parents ends at."""
        chain: list[str] = []
        above: str = span["spanId"]
        while above in self._spans and above not in places and above not in chain:
            chain.append(above)
            above = self._spans[above]["parentSpanId"]
        end: str = places.get(above, above)
        places.update(dict.fromkeys(chain, end))
        return end


@dataclass(slots=True)
class TracesWaitedFor:
    """All calls that are under way, by the id of their trace; spans of others are let go."""

    _calls: dict[str, WaitedFor] = field(default_factory=dict)
    _listeners: dict[str, Callable[[list[Span]], None]] = field(default_factory=dict)
    _elsewhere: OrderedDict[str, set[str]] = field(default_factory=OrderedDict)

    def begin(self, trace_id: str, parent: str) -> WaitedFor:
        """Wait for the spans of a call; of one trace, one call is under way at a time."""
        elsewhere = self._elsewhere.setdefault(trace_id, set())
        self._elsewhere.move_to_end(trace_id)
        while len(self._elsewhere) > _REMEMBERED:
            self._elsewhere.popitem(last=False)
        call = self._calls[trace_id] = WaitedFor(parent, elsewhere)
        return call

    def end(self, trace_id: str) -> None:
        """Wait no longer."""
        self._calls.pop(trace_id, None)

    @contextmanager
    def passing_on(self, trace_id: str, hear: Callable[[list[Span]], None]) -> Iterator[None]:
        """Pass on what comes of a trace that another process waits for."""
        self._listeners[trace_id] = hear
        try:
            yield
        finally:
            # who waits for a later turn of the trace may be here already
            if self._listeners.get(trace_id) is hear:
                del self._listeners[trace_id]

    def add(self, spans: Iterable[Span]) -> None:
        """Give spans to those who wait for them."""
        of: dict[str, list[Span]] = {}
        for span in spans:
            of.setdefault(span["traceId"], []).append(span)
        for trace_id, own in of.items():
            if trace_id in self._calls:
                self._calls[trace_id].add(own)
            if trace_id in self._listeners:
                self._listeners[trace_id](own)

    def add_fault(self, fault: str) -> None:
        """Say what keeps spans, nobody knows whose, from being read."""
        for call in self._calls.values():
            call.fault = fault
