"""`vars:` of tests: from files and code, of one another, and in each of their combinations."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_arena.errors import Location, shorten
from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.code_runner import CodeRunner, is_code, told
from pytest_arena.importing.promptfoo.javascript_values import as_in_javascript, json_text
from pytest_arena.importing.promptfoo.scripts import UnusableScriptError, file_of
from pytest_arena.importing.promptfoo.templates import BadTemplateError, fill
from pytest_arena.javascript import Given, NotRunError, is_installed, run
from pytest_arena.javascript import Source as Script
from pytest_arena.loading.tree import YamlList, YamlMap, plain

_NO_TEXT = (
    ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".bmp", ".mp3", ".wav", ".mp4",
    ".mov", ".webm",
)  # fmt: skip


class VariableReader:
    """Reads the variables of tests; what cannot be read is listed, and its test is not run."""

    def __init__(self, source: Source, code: CodeRunner, prompts: Sequence[str]) -> None:
        self._source = source
        self._findings = source.findings
        self._code = code
        self._prompts = prompts

    def combinations(
        self, written: Any, options: Mapping[str, Any], place: Location, folder: Path,
        lost: list[str],
    ) -> Iterator[dict[str, Any]]:  # fmt: skip
        """Yield the variables of each combination of those that have several values."""
        names = self._changed(self._names(written, place, folder, lost), options, place, lost)
        self._note_asserts(names, place)
        expands = options.get("disableVarExpansion") is not True
        values: list[list[Any]] = []
        for name, value in names.items():
            if isinstance(value, str) and value.startswith("file://") and "*" in value:
                values.append(self._of_files(name, value, place, lost))
                continue
            # a list of numbers, lists or mappings is one value
            several = isinstance(value, list) and value and isinstance(value[0], str) and expands
            each = value if several else [value]
            values.append([self._value(name, one, place, lost) for one in each])
        for chosen in itertools.product(*values):
            given = dict(zip(names, chosen, strict=True))
            yield resolved(self._made_by_code(given, place, lost))

    def _names(
        self, written: Any, place: Location, folder: Path, lost: list[str]
    ) -> dict[str, Any]:
        names: dict[str, Any] = {}
        for part in written if isinstance(written, YamlList) else [written]:
            path = self._source.neighbour(part, folder) if isinstance(part, str) else None
            tree = self._source.tree_of(path) if path else part
            if isinstance(tree, YamlMap):
                names |= {str(name): as_in_javascript(value) for name, value in plain(tree).items()}
            elif part is not None:
                self._findings.left_out(place, "vars: no mapping and no file with one")
                lost.append("vars")
        return names

    def _changed(
        self, names: dict[str, Any], options: Mapping[str, Any], place: Location, lost: list[str]
    ) -> dict[str, Any]:
        """Return variables with what `transformVars` makes of them."""
        written = options.get("transformVars")
        if written is None:
            return names
        try:
            return {**names, **as_in_javascript(self._transformed(written, names))}
        except UnusableScriptError as error:
            told(self._source, place, "transformVars", error)
            lost.append("transformVars")
            return names

    def _transformed(self, written: Any, names: dict[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = {"prompt": {}}
        if file_of(written) is not None:
            made = self._code.call(written, "get_transform", [names, context])
        elif not isinstance(written, str) or not written.strip():
            raise UnusableScriptError("it is no code")
        elif not is_installed():
            raise UnusableScriptError("it is JavaScript", "pip install 'pytest-arena[javascript]'")
        else:
            code = Script(written)
            body = code.candidates[0][-1] if "\n" not in written else written
            try:
                found = run(Script(f"const vars = output;\n{body}"), [names, context])
            except NotRunError as error:
                raise UnusableScriptError(str(error)) from error
            if not isinstance(found, Given):
                raise UnusableScriptError(found.text)
            made = found.value
        if not isinstance(made, dict):
            raise UnusableScriptError("it gave no object")
        return made

    def _of_files(self, name: str, value: str, place: Location, lost: list[str]) -> list[Any]:
        root = self._source.root.resolve()
        paths = sorted(self._source.path.parent.glob(value.removeprefix("file://")))
        kept = [path for path in paths if path.is_file() and path.resolve().is_relative_to(root)]
        if not kept:
            self._lose(name, f"there is no file {shorten(value)}", place, lost)
            return [value]
        return [self._source.text_of(path).strip() for path in kept]

    def _value(self, name: str, value: Any, place: Location, lost: list[str]) -> Any:
        if not isinstance(value, str):
            return value
        if not value.startswith("file://"):
            return value.removesuffix("\n")
        if is_code(value):
            return value
        bare = value.removeprefix("file://")
        if bare.lower().endswith(_NO_TEXT):
            self._lose(name, f"{shorten(value)} is no text", place, lost, "write its text")
            return value
        # relative to the configuration, within files of tests, too
        path = self._source.neighbour(bare)
        if path is None:
            self._lose(name, f"there is no file {shorten(value)}", place, lost)
            return value
        if path.suffix in (".yaml", ".yml"):
            return json_text(plain(self._source.tree_of(path)))
        return self._source.text_of(path).strip()

    def _note_asserts(self, names: Mapping[str, Any], place: Location) -> None:
        if isinstance(names.get("assert"), list):
            self._findings.left_out(
                place, "'assert' within vars, where it is a variable", "move it beside vars:"
            )

    def _lose(
        self, name: str, why: str, place: Location, lost: list[str], instead: str = ""
    ) -> None:
        self._findings.left_out(place, f"the variable {name!r}: {why}", instead)
        lost.append(f"the variable {name}")

    def _made_by_code(
        self, given: dict[str, Any], place: Location, lost: list[str]
    ) -> dict[str, Any]:
        """Return variables with those that code makes, which is given all others."""
        made = dict(given)
        for name, value in given.items():
            if not (isinstance(value, str) and value.startswith("file://") and is_code(value)):
                continue
            try:
                made[name] = self._of_code(name, value, made)
            except UnusableScriptError as error:
                self._lose(name, f"{value}: {error}", place, lost, error.instead)
        return made

    def _of_code(self, name: str, value: str, given: dict[str, Any]) -> str:
        found = []
        for prompt in self._prompts or [""]:
            said = self._code.call(value, "get_var", [name, prompt, given])
            told_of = said if isinstance(said, dict) else {}
            if told_of.get("error"):
                raise UnusableScriptError(str(told_of["error"]))
            output = told_of.get("output")
            if not output:
                raise UnusableScriptError("it gave no object with output")
            text = output if isinstance(output, str) else json_text(output)
            found.append(text.strip())
        if any(text != found[0] for text in found):
            raise UnusableScriptError("it gives each prompt another value")
        return found[0]


def resolved(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return variables with those filled in that name others."""
    made = {}
    for name, value in variables.items():
        made[name] = value
        if isinstance(value, str) and re.search(r"\{\{|\{%", value):
            try:
                made[name] = fill(value, variables)[0]
            except BadTemplateError:
                continue
    return made
