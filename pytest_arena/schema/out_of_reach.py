"""What to say of bounds that no answer can reach, so that they check nothing."""

from pytest_arena.text.numbers import number


def never_as_many(most: int, most_bytes: int, what: str) -> str | None:
    """Return what to say of a greatest number of characters, words or the like that no answer can
    have."""
    if most < most_bytes:
        return None
    return f"no answer has more than {most:,} {what}, {_given_up(most_bytes)}"


def never_so_many(least: int, most_bytes: int, what: str) -> str | None:
    """Return what to say of a least number of characters, words or the like that no answer can
    have, where none shall."""
    if least <= most_bytes:
        return None
    return f"no answer has {least:,} {what}, {_given_up(most_bytes)}"


def never_as_late(max_ms: float, longest_s: float) -> str | None:
    """Return what to say of a time that no answer can take; None where one can."""
    if max_ms < longest_s * 1000:
        return None
    return (
        f"no answer takes longer than {number(max_ms)} ms, so that this checks nothing: one that "
        f"takes {number(longest_s)} s is given up (timeout)"
    )


def _given_up(most_bytes: int) -> str:
    return (
        "so that this checks nothing: one of more than "
        f"{most_bytes >> 20:,} MiB is given up (max_response_mb)"
    )
