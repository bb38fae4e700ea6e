"""`personas:` of a file, and the turns of conversations in which they talk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.agent_plans import AgentPlan
from pytest_arena.loading.agents import agent_plan, tools_of
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.judges import asked_provider
from pytest_arena.loading.plans import CasePlan, PersonaPlan
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.targets import Target, find_target
from pytest_arena.loading.templates import fill
from pytest_arena.loading.tools import DeclaredTools
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.prompts.persona_texts import ending, instructions
from pytest_arena.schema import (
    TEST_GROUPS,
    JudgeSpec,
    PersonaSpec,
    PersonaTurnSpec,
    ProviderSpec,
)

_LIKE = "write it like personas: {buyer: {goals: [a refund], style: curt}}"
_PLAYED = "write it like provider: {provider: openai, model: gpt-5.5}, or name an entry of "
_PLAYED += "providers:"


@dataclass(frozen=True, slots=True)
class _Written:
    spec: PersonaSpec
    tree: YamlMap | None
    """Where it stands in the file; None for one that ships."""


class Personas:
    """The simulated users that a file's conversations may name: its own, and those that ship."""

    def __init__(
        self,
        tree: YamlMap,
        targets: Mapping[str, Target],
        tools: DeclaredTools,
        judge: JudgeSpec | None,
        context: LoadContext,
    ) -> None:
        self._targets = targets
        self._tools = tools
        self._judge = judge
        self._names_judge = tree.get("judge") is not None
        self._are_whole = True
        self._context = context
        own, named = self._own(tree), set(_named_in(tree))
        # most files have none, and need not wait for those that ship
        shipped = _shipped() if own or named else {}
        self._known: dict[str, _Written | None] = {**shipped, **own}
        context.personas = self.names
        # which of them a template means is known case by case
        any_may_talk = any("{{" in name for name in named)
        self.talking = self.names if any_may_talk else self.names & {*own, *named}
        """The names of those of the file, and of those that its conversations may name."""

    @property
    def names(self) -> frozenset[str]:
        """The names of all of them, those with problems of their own included; none where nobody
        can tell which there are."""
        return frozenset(self._known) if self._are_whole else frozenset()

    def plan(
        self, turn: PersonaTurnSpec, most: int, variables: Mapping[str, Any], owner: str
    ) -> PersonaPlan | None:
        """Return who talks in a turn, `most` messages long at most, with all texts filled in; None
        after adding its problems."""
        found = self._known.get(turn.persona)
        if found is None:
            # told where the turn was read, or where it stands
            return None
        spec, tree = found.spec, found.tree
        place = turn.place or Location("", 1, 1)
        provider = spec.provider or self._default(turn.persona, tree, place, owner)
        if provider is None:
            return None

        def filled(text: str, key: str) -> str:
            at = tree.value_place(key) if tree is not None else place
            return fill(text, variables, at, self._context.problems)

        told = instructions(
            spec.system and filled(spec.system, "system"),
            spec.description and filled(spec.description, "description"),
            [*(filled(goal, "goals") for goal in spec.goals), *turn.goals],
            [filled(each, "constraints") for each in spec.constraints],
            spec.style and filled(spec.style, "style"),
        )
        plan = PersonaPlan(
            name=turn.persona,
            provider=provider,
            instructions=f"{told}\n\n{ending(turn.least, spec.patience)}",
            least=turn.least,
            most=most,
            patience=spec.patience,
        )
        self._context.judges |= {id(provider): provider}
        if spec.target is None or tree is None:
            return plan
        return self._as_agent(plan, spec.target, tree, variables)

    def _as_agent(
        self, plan: PersonaPlan, target: str, tree: YamlMap, variables: Mapping[str, Any]
    ) -> PersonaPlan | None:
        """Return a persona that works with the tools of an agent of the file."""
        context, place = self._context, tree.value_place("target")
        found = find_target(target, self._targets, place, context)
        if found.agent is None:
            if target in self._targets:
                context.problems.add(
                    f"persona {shorten(plan.name)!r} has the target {shorten(target)!r}, which is "
                    "no agent",
                    place,
                    expected="a target of type agent, whose tools the persona may use",
                    fix="name another one, or remove 'target'",
                )
            return None
        agent = found.agent
        nothing = YamlMap(tree.files, tree.mark)
        owner = f"persona {shorten(plan.name)!r}"
        tools = tools_of(agent, nothing, owner, variables, self._tools, context)
        made: AgentPlan = agent_plan(agent, tools, variables, context)
        system = found.prompt.system
        told = plan.instructions
        if system is not None:
            told = f"{system.filled(variables, context)}\n\n{told}"
        return replace(plan, agent=made, instructions=told)

    def _own(self, tree: YamlMap) -> dict[str, _Written | None]:
        written = tree.get("personas")
        if written is None:
            return {}
        if not isinstance(written, YamlMap):
            self._are_whole = False
            self._context.problems.add(
                "'personas' is not a mapping",
                tree.value_place("personas"),
                expected="simulated users by name",
                fix=_LIKE,
            )
            return {}
        return {
            str(name): self._one(str(name), value, written.key_place(name))
            for name, value in written.items()
        }

    def _one(self, name: str, written: Any, place: Location) -> _Written | None:
        owner = f"persona {shorten(name)!r}"
        if not isinstance(written, YamlMap):
            self._context.problems.add(
                f"{owner} is not a mapping",
                place,
                expected="what it wants and how it talks",
                fix=_LIKE,
            )
            return None
        values: dict[str, Any] = dict(written)
        if written.get("provider") is not None:
            at = written.value_place("provider")
            provider = asked_provider(
                written["provider"], at, name, self._context, "provider", _PLAYED
            )
            if provider is None:
                # what is wrong is told
                return None
            if provider.asks_nobody:
                self._context.problems.add(
                    f"{owner} is played by {shorten(provider.name)!r}, which asks nobody",
                    at,
                    expected="a model, which answers what it is told",
                    fix=_PLAYED,
                )
            values["provider"] = provider
        spec = build_model(PersonaSpec, written, self._context.problems, owner, values)
        return _Written(spec, written) if spec is not None else None

    def _default(
        self, name: str, tree: YamlMap | None, place: Location, owner: str
    ) -> ProviderSpec | None:
        """Return the file's judge, which plays who has no model of its own."""
        if self._judge is not None:
            return self._judge.panel[0]
        if not self._names_judge:
            self._context.problems.add(
                f"no model plays persona {shorten(name)!r} of {owner}",
                tree.place if tree is not None else place,
                expected="a provider: of the persona, or a judge: of the file, which plays it then",
                fix="add judge: {provider: openai, model: gpt-5.5}, or to its entry in personas: "
                "provider: …",
            )
        return None


def _named_in(tree: YamlMap) -> Iterator[str]:
    """Yield the personas that the conversations of a file name, as they are written."""
    for group in ("tests", *TEST_GROUPS):
        cases = tree.get(group)
        for case in cases if isinstance(cases, YamlList) else ():
            turns = case.get("conversation") if isinstance(case, YamlMap) else None
            for turn in turns if isinstance(turns, YamlList) else ():
                if isinstance(turn, YamlMap) and "persona" in turn:
                    yield str(turn["persona"])


def check_columns(case: CasePlan, columns: Iterable[ProviderSpec], context: LoadContext) -> None:
    """Refuse a persona on a column whose answers are there already: nobody would hear it."""
    for spec in columns:
        if spec.asks_nobody and any(case.personas):
            context.problems.add(
                f"case {shorten(case.name, 60)!r} has a persona, and runs on "
                f"{shorten(spec.name)!r}, whose answers are there already",
                Location(case.source, case.line, 1),
                expected="a model or an application, which answers what the persona says",
                fix="name them: providers: […] of the case",
            )


def check_known(name: str, place: Location, context: LoadContext) -> bool:
    """Return whether a persona is known, or nobody can tell; else that is a problem."""
    if name in context.personas or not context.personas:
        return True
    context.problems.add(
        f"unknown persona {shorten(name)!r}",
        place,
        expected=one_of(name, sorted(context.personas), "an entry of personas:"),
        fix=suggest(name, context.personas) or "define it under personas:",
    )
    return False


def _shipped() -> dict[str, _Written | None]:
    from pytest_arena.schema.persona_library import SHIPPED

    return {name: _Written(spec, None) for name, spec in SHIPPED.items()}
