"""Code of a configuration: the module beside the arena in which it becomes functions."""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.needed_files import needed_by
from pytest_arena.importing.promptfoo.scripts import (
    NeedsNodeError,
    UnusableScriptError,
    file_of,
    kept_beside,
    script_assertion,
    script_transform,
)
from pytest_arena.loading.files import display_name

_HEAD = '''"""Code of {name}, as its arena calls it; written by arena import."""
{imports}
from pytest_arena.promptfoo import {names}
'''
_BRIDGES = (
    "answering", "answering_by_node", "asserting", "asserting_by_node", "function_in",
    "transforming_by_node",
)  # fmt: skip
_NAME = "\0"
"""Stands for the name that a function gets; no code has this sign in it."""


_OF_PROVIDERS = "imported_providers"
"""The folder of the modules that providers are called in: where it is one of several modules, an
application's folder may hold none whose name another's has."""


class CodeModule:
    """The module that a configuration's code becomes; equal code is one function in it.

    Its providers stand in a module of their own.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._name = _module_name(source)
        self._parts: dict[str, str] = {}
        self._providers: dict[str, str] = {}

    def assertion(self, value: Any, threshold: float | None, config: Any) -> dict[str, Any]:
        """Return the `python` assertion for the value of one of promptfoo's."""
        further = _further(threshold, config)
        named = file_of(value)
        if named is not None:
            made = self._in_file(*named, "get_assert")
            return self._call("assertion", f"{_NAME} = asserting({made}{further})\n")
        if not isinstance(value, str):
            raise UnusableScriptError("its value is no code")
        body = _function(value)
        return self._call("assertion", f"\n{body}\n\n{_NAME} = asserting(_{_NAME}{further})\n")

    def script(self, value: Any, threshold: float | None, config: Any) -> dict[str, Any]:
        """Return the assertion for JavaScript: `javascript`, or `python` where node runs it."""
        try:
            return script_assertion(value, threshold, config, self.source)
        except NeedsNodeError as error:
            file, name = self._by_node(value, error)
            further = _further(threshold, config)
            made = f"asserting_by_node(__file__, {_shown(file)}, {_shown(name)}{further})"
            return self._call("assertion", f"{_NAME} = {made}\n")

    def transform(self, value: Any) -> dict[str, Any]:
        """Return the `transform:` for one of promptfoo's: JavaScript, or a file of either
        language."""
        if not isinstance(value, str) or file_of(value, ".py") is None:
            try:
                return script_transform(value, self.source)
            except NeedsNodeError as error:
                file, name = self._by_node(value, error)
                made = f"transforming_by_node(__file__, {_shown(file)}, {_shown(name)})"
        else:
            named = file_of(value, ".py")
            made = self._in_file(*named, "get_transform") if named else ""
        return {"python": self._call("transform", f"{_NAME} = {made}\n")["call"]}

    def provider(self, value: str, config: Any) -> dict[str, Any]:
        """Return a `python` provider for a file of Python that has a `call_api`."""
        named = file_of(f"file://{value}", ".py")
        if named is None:
            raise UnusableScriptError(f"no file of Python: {value}")
        further = f", config={_shown(config)}" if config else ""
        made = f"answering({self._in_file(*named, 'call_api', up='../')}{further})"
        return {"name": named[0], **self._provider(made)}

    def node_provider(self, identity: str, config: Any) -> dict[str, Any]:
        """Return a `python` provider for a file of JavaScript or TypeScript with a `callApi`."""
        value = f"file://{identity.removeprefix('file://')}"
        file, name = self._by_node(value, NeedsNodeError(f"{identity} runs in node"))
        options = {"id": identity, **({"config": config} if config else {})}
        shown = ", ".join(map(_shown, (f"../{file}", name, options)))
        made = f"answering_by_node(__file__, {shown})"
        return {"name": identity.removeprefix("file://"), **self._provider(made)}

    def _provider(self, made: str) -> dict[str, Any]:
        text = f"{_NAME} = {made}\n"
        name = self._providers.setdefault(text, f"provider_{len(self._providers) + 1}")
        module = self._name.removesuffix("_promptfoo") + "_providers"
        self._write(f"{_OF_PROVIDERS}/{module}.py", self._providers)
        call = f"{module}:{name}"
        return {"provider": "python", "call": call, "python_path": [_OF_PROVIDERS]}

    def _by_node(self, value: Any, why: NeedsNodeError) -> tuple[str, str | None]:
        """Return a file of code that is to stand beside the arena, and the function's name; where
        code is not to be run, why it is left out."""
        named = file_of(value)
        path = self.source.neighbour(named[0]) if named else None
        if named is None or path is None:
            raise UnusableScriptError(f"there is no file {value}")
        if not self.source.run_code:
            raise why
        return self._beside(path, self.source.text_of(path)), named[1]

    def _in_file(self, name: str, function: str | None, default: str, up: str = "") -> str:
        path = self.source.neighbour(name)
        if path is None:
            raise UnusableScriptError(f"there is no file {name}")
        if path.suffix != ".py":
            raise UnusableScriptError(f"{name} is no Python")
        text = self.source.text_of(path)
        _check(text)
        beside = f"{up}{self._beside(path, text)}"
        return f"function_in(__file__, {_shown(beside)}, {_shown(function or default)})"

    def _beside(self, path: Path, text: str) -> str:
        """Have a file stand beside the arena with what it imports of its neighbours, and return its
        name there."""
        if path.is_relative_to(self.source.path.parent):
            for needed, its_text in needed_by(path, self.source):
                if needed.is_relative_to(self.source.path.parent):
                    kept_beside(needed, its_text, self.source)
        return kept_beside(path, text, self.source)

    def _call(self, kind: str, text: str) -> dict[str, Any]:
        name = self._parts.setdefault(text, f"{kind}_{len(self._parts) + 1}")
        self._write(f"{self._name}.py", self._parts)
        return {"type": "python", "call": f"{self._name}:{name}"}

    def _write(self, file: str, functions: Mapping[str, str]) -> None:
        parts = [text.replace(_NAME, name) for text, name in functions.items()]
        whole = "\n".join(parts)
        used = [name for name in _BRIDGES if re.search(rf"\b{name}\(", whole)]
        # inline code may use it, as it may there
        imports = "\nimport json\n" if any(text.startswith("\n") for text in parts) else ""
        head = _HEAD.format(name=self.source.path.name, imports=imports, names=", ".join(used))
        self.source.files[file] = "\n".join([head, *parts])


def _module_name(source: Source) -> str:
    """Return a name that no other configuration's module has: Python keeps modules by their name,
    whatever folder they lie in."""
    written = display_name(source.path.with_suffix(""), source.root)
    name = re.sub(r"\W", "_", written.replace("/", "__"), flags=re.ASCII)
    if re.search(r"[^\w/]", written, flags=re.ASCII):
        # another name may read the same without its signs
        name += f"_{hashlib.sha256(written.encode()).hexdigest()[:6]}"
    return f"{name if name[:1].isalpha() else f'_{name}'}_promptfoo"


def _further(threshold: float | None, config: Any) -> str:
    shown = "" if threshold is None else f", threshold={threshold!r}"
    return shown + (f", config={_shown(config)}" if isinstance(config, dict) and config else "")


def _shown(value: Any) -> str:
    """Return a value as Python has it, its texts in double quotes."""
    if isinstance(value, str):
        quoted = repr(value)
        return json.dumps(value) if quoted[0] == "'" and '"' not in value else quoted
    if isinstance(value, dict):
        pairs = (f"{_shown(key)}: {_shown(inner)}" for key, inner in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return repr(value)


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
