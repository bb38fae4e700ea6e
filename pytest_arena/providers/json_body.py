"""The JSON of a provider's answer, whatever numbers and depths are in it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from pytest_arena.text.json_depth import TooDeepError, is_too_deep, may_be_too_deep


def read_json(content: bytes | str) -> Any:
    """Return the value of an answer's body; a `ValueError` where it is none, or nested too deeply.

    A number of thousands of digits, which Python refuses to read as a whole one, becomes an
    infinite one: a count that cannot be believed must not cost the answer beside it.
    """
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
