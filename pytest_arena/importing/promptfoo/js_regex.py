"""Regular expressions of JavaScript's as Python reads them."""

from __future__ import annotations

import re

_HEX = re.compile(r"\\u\{([0-9A-Fa-f]+)\}|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\c([A-Za-z])")
_ALONE = re.compile(r"\\(.)|\$|\(\?<(?=[A-Za-z_])|\[\^\]|\[\]|(\[)|(\])", re.DOTALL)


def python_pattern(pattern: str) -> str:
    """Return a pattern that finds in Python what `RegExp(pattern)` finds, without flags.

    `\\d`, `\\w` and `\\b` are of ASCII there, `$` is the very end, `(?<n>…)` a named group. Raises
    `ValueError` where Python cannot read it.
    """
    text = _HEX.sub(_character, pattern)
    made, in_class = [], False
    position = 0
    for match in _ALONE.finditer(text):
        made.append(text[position : match.start()])
        position = match.end()
        found = match[0]
        if match[1] is not None:
            # an escaped sign that means itself
            known = match[1] in "dDwWsSbBnrtfv0123456789k.*+?^${}()|[]\\/-" or match[1].isalpha()
            made.append(found.replace("\\/", "/") if known else re.escape(match[1]))
            continue
        if found == "$" and not in_class:
            found = r"\Z"
        elif found.startswith("(?<"):
            found = "(?P<" if not in_class else found
        elif found in ("[^]", "[]") and in_class:
            found, in_class = f"\\{found}", False
        elif found == "[^]":
            found = r"[\s\S]"
        elif found == "[]":
            found = r"(?!)"
        elif match[2]:
            found = r"\[" if in_class else "["
            in_class = True
        elif match[3]:
            in_class = False
        made.append(found)
    made.append(text[position:])
    whole = re.sub(r"\\k<(\w+)>", r"(?P=\1)", "".join(made))
    result = f"(?a){whole}"
    try:
        re.compile(result)
    except re.error as error:
        raise ValueError(str(error)) from error
    return result


def _character(match: re.Match[str]) -> str:
    if match[4]:
        return re.escape(chr(ord(match[4].upper()) - 64))
    return re.escape(chr(int(match[1] or match[2] or match[3], 16)))
