"""The line by which a bot finds its own comment again."""

from __future__ import annotations

MARKER = "<!-- pytest-arena-report -->"
"""The first line of every Markdown report."""


def marker(name: str = "") -> str:
    """Return the first line of a comment, which holds the name of one of several reports."""
    return MARKER.replace(" -->", f": {name} -->") if name else MARKER
