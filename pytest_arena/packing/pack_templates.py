"""Templates of prompt files in the syntax of packs: `{{name}}` and `{{fragment:name}}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import field

from pytest_arena.errors import Location, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.go_prompts import GoText, go_spellings, is_go
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.targets import Template

_ACTION = re.compile(r"(\\?)\{\{(.*?)\}\}", re.DOTALL)
_LOOSE = re.compile(r"\\?\{\{")
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_FRAGMENT = re.compile(r"(?:fragment:|fragments?\.)\s*([\w-]+)")
_FIELD = re.compile(r"\s*\.([A-Za-z_]\w*)\s*")
_FURTHER = re.compile(r"-?\s*(?:else|end)\b")
_REMARK = re.compile(r"/\*.*\*/", re.DOTALL)


@dataclass(slots=True)
class PackTemplate:
    """A text as a pack has it, with the variables and the fragments that it names."""

    text: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    """The names in the pack, and what the variable was called before."""
    fragments: dict[str, Location] = field(default_factory=dict)


def template_of(
    source: Template | GoText,
    known: Collection[str],
    problems: ProblemList,
    *,
    has_lines: bool = False,
) -> PackTemplate:
    """Return a text of a prompt file as a pack has it; `known` are the variables of arena files.

    What a pack has no way to say is a problem at its place; `has_lines` says that the text is a
    whole file, so that the place is that of the line.
    """
    made = PackTemplate()
    in_go = isinstance(source, GoText) and is_go(source.text)
    text, parts, position = source.text, [], 0

    def place_of(offset: int) -> Location:
        if not has_lines:
            return source.place
        before = text[:offset]
        column = offset - (before.rfind("\n") + 1) + 1
        return Location(source.place.file, before.count("\n") + 1, column)

    def refuse(offset: int, what: str, expected: str, fix: str) -> None:
        problems.add(what, place_of(offset), expected=expected, fix=fix)

    for action in _ACTION.finditer(text):
        between = text[position : action.start()]
        _check_loose(between, position, refuse)
        parts.append(between)
        position = action.end()
        if action[1]:
            refuse(
                action.start(),
                "braces that stand for themselves: '\\{{'",
                "variables alone in double braces, which is how a pack is filled in",
                "write the text without double braces",
            )
        elif in_go:
            parts.append(_of_go(action[2], known, made, action.start(), refuse))
        else:
            parts.append(_named(action[2].strip(), known, made, action.start(), place_of, refuse))
    _check_loose(text[position:], position, refuse)
    parts.append(text[position:])
    made.text = "".join(parts)
    return made


Refuse = Callable[[int, str, str, str], None]


def _check_loose(text: str, offset: int, refuse: Refuse) -> None:
    for loose in _LOOSE.finditer(text):
        refuse(
            offset + loose.start(),
            "'{{' is never closed",
            "a name in double braces, like {{ name }}",
            "close it with '}}'",
        )


def _named(
    name: str,
    known: Collection[str],
    made: PackTemplate,
    offset: int,
    place_of: Callable[[int], Location],
    refuse: Refuse,
) -> str:
    fragment = _FRAGMENT.fullmatch(name)
    if fragment and re.split("[.:]", name)[0] not in known:
        made.fragments.setdefault(fragment[1], place_of(offset))
        return f"{{{{fragment:{fragment[1]}}}}}"
    if _NAME.fullmatch(name):
        made.variables[name] = name
        return f"{{{{{name}}}}}"
    refuse(
        offset,
        f"'{{{{ {shorten(name, 60)} }}}}' is no variable of a pack",
        "a name of letters, digits and '_', like {{ name }}",
        "give the value a variable of its own",
    )
    return ""


def _of_go(
    action: str, known: Collection[str], made: PackTemplate, offset: int, refuse: Refuse
) -> str:
    if _REMARK.fullmatch(action.strip()) or _FURTHER.match(action):
        return ""  # what goes on with a block is told where that begins
    field_ = _FIELD.fullmatch(action)
    if field_ is None:
        refuse(
            offset,
            f"'{{{{{shorten(action, 60)}}}}}' cannot be in a pack",
            "fields alone, like {{.Question}}: packs know neither conditions nor functions",
            "write the text without it",
        )
        return ""
    spellings = go_spellings(field_[1])
    name = next((one for one in spellings if one in known), field_[1])
    made.variables[name] = name
    return f"{{{{{name}}}}}"
