r"""`{{ name }}` templates: plain substitution, where an undefined name is an error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_arena.errors import ArenaError, shorten, suggest
from pytest_arena.text.folding import without_only_final_break

_OPEN = re.compile(r"(\\?)\{\{")
_STEP = re.compile(
    r"\.(?P<word>[^.\[\]]+)|\[(?P<index>-?\d+)\]|\[(?P<quote>['\"])(?P<key>.*?)(?P=quote)\]"
)
_HEAD = re.compile(r"[^\W\d][\w-]*")
_WHOLE = re.compile(r"\{\{([^{}]*)\}\}")
_INSIDE = re.compile(r"(?<!\\)\{\{(.*?)\}\}", re.DOTALL)
_MISSING = object()


class TemplateError(ArenaError):
    """A template that cannot be filled: what, what was expected, the fix, and where.

    `offset` counts characters from the template's start.
    """

    def __init__(self, what: str, expected: str, fix: str, offset: int) -> None:
        super().__init__(what)
        self.what = what
        self.expected = expected
        self.fix = fix
        self.offset = offset


class EveryKey(Mapping[str, Any]):
    """A mapping that has every key: it stands for one that is known when a text is filled in."""

    def __getitem__(self, key: str) -> EveryKey:
        return self

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def render_text(template: str, variables: Mapping[str, Any], *, inline: bool = False) -> str:
    r"""Return a template with its `{{ name }}` filled in, each exactly once.

    Values inside values are reached by `{{ a.b }}` and `{{ items[0] }}`; `\{{` is a literal `{{`.
    What is filled in is never looked at again. None is empty, booleans are lower case, lists and
    mappings are JSON. With `inline`, a value loses the final line break of a YAML block where text
    follows it on its line. Raises `TemplateError` for a name that is not defined.
    """
    if "{{" not in template:
        return template
    parts: list[str] = []
    position = 0
    for opening in _OPEN.finditer(template):
        if opening.start() < position:
            continue
        parts.append(template[position : opening.start()])
        if opening[1]:
            parts.append("{{")
            position = opening.end()
            continue
        end = template.find("}}", opening.end())
        if end < 0:
            raise TemplateError(
                "'{{' is never closed",
                "a name in double braces, like {{ name }}",
                r"close it with '}}', or write \{{ for the two braces themselves",
                opening.start(),
            )
        text = as_text(_look_up(template[opening.end() : end], variables, opening.start()))
        position = end + 2
        if inline and template[position : position + 1] not in ("", "\n", "\r"):
            text = without_only_final_break(text)
        parts.append(text)
    parts.append(template[position:])
    return "".join(parts)


def fill_template(template: str, variables: Mapping[str, Any], *, inline: bool = False) -> Any:
    """Return the value itself of a template that is exactly one `{{ name }}`, whatever its type;
    of any other template, the text. Raises `TemplateError`, and takes `inline`, as `render_text`
    does.
    """
    whole = _WHOLE.fullmatch(template)
    if whole:
        return _look_up(whole[1], variables, 0)
    return render_text(template, variables, inline=inline)


def names_in(template: str, variables: Mapping[str, Any]) -> list[str]:
    """Return the variables that a template names, defined or not, without what is inside them."""
    found: list[str] = []
    for inside in _INSIDE.findall(template):
        path = inside.strip()
        head = _HEAD.match(path)
        if path in variables or head is not None:
            found.append(path if path in variables or head is None else head[0])
    return found


def as_text(value: Any) -> str:
    """Return how a value reads inside a text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Mapping, Sequence)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _look_up(written: str, variables: Mapping[str, Any], offset: int) -> Any:
    path = written.strip()
    if path in variables:
        return variables[path]
    head = _HEAD.match(path)
    if head is None:
        raise _bad_path(path, offset)
    if head[0] not in variables:
        raise _undefined(head[0], variables, offset)
    value = variables[head[0]]
    position = head.end()
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise _bad_path(path, offset)
        key = step["word"] if step["word"] is not None else step["index"] or step["key"]
        inner = _step_into(value, key)
        if inner is _MISSING:
            inside = (
                {f"{path[:position]}.{known}": 0 for known in value}
                if isinstance(value, Mapping)
                else {}
            )
            raise _undefined(path[: step.end()], inside, offset)
        value = inner
        position = step.end()
    return value


def _step_into(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        if key in value:
            return value[key]
        return value.get(int(key), _MISSING) if key.isdecimal() else _MISSING
    if isinstance(value, Sequence) and not isinstance(value, str):
        try:
            return value[int(key)]
        except (ValueError, IndexError):
            return _MISSING
    return _MISSING


def _bad_path(path: str, offset: int) -> TemplateError:
    return TemplateError(
        f"bad template '{{{{ {shorten(path, 60)} }}}}'",
        "a name in double braces, like {{ name }}, {{ order.id }} or {{ items[0] }}",
        r"name a variable, or write \{{ for the two braces themselves",
        offset,
    )


def _undefined(name: str, known: Mapping[str, Any], offset: int) -> TemplateError:
    names = sorted(str(word) for word in known)
    return TemplateError(
        f"undefined variable {shorten(name, 60)!r}",
        f"one of {shorten(', '.join(names), 200)}" if names else "a name defined under variables:",
        suggest(name, names)
        or r"define it under variables:, or write \{{ for the braces themselves",
        offset,
    )
