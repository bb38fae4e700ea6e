"""The JSON of a provider's answer, whatever numbers and depths are in it."""

from __future__ import annotations

import json
from typing import Any


def read_json(content: bytes | str) -> Any:
    """Return the value of an answer's body.

    A number of thousands of digits, which Python refuses to read as a whole one, becomes an
    infinite one: a count that cannot be believed must not cost the answer beside it.
    """
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
