"""The forms in which a text may stand inside another one, so that a key is found in each."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from pytest_arena.light_dataclass import dataclass

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])(?=[a-z0-9+/_-]*[A-Z])[A-Za-z0-9+/_-]{24,}")
"""With a capital: without one it is a name with dashes, and of a text it hardly ever lacks one."""
_DIGIT = "[A-Za-z0-9+/_-]"
_PAIR = "[2-7][0-9A-Fa-f]"
_HEX = re.compile(rf"{_PAIR}{_PAIR}{_PAIR}(?:{_PAIR}){{9,}}")
"""Of a text in ASCII, as a hash hardly ever looks, whatever bytes stand around."""
_ENTITY = re.compile(r"&(?:amp;)*(?:#|(?!amp;|[lg]t;|quot;|apos;|nbsp;)[A-Za-z]{2,31};)")
"""One that browsers and libraries do not write of themselves."""
_SIGNS = ("%", "\\u", "\\x", "\\/")
_PLAIN = re.compile(r"[A-Za-z0-9]+")
_TELLING = 6
"""Letters and digits that hardly any other text has in this order."""
_ASCII = re.compile(rb"[\n -~]{8,}")
"""Of a key, and hardly ever of what is no text."""
_BEFORE_LINE = r"(?:[ \t>|#]|\\t|E[ \t]){0,40}+"
_NO_WORD = r"(?:[A-Z]?[a-z]++[A-Z0-9+/]|[0-9]++[A-Za-z+/]|[A-Z]{2,}+[a-z0-9+/])"


def _fold(line_end: str) -> str:
    """Return what matches where a line of digits may go on in the next line: long ones, or short
    ones that do not look like words."""
    digit = r"[A-Za-z0-9+/_\\\r-]"
    return (
        rf"{line_end}(?:(?<={digit}{{8}}{line_end}){_BEFORE_LINE}{_DIGIT}{{4}}"
        rf"|(?<={digit}{{4}}{line_end}){_BEFORE_LINE}{_NO_WORD})"
    )


_FOLDED = re.compile(_fold(r"\n"))
_FOLDED_IN_JSON = re.compile(_fold(r"\\n"))
_SHOWN = re.compile(r"(?:\\n|\n)E[ \t]+")
_BETWEEN_LINES = ("\\n", "\\r", "\\t", "\\", ">", "|", "#")


@dataclass(frozen=True, slots=True)
class EncodedForm:
    """What surely stands in an encoding of a text, and what matches all that is encoded of it."""

    digits: str
    pattern: str


def written_forms(text: str) -> Iterator[str]:
    """Yield how a text is written where its letters and digits stay as they are."""
    in_json = json.dumps(text)[1:-1]
    in_python = repr(text)[1:-1]
    # as it is, as PHP writes JSON, and as reasons quote it
    for form in (
        text,
        in_json,
        json.dumps(text, ensure_ascii=False)[1:-1],
        in_json.replace("/", "\\/"),
        in_python,
        in_python.replace("\\\\", "\\"),
    ):
        yield form
        yield json.dumps(form, ensure_ascii=False)[1:-1]
    for safe in ("", "/", "/;,?:@&=+$#!*'()"):
        yield quote(text, safe=safe)
        yield quote_plus(text, safe=safe)
    yield html.escape(text)
    yield html.escape(text, quote=False)
    yield html.escape(text, quote=False).replace('"', "&quot;")
    yield html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


def encoded_forms(text: str) -> Iterator[EncodedForm]:
    """Yield what stands for a text in base64 and hexadecimal, whatever is encoded around it."""
    octets = text.encode("utf-8", "surrogatepass")
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + octets).decode()
        # the digits at the ends may stand for a part of what is beside the text, too
        own = encoded[-(-before * 8 // 6) : (before + len(octets)) * 8 // 6]
        start = _DIGIT if before else ""
        end = f"{_DIGIT}?={{0,2}}" if (before + len(octets)) % 3 else ""
        for form in (own, own.replace("+", "-").replace("/", "_")):
            yield EncodedForm(form, f"{start}{re.escape(form)}{end}")
    for form in (octets.hex(), octets.hex().upper()):
        yield EncodedForm(form, form)


def kept_parts(text: str) -> tuple[str, ...]:
    """Return runs of letters and digits, which escapes leave as they are, that tell a text from
    others: the longest one, or all of them where that is short, the longest first."""
    parts = sorted(set(_PLAIN.findall(text)), key=len, reverse=True)
    return tuple(parts[:1] if parts and len(parts[0]) >= _TELLING else parts)


def may_be_escaped(words: str) -> bool:
    """Return whether characters may be escaped in the long words of a text; quickly."""
    return any(sign in words for sign in _SIGNS) or (
        "&" in words and _ENTITY.search(words) is not None
    )


def may_be_encoded(words: str) -> bool:
    """Return whether a text in base64 or hexadecimal may be among long words; quickly."""
    return (not words.islower() and _BASE64.search(words) is not None) or (
        _HEX.search(words) is not None
    )


def may_be_folded(text: str) -> bool:
    """Return whether an encoded text may go on in a further line of a text; quickly."""
    return ("\\n" in text and _FOLDED_IN_JSON.search(text) is not None) or (
        "\n" in text and _FOLDED.search(text) is not None
    )


def run_together(text: str) -> str:
    """Return a text with nothing between its lines and words, roughly, and quickly."""
    run = "".join((_SHOWN.sub("", text) if "nE " in text or "\nE " in text else text).split())
    for mark in _BETWEEN_LINES:
        run = run.replace(mark, "")
    return run


def encoded_runs(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where a text may be encoded, and what it may stand for, line by line."""
    for run in _BASE64.finditer(text):
        yield *run.span(), "\n".join(from_base64(run[0]))
    for run in _HEX.finditer(text):
        yield *run.span(), "\n".join(from_hex(run[0]))


def from_base64(run: str) -> list[str]:
    """Return the texts in ASCII within what a run stands for, from each place it may begin at."""
    digits = run.replace("-", "+").replace("_", "/")
    return _ascii(_octets(digits[start:]) for start in range(4))


def from_hex(run: str) -> list[str]:
    """Return the texts in ASCII within what a run stands for, from both places."""
    return _ascii(bytes.fromhex(one[: len(one) // 2 * 2]) for one in (run, run[1:]))


def _ascii(octets: Iterable[bytes]) -> list[str]:
    return [part.decode() for one in octets for part in _ASCII.findall(one)]


def _octets(digits: str) -> bytes:
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    return base64.b64decode(whole + "=" * (-len(whole) % 4))
