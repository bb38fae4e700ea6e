"""The templates of a pack: variables and fragments, in one of three syntaxes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.problems import ProblemList, one_of
from pytest_arena.loading.templates import fill
from pytest_arena.loading.tree import YamlMap

_NAME = r"([A-Za-z_][\w.:-]*)"
_OTHER_BRACES = {
    "${variable}": re.compile(r"\$\{" + _NAME + r"\}"),
    "{variable}": re.compile(r"\{" + _NAME + r"\}"),
}
_FRAGMENT = ("fragment:", "fragments.", "fragment.")


class PackTexts:
    """The fragments of a pack, and how variables stand in its templates.

    A fragment may name variables and other fragments; what a variable holds is never looked at
    again.
    """

    def __init__(self, fragments: YamlMap | None, syntax: str) -> None:
        self._fragments = fragments
        self._written_as = _OTHER_BRACES.get(syntax)

    def fill(
        self,
        template: str,
        place: Location,
        variables: Mapping[str, Any],
        problems: ProblemList,
        way: tuple[str, ...] = (),
    ) -> str:
        """Return a template of the pack with its variables and fragments filled in; `way` are the
        fragments around it."""
        if self._written_as is not None:
            template = self._written_as.sub(r"{{\1}}", template.replace("{{", r"\{{"))
        return fill(template, _Known(self, variables, place, problems, way), place, problems)

    def fragment(
        self, name: str, variables: Mapping[str, Any], problems: ProblemList, way: tuple[str, ...]
    ) -> str:
        """Return a fragment that is there, filled in."""
        assert self._fragments is not None  # noqa: S101 - it has the name
        place = self._fragments.value_place(name)
        if name in way:
            circle = " → ".join((*way[way.index(name) :], name))
            problems.add(
                f"the fragments go round in a circle: {circle}",
                place,
                expected="fragments that do not name each other",
                fix="take one of them out of the other",
            )
            return ""
        text = self._fragments[name]
        if isinstance(text, (dict, list)) or text is None:
            problems.add(
                f"fragment {name!r} is not a text",
                place,
                expected="a text, with {{variables}} in it or without",
                fix=f"write it like fragments: {{{name}: Be kind.}}",
            )
            return ""
        said = text if isinstance(text, str) else self._fragments.spelling(name)
        return self.fill(said, place, variables, problems, (*way, name))

    def fragment_named(self, written: str) -> str | None:
        """Return the fragment that a name in braces means; None where there is no such one."""
        meant = _fragment_in(written)
        written = written if meant is None else meant
        return written if self._fragments is not None and written in self._fragments else None

    def refuse_fragment(self, written: str, place: Location, problems: ProblemList) -> None:
        """Add the problem of a fragment that there is not."""
        name = _fragment_in(written) or ""
        known = [str(one) for one in self._fragments or ()]
        problems.add(
            f"unknown fragment {shorten(name, 60)!r}",
            place,
            expected=one_of(name, known, "no fragments, since the pack has none"),
            fix=suggest(name, known) or "define it under fragments:, or remove it",
        )

    @property
    def names(self) -> list[str]:
        """The fragments as templates name them."""
        return [f"fragment:{name}" for name in self._fragments or ()]


def _fragment_in(written: str) -> str | None:
    """Return the name that stands behind a word for fragments; None where there is no such word."""
    prefix = next((one for one in _FRAGMENT if written.startswith(one)), None)
    return None if prefix is None else written.removeprefix(prefix).strip()


class _Known(Mapping[str, Any]):
    """What a template may name: variables, which go first, and fragments."""

    def __init__(
        self,
        texts: PackTexts,
        variables: Mapping[str, Any],
        place: Location,
        problems: ProblemList,
        way: tuple[str, ...],
    ) -> None:
        self._texts = texts
        self._variables = variables
        self._place = place
        self._problems = problems
        self._way = way

    def __contains__(self, name: object) -> bool:
        if name in self._variables or self._texts.fragment_named(str(name)) is not None:
            return True
        return self._is_lost_fragment(str(name))

    def _is_lost_fragment(self, name: str) -> bool:
        """Return whether a name means a fragment, and there is no such one; a variable may be
        called `fragment`, too."""
        head = name.partition(".")[0]
        return _fragment_in(name) is not None and head not in self._variables

    def __getitem__(self, name: str) -> Any:
        if name in self._variables:
            return self._variables[name]
        fragment = self._texts.fragment_named(name)
        if fragment is None:
            if not self._is_lost_fragment(name):
                raise KeyError(name)
            self._texts.refuse_fragment(name, self._place, self._problems)
            return ""
        return self._texts.fragment(fragment, self._variables, self._problems, self._way)

    def __iter__(self) -> Iterator[str]:
        yield from self._variables
        yield from self._texts.names

    def __len__(self) -> int:
        return len(self._variables) + len(self._texts.names)
