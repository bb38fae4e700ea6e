"""Letters that look like Latin ones: those that only disguise, and those of other scripts.

After the lists of confusables of Unicode Technical Standard 39, as far as people use them.
"""

from __future__ import annotations

import re

_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz", strict=True))
_ODD = dict(zip("ƒʊɑɡɩɪ", "fuagii", strict=True))
_IN_SHAPES = {
    # in circles and squares, plain and filled; in parentheses
    **{chr(0x24B6 + n): chr(ord("A") + n) for n in range(26)},
    **{chr(0x24D0 + n): chr(ord("a") + n) for n in range(26)},
    **{chr(0x249C + n): chr(ord("a") + n) for n in range(26)},
    **{
        chr(first + n): chr(ord("A") + n)
        for first in (0x1F110, 0x1F130, 0x1F150, 0x1F170)
        for n in range(26)
    },
}
_STRUCK_THROUGH = range(0x334, 0x339)
DISGUISED: dict[int, str | None] = {
    **{ord(letter): plain for letter, plain in (_SMALL_CAPITALS | _ODD | _IN_SHAPES).items()},
    **dict.fromkeys(_STRUCK_THROUGH),
}
"""Letters that are written so for their looks alone, and lines through letters."""
LETTERS_FOR_DIGITS = str.maketrans("01345789@$", "oieastbgas")
"""What digits and signs stand for in words such as `p4$$w0rd`."""

_CYRILLIC = (
    "аеорсухіјѕһԁԛԝѵкмтвнгпцшАВЕКМНОРСТУХІЈЅ",
    "aeopcyxijshdqwvkmtbhrnuwABEKMHOPCTYXIJS",
)
_GREEK = ("αβειικνορτυχμηωγΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abeiikvoptuxunwyABEZHIKMNOPTYX")
_ARMENIAN = ("օսհոց", "ouhng")
_ALIKE = {
    ord(letter): plain
    for letters, latin in (_CYRILLIC, _GREEK, _ARMENIAN)
    for letter, plain in zip(letters, latin, strict=True)
}
_FOREIGN = re.compile(r"[Ͱ-ϿЀ-ԯԱ-֏]")
_LATIN = re.compile(r"[A-Za-z]")
_WORD = re.compile(r"[^\W\d_]+")


def in_one_script(text: str) -> str:
    """Return a text of the same length in which no word mixes Latin letters with those of another
    script that look like them."""
    if _FOREIGN.search(text) is None:
        return text
    return _WORD.sub(_in_latin, text)


def _in_latin(match: re.Match[str]) -> str:
    word = match[0]
    is_mixed = _FOREIGN.search(word) is not None and _LATIN.search(word) is not None
    return word.translate(_ALIKE) if is_mixed else word
