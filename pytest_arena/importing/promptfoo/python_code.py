"""Python of a configuration: the module beside the arena in which it becomes functions."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.scripts import (
    UnusableScriptError,
    file_of,
    kept_beside,
    script_transform,
)

_HEAD = '''"""Python of {name}, as its arena calls it; written by arena import."""

import json

from pytest_arena.promptfoo import answering, asserting, function_in
'''


_NAME = "\0"
"""Stands for the name that a function gets; no code has this sign in it."""


class PythonModule:
    """The module that a configuration's Python becomes; equal code is one function in it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        stem = re.sub(r"\W", "_", source.path.stem)
        self._name = f"{stem if stem[:1].isalpha() else f'_{stem}'}_promptfoo"
        self._parts: dict[str, str] = {}

    def assertion(self, value: Any, threshold: float | None, config: Any) -> dict[str, Any]:
        """Return the `python` assertion for the value of one of promptfoo's."""
        further = "" if threshold is None else f", threshold={threshold!r}"
        further += f", config={config!r}" if isinstance(config, dict) and config else ""
        named = file_of(value)
        if named is not None:
            made = self._in_file(*named, "get_assert")
            return self._call("assertion", f"{_NAME} = asserting({made}{further})\n")
        if not isinstance(value, str):
            raise UnusableScriptError("its value is no code")
        body = _function(value)
        return self._call("assertion", f"\n{body}\n\n{_NAME} = asserting(_{_NAME}{further})\n")

    def transform(self, value: str) -> dict[str, Any]:
        """Return the `transform:` for a file of Python."""
        named = file_of(value, ".py")
        if named is None:
            raise UnusableScriptError(f"a transform in a file that is no Python: {value}")
        made = self._call("transform", f"{_NAME} = {self._in_file(*named, 'get_transform')}\n")
        return {"python": made["call"]}

    def provider(self, value: str, config: Any) -> dict[str, Any]:
        """Return a `python` provider for a file of Python that has a `call_api`."""
        named = file_of(f"file://{value}", ".py")
        if named is None:
            raise UnusableScriptError(f"no file of Python: {value}")
        further = f", config={config!r}" if config else ""
        made = f"answering({self._in_file(*named, 'call_api')}{further})"
        call = self._call("provider", f"{_NAME} = {made}\n")["call"]
        return {"name": named[0], "provider": "python", "call": call}

    def _in_file(self, name: str, function: str | None, default: str) -> str:
        path = self.source.neighbour(name)
        if path is None:
            raise UnusableScriptError(f"there is no file {name}")
        if path.suffix != ".py":
            raise UnusableScriptError(f"{name} is no Python")
        text = self.source.text_of(path)
        _check(text)
        beside = kept_beside(path, text, self.source)
        return f"function_in(__file__, {beside!r}, {function or default!r})"

    def _call(self, kind: str, text: str) -> dict[str, Any]:
        name = self._parts.get(text)
        if name is None:
            name = self._parts[text] = f"{kind}_{len(self._parts) + 1}"
            self._write()
        return {"type": "python", "call": f"{self._name}:{name}"}

    def _write(self) -> None:
        head = _HEAD.format(name=self.source.path.name)
        parts = (text.replace(_NAME, name) for text, name in self._parts.items())
        self.source.files[f"{self._name}.py"] = "\n".join([head, *parts])


def _function(code: str) -> str:
    """Return a function with the code as its body: an expression in one line, else as it is."""
    body = code if "\n" in code else f"return {code}"
    text = f"def _{_NAME}(output, context):\n{textwrap.indent(body.rstrip(), '    ')}\n"
    _check(text.replace(_NAME, "check"))
    return text


def _check(text: str) -> None:
    try:
        compile(text, "code", "exec")
    except (SyntaxError, ValueError) as error:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        raise UnusableScriptError(f"its Python does not compile: {said}") from None


def transform_of(value: Any, module: PythonModule) -> dict[str, Any]:
    """Return a `transform:` for one of promptfoo's: JavaScript, or a file of either language."""
    if file_of(value, ".py") is not None:
        return module.transform(value)
    return script_transform(value, module.source)
