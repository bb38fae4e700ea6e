"""Options that nobody knows, on the command line and in the ini file, of which pytest alone would
say no more than that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import pytest

from pytest_arena.errors import nearest
from pytest_arena.options import OPTIONS

_BEGIN = "--are"
_OURS = "--arena-"
_OUR_FIRST = "arena"
_OUR_KEYS = "arena_"


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
        if name.startswith(_BEGIN) and (meant := _meant(name, flags, _OURS)) is not None:
            said.append(f"unrecognized option {name}: did you mean {meant}{equals}{value}?")
    if said:
        raise pytest.UsageError("\n".join(said))


def refuse_misspelt_keys(config: pytest.Config, keys: Iterable[str], parser: pytest.Parser) -> None:
    """Raise a usage error for those of the keys, of the ini file or of `-o`, that begin as ours do
    and are nobody's."""
    names = {option.name for option in OPTIONS}
    given = {one.partition("=")[0] for one in config.known_args_namespace.override_ini or ()}
    said = []
    for key in sorted(set(keys) - parser._inidict.keys()):
        name = key.lower().replace("-", "_")
        if name.startswith(_OUR_FIRST):
            meant = _meant(name, names, _OUR_KEYS)
            hint = "pytest --help lists them" if meant is None else f"did you mean {meant}?"
            where = "-o" if key in given or config.inipath is None else config.inipath.name
            said.append(f"{where}: unrecognized option {key}: {hint}")
    if said:
        raise pytest.UsageError("\n".join(said))


def _meant(name: str, known: Collection[str], begin: str) -> str | None:
    """Return the option that is nearest to a misspelt one, of those that mostly begin alike."""
    if not name.startswith(begin):
        return nearest(name, known)
    # what all begin with would make any two of them alike
    words = [one.removeprefix(begin) for one in known if one.startswith(begin)]
    word = nearest(name.removeprefix(begin), words)
    return None if word is None else begin + word
