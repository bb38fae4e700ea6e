"""Options that nobody knows, of which pytest alone would say no more than that."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from pytest_arena.errors import nearest
from pytest_arena.options import OPTIONS

_BEGIN = "--are"
_OURS = "--arena-"


def refuse_misspelt(arguments: Sequence[str], parser: pytest.Parser) -> None:
    """Raise a usage error that names the option of ours which each misspelt one is nearest to;
    those near to none are left to pytest."""
    flags = {option.flag for option in OPTIONS if not option.ini_only}
    given = [argument.partition("=")[0] for argument in arguments]
    if all(name in flags for name in given if name.startswith(_BEGIN)):
        return
    _, unknown = parser.parse_known_and_unknown_args(list(arguments))
    said = []
    for argument in unknown:
        name, equals, value = argument.partition("=")
        if name.startswith(_BEGIN) and (meant := _meant(name, flags)) is not None:
            said.append(f"unrecognized option {name}: did you mean {meant}{equals}{value}?")
    if said:
        raise pytest.UsageError("\n".join(said))


def _meant(name: str, flags: Collection[str]) -> str | None:
    """Return the option that is nearest to a misspelt one."""
    if not name.startswith(_OURS):
        return nearest(name, flags)
    # what all begin with would make any two of them alike
    words = [flag.removeprefix(_OURS) for flag in flags if flag.startswith(_OURS)]
    word = nearest(name.removeprefix(_OURS), words)
    return None if word is None else _OURS + word
