"""`.prompt` files: a system prompt and a template around the user's text, in Go's templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_arena.errors import Location, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.files import display_name, read_limited
from pytest_arena.loading.problems import ProblemList, one_of
from pytest_arena.loading.templates import fill
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.yaml_errors import decode
from pytest_arena.loading.yaml_reader import read_yaml
from pytest_arena.prompts import TemplateError
from pytest_arena.prompts.go_templates import fields_in_go, render_go
from pytest_arena.text.folding import without_only_final_break

SUFFIX = ".prompt"
_MAX_BYTES = 2_000_000
_GO = re.compile(r"\{\{-?\s*(?:[.$]|/\*|(?:if|range|with|else|end)\b|\w+\s+[.$\"`(])")
_BEGINS = re.compile(r"\A(?:---\s*\n)?(?:\s*#.*\n|\s*\n)*\s*[\w-]+:(?:\s|$)")
_DESCRIBED = ("name", "description", "version", "model", "provider", "variables", "parameters")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class GoText:
    """A text of a `.prompt` file, and where it stands."""

    text: str
    place: Location

    def filled(self, variables: Mapping[str, Any], context: LoadContext) -> str:
        """Return the text with its variables filled in.

        A field `UserName` is the variable of that name, else `userName` or `user_name`. In a text
        around the case's prompt, the one field that no variable is stands for the prompt.
        """
        if not is_go(self.text):
            return fill(self.text, variables, self.place, context.problems)
        try:
            data: dict[str, Any] = dict(variables)
            fields = fields_in_go(self.text)
            for field in fields:
                known = next((name for name in go_spellings(field) if name in variables), None)
                if known is not None:
                    data[field] = variables[known]
            left = [field for field in fields if field not in data]
            said_itself = {"prompt", "Prompt"} & set(fields)
            if "prompt" in variables and not said_itself and len(left) == 1:
                data[left[0]] = variables["prompt"]
            return render_go(self.text, data)
        except TemplateError as error:
            context.problems.add(error.what, self.place, expected=error.expected, fix=error.fix)
            return self.text


def is_go(text: str) -> bool:
    """Return whether a text is a template of Go's, and not one of an arena file's."""
    return _GO.search(text) is not None


def go_spellings(name: str) -> tuple[str, ...]:
    """Return what the variable of a field may be called."""
    return name, name[:1].lower() + name[1:], _HUMP.sub("_", name).lower()


def read_go_prompt(
    path: Path, place: Location, context: LoadContext
) -> tuple[GoText | None, GoText | None]:
    """Return the system prompt and the text around the user's of a `.prompt` file; a file that is
    no mapping is a system prompt."""
    name = display_name(path, context.root)
    data = read_limited(path, _MAX_BYTES, place, "prompt file")
    text = decode(data, name)
    if not _BEGINS.match(text):
        return GoText(without_only_final_break(text), Location(name, 1, 1)), None
    problems = ProblemList()
    tree = read_yaml(data, [name], problems)
    problems.raise_if_any()
    if not isinstance(tree, YamlMap) or not {"system", "user"} & tree.keys():
        return GoText(without_only_final_break(text), Location(name, 1, 1)), None
    known = ("system", "user", *_DESCRIBED)
    for key in tree:
        if key not in known:
            context.problems.add(
                f"unknown key {shorten(str(key))!r} in {name}",
                tree.key_place(key),
                expected=one_of(str(key), known, ""),
                fix="remove it",
            )
    passive = [key for key in _DESCRIBED[3:] if tree.get(key)]
    if passive:
        told = ", ".join(map(repr, passive))
        context.warn(
            place, f"{told} of {name} have no effect: the columns and the arena file say it"
        )
    return _text(tree, "system", context), _text(tree, "user", context)


def _text(tree: YamlMap, key: str, context: LoadContext) -> GoText | None:
    written = tree.get(key)
    if written is None:
        return None
    if not isinstance(written, str):
        context.problems.add(
            f"{key!r} is not a text",
            tree.value_place(key),
            expected="a text",
            fix=f"write {key}: | and the text below it",
        )
        return None
    return GoText(without_only_final_break(written), tree.value_place(key))
