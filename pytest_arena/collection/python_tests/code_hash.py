"""The hash of a test's own code: what it checks, as far as a look at it can tell."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest

from pytest_arena.text.function_code import function_code


def code_hash(item: pytest.Item, settings: Mapping[str, Any]) -> str:
    """Return the hash of a test function and of settings that are a part of what it demands.

    Comments, blank lines, decorators and the name are no part of it: a further set of parameters
    changes no test that there was.
    """
    code = function_code(getattr(item, "obj", None) or _no_function)
    return sha256(f"{code} {sorted(settings.items())}".encode()).hexdigest()[:16]


def _no_function() -> None:
    """Stand in where an item is no function."""
