"""The arena file that checks in Python go by: who judges, and whose answers are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_arena.checks.conversation import Conversation
from pytest_arena.errors import Location, Problem, UserError, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.plans import Arena, CasePlan, CellPlan, rivals_of
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.providers import build_provider, with_defaults
from pytest_arena.loading.tree import pack_mark, planted
from pytest_arena.registry import Registry
from pytest_arena.schema import Assertion, ProviderSpec

FILES = ("arena.yaml", "arena.yml")
APPLICATION = "application"
"""The column of answers that the code under test gave, where nobody names another one."""


def nearest_arena(folder: Path, root: Path) -> Path | None:
    """Return the `arena.yaml` in a folder or in the nearest one above it, up to the root."""
    for place in (folder, *folder.parents):
        found = next((place / name for name in FILES if (place / name).is_file()), None)
        if found is not None or place == root:
            return found
    return None


class Surroundings:
    """What checks in Python go by: an arena file's providers, judge and guardrails, if there is
    one, and what is registered."""

    def __init__(self, root: Path, registry: Registry, arena: Arena | None) -> None:
        self.root = root
        self.registry = registry
        self.arena = arena or Arena("", None, (), ())
        self.providers = {spec.name: spec for spec in self.arena.every_provider}
        self._inline: dict[str, ProviderSpec] = {}

    def context(self, place: Location) -> LoadContext:
        """Return what building something that is written at a place goes by."""
        context = LoadContext(self.root, self.registry, files=[place.file])
        context.providers = dict(self.providers)
        context.defaults = self.arena.defaults
        return context

    def column(self, name: str) -> ProviderSpec:
        """Return the column of a name: that of a provider of the file, else an application's."""
        return self.providers.get(name) or application(name)

    def provider(self, given: str | Mapping[str, Any], place: Location) -> ProviderSpec:
        """Return a provider by its name in the arena file, as `vendor/model`, or by its entry."""
        if isinstance(given, str) and given in self.providers:
            return self.providers[given]
        if isinstance(given, str) and "/" not in given:
            raise UserError(self._unknown(given, place))
        entry = {"model": given} if isinstance(given, str) else dict(given)
        entry.setdefault("name", str(entry.get("model") or entry.get("provider") or APPLICATION))
        known = self._inline.get(repr(entry))
        if known is not None:
            return known
        context = self.context(place)
        tree = planted(entry, context.files, pack_mark(0, place.line, place.column))
        spec = build_provider(tree, context)
        context.problems.raise_if_any()
        assert spec is not None  # noqa: S101  # or there is a problem
        return self._inline.setdefault(repr(entry), with_defaults(spec, context.defaults))

    def _unknown(self, name: str, place: Location) -> Problem:
        known = sorted(self.providers)
        where = f"a provider of {self.arena.file}" if known else "a provider of an arena file"
        return Problem(
            f"unknown provider {shorten(name)!r}",
            place,
            expected=one_of(name, known, where),
            fix=suggest(name, known)
            or "add it to providers: of the nearest arena.yaml, or write it like openai/gpt-5-mini",
        )

    def plan(
        self,
        *,
        file: str,
        case: str,
        column: ProviderSpec,
        said: Conversation,
        assertions: tuple[Assertion, ...] = (),
        place: Location,
        target: str | None = None,
        variables: Mapping[str, Any] | None = None,
        under: CasePlan | None = None,
    ) -> CellPlan:
        """Return the plan of one question to a column, and of what must hold of its answer, as it
        is written at a place.

        It is put to a `target` of the file, whose texts and tools are filled with `variables`
        beside the file's, which an application is handed, too. `under` is what was asked, where
        its answer is looked at.
        """
        turn = said.turn
        for name in {name for one in assertions for name in one.rivals}:
            if turn is None:
                raise UserError(
                    Problem(
                        f"provider {name!r} cannot be asked the same: no prompt is known",
                        place,
                        fix='say what was asked, as in expect(answer, …, prompt="…")',
                    )
                )
        blank = under or self.arena.blank
        plan = replace(
            blank,
            name=case,
            line=place.line,
            source=place.file,
            dialogues=((turn,) if turn is not None else (),),
            system=said.system,
            assertions=assertions,
            documents=said.documents,
            files=said.files,
            variables={**blank.variables, **(variables or {})},
            trials=1,
        )
        if variables and target is None and column.system is None:
            raise UserError(
                Problem(
                    "variables are given, and nothing is filled with them",
                    place,
                    expected="a target, whose texts and tools are, or an application",
                    fix='name one, as in target="support", or write them into the prompt',
                )
            )
        if target is not None:
            plan = self._put_to(target, plan, column, place)
        return CellPlan(
            file=file,
            case=plan,
            provider=column,
            hashes={},
            fallbacks=tuple(self.providers[name] for name in column.fallbacks),
            rivals=rivals_of(plan, self.providers),
            mock_responses=self.arena.responses,
        )

    def _put_to(
        self, target: str, asked: CasePlan, column: ProviderSpec, place: Location
    ) -> CasePlan:
        if self.arena.targets is None:
            raise UserError(
                Problem(
                    f"unknown target {shorten(target)!r}",
                    place,
                    expected="a target of an arena file",
                    fix="define it under targets: of the nearest arena.yaml",
                )
            )
        return self.arena.targets.under(target, asked, column, place)


def application(name: str = APPLICATION) -> ProviderSpec:
    """Return the column of answers that code under test gave, which nobody here asks."""
    return ProviderSpec(name=name)
