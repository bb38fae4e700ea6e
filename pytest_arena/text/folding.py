"""How texts are compared: what looks the same to a reader is the same.

Every check on words, patterns and quotes looks at texts through this module: an answer's curly
quotes, dashes, no-break blanks, soft hyphens and line breaks say nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from pytest_arena.light_dataclass import dataclass
from pytest_arena.text.lookalikes import DISGUISED, in_one_script

_INVISIBLE = (
    *(
        0x00AD,
        0x034F,
        0x061C,
        0x115F,
        0x1160,
        0x3164,
        0xFFA0,
        0x17B4,
        0x17B5,
        0x180B,
        0x180C,
        0x180D,
        0x180E,
    ),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE01F0),
)
"""Soft hyphens, zero-width characters, marks of direction and of variants, tags."""
_SINGLE = (
    "\u2018\u2019\u201a\u201b\u2032\u2035\u02b9\u02bb\u02bc\u02bd\u02ca\u02cb\u0374"
    "\u00b4\u055a\u05f3\u1fbd\u1fbf\u1ffd\ua78c\uff07"
)
_DOUBLE = "\u201c\u201d\u201e\u201f\u2033\u2036\u02ba\u02dd\u02ee\u05f4\u301d\u301e\u301f\uff02"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_BLANKS = "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_LINE_ENDS = "\x85\u2028\u2029"
_MARKS: dict[int, str | None] = {
    **dict.fromkeys(_INVISIBLE),
    **{ord(mark): "'" for mark in _SINGLE},
    **{ord(mark): '"' for mark in _DOUBLE},
    **{ord(mark): "-" for mark in _DASHES},
    **{ord(mark): " " for mark in _BLANKS},
    **{ord(mark): "\n" for mark in _LINE_ENDS},
    ord("\u2026"): "...",
}
_STYLED = {styled: unicodedata.normalize("NFKC", chr(styled)) for styled in range(0x1D400, 0x1D800)}
"""Bold, italic and other letters and digits of mathematics, in which people write headlines."""
_SMALL = {
    small: unicodedata.normalize("NFKC", chr(small)) for small in (*range(0xFE50, 0xFE6C), 0x2024)
}
_FULL_WIDTH = {wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}
_WIDE = _FULL_WIDTH | _SMALL | _STYLED | DISGUISED | _MARKS
_PLAIN = {mark: new for mark, new in _MARKS.items() if new is not None and new in "'\"- "}
_UNSEEN = dict.fromkeys(_INVISIBLE)
_AROUND = "".join(map(chr, _INVISIBLE)) + _BLANKS + _LINE_ENDS + " \t\n\r\v\f\x1c\x1d\x1e\x1f"
_LONGEST_KEPT = 10_000
_TELLING = frozenset("LNM")
_SYMBOLS = frozenset(("So", "Sc"))


def fold(text: str, *, case_sensitive: bool = False, wide: bool = False) -> str:
    """Return a text as it is compared: spellings that look the same are the same.

    In NFC, with straight quotes, plain hyphens and three dots, without invisible characters, with
    one blank for each run of white space and none around, by default in one case. `wide` takes
    full-width, mathematical and encircled letters for their usual forms, too, and letters of other
    scripts in a Latin word for those that they look like.
    """
    if len(text) > _LONGEST_KEPT:
        return _fold(text, case_sensitive, wide)
    # several checks look at one answer, and for one text in many answers
    return _fold_once(text, case_sensitive, wide)


def _fold(text: str, case_sensitive: bool, wide: bool) -> str:
    text = _with_apostrophes(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_WIDE if wide else _MARKS))
        text = in_one_script(text) if wide else text
    # most texts have single blanks and no line ends: these need not be taken apart
    text = text.strip() if _is_one_line(text) else " ".join(text.split())
    if case_sensitive:
        return text
    # the small letter of İ is i with a dot above, which no keyboard writes
    return text.casefold().replace("i\u0307", "i")


_fold_once = lru_cache(maxsize=512)(_fold)


def _with_apostrophes(text: str) -> str:
    """Return a text in which each backtick between two letters is an apostrophe, as in don`t,
    unless it ends a code span that began in its line."""
    if "`" not in text:
        return text
    return "".join(_without_backticks(line) for line in text.splitlines(keepends=True))


def _without_backticks(line: str) -> str:
    pieces = line.split("`")
    made, is_code = [pieces[0]], False
    for before, behind in pairwise(pieces):
        is_apostrophe = not is_code and _is_letter(before[-1:]) and _is_letter(behind[:1])
        if not is_apostrophe:
            is_code = not is_code
        made += ["'" if is_apostrophe else "`", behind]
    return "".join(made)


def _is_letter(character: str) -> bool:
    return character.isalpha() or (character != "" and unicodedata.combining(character) > 0)


def _is_one_line(text: str) -> bool:
    return text.isascii() and text.isprintable() and "  " not in text


def straight(text: str) -> str:
    """Return a text of the same length, with plain quotes, apostrophes, hyphens and blanks."""
    text = _with_apostrophes(text)
    return text if text.isascii() else text.translate(_PLAIN)


def visible(text: str) -> str:
    """Return the characters of a text that a reader sees: in NFC, `\\r\\n` as one, without
    invisible ones."""
    text = as_written(text)
    return text if text.isascii() else text.translate(_UNSEEN)


def characters(text: str) -> Sequence[str]:
    """Return the characters of a text that a reader sees, each with what is joined to it: accents,
    vowel signs, the parts of an emoji or a flag (Unicode's extended grapheme clusters)."""
    text = as_written(text)
    if text.isascii():
        return text
    import regex

    return [one for one in regex.findall(r"\X", text) if one.translate(_UNSEEN)]


def fold_marks(text: str) -> str:
    """Return a text with only its quotes, dashes, blanks and dots folded, each in its place."""
    return text if text.isascii() else text.translate(_MARKS)


def as_written(text: str) -> str:
    """Return a text for a comparison in which quotes, dashes and blanks count: what stays folded
    is what no reader and no editor shows (NFC, kinds of line ends)."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return in_nfc(text)


def in_nfc(text: str) -> str:
    """Return a text in NFC: a letter and its accent as one character."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def bare_ends(text: str) -> str:
    """Return a text without the blanks and invisible characters around it."""
    return text.strip(_AROUND)


def without_final_break(text: str) -> str:
    """Return a text without the one line break that YAML's `|` and `>` add at its end."""
    return text.removesuffix("\n").removesuffix("\r") or text if text.endswith("\n") else text


def without_only_final_break(text: str) -> str:
    """Return a text without its final line break, where it does not end in more than one."""
    return text if text.endswith("\n\n") else without_final_break(text)


def is_marks_only(text: str) -> bool:
    """Return whether a text holds neither a letter, nor a digit, nor a symbol such as an emoji."""
    kinds = (unicodedata.category(character) for character in text)
    return not any(kind[0] in _TELLING or kind in _SYMBOLS for kind in kinds)


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A folded text that knows where in the original each of its characters stands.

    Its lines and runs of blanks are the original's: patterns may look for them.
    """

    text: str
    _starts: Sequence[int] | None = None
    _ends: Sequence[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the original of a place in the folded text."""
        if self._starts is None or self._ends is None or start >= end:
            return (start, end) if self._starts is None else self._edge(start)
        return self._starts[start], self._ends[end - 1]

    def within(self, outer: FoldedText) -> FoldedText:
        """Return this text, which was made of an outer one's, with the way back beyond that."""
        if outer._starts is None or outer._ends is None:
            return self
        if self._starts is None or self._ends is None:
            return outer
        return FoldedText(
            self.text,
            [outer._starts[place] for place in self._starts],
            [outer._ends[place - 1] for place in self._ends],
        )

    def _edge(self, place: int) -> tuple[int, int]:
        starts, ends = self._starts or (), self._ends or ()
        edge = starts[place] if place < len(starts) else (ends[-1] if ends else 0)
        return edge, edge


def fold_in_place(text: str, *, wide: bool = False, marks: bool = True) -> FoldedText:
    """Return a text as `fold` makes it, but with its case, its lines and its runs of blanks, and
    with the way back to the original. Without `marks` it is in NFC and nothing more."""
    if len(text) > _LONGEST_KEPT:
        return _fold_in_place(text, wide, marks)
    # several detectors look at one answer
    return _fold_in_place_once(text, wide, marks)


def _fold_in_place(text: str, wide: bool, marks: bool) -> FoldedText:
    if marks:
        text = _with_apostrophes(text)
    if text.isascii() and not (marks and "\r" in text):
        return FoldedText(text)
    if not marks and unicodedata.is_normalized("NFC", text):
        return FoldedText(text)
    table = (_WIDE if wide else _MARKS) if marks else {}
    characters, starts, ends = _translated(text, table)
    joined = "".join(characters)
    if not unicodedata.is_normalized("NFC", joined):
        joined, starts, ends = _composed(joined, starts, ends)
    if wide:
        joined = in_one_script(joined)
    return FoldedText(text) if joined == text else FoldedText(joined, starts, ends)


_fold_in_place_once = lru_cache(maxsize=64)(_fold_in_place)


def _translated(text: str, table: dict[int, str | None]) -> tuple[list[str], list[int], list[int]]:
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for place, character in enumerate(text):
        new = table.get(ord(character), character)
        if character == "\r" and table:
            new = None if text[place + 1 : place + 2] == "\n" else "\n"
        for one in new or "":
            characters.append(one)
            starts.append(place)
            ends.append(place + 1)
    return characters, starts, ends


def _composed(
    text: str, starts: Sequence[int], ends: Sequence[int]
) -> tuple[str, list[int], list[int]]:
    """Bring a text into NFC, cluster by cluster: no composition reaches beyond one."""
    import regex

    pieces: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    for cluster in regex.finditer(r"\X", text):
        first, last = cluster.span()
        piece = unicodedata.normalize("NFC", cluster[0])
        pieces.append(piece)
        if piece == cluster[0]:
            new_starts += starts[first:last]
            new_ends += ends[first:last]
        else:
            new_starts += [starts[first]] * len(piece)
            new_ends += [ends[last - 1]] * len(piece)
    return "".join(pieces), new_starts, new_ends
