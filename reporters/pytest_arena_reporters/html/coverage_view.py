"""The section on coverage: of each file and kind, how much was exercised, and what never was."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from pytest_arena.comparison.coverage import FileCoverage
from pytest_arena_reporters import coverage_lines
from pytest_arena_reporters.html.view import MOST_GROUPS, text

_MOST_NAMES = 50


def table(coverage: Sequence[FileCoverage]) -> dict[str, Any] | None:
    """Return the rows of the table; None where there was nothing to exercise."""
    if not coverage:
        return None
    found = islice(coverage_lines.rows(coverage, _MOST_NAMES), MOST_GROUPS)
    return {
        "several": len(coverage) > 1,
        "rows": [
            {"file": text(file, 160), "counted": row.counted, "never": text(row.never, 4000)}
            for file, row in found
        ],
        "all": sum(len(file.kinds) for file in coverage),
        "part": coverage_lines.of_a_part(coverage),
    }
