"""What the `format` of a JSON Schema allows, by the RFCs that JSON Schema names.

Our own, since jsonschema leaves most of them to packages one of which takes seconds to import.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from uuid import UUID

_DATE = r"\d{4}-\d\d-\d\d"
_TIME = (
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
)
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_ESCAPE = r"%[0-9A-Fa-f]{2}"
_FREE = r"A-Za-z0-9._~!$&'()*+,;="
_HOST = rf"(?:\[[0-9A-Fa-f:.]+\]|(?:[{_FREE}-]|{_ESCAPE})*)"
_CHARACTER = rf"(?:[{_FREE}:@-]|{_ESCAPE})"
_REST = rf"(?:\?(?:[/?]|{_CHARACTER})*)?(?:\#(?:[/?]|{_CHARACTER})*)?"
_AUTHORITY = rf"//(?:(?:[{_FREE}:-]|{_ESCAPE})*@)?{_HOST}(?::\d*)?(?:/{_CHARACTER}*)*"
_PATH = rf"/?{_CHARACTER}+(?:/{_CHARACTER}*)*|/?"
_RELATIVE_PATH = rf"/?(?:(?!:){_CHARACTER})+(?:/{_CHARACTER}*)*|/?"
_POINTER = r"(?:/(?:[^/~]|~[01])*)*"

_PATTERNS: Mapping[str, str] = {
    # RFC 3339, appendix A
    "duration": r"P(?!\Z)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?"
    r"(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)",
    # RFC 5321, without quoted local parts and address literals
    "email": r"(?!\.)(?!.*\.\.)[\w!#$%&'*+/=?^`{|}~.-]{1,64}(?<!\.)@(?=.{1,255}\Z)"
    rf"(?:{_LABEL}\.)+{_LABEL}",
    "idn-email": r"(?!\.)(?!.*\.\.)[\w!#$%&'*+/=?^`{|}~.-]{1,64}(?<!\.)@(?=.{1,255}\Z)"
    r"(?:[\w-]{1,63}\.)+[\w-]{1,63}",
    # RFC 1123
    "hostname": rf"(?=.{{1,253}}\.?\Z){_LABEL}(?:\.{_LABEL})*",
    # RFC 3986
    "uri": rf"[A-Za-z][A-Za-z0-9+.-]*:(?:{_AUTHORITY}|{_PATH}){_REST}",
    "uri-reference": rf"(?:[A-Za-z][A-Za-z0-9+.-]*:(?:{_AUTHORITY}|{_PATH})"
    rf"|{_AUTHORITY}|{_RELATIVE_PATH}){_REST}",
    # RFC 6901 and its draft for relative ones
    "json-pointer": _POINTER,
    "relative-json-pointer": rf"(?:0|[1-9]\d*)(?:\#|{_POINTER})",
    # RFC 6570
    "uri-template": r"(?:[^\s{}\"'<>\\^`|]|\{[+#./;?&=,!@|]?[\w.%]+(?:\*|:\d{1,4})?"
    r"(?:,[\w.%]+(?:\*|:\d{1,4})?)*\})*",
}
_FREE_FORMATS = ("password", "binary", "path", "float", "double")
"""Formats of OpenAPI and pydantic that say how to show or store a value, and forbid none."""


@cache
def known_formats() -> dict[str, Callable[[object], bool]]:
    """Return for each format whether a value has it; what is of another type always does."""
    formats = {name: _of_text(_by_pattern(name)) for name in _PATTERNS}
    formats |= {
        "date": _of_text(_is_date),
        "time": _of_text(_is_time),
        "date-time": _of_text(_is_date_time),
        "uuid": _of_text(_is_uuid),
        "ipv4": _of_text(_by_parsing(IPv4Address)),
        "ipv6": _of_text(lambda text: "%" not in text and _by_parsing(IPv6Address)(text)),
        "regex": _of_text(_is_regex),
        "idn-hostname": _of_text(_is_international_host),
        "iri": _of_text(_international("uri")),
        "iri-reference": _of_text(_international("uri-reference")),
        "int32": lambda value: _is_within(value, 2**31),
        "int64": lambda value: _is_within(value, 2**63),
    }
    return formats | {name: lambda _: True for name in _FREE_FORMATS}


def _of_text(holds: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or holds(value)


def _by_pattern(name: str) -> Callable[[str], bool]:
    compiled = re.compile(_PATTERNS[name], 0 if name.startswith("idn-") else re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


def _by_parsing(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return holds


def _is_date(text: str) -> bool:
    return re.fullmatch(_DATE, text, re.ASCII) is not None and _by_parsing(date.fromisoformat)(text)


def _is_time(text: str) -> bool:
    match = re.fullmatch(_TIME, text.upper(), re.ASCII)
    if match is None or not text.isascii():
        return False
    # 60 is a leap second
    return int(match["hour"]) < 24 and int(match["minute"]) < 60 and int(match["second"]) <= 60


def _is_date_time(text: str) -> bool:
    return text[10:11] in ("T", "t") and _is_date(text[:10]) and _is_time(text[11:])


def _is_uuid(text: str) -> bool:
    dashes = [place for place, character in enumerate(text) if character == "-"]
    return dashes == [8, 13, 18, 23] and len(text) == 36 and _by_parsing(UUID)(text)


def _is_regex(text: str) -> bool:
    import regex

    try:
        regex.compile(text)
    except (regex.error, OverflowError, RecursionError):
        return False
    return True


def _is_international_host(text: str) -> bool:
    try:
        plain = text.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return _by_pattern("hostname")(plain)


def _international(name: str) -> Callable[[str], bool]:
    """Return the rule for IRIs (RFC 3987): that of URIs, with other letters as they are."""
    holds = _by_pattern(name)
    return lambda text: holds(re.sub(r"[^\x00-\x9f\s]", "x", text))


def _is_within(value: object, most: int) -> bool:
    return not isinstance(value, (int, float)) or -most <= value < most
