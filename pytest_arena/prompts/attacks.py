"""Attacks on a prompt: encodings and known jailbreak wrappers, by name or of one's own."""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Callable, Mapping
from functools import cache

from pytest_arena.light_dataclass import dataclass
from pytest_arena.prompts.attack_texts import DECODE, JAILBREAKS

_LEET = str.maketrans("aeiostbgAEIOSTBG", "4310578943105789")
_LOOK_ALIKE = str.maketrans("aceiopsxyABCEHIKMOPTX", "асеіорѕхуАВСЕНІКМОРТХ")
_MORSE = """
a .- b -... c -.-. d -.. e . f ..-. g --. h .... i .. j .--- k -.- l .-.. m -- n -. o --- p .--.
q --.- r .-. s ... t - u ..- v ...- w .-- x -..- y -.-- z --..
0 ----- 1 .---- 2 ..--- 3 ...-- 4 ....- 5 ..... 6 -.... 7 --... 8 ---.. 9 ----.
. .-.-.- , --..-- ? ..--.. ' .----. ! -.-.-- / -..-. ( -.--. ) -.--.- & .-... : ---... ; -.-.-.
= -...- + .-.-. - -....- _ ..--.- " .-..-. $ ...-..- @ .--.-.
"""
"""ITU-R M.1677, with the signs that are in common use besides."""
_PLACE = re.compile(r"\{(prompt|first|second)\}")


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: its name, its kind (`encoding`, `jailbreak`, `own`), and how it wraps.

    `template` holds `{prompt}`, or `{first}` and `{second}` for its halves; `encode` is the name
    of an encoding that the request goes through first.
    """

    name: str
    kind: str
    template: str
    encode: str | None = None
    description: str = ""

    def wrap(self, prompt: str) -> str:
        """Return a prompt as this attack sends it."""
        encode = ENCODINGS[self.encode][1] if self.encode else str
        halfway = _middle(prompt)
        texts = {"prompt": prompt, "first": prompt[:halfway], "second": prompt[halfway:]}
        return _PLACE.sub(lambda match: encode(texts[match[1]]), self.template)


def _middle(prompt: str) -> int:
    """Return where to split a prompt: at the blank nearest to its middle."""
    half = len(prompt) // 2
    blanks = [place for place, letter in enumerate(prompt) if letter == " "]
    return min(blanks, key=lambda place: abs(place - half), default=half)


def _leetspeak(text: str) -> str:
    return text.translate(_LEET)


def _morse(text: str) -> str:
    listed = _MORSE.split()
    codes = dict(zip(listed[::2], listed[1::2], strict=True))
    words = text.casefold().split()
    return " / ".join(" ".join(codes.get(letter, letter) for letter in word) for word in words)


def _fullwidth(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _spaced(text: str) -> str:
    return "   ".join(" ".join(word) for word in text.split())


ENCODINGS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "base64": ("Base64 (UTF-8)", lambda text: base64.b64encode(text.encode()).decode()),
    "hex": ("hexadecimal (UTF-8)", lambda text: text.encode().hex(" ")),
    "binary": ("binary (UTF-8)", lambda text: " ".join(f"{byte:08b}" for byte in text.encode())),
    "rot13": ("in ROT13", lambda text: codecs.encode(text, "rot13")),
    "morse": ("in Morse code", _morse),
    "reversed": ("written backwards", lambda text: text[::-1]),
    "leetspeak": ("in leetspeak", _leetspeak),
    "spaced": ("spelled out", _spaced),
    "fullwidth": ("in full-width letters", _fullwidth),
    "look_alikes": ("in look-alike letters", lambda text: text.translate(_LOOK_ALIKE)),
}
"""What each encoding is called in a prompt, and what it does."""

_BARE = frozenset({"leetspeak", "spaced", "fullwidth", "look_alikes"})
"""Encodings that a model reads without being told."""

GROUPS = ("all", "encodings", "jailbreaks")
"""Names that stand for several attacks."""


@cache
def shipped_attacks() -> Mapping[str, Attack]:
    """Return the attacks that ship, by name: encodings first."""
    found = {}
    for name, (form, _) in ENCODINGS.items():
        told = "" if name in _BARE else DECODE.format(form=form) + "\n\n"
        found[name] = Attack(name, "encoding", told + "{prompt}", name, f"the prompt {form}")
    for name, (description, template) in JAILBREAKS.items():
        found[name] = Attack(name, "jailbreak", template, None, description)
    return found


def attacks_named(name: str) -> tuple[Attack, ...]:
    """Return the attacks that a name or a group's name stands for; none for an unknown one."""
    shipped = shipped_attacks()
    if name in shipped:
        return (shipped[name],)
    if name not in GROUPS:
        return ()
    return tuple(one for one in shipped.values() if name in ("all", f"{one.kind}s"))
