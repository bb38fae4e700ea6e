"""The forms in which a text may stand inside another one, so that a key is found in each."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus, unquote_plus

from pytest_arena.light_dataclass import dataclass

_BREAK = r"(?:\\{1,4}r)?\\{1,4}n[ \t]{0,40}|\r?\n[ \t]{0,40}"
"""A line's end, as it is and as JSON has it."""
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])(?=[a-z0-9+/_-]*[A-Z])[A-Za-z0-9+/_-]{24,}")
"""With a capital: without one it is a name with dashes, and of a text it hardly ever lacks one."""
_WRAPPED = re.compile(
    rf"(?<![A-Za-z0-9+/_-])(?=[a-z0-9+/_-]*[A-Z])[A-Za-z0-9+/_-]{{16,}}"
    rf"(?:(?:{_BREAK})[A-Za-z0-9+/_-]{{4,}}={{0,2}})+"
)
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[2-7][0-9A-Fa-f]){12,}(?![0-9A-Za-z])")
"""Of a text in ASCII, as a hash hardly ever looks."""
_PERCENT = re.compile(r"(?<![\w.~*'()!%+-])[\w.~*'()!%+-]*%[0-9A-Fa-f]{2}[\w.~*'()!%+-]*")
_ENTITY = re.compile(r"(?<![^\s<>\"&])[^\s<>\"&]*&(?:#\d{2,7}|#[xX][0-9A-Fa-f]{2,6});[^\s<>\"]*")
_CODE = r"\\{1,4}(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f]{2,6}\})"
_CODES = re.compile(rf"(?<![^\s<>\"'\\])[^\s<>\"'\\]*{_CODE}(?:{_CODE}|[^\s<>\"'\\])*")
_ONE_CODE = re.compile(r"\\{1,4}(?:u\{([0-9A-Fa-f]{2,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")


@dataclass(frozen=True, slots=True)
class Encoding:
    """One such form: a sign without which there is none, what it looks like, and how it is read."""

    sign: str
    pattern: re.Pattern[str]
    decoded: Callable[[str], str]


def forms_of(text: str) -> Iterator[str]:
    """Yield how a text is written in the usual encodings."""
    yield text
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield quote(text, safe="")
    yield quote_plus(text)
    yield base64.b64encode(text.encode()).decode().rstrip("=")
    yield base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    if not _HEX.fullmatch(text.encode().hex()):
        # what the pattern for hexadecimal finds need not be looked for again
        yield text.encode().hex()
        yield text.encode().hex().upper()
    yield html.escape(text)
    yield html.escape(text, quote=False)
    yield html.escape(text, quote=False).replace('"', "&quot;")
    yield html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


def may_be_encoded(words: str) -> bool:
    """Return whether one of the encodings may be among the long words of a text; quickly."""
    return (
        "%" in words
        or "&#" in words
        or "\\u" in words
        or "\\x" in words
        or _BASE64.search(words) is not None
        or _HEX.search(words) is not None
    )


def _from_base64(run: str) -> str:
    """Return the text that a run of base64 stands for; empty where it stands for none."""
    padded = run.replace("-", "+").replace("_", "/") + "=" * (-len(run) % 4)
    try:
        return base64.b64decode(padded).decode("utf-8", "replace")
    except binascii.Error:
        return ""


def _from_wrapped(run: str) -> str:
    return _from_base64(re.sub(_BREAK, "", run).rstrip("="))


def _from_hex(run: str) -> str:
    return bytes.fromhex(run).decode("utf-8", "replace")


def _from_codes(run: str) -> str:
    text = _ONE_CODE.sub(lambda code: _character(code[1] or code[2] or code[3]), run)
    if "\\x" not in run:
        return text
    # the bytes of a text, or its characters
    return f"{text}\n{text.encode('latin-1', 'replace').decode('utf-8', 'replace')}"


def _character(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if number <= 0x10FFFF else ""


ENCODINGS = (
    Encoding("\n", _WRAPPED, _from_wrapped),
    Encoding("\\n", _WRAPPED, _from_wrapped),
    Encoding("", _BASE64, _from_base64),
    Encoding("", _HEX, _from_hex),
    Encoding("%", _PERCENT, unquote_plus),
    Encoding("&#", _ENTITY, html.unescape),
    Encoding("\\u", _CODES, _from_codes),
    Encoding("\\x", _CODES, _from_codes),
)
