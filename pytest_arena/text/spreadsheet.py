"""Texts that a spreadsheet would take for formulas: an apostrophe keeps them from it.

Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a formula begins with, as some programs read it; `labels.js` knows the same."""
APOSTROPHE = "apostrophe"
"""The column of a table that names those of its row that got an apostrophe in front."""


def without_apostrophes(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with the texts as they were before they got an apostrophe."""
    guarded = str(row.get(APOSTROPHE) or "").split()
    return {
        name: value[1:] if name in guarded and str(value).startswith("'") else value
        for name, value in row.items()
    }
