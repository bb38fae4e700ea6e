"""Labels as texts: how one is written, and when two are the same."""

from __future__ import annotations

import re

from pytest_arena.text.folding import fold

LONGEST = 100
"""A text with more characters is no label, but a sentence that may hold one."""
_AROUND = " \t\r\n\"'`*_.,:;!?()[]{}<>“”‘’„«»"
_WHOLE = re.compile(r"(-?\d+)\.0+")


def bare_label(text: str) -> str:
    """Return a label without the quotes, markup and full stops that a model puts around it."""
    return text.strip(_AROUND) or text.strip()


def label_key(text: str) -> str:
    """Return what two spellings of one label have in common: case, quotes, `5` and `5.0`."""
    key = fold(bare_label(text))
    whole = _WHOLE.fullmatch(key)
    return whole[1] if whole else key
