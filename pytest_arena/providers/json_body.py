"""The JSON of a provider's answer, whatever numbers, depths and counts are in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from pytest_arena.text.json_depth import (
    TooDeepError,
    check_containers,
    is_too_deep,
    may_be_too_deep,
)

T = TypeVar("T")
_QUICK = 100_000
"""Bytes that are read within a millisecond."""


async def read_beside(content: bytes, read: Callable[[bytes], T]) -> T:
    """Return what `read` makes of a body, in a thread where that takes more than a moment."""
    return read(content) if len(content) < _QUICK else await asyncio.to_thread(read, content)


def read_json(content: bytes | str) -> Any:
    """Return the value of an answer's body; a `ValueError` where it is none, nested too deeply,
    or of too many parts.

    A number of thousands of digits, which Python refuses to read as a whole one, becomes an
    infinite one: a count that cannot be believed must not cost the answer beside it.
    """
    check_containers(content)
    value: Any = None
    is_read = False
    with suppress(RecursionError):
        value, is_read = _read(content), True
    if not is_read or (may_be_too_deep(content) and is_too_deep(value)):
        # outside of the other error, which it would name in its place
        raise TooDeepError
    return value


def _read(content: bytes | str) -> Any:
    try:
        return json.loads(content)
    except json.JSONDecodeError:
        raise
    except UnicodeDecodeError:
        raise
    except ValueError:
        return json.loads(content, parse_int=_number)


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < 300 else float(digits)
