"""The module beside the arena that holds the graders which no assertion of an arena is."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from pytest_arena.importing.importer import Source
from pytest_arena.importing.made import LeftOutError
from pytest_arena.importing.openai_evals.names import Unique, identifier, module_name

_MARK = "as its arena calls them; written by arena import."
_HEAD = '''"""Graders of {name}, as its arena calls them; written by arena import."""

from pytest_arena.openai_evals import {imported}

'''
_WIDTH = 100


class GraderModule:
    """Graders as functions of one module; equal ones are one function in it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._module = module_name(source.path, "graders")
        while _is_of_others(source.path.parent / f"{self._module}.py", _MARK):
            self._module += "_imported"
        self._names = Unique("multi", "python_grader", "string_check", "text_similarity")
        self._files = Unique()
        self._functions: dict[tuple[str, ...], str] = {}
        self._sources: dict[str, str] = {}

    def add(self, wanted: str, function: str, *given: Any, **keys: Any) -> str:
        """Return the name of a grader that `function` makes of what is given."""
        words = [
            *map(_literal, given),
            *(f"{key}={_literal(value)}" for key, value in keys.items()),
        ]
        return self._put(wanted, function, words)

    def add_source(self, wanted: str, source: str, least: float) -> str:
        """Return the name of a grader in Python, whose code gets a file of its own."""
        _check(source)
        file = self._sources.get(source)
        if file is None:
            text = source if source.endswith("\n") else f"{source}\n"
            file = self._sources[source] = self._file(wanted, text)
            self._source.files[file] = text
        words = ["__file__", _literal(file), f"pass_threshold={least!r}"]
        return self._put(wanted, "python_grader", words)

    def _file(self, wanted: str, text: str) -> str:
        """Return the name of a file for code, which takes the place of no other file."""
        name = module_name(self._source.path, f"grade_{identifier(wanted)}")
        while True:
            file = self._files.take(name, "_") + ".py"
            if not _is_of_others(self._source.path.parent / file, text):
                return file

    def add_formula(self, wanted: str, formula: str, names: dict[str, str], least: float) -> str:
        """Return the name of a grader that combines others of this module."""
        members = ", ".join(f"{_literal(key)}: {name}" for key, name in names.items())
        words = [_literal(formula), f"{{{members}}}", f"pass_threshold={least!r}"]
        return self._put(wanted, "multi", words)

    def call(self, name: str) -> dict[str, Any]:
        """Return the assertion that a grader of the module is."""
        return {"type": "python", "call": f"{self._module}:{name}"}

    def _put(self, wanted: str, function: str, words: list[str]) -> str:
        key = (function, *words)
        name = self._functions.get(key)
        if name is None:
            name = self._functions[key] = self._names.take(identifier(wanted), "_")
            self._write()
        return name

    def _write(self) -> None:
        used = sorted({function for function, *_ in self._functions})
        head = _HEAD.format(name=self._source.path.name, imported=", ".join(used))
        calls = (
            _call(f"{name} = {function}", words)
            for (function, *words), name in self._functions.items()
        )
        self._source.files[f"{self._module}.py"] = head + "".join(calls)


def _call(start: str, words: list[str]) -> str:
    """Return a call as a formatter would write it: in one line, in three, or a line a word."""
    whole = ", ".join(words)
    if len(start) + len(whole) + 2 <= _WIDTH:
        return f"{start}({whole})\n"
    if len(whole) + 4 <= _WIDTH:
        return f"{start}(\n    {whole}\n)\n"
    return f"{start}(\n{''.join(f'    {word},{chr(10)}' for word in words)})\n"


def _literal(value: Any) -> str:
    """Return a value as Python has it, texts in double quotes where that needs no escape."""
    text = repr(value)
    if text.startswith("'") and '"' not in text:
        return '"' + text[1:-1].replace("\\'", "'") + '"'
    return text


def _is_of_others(path: Path, text: str) -> bool:
    """Return whether a file is there in which a text is not."""
    try:
        return path.exists() and text not in path.read_text("utf-8")
    except (OSError, ValueError):
        return True


def _check(source: str) -> None:
    """Make sure that code can be read, and has a `grade`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(source, "code", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        raise LeftOutError(f"its Python does not compile: {said}") from None
    if "grade" not in code.co_names:
        raise LeftOutError("its Python has no function `grade`")
