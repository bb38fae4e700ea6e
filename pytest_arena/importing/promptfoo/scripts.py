"""JavaScript of a configuration: assertions, and what is made of answers before them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.importer import Source
from pytest_arena.javascript import Source as Script
from pytest_arena.javascript import is_installed, why_not_compiled
from pytest_arena.loading.files import display_name

Made = dict[str, Any]
_OF_NODE = re.compile(
    r"\b(?:fetch|process|Buffer|setTimeout|setInterval|Intl|URL|URLSearchParams|crypto|"
    r"TextEncoder|TextDecoder|structuredClone|__dirname|globalThis)\b|\bimport\s*\("
)
"""What a file may be made of that the embedded engine has not."""
_FILE = re.compile(r"(?:file://)?(?P<path>.+?\.(?:[cm]?[jt]s|py))(?::(?P<name>[\w$.]+))?")


class UnusableScriptError(Exception):
    """Code that cannot be in an arena: why, and what to write instead."""

    def __init__(self, why: str, instead: str = "") -> None:
        super().__init__(why)
        self.instead = instead


class NeedsNodeError(UnusableScriptError):
    """Code in a file that only node can run."""

    def __init__(self, why: str) -> None:
        super().__init__(why, "arena import --run-code has node run it")


def file_of(value: Any, suffix: str = "") -> tuple[str, str | None] | None:
    """Return the path and the function's name of a value that names a file of code, of those that
    end so."""
    if not isinstance(value, str) or not value.startswith("file://") or "\n" in value:
        return None
    found = _FILE.fullmatch(value.strip())
    if found is None or not found["path"].endswith(suffix):
        return None
    return found["path"], found["name"]


def script_assertion(value: Any, threshold: float | None, config: Any, source: Source) -> Made:
    """Return the `javascript` assertion for the value of one of promptfoo's."""
    made: Made = {"type": "javascript"}
    named = file_of(value)
    if named is None:
        text = value if isinstance(value, str) else str(value).lower()
        _check(Script(text))
        made["code"] = text.rstrip()
    else:
        path, function = named
        made["file"] = _kept(path, function, source)
        if function is not None:
            made["function"] = function
    if isinstance(config, dict) and config:
        made["config"] = config
    if threshold is not None:
        made["threshold"] = threshold
    return made


def script_transform(value: Any, source: Source) -> Made:
    """Return a `transform:` for JavaScript of promptfoo's: an expression, a body, or a file, which
    is written into the arena."""
    if not isinstance(value, str) or not value.strip():
        raise UnusableScriptError("a transform that is no code")
    named = file_of(value)
    if named is not None:
        path, function = named
        text = _file(path, function, source)[1]
        return {"javascript": escaped(Script(text, is_file=True, function=function).as_body)}
    if value.startswith("file://"):
        raise UnusableScriptError(f"a transform in a file that is no code: {value}")
    _check(Script(value))
    return {"javascript": escaped(value.rstrip())}


def _kept(name: str, function: str | None, source: Source) -> str:
    """Return the name of a file of JavaScript, which is to stand beside the arena."""
    path, text = _file(name, function, source)
    return kept_beside(path, text, source)


def _file(name: str, function: str | None, source: Source) -> tuple[Path, str]:
    """Return a file of JavaScript that can be run by itself, and its text."""
    path = source.neighbour(name)
    if path is None:
        raise UnusableScriptError(f"there is no file {name}")
    if path.suffix == ".py":
        raise UnusableScriptError(f"{name} is no JavaScript", "type: python takes it")
    if path.suffix in (".ts", ".mts", ".cts"):
        raise NeedsNodeError(f"{name} is TypeScript")
    text = source.text_of(path)
    script = Script(text, is_file=True, function=function)
    if re.search(r"\brequire\s*\(", text):
        raise NeedsNodeError(f"{name} requires other files")
    if script.imported is not None:
        raise NeedsNodeError(f"{name} imports something: {script.imported}")
    if source.run_code and _OF_NODE.search(text):
        raise NeedsNodeError(f"{name} uses what only node has")
    _check(script)
    return path, text


def kept_beside(path: Path, text: str, source: Source) -> str:
    """Have a file stand beside the arena, and return its name there.

    It is the one that it has beside the configuration; a file from elsewhere takes the place of no
    other.
    """
    folder = source.path.parent
    if path.is_relative_to(folder):
        name = display_name(path, folder)
    else:
        name = display_name(path, source.root)
        while source.files.get(name, text) != text or not _is_free(folder / name, text, source):
            name = f"imported/{name}"
    source.files[name] = text
    return name


def _is_free(path: Path, text: str, source: Source) -> bool:
    """Return whether a text may be written to a path: nothing else stands there."""
    return not path.exists() or (path.is_file() and source.text_of(path) == text)


def _check(script: Script) -> None:
    if not is_installed():
        # the arena says what to install when it is loaded
        return
    problem = why_not_compiled(script)
    if problem is not None:
        raise UnusableScriptError(f"its JavaScript does not compile: {problem}")
