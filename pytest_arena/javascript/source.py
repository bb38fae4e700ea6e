"""JavaScript as it is written: an expression, a body of a function, or a file that exports one."""

from __future__ import annotations

import re

from pytest_arena.light_dataclass import dataclass

_DECLARES = re.compile(r"(?:const|let|var)\s")
_DEFAULT = re.compile(r"^export\s+default\s+", re.MULTILINE)
_FUNCTION = re.compile(
    r"^export\s+(?=(?:async\s+)?(?:function\s*\*?|class)\s*([A-Za-z_$][\w$]*))", re.MULTILINE
)
_VALUE = re.compile(r"^export\s+(?=(?:const|let|var)\s+([A-Za-z_$][\w$]*))", re.MULTILINE)
_NAMES = re.compile(r"^export\s*\{([^}]*)\}\s*;?", re.MULTILINE)
_IMPORT = re.compile(r"^import\b(?!\s*\()[^\n]*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of JavaScript: an expression in one line, a body with `return` in several.

    With `is_file` it is a module that exports what is called: `function` by its name, else the
    module itself or its `default`.
    """

    text: str
    is_file: bool = False
    function: str | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """What the function that is made of it is given, by name."""
        return ("module", "exports") if self.is_file else ("output", "context")

    @property
    def candidates(self) -> list[list[str]]:
        """The bodies that it may stand for, the likeliest first.

        Each comes behind texts that must compile by themselves for it to be meant.
        """
        if self.is_file:
            return [[_as_commonjs(self.text)]]
        text = self.text.strip()
        if "\n" in text:
            return [[text]]
        text = text.rstrip("; \t")
        if not _DECLARES.match(text):
            return [[f"return {text}"]]
        cuts = [place for place, sign in enumerate(text) if sign == ";"]
        found = []
        for cut in reversed(cuts):
            head, tail = text[: cut + 1], text[cut + 1 :].strip()
            found.append([head, f"return ({tail}\n)", f"{head} return {tail}"])
        return found or [[text]]

    @property
    def as_body(self) -> str:
        """The body of a function that calls what a file exports, for where no file is read."""
        found = "module.exports" if self.function is None else f"module.exports.{self.function}"
        return (
            "const module = {exports: {}};\n"
            f"(function (module, exports) {{\n{_as_commonjs(self.text)}\n}})"
            "(module, module.exports);\n"
            f"const made = {found};\n"
            "return (typeof made === 'function' ? made : made.default)(output, context);"
        )

    @property
    def imported(self) -> str | None:
        """The line by which a file imports something, which needs node; None where it does not."""
        found = _IMPORT.search(self.text) if self.is_file else None
        return found[0].strip() if found else None


def _as_commonjs(text: str) -> str:
    """Return a module of either kind as one that sets `module.exports`."""
    text = re.sub(r"\A#![^\n]*", "", text)
    if not re.search(r"^export\b", text, re.MULTILINE):
        return text
    named = {name: name for pattern in (_FUNCTION, _VALUE) for name in pattern.findall(text)}
    for listed in _NAMES.findall(text):
        for one in filter(None, (part.strip() for part in listed.split(","))):
            inner, _, outer = one.partition(" as ")
            named[(outer or inner).strip()] = inner.strip()
    text = _NAMES.sub("", _VALUE.sub("", _FUNCTION.sub("", text)))
    text = _DEFAULT.sub("module.exports.default = ", text)
    given = "".join(f"\nmodule.exports.{outer} = {inner};" for outer, inner in named.items())
    return f'"use strict";{text}{given}'
