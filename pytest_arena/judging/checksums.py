"""Checksums by which numbers of cards, accounts and people are told from other numbers."""

from __future__ import annotations

import re

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
    digits = re.sub(r"[ -]", "", text)
    issued = 12 <= len(digits) <= 19 if any_issuer else bool(_CARDS.fullmatch(digits))
    return issued and len(set(digits)) > 1 and luhn(digits)


def is_iban(text: str) -> bool:
    """Return whether a text is an IBAN: its country's length, and ISO 7064 MOD 97-10."""
    plain = re.sub(r"[ -]", "", text).upper()
    if not plain.isascii() or not plain.isalnum() or _IBAN_LENGTHS.get(plain[:2]) != len(plain):
        return False
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


def is_ssn(text: str) -> bool:
    """Return whether a text is a US social security number that may have been given out.

    The Social Security Administration gives none with area 000, 666 or 9xx, group 00, serial 0000.
    """
    area, group, serial = re.split(r"[- .]", text)
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
