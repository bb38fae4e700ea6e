"""The one place where foreign text becomes fit for a terminal and for a CI log."""

from __future__ import annotations

import os
import re

_SEQUENCE = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC: titles, links, clipboard
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\|\x9c)"  # DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor, erasing
    r"|\x1b[ -/]*[0-~]?"  # all other escapes
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # what is left of C0 and C1, but for \t and \n
    r"|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # bidi controls
)
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_COMMAND = re.compile(r"^([^\S\n]*:):", re.MULTILINE)
_BRACKET_COMMAND = re.compile(r"##(?=\w*\[)")
_CI_MARKS = ("GITHUB_ACTIONS", "TF_BUILD", "CI")


def printable(text: str, *, ci: bool | None = None) -> str:
    """Return text without what a terminal, or a CI service that reads the log, would obey.

    Escape sequences go as a whole, with all other control characters but tab and newline, and
    with bidi controls. On CI, commands at a line's start (`::cmd::`) and `##[cmd]` anywhere are
    broken by a blank; `ci=None` finds out from the environment.
    """
    if _UNPRINTABLE.search(text):
        text = _SEQUENCE.sub("", text)
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    if ci is None:
        ci = on_ci()
    if ci and ("::" in text or "##" in text):
        text = _BRACKET_COMMAND.sub("## ", _COMMAND.sub(r"\1 :", text))
    return text


def on_ci() -> bool:
    """Return whether this is a CI service's machine, as its environment says."""
    return any(os.environ.get(name, "").lower() not in ("", "0", "false") for name in _CI_MARKS)
