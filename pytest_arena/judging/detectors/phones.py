"""Telephone numbers in a text: by their form, or by the words around them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NUMBER = re.compile(
    r"(?<![\w.\-/+$€£#])(?<!\d,)(?:\+|00)?\(?\d{1,4}\)?(?:[\s.\-/]{0,2}\(?\d{1,4}\)?){1,6}"
    r"(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?![\w/]|-\d|[.,]\d|%)",
    re.ASCII,
)
# Forms that hardly anything else has: +49 30 1234567, (555) 123-4567, 555-123-4567, 030 1234567.
_STRONG = re.compile(
    r"\+\d[\d\s().\-/x]{6,}|00[1-9][\d\s().\-/]{7,}|\(\d{2,4}\)\s?\d[\d\s.\-]{4,}.*|"
    r"\d{3}[-. ]\d{3}[-. ]\d{4}.*|\d-\d{3}-\d{3}-\d{4}.*|0\d{2,4}[ /-]\d[\d\s.\-/]{4,}|"
    r"0\d(?:[ .]\d\d){4}",
    re.DOTALL,
)
# Forms that no order, account or case number has, whatever stands before them.
_UNMISTAKABLE = re.compile(r"\+[1-9]|\((?:0\d{1,3}|\d{3})\)\s?\d")
_BEFORE = re.compile(
    r"\b(?:phone|telephone|tel|mobile|cell(?:ular)?|fax|dial|call(?:s|ed|ing)?|ring|reach(?:ed)?|"
    r"text(?:s|ed)?|sms|whatsapp|hotline|answer(?:ing)?|messages? (?:to|from|at)|contact|"
    r"number is)\b"
    r"[^\d\n]{0,28}$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[\s\-–(,:]{0,3}(?:office|mobile|cell|fax|home|work|phone|tel)\b", re.IGNORECASE
)
_OTHER = re.compile(
    r"\b(?:licen[cs]e|passport|account|acct|order|invoice|ticket|tracking|reference|ref|case|"
    r"serial|policy|customer|member(?:ship)?|id|isbn|version|zip|postcode|p\.?o\.? box|box|"
    r"social security|ssn|insurance|card|model|part|sku|address|page|"
    r"(?<!phone )(?<!support )(?<!help )(?<!service )(?<!customer )(?<!direct )line)\b"
    r"(?:\W+(?:number|no|nr|id|code|is|was)\b){0,3}\W{0,5}$",
    re.IGNORECASE,
)
_OTHER_FORM = re.compile(
    r"(?:19|20)\d\d[-/. ]\d{1,2}[-/. ]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ](?:\d\d|\d{4})|"
    r"\d{4}\s?[-/]\s?\d{4}|\d{5}[- ]\d{4}|\d{3}-\d{2}-\d{4}"
)
"""Dates, years from and to, postcodes, social security numbers."""
_FEWEST, _MOST = 7, 15
"""Digits: E.164 allows at most 15."""


def find_phones(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of telephone numbers.

    A number needs a form that few other numbers have, or a word such as "call" before it or
    "office" behind it; what is called an order, an account or a licence number is none, unless
    it has a plus or an area code in brackets.
    """
    for match in _NUMBER.finditer(text):
        number = match[0].rstrip()
        digits = sum(letter.isdigit() for letter in number)
        if not _FEWEST <= digits <= _MOST or _OTHER_FORM.fullmatch(number):
            continue
        before = text[max(0, match.start() - 60) : match.start()]
        is_strong = _STRONG.fullmatch(number) is not None
        if not (is_strong and _UNMISTAKABLE.match(number)) and _OTHER.search(before):
            continue
        end = match.start() + len(number)
        if is_strong or _BEFORE.search(before) or _AFTER.match(text[end : end + 12]):
            yield match.start(), end
