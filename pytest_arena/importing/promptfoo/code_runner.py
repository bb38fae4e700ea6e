"""Code that makes prompts, tests and variables of a configuration: run at import, where allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.importing.code_files import LIMIT_S, kept_environment
from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.provider_models import SECRET
from pytest_arena.importing.promptfoo.scripts import UnusableScriptError
from pytest_arena.loading.files import display_name
from pytest_arena.loading.tree import YamlMap
from pytest_arena.running.function_host import (
    FunctionHost,
    Language,
    NotCalledError,
    RaisedError,
)

CODE = re.compile(r"(?:file://)?(?P<path>.+?\.(?:[cm]?[jt]s|py))(?::(?P<name>[\w$.]+))?")
ASK_FOR_IT = "arena import --run-code runs it; or write what it makes as data"


class CodeRunner:
    """Child processes that call functions of a configuration's files, without the keys that stand
    in the caller's environment."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._hosts: dict[Language, FunctionHost] = {}

    def refuse(self) -> None:
        """Raise an `UnusableScriptError` where code is not to be run."""
        if not self._source.run_code:
            raise UnusableScriptError("it is code, which is not run", ASK_FOR_IT)

    def call(
        self, written: str, default: str | None, args: Sequence[Any], how: str | None = None
    ) -> Any:
        """Return what the function gives that `file.py:name` or `file.js:name` names.

        `default` is its name in Python where none is written; a file of JavaScript is called by
        what it exports.
        """
        self.refuse()
        found = CODE.fullmatch(written.strip())
        path = self._source.neighbour(found["path"]) if found else None
        if found is None or path is None:
            raise UnusableScriptError(f"there is no file {written}")
        language: Language = "python" if path.suffix == ".py" else "javascript"
        name = found["name"] or (default if language == "python" else None)
        way = how or "function"
        if language == "python" and how == "value":
            way = "function"
        try:
            return self._host(language).call(way, path, name, args, LIMIT_S).value
        except (NotCalledError, RaisedError) as error:
            shown = display_name(path, self._source.root)
            raise UnusableScriptError(f"{shown}{f':{name}' if name else ''}: {error}") from error

    def close(self) -> None:
        for host in self._hosts.values():
            host.close()
        self._hosts.clear()

    def _host(self, language: Language) -> FunctionHost:
        if language not in self._hosts:
            folder = self._source.path.parent
            self._hosts[language] = FunctionHost(language, folder, self._environment)
        return self._hosts[language]

    @property
    def _environment(self) -> Mapping[str, str]:
        written = self._source.tree.get("env") if isinstance(self._source.tree, YamlMap) else None
        own = {
            str(name): str(text)
            for name, text in (written.items() if isinstance(written, Mapping) else ())
            if "{{" not in str(text) and not SECRET.search(str(name))
        }
        return {**kept_environment(), **own}


def is_code(name: str) -> bool:
    """Return whether a text names a file of code, perhaps with a function in it."""
    return "\n" not in name and CODE.fullmatch(name.strip()) is not None


def told(source: Source, place: Location, what: str, error: UnusableScriptError) -> None:
    """List code of a configuration of which nothing came."""
    source.findings.left_out(place, f"{what}: {error}", error.instead)
