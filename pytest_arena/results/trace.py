"""The trace that an application returned with an answer: what it did meanwhile, as timed spans."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from pydantic import NonNegativeFloat, NonNegativeInt

from pytest_arena.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """One timed piece of work of an application's, as a call of a model or a search.

    Times are in milliseconds; `started_ms` counts from the first span's start. They are None where
    they were not told.
    """

    name: str
    id: str = ""
    parent: str | None = None
    """The `id` of the span within which it ran."""
    started_ms: NonNegativeFloat | None = None
    duration_ms: NonNegativeFloat | None = None
    error: str | None = None
    """Why it failed."""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """The spans of one answer, in the order of their starts."""

    spans: tuple[Span, ...] = ()
    left_out: NonNegativeInt = 0
    """How many further spans there were than are kept."""
    problem: str = ""
    """Why these are not all spans of the answer, so that nothing can be judged by them."""
