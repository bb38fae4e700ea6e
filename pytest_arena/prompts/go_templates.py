"""Go's `text/template`, as prompt files of Go programs use it.

Source: https://pkg.go.dev/text/template. Fields, variables, pipelines, `if`, `with`, `range`, and
functions of Go and of Sprig. Unlike in Go, a key that is not there is an error. What is filled in
is never looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from pytest_arena.errors import shorten, suggest
from pytest_arena.light_dataclass import dataclass
from pytest_arena.prompts.go_functions import FUNCTIONS, GoFunctionError, is_true, printed
from pytest_arena.prompts.templates import TemplateError

_ACTION = re.compile(r"\{\{(-(?=\s))?(.*?)((?<=\s)-)?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?P<number>-?\d+(?:\.\d+)?)"""
    r"""|(?P<field>(?:\$[A-Za-z_]\w*|\$)?(?:\.[A-Za-z_]\w*)+|\$[A-Za-z_]\w*|\$|\.)"""
    r"""|(?P<word>[A-Za-z_]\w*)|(?P<mark>:=|=|\||\(|\)|,))"""
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_BLOCKS = ("if", "range", "with")
_UNKNOWN = ("block", "break", "continue", "define", "template")
_WORDS: dict[str, Any] = {"true": True, "false": False, "nil": None}


@dataclass(slots=True)
class _Node:
    """A text, an action, or a block with what it does then and otherwise."""

    kind: str
    text: str
    offset: int
    then: list[_Node] = field(default_factory=list)
    otherwise: list[_Node] = field(default_factory=list)


def render_go(
    template: str,
    data: Any,
    extra: Mapping[str, Callable[..., Any]] | None = None,
) -> str:
    """Return a template of Go's filled in with data, which is `.`; `extra` are further functions.

    Raises `TemplateError` for a key that is not there, a function that nobody knows, and what is no
    template.
    """
    return _Rendering(data, {**FUNCTIONS, **(extra or {})}).text(_parsed(template), data)


def fields_in_go(template: str) -> list[str]:
    """Return the names of the fields of `.` that a template asks for, in their order, without what
    is inside of blocks that move `.`."""
    found: dict[str, None] = {}

    def look(nodes: list[_Node]) -> None:
        for node in nodes:
            for match in _TOKEN.finditer(node.text) if node.kind != "text" else ():
                written = match["field"] or ""
                head = written.lstrip("$")[1:].split(".")[0]
                if head and (written.startswith((".", "$."))):
                    found[head] = None
            if node.kind not in ("range", "with"):
                look(node.then)
            look(node.otherwise)

    look(_parsed(template))
    return list(found)


def check_functions_in_go(template: str) -> None:
    """Raise `TemplateError` for the first function of a template that nobody knows."""

    def look(nodes: list[_Node]) -> None:
        for node in nodes:
            for match in _TOKEN.finditer(node.text) if node.kind != "text" else ():
                if match["word"] and match["word"] not in {*FUNCTIONS, *_WORDS}:
                    raise _unknown_function(match["word"], FUNCTIONS, node.offset)
            look(node.then)
            look(node.otherwise)

    look(_parsed(template))


def _unknown_function(name: str, known: Iterable[str], offset: int) -> TemplateError:
    return TemplateError(
        f"unknown function {shorten(name, 40)!r}",
        "a function of Go's templates or of Sprig",
        suggest(name, known) or "write the text without it",
        offset,
    )


def _parsed(template: str) -> list[_Node]:
    nodes: list[_Node] = []
    open_blocks: list[tuple[_Node, list[_Node]]] = []
    into = nodes
    for kind, text, offset in _pieces(template):
        word, _, rest = text.partition(" ") if kind == "action" else ("", "", "")
        if kind == "text":
            into.append(_Node("text", text, offset))
        elif word in _BLOCKS:
            node = _Node(word, rest.strip(), offset)
            into.append(node)
            open_blocks.append((node, into))
            into = node.then
        elif word == "else":
            if not open_blocks:
                raise _bad("'else' without a block before it", offset)
            node, _ = open_blocks[-1]
            into = node.otherwise
            further = rest.strip()
            if further:
                inner_word, _, inner = further.partition(" ")
                if inner_word not in ("if", "with"):
                    raise _bad(f"'else {shorten(further, 40)}' is no block", offset)
                inside = _Node(inner_word, inner.strip(), offset)
                into.append(inside)
                # it ends where the block around it does
                open_blocks[-1] = (inside, open_blocks[-1][1])
                into = inside.then
        elif word == "end":
            if not open_blocks:
                raise _bad("'end' without a block before it", offset)
            into = open_blocks.pop()[1]
        elif word in _UNKNOWN:
            raise _bad(f"{word!r} is not known here", offset)
        else:
            into.append(_Node("action", text, offset))
    if open_blocks:
        node = open_blocks[-1][0]
        raise _bad(f"'{node.kind}' without its 'end'", node.offset)
    return nodes


def _pieces(template: str) -> Iterator[tuple[str, str, int]]:
    """Yield texts and actions, each with where it begins; blanks are trimmed as `-` wants it."""
    position, trims = 0, False
    for match in _ACTION.finditer(template):
        text = template[position : match.start()]
        text = text.lstrip() if trims else text
        if text := text.rstrip() if match[1] else text:
            yield "text", text, position
        action = match[2].strip()
        if not action.startswith("/*"):
            if not action:
                raise _bad("an action without anything in it", match.start())
            yield "action", action, match.start()
        position, trims = match.end(), bool(match[3])
    rest = template[position:]
    rest = rest.lstrip() if trims else rest
    if "{{" in rest:
        raise _bad("'{{' is never closed", position + template[position:].index("{{"))
    if rest:
        yield "text", rest, position


class _Rendering:
    """One template being filled in: the data, the variables so far, and the functions."""

    def __init__(self, data: Any, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._functions = functions
        self._variables: dict[str, Any] = {"$": data}

    def text(self, nodes: list[_Node], dot: Any) -> str:
        return "".join(self._node(node, dot) for node in nodes)

    def _node(self, node: _Node, dot: Any) -> str:
        if node.kind == "text":
            return node.text
        if node.kind == "range":
            return self._range(node, dot)
        names, pipeline = _assigned(node.text)
        value = _Pipeline(pipeline, node.offset, dot, self._variables, self._functions).value()
        for name in names[-1:]:
            self._variables[name] = value
        if node.kind == "action":
            return "" if names else printed(value)
        if not is_true(value):
            return self.text(node.otherwise, dot)
        return self.text(node.then, value if node.kind == "with" else dot)

    def _range(self, node: _Node, dot: Any) -> str:
        names, pipeline = _assigned(node.text)
        found = _Pipeline(pipeline, node.offset, dot, self._variables, self._functions).value()
        if isinstance(found, Mapping):
            items: list[tuple[Any, Any]] = sorted(found.items(), key=lambda item: str(item[0]))
        elif isinstance(found, (list, tuple)):
            items = list(enumerate(found))
        elif found is None or found == "":
            items = []
        else:
            raise _bad(f"'range' over {shorten(printed(found), 40)!r}", node.offset)
        if not items:
            return self.text(node.otherwise, dot)
        parts = []
        for key, value in items:
            for name, given in zip(reversed(names), (value, key), strict=False):
                self._variables[name] = given
            parts.append(self.text(node.then, value))
        return "".join(parts)


def _assigned(text: str) -> tuple[list[str], str]:
    """Return the variables that an action sets, and its pipeline."""
    match = re.match(r"((?:\$\w+)(?:\s*,\s*\$\w+)?)\s*:?=(?!=)\s*", text)
    if match is None:
        return [], text
    return [name.strip() for name in match[1].split(",")], text[match.end() :]


class _Pipeline:
    """One pipeline: commands that hand what they give to the next one."""

    def __init__(
        self,
        text: str,
        offset: int,
        dot: Any,
        variables: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]],
    ) -> None:
        self._offset = offset
        self._dot = dot
        self._variables = variables
        self._functions = functions
        self._tokens = self._read(text)
        self._place = 0

    def value(self) -> Any:
        """Return what the whole pipeline gives."""
        found = self._piped()
        if self._place < len(self._tokens):
            raise _bad(f"unexpected {self._tokens[self._place][1]!r}", self._offset)
        return found

    def _read(self, text: str) -> list[tuple[str, str]]:
        tokens = []
        position = 0
        text = text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise _bad(f"bad template {shorten(text, 60)!r}", self._offset)
            tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()
        return tokens

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("", "")

    def _piped(self) -> Any:
        found = self._command(())
        while self._peek() == ("mark", "|"):
            self._place += 1
            found = self._command((found,))
        return found

    def _command(self, piped: tuple[Any, ...]) -> Any:
        kind, word = self._peek()
        if kind == "word" and word not in _WORDS:
            self._place += 1
            return self._call(word, [*self._arguments(), *piped])
        arguments = self._arguments()
        if len(arguments) != 1 or piped:
            raise _bad(f"a value that is no function is given {len(piped)} values", self._offset)
        return arguments[0]

    def _arguments(self) -> list[Any]:
        found: list[Any] = []
        while True:
            kind, word = self._peek()
            if kind in ("", "mark") and word != "(":
                return found
            self._place += 1
            if word == "(" and kind == "mark":
                found.append(self._piped())
                if self._peek() != ("mark", ")"):
                    raise _bad("'(' is never closed", self._offset)
                self._place += 1
            elif kind == "text":
                found.append(_unquoted(word))
            elif kind == "number":
                found.append(float(word) if "." in word else int(word))
            elif kind == "field":
                found.append(self._field(word))
            elif word in _WORDS:
                found.append(_WORDS[word])
            else:
                found.append(self._call(word, []))

    def _call(self, name: str, arguments: list[Any]) -> Any:
        function = self._functions.get(name)
        if function is None:
            raise _unknown_function(name, self._functions, self._offset)
        try:
            return function(*arguments)
        except (GoFunctionError, TypeError, ValueError, LookupError, AttributeError) as error:
            raise _bad(f"{name}: {error}", self._offset) from error

    def _field(self, written: str) -> Any:
        head, *steps = written.split(".")
        value = self._dot
        if head:
            if head not in self._variables:
                raise _bad(f"undefined variable {head!r}", self._offset)
            value = self._variables[head]
        for step in filter(None, steps):
            if not isinstance(value, Mapping) or step not in value:
                known = [str(key) for key in value] if isinstance(value, Mapping) else []
                raise TemplateError(
                    f"undefined key {step!r} in {{{{{shorten(written, 60)}}}}}",
                    f"one of {', '.join(sorted(known))}" if known else "a mapping",
                    suggest(step, known) or "define it",
                    self._offset,
                )
            value = value[step]
        return value


def _unquoted(written: str) -> str:
    if written.startswith("`"):
        return written[1:-1]
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), written[1:-1])


def _bad(what: str, offset: int) -> TemplateError:
    return TemplateError(
        what, "a template of Go's, such as {{.name}} or {{if .name}}…{{end}}", "mend it", offset
    )
