"""Marks in a text: which of them tell something, and which only end a sentence or a part of one.

Commas, quotes, a dash between two words and brackets around words are prose. Any other mark tells
(`5-`, `a_1`, `*.txt`, `[0, 1)`), and so does where it stands (`/a`, and `/ a`).
"""

from __future__ import annotations

import re
import unicodedata

NEW_LINE = "\u00b6"
"""What stands for the end of a line."""
_OF_SENTENCES = ".,;:!"
_AFTER_MARKS = frozenset(f" \"')]}}.,;:!?-{NEW_LINE}")
_OF_PROSE = frozenset("。、・「」『』《》〈〉【】«»‹›¡¿،؛۔।॥‑–—")
"""Marks of prose that ASCII does not have."""
_SENTENCE_ENDS = frozenset(".!?;。؛۔।॥")
_BREAKS = frozenset(f",:-、،–—{NEW_LINE}")
_QUESTIONS = frozenset("?؟՞⸮")
_SIGNS = frozenset("/^‰‱§†‡") | _QUESTIONS
_ANYWHERE = frozenset("!'\"()[]{}°") | _QUESTIONS
"""Marks that say the same with a blank beside them and without."""
_SHORT = "mr mrs ms dr prof st jr sr vs fig inc ltd co cf approx"
_TITLES = frozenset(_SHORT.split())
_LAST_WORD = re.compile(r"[^\W\d_]+$")


def tells(text: str, place: int) -> bool:
    """Return whether a mark says more than that a sentence ends, or goes on."""
    mark = text[place]
    before, behind = _beside(text, place)
    if mark == NEW_LINE:
        return False
    if unicodedata.category(mark)[0] in "SLMN" or mark in _SIGNS:
        # vowels of many scripts are marks on a letter
        return True
    if mark == "!" and behind in _AFTER_MARKS:
        # "5!" may be a factorial: a judge has to tell
        return (
            before.isdigit() or _is_letter_alone(text, place - 1) or _closes_a_number(text, place)
        )
    if mark in _OF_SENTENCES:
        if behind not in _AFTER_MARKS:
            return True
        return _is_between_numbers(text, place) and not (mark == "." and before == ".")
    if mark == "-":
        return _is_sign(text, place, before, behind)
    if mark == '"':
        return before.isalnum()
    if mark == "'":
        return before.isalnum() or before == mark or behind.isalnum()
    return mark not in _OF_PROSE


def standing(text: str, place: int) -> str:
    """Return a mark that tells, with the blank that is on one side of it alone.

    `a/b` and `a / b` are the same, `a /b` is another.
    """
    mark = text[place]
    before, behind = _beside(text, place)
    if mark in _ANYWHERE or unicodedata.category(mark) in ("So", "Sk", "Mn", "Mc"):
        return mark
    left, right = before.isalnum(), behind.isalnum()
    if left and right:
        is_name = mark == "-" and not (before.isdigit() and behind.isdigit())
        return f"{before}{mark}{behind}" if is_name else mark
    return f"{mark} " if left else f" {mark}" if right else mark


def ending(text: str, place: int) -> str:
    """Return what ends at a mark of prose: a sentence (`.`), a part of one (`,`), or nothing."""
    mark = text[place]
    if mark in _BREAKS:
        return ","
    if mark not in _SENTENCE_ENDS:
        return ""
    if mark != ".":
        return "."
    behind = text[place + 1 :].lstrip(f" \"')]}}.{NEW_LINE}")[:1]
    last = _LAST_WORD.search(text, max(0, place - 10), place)
    word = last[0].lower() if last else ""
    is_short = word in _TITLES or (word == "no" and behind.isdigit())
    return "" if is_short else "," if behind.islower() else "."


def _beside(text: str, place: int) -> tuple[str, str]:
    return text[place - 1 : place] or " ", text[place + 1 : place + 2] or " "


def _is_between_numbers(text: str, place: int) -> bool:
    """Return whether a mark may make one number of two, or set them against each other."""
    before, behind = text[:place].rstrip()[-1:], text[place + 1 : place + 8].lstrip()
    if not before.isdigit() or not behind[:1].isdigit():
        return False
    return text[place] != "," or re.match(r"\d{3}(?!\d)", behind) is not None


def _is_sign(text: str, place: int, before: str, behind: str) -> bool:
    """Return whether a dash is more than a hyphen in a word, or a dash between two words."""
    if before.isalpha() and behind.isalnum():
        return behind.isdigit() and _is_letter_alone(text, place - 1)
    if before.isdigit() and behind.isalpha():
        return not text[place + 2 : place + 3].isalpha()
    if before == " " == behind:
        return place < 2 or not text[place + 2 : place + 3].isalpha()
    return True


def _is_letter_alone(text: str, place: int) -> bool:
    earlier = text[max(place - 1, 0) : place]
    return place >= 0 and text[place].isalpha() and not (earlier.isalpha() or earlier == "'")


def _closes_a_number(text: str, place: int) -> bool:
    return text[place - 1 : place] == ")" and text[place - 2 : place - 1].isdigit()
