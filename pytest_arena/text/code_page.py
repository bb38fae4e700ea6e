"""Output to a stream whose encoding lacks some characters, as a code page of Windows does."""

from __future__ import annotations

from typing import Any


def keep_writable(stream: Any) -> None:
    """Have a text stream write what its encoding lacks as an escape (`\\u2192`), and never fail.

    A stream that cannot be told so, as one that a test put in place, is left as it is.
    """
    if not has_all_characters(stream) and hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def has_all_characters(stream: Any) -> bool:
    """Return whether a text stream can write any text."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return str(encoding).lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig")
