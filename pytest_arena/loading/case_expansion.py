"""Entries of `tests:` and of its groups to cases: each under its variants, for each row, and again
under attack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_arena.loading.case_checks import check_name
from pytest_arena.loading.cases import CaseSettings, LoadedCase, load_case, owner_of
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.conversations import dialogues_of
from pytest_arena.loading.data_places import of_row, place_of_name
from pytest_arena.loading.parametrize import ParameterSet, expand
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.templates import refuse_templates
from pytest_arena.loading.tree import YamlList, YamlMap, plain
from pytest_arena.loading.validate import build_model
from pytest_arena.loading.variants import check_one_name, variables_under, wanted_variants
from pytest_arena.schema import TEST_GROUPS, CaseSpec

if TYPE_CHECKING:
    from pytest_arena.prompts.attacks import Attack


def load_cases(
    tree: YamlMap, settings: CaseSettings, context: LoadContext
) -> Iterator[list[LoadedCase]]:
    """Yield the cases of `tests:` and of the groups, in the order of the format, each under all
    its variants."""
    for group in ("tests", *TEST_GROUPS):
        written = tree.get(group)
        if written is None:
            continue
        if not isinstance(written, YamlList):
            context.problems.add(
                f"{group!r} is not a list",
                tree.value_place(group),
                expected="a list of cases, each with a name and a prompt",
                fix=f"begin each case under {group}: with '- name: …'",
            )
            continue
        tags = () if group == "tests" else (group.removesuffix("_tests"),)
        for index, case in enumerate(written):
            if isinstance(case, YamlMap):
                yield from _expanded(case, tags, settings, context)
            else:
                context.problems.add(
                    "a case is not a mapping",
                    written.value_place(index),
                    expected="a mapping with name, prompt and assertions",
                    fix="write it like {name: Greeting, prompt: Hello!, assertions: […]}",
                )


def _expanded(
    case: YamlMap, tags: tuple[str, ...], settings: CaseSettings, context: LoadContext
) -> Iterator[list[LoadedCase]]:
    own = case.get("variables")
    shared = {**settings.variables, **plain(own)} if isinstance(own, dict) else settings.variables
    before = len(context.problems)
    rows = expand(case, shared, context)
    if not rows:
        # The case's own mistakes are shown with those of its rows.
        _check_shape(case, context, matrix=len(context.problems) == before)
    refuse_templates(case, {**shared, **(rows[0].variables if rows else {})}, context.problems)
    attacks = _attacks(case, context)
    owner = owner_of(case)
    wanted = wanted_variants(case, owner, settings.variants, context)
    for row in rows:
        under: list[LoadedCase] = []
        stands = partial(place_of_name, case, row.row)
        for variant in wanted or (None,):
            variables = variables_under(variant, shared, row.variables, owner, context)
            with _told_of_row(case, row, variables, context.problems):
                loaded = load_case(case, row, variables, tags, settings, context, variant, stands)
            if loaded is not None:
                under.append(loaded)
        if not under:
            continue
        check_one_name([one.plan.name for one in under], case, context.problems)
        yield under
        for attack in attacks:
            yield [_under_attack(one, attack, case, context) for one in under]
            name = f"{under[0].plan.name} [{attack.name}]"
            stands_attacked = partial(case.value_place, "name")
            check_name(name, case, settings.names, stands_attacked, context.problems)


def _told_of_row(
    case: YamlMap, row: ParameterSet, variables: Mapping[str, Any], problems: ProblemList
) -> AbstractContextManager[None]:
    """Have problems that a row's values make told at that row."""
    if row.row is None:
        return nullcontext()
    return problems.retold(partial(of_row, case=case, row=row.row, variables=variables))


def _attacks(case: YamlMap, context: LoadContext) -> tuple[Attack, ...]:
    if case.get("attacks") is None:
        return ()
    from pytest_arena.loading.attacks import build_attacks

    return build_attacks(case, owner_of(case), context)


def _under_attack(
    loaded: LoadedCase, attack: Attack, case: YamlMap, context: LoadContext
) -> LoadedCase:
    """Return a case again, named `Case [attack]` and tagged `attack` and `attack-<name>`."""
    from pytest_arena.loading.attacks import ATTACK_TAG, attacked

    plan = loaded.plan
    name = f"{plan.name} [{attack.name}]"
    spec = attacked(loaded.spec, attack)
    dialogues = dialogues_of(spec, loaded.prompt, plan.variables, context)
    if loaded.evals is not None:
        from pytest_arena.loading.packs import judged_turns

        dialogues = judged_turns(dialogues, loaded.evals)
    under = partial(
        replace,
        name=name,
        dialogues=dialogues,
        tags=tuple(dict.fromkeys((*plan.tags, ATTACK_TAG, f"{ATTACK_TAG}-{attack.name}"))),
        description=plan.description or attack.description or None,
        attack=attack.name,
    )
    by_model = {model: under(one) for model, one in loaded.by_model.items()}
    return replace(loaded, plan=under(plan), by_model=by_model)


def _check_shape(case: YamlMap, context: LoadContext, *, matrix: bool) -> None:
    parts = {"assertions", "attacks", "conversation", "data", "messages", "mock"}
    parts |= {"prompt", "prompts", "tools"}
    parts |= set() if matrix else {"matrix"}
    values = {key: value for key, value in case.items() if key not in parts}
    build_model(CaseSpec, case, context.problems, owner_of(case), values)
