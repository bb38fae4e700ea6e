"""Numbers in a text, however they are written: twelve, twenty-five, 1,500, 1.5 million."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENFOLD = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALLS = {word: value for value, word in enumerate(_SMALL.split())}
_TENS = {word: 10 * value for value, word in enumerate(_TENFOLD.split(), 2)}
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}
_ANY = "|".join((*_SMALLS, *_TENS, *_SCALES))
_IN_WORDS = re.compile(
    rf"(?<![\w-])(?<!\w')(?:{_ANY})(?:(?:\s+|-)(?:and\s+)?(?:{_ANY}))*(?!\w|['-]\w)", re.IGNORECASE
)
_SCALED = re.compile(rf"(?<![\w.,])(\d+(?:[.,]\d+)*)[ -]({'|'.join(_SCALES)})\b", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_NO_CENTS = "00"
_BLANKS = " '’\u00a0\u2009\u202f"
"""What stands between thousands beside points and commas."""
_WRITTEN = re.compile(
    r"(?:(?P<whole>\d{1,20})[ -]?)?(?P<sign>[¼-¾⅐-⅞])|"
    r"(?:(?P<before>\d{1,20})[ -])?(?P<over>\d{1,20})[/⁄](?P<under>\d{1,20})(?!\d)|"
    r"(?P<power>\d+(?:\.\d+)?[eE][+-]?\d{1,3})(?!\w)|"
    rf"(?P<digits>\d{{1,3}}(?:[.,{_BLANKS}]\d{{2,3}})*[.,{_BLANKS}]\d{{3}}(?!\d)(?:[.,]\d+)?|"
    r"\d+(?:[.,]\d+)*)"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}|\d+")
_QUANTITY = re.compile(
    rf"\d|\b(?:{_ANY}|half|halve[sd]?|quarters?|thirds?|dozens?|couple|pair|both|double[sd]?|"
    r"triple[sd]?|single|once|twice|daily|weekly|monthly|yearly|annual(?:ly)?|first|second|"
    r"fortnight|decade|century|\w+ties|noon|midnight|an? (?:minute|hour|day|week|month|year))\b|"
    r"\b(?=[IVX]{2,})X{0,3}(?:IX|IV|V?I{0,3})\b",
)


def with_digits(text: str) -> str:
    """Return a text with its numbers in digits; a lone "one" is as often a pronoun, and stays."""
    text = _IN_WORDS.sub(_in_digits, text)
    return _SCALED.sub(lambda match: _scaled(match[1], match[2]), text)


def numbers_of(text: str) -> set[str]:
    """Return the numbers in a text, in digits, but one, which is as often a pronoun."""
    return {plain_number(digits) for digits in _DIGITS.findall(with_digits(text))} - {"1"}


def speaks_of_numbers(text: str) -> bool:
    """Return whether a text holds a number or a word that may stand for one."""
    return _QUANTITY.search(text) is not None


def may_name_all_numbers(text: str, wanted: str) -> bool:
    """Return whether each number of another text may stand in a text in some spelling: `5.0` for
    `5`, `1.234,50` for `1,234.50`, `½` for `1/2`."""
    given = set().union(*_readings(text))
    return all(readings & given for readings in _readings(wanted))


def _readings(text: str) -> Iterator[set[Decimal | str]]:
    """Yield for each number of a text what it may be worth; as written where it is no value."""
    for match in _WRITTEN.finditer(with_digits(text)):
        worth: set[Decimal | str] = set()
        if match["sign"]:
            part = Decimal(str(unicodedata.numeric(match["sign"])))
            worth = {Decimal(match["whole"] or 0) + part}
        elif match["over"] and Decimal(match["under"]):
            part = Decimal(match["over"]) / Decimal(match["under"])
            worth = {Decimal(match["before"] or 0) + part}
        elif match["power"]:
            worth = {Decimal(match["power"])}
        elif match["digits"]:
            worth = set(_values(match["digits"]))
        yield worth or {match[0]}


def _values(digits: str) -> Iterator[Decimal]:
    """Yield what digits are worth where a point, and where a comma, stands before decimals."""
    joined = re.sub(f"[{_BLANKS}]", "", digits)
    for written in (joined, joined.translate(str.maketrans(".,", ",."))):
        whole, dot, rest = written.partition(".")
        if _THOUSANDS.fullmatch(whole) and (rest.isdigit() or not dot):
            yield Decimal(f"{whole.replace(',', '')}{dot}{rest}")


def plain_number(digits: str) -> str:
    """Return a number without the commas of thousands, or a fraction of two zeros.

    `1.000` stays as it is: it is a thousand in many languages; and so does `1.0`, as of a version.
    """
    if _GROUPED.fullmatch(digits.partition(".")[0]):
        digits = digits.replace(",", "")
    whole, dot, rest = digits.partition(".")
    return whole if dot and rest == _NO_CENTS else digits


def _in_digits(match: re.Match[str]) -> str:
    words = re.split(r"[\s-]+", match[0])
    if len(words) == 1 and words[0].lower() in ("one", *_SCALES):
        return match[0]
    value = _value([word.lower() for word in words])
    if value is not None:
        return str(value)
    # several numbers in a row: "one two three", "nineteen ninety"
    return re.sub(r"[^\W\d_]+", lambda word: _alone(word[0]), match[0])


def _alone(word: str) -> str:
    value = _SMALLS.get(word.lower(), _TENS.get(word.lower()))
    return word if value is None else str(value)


def _value(words: list[str]) -> int | None:
    """Return the number that words make; None where they are several numbers."""
    total, current, last = 0, 0, 10**12
    for word in words:
        if word == "and":
            if not total and current < 100:
                return None
            continue
        scale = _SCALES.get(word)
        if scale == 100 and 0 < current < 100:
            current, last = current * 100, 100
        elif scale and scale > 100 and current:
            total, current, last = total + current * scale, 0, 10**12
        elif scale is None:
            value = _SMALLS.get(word, _TENS.get(word, 0))
            fits = value < 10 if last == 10 else last >= 100
            if not fits or (value == 0 and len(words) > 1):
                return None
            current, last = current + value, 10 if word in _TENS else 1
        else:
            return None
    return total + current


def _scaled(digits: str, scale: str) -> str:
    number = plain_number(digits)
    if "," in number or number.count(".") > 1:
        return f"{digits} {scale}"
    return f"{(Decimal(number) * _SCALES[scale.lower()]).normalize():f}"
