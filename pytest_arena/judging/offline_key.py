"""What identifies an assertion that judges without asking anybody, for its calibration."""

from __future__ import annotations

import json
from hashlib import sha256

from pytest_arena._version import __version__
from pytest_arena.schema import Assertion

PROMPT = "embedded"
"""Stands in place of a prompt's name in a judgement that asked nobody."""
_SHARED = set(Assertion.model_fields) - {"threshold"}


def embedded_key(assertion: Assertion) -> str:
    """Return what identifies it: its type and keys, and the version that brought its rules.

    Keys that do not change what it finds (`weight`, `not`, `when`) are left out.
    """
    keys = assertion.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=_SHARED)
    facts = json.dumps([assertion.type, keys, __version__], sort_keys=True, default=str)
    return sha256(facts.encode("utf-8", "replace")).hexdigest()[:16]
