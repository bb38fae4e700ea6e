"""Personal data in a text: found by form and, where there is one, by checksum."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from ipaddress import ip_address
from typing import ClassVar, Literal, get_args

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.errors import suggest
from pytest_arena.judging.detectors.base import Detector, Look, covered, refuse_all_allowed, seen
from pytest_arena.judging.detectors.emails import find_emails, plain_address
from pytest_arena.judging.detectors.phones import find_phones
from pytest_arena.judging.detectors.spans import DisjointSpans
from pytest_arena.light_dataclass import dataclass
from pytest_arena.schema.guardrail import Said
from pytest_arena.text.folding import fold
from pytest_arena.text.unescaping import read_in_place, unescape_in_place

_IBAN_LENGTHS: dict[str, int] = {
    country: int(length)
    for country, length in re.findall(
        r"([A-Z]{2})(\d\d)",
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18"
        "FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20"
        "LU20LV21LY25MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SD18"
        "SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20",
    )
}
"""Length by country, of the SWIFT IBAN registry."""

_CARDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|"
    r"3[47]\d{13}|3(?:0[0-59]|[689]\d)\d{11,16}|(?:6011|64[4-9]\d|65\d\d)\d{12,15}|"
    r"62\d{14,17}|35\d{14,17}|(?:1800|2131)\d{11}|"
    r"(?:5018|5020|5038|5893|6304|6759|676[1-3]|0604|6390)\d{8,15}"
)
"""Leading digits and lengths that card networks give out (ISO/IEC 7812 issuer ranges)."""


def luhn(digits: str) -> bool:
    """Return whether digits end in their Luhn check digit (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return bool(digits) and total % 10 == 0


def is_card(text: str, *, any_issuer: bool = False) -> bool:
    """Return whether a text is the number of a payment card, with or without separators.

    `any_issuer` takes every number of 12 to 19 digits with a right check digit: one number in
    ten has that by chance, so there should be another reason to believe in a card.
    """
    digits = re.sub(r"[\s-]", "", text)
    issued = 12 <= len(digits) <= 19 if any_issuer else bool(_CARDS.fullmatch(digits))
    return issued and len(set(digits)) > 1 and luhn(digits)


def is_iban(text: str) -> bool:
    """Return whether a text is an IBAN: its country's length, and ISO 7064 MOD 97-10."""
    plain = re.sub(r"[\s-]", "", text).upper()
    if not plain.isascii() or not plain.isalnum() or _IBAN_LENGTHS.get(plain[:2]) != len(plain):
        return False
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


def is_ssn(text: str) -> bool:
    """Return whether a text is a US social security number that may have been given out.

    The Social Security Administration gives none with area 000, 666 or 9xx, group 00, serial 0000.
    """
    area, group, serial = re.split(r"[- .]", text)
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


Entity = Literal["email", "phone", "card", "iban", "ssn", "ip"]
ENTITIES: tuple[Entity, ...] = get_args(Entity)
_PRESIDIO = re.compile(r"[A-Z][A-Z0-9_]+")
_NAMES: dict[str, str] = {
    "email": "e-mail address",
    "phone": "phone number",
    "card": "card number",
    "iban": "IBAN",
    "ssn": "social security number",
    "ip": "IP address",
}


@dataclass(frozen=True, slots=True)
class Personal:
    """Where personal data stands in a text, and what it is (`email`, `phone`, …)."""

    entity: str
    start: int
    end: int


class PiiRules(Detector):
    """Settings of what looks for personal data."""

    nothing: ClassVar[str] = "no personal data"

    entities: tuple[str, ...] = ENTITIES
    """Which kinds are looked for: `email`, `phone`, `card`, `iban`, `ssn` and `ip`, all of them
    unless given. Names in upper case, such as `PERSON` or `US_PASSPORT`, are Presidio's and need
    the extra `pytest-arena[presidio]`."""
    allow: tuple[str, ...] = ()
    """Texts that may occur, such as your own support address. `*` stands for anything, as in
    `*@example.com`; case is ignored, and in numbers so are blanks and hyphens."""

    model: str | None = Field(default=None, min_length=1)
    """The spaCy pipeline by which Presidio knows names and places: an installed package, such as
    `en_core_web_sm`."""
    min_score: float = Field(default=0.4, gt=0, le=1)
    """The least score of what Presidio finds; what has no checksum scores low."""

    @field_validator("allow")
    @classmethod
    def _allows_some(cls, allow: tuple[str, ...]) -> tuple[str, ...]:
        return refuse_all_allowed(allow)

    @field_validator("entities")
    @classmethod
    def _names_some(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [name for name in given if name not in ENTITIES and not _PRESIDIO.fullmatch(name)]
        if wrong or not given:
            raise PydanticCustomError(
                "entities",
                "{problem}",
                {
                    "problem": f"unknown entity {wrong[0]!r}" if wrong else "no entity to look for",
                    "expected": f"one of {', '.join(ENTITIES)}, or a name of Presidio's such as "
                    "PERSON",
                    "fix": suggest(wrong[0], ENTITIES) if wrong else None,
                },
            )
        return given

    @property
    def is_slow(self) -> bool:
        """Whether looking may take long, since Presidio is asked."""
        return bool(self._foreign)

    @property
    def _foreign(self) -> tuple[str, ...]:
        return tuple(name for name in self.entities if name not in ENTITIES)

    def look(self, text: str, said: Said) -> Look:
        found = [one for one in self._find(text) if not self._allowed(text, one)]
        if not found:
            return Look(False, "found no personal data")
        shown = [
            f"{_NAMES.get(one.entity, one.entity)} {covered(text[one.start : one.end])}"
            for one in found
        ]
        return seen("personal data", shown, [(one.start, one.end) for one in found])

    def _find(self, text: str) -> list[Personal]:
        found = find_pii(text, self.entities)
        if not self._foreign:
            return found
        from pytest_arena.judging.detectors.presidio import find_by_presidio

        for entity, start, end in find_by_presidio(text, self._foreign, self.model, self.min_score):
            if not any(start < one.end and end > one.start for one in found):
                found.append(Personal(entity, start, end))
        return sorted(found, key=lambda one: one.start)

    def _allowed(self, text: str, one: Personal) -> bool:
        written = _plain(text[one.start : one.end])
        return any(fnmatchcase(written, _plain(pattern)) for pattern in self.allow)


def find_pii(text: str, entities: tuple[str, ...] = ENTITIES) -> list[Personal]:
    """Return the personal data of these kinds, in their order in the text, none inside another.

    Where two kinds claim the same place, the one with the stronger form wins: an IBAN is no phone
    number.
    """
    read = read_in_place(text)
    taken = DisjointSpans()
    # All kinds are looked for, so that a card number is never taken for a phone number.
    found = [
        Personal(entity, start, end)
        for entity, find in _FINDERS.items()
        for start, end in find(read.text)
        if taken.add(start, end)
    ]
    return sorted(
        (
            Personal(one.entity, *read.span(one.start, one.end))
            for one in found
            if one.entity in entities
        ),
        key=lambda one: one.start,
    )


def _plain(text: str) -> str:
    folded = plain_address(fold(unescape_in_place(text).text, wide=True))
    return folded if "@" in folded else re.sub(r"[\s-]", "", folded)


def _by_form(pattern: str, holds: Callable[[str], bool] | None = None) -> Finder:
    def find(text: str) -> Iterator[tuple[int, int]]:
        for match in _compiled(pattern).finditer(text):
            if holds is None or holds(match[0]):
                yield match.span()

    return find


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # ASCII alone: in scripts without blanks, and before Korean particles, data stands amid letters
    return re.compile(pattern, re.ASCII)


def _find_ibans(text: str) -> Iterator[tuple[int, int]]:
    """Yield IBANs; words may follow that look like further groups, so the longest valid wins."""
    for match in _compiled(_IBAN).finditer(text):
        for end in range(match.end(), match.start() + 14, -1):
            at_edge = end == len(text) or not _ALNUM.match(text, end)
            if at_edge and text[end - 1].isalnum() and is_iban(text[match.start() : end]):
                yield match.start(), end
                break


def _find_cards(text: str) -> Iterator[tuple[int, int]]:
    for match in _compiled(_CARD).finditer(text):
        named = _compiled(_CARD_WORDS).search(text[max(0, match.start() - 40) : match.start()])
        if is_card(match[0], any_issuer=bool(named)):
            yield match.span()
    for match in _compiled(_BROKEN_CARD).finditer(text):
        if is_card(match[0]):
            yield match.span()


def _is_address(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    # `::` and `0.0.0.0` say "any" in settings and are nobody's address.
    return not address.is_unspecified


_ALNUM = re.compile(r"[A-Za-z0-9]")
Finder = Callable[[str], Iterator[tuple[int, int]]]
_IBAN = r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:(?:[ -]{1,2}| ?\n)?[A-Za-z0-9]{1,4}){3,8}"
_CARD = r"(?<![\w+-])(?<!\d\.)\d(?:[ -]{0,2}\d){11,18}(?![\w-]|\.\d)"
_BROKEN_CARD = r"(?<![\w+-])\d{4}(?:[ -]\d{4}){0,2}-?\n\d{4}(?:[ -]\d{4}){0,2}(?![\w-]|\.\d)"
"""Groups of four that run on in the next line; a column of numbers has more than one line end."""
_CARD_WORDS = r"(?i)\b(?:card|cc|visa|mastercard|maestro|amex|american express)\b[^\d\n]*$"
_SSN = r"(?<![\w.-])\d{3}([- .])\d{2}\1\d{4}(?![\w-]|\.\d)"
_IPV4 = r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d|\w)"
_IPV6 = r"(?<![\w:.])(?:[A-Fa-f0-9]{0,4}:){2,7}[A-Fa-f0-9]{0,4}(?![\w:])"
_FINDERS: dict[str, Finder] = {
    "email": find_emails,
    "iban": _find_ibans,
    "card": _find_cards,
    "ssn": _by_form(_SSN, is_ssn),
    "ip": _by_form(f"{_IPV4}|{_IPV6}", _is_address),
    "phone": find_phones,
}
