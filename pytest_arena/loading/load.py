"""One arena file to its cells: the one way in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem
from pytest_arena.loading.agents import check_agent
from pytest_arena.loading.case_expansion import load_cases
from pytest_arena.loading.cases import CaseSettings, blank_case
from pytest_arena.loading.cell_plans import ProvidersByName, asked_of, cells_of
from pytest_arena.loading.chains import check_chain, lost_inputs
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.file_checks import (
    check_default_providers,
    check_loads,
    check_prices,
    idle_variants,
    unused_files,
)
from pytest_arena.loading.files import display_name
from pytest_arena.loading.gates import check_coverage_gates, check_gates, check_label_gates
from pytest_arena.loading.guardrails import build_guardrails
from pytest_arena.loading.idle_guardrails import check_guarded, idle_guardrails
from pytest_arena.loading.includes import OWN_KEY, read_arena
from pytest_arena.loading.inventory import inventory_of
from pytest_arena.loading.lax_bounds import lax_bounds
from pytest_arena.loading.mcp import build_servers
from pytest_arena.loading.mocks import build_responses, build_responses_file
from pytest_arena.loading.personas import Personas, check_columns
from pytest_arena.loading.plans import Arena
from pytest_arena.loading.providers import build_providers
from pytest_arena.loading.refused_cases import Refused
from pytest_arena.loading.systems import check_seen
from pytest_arena.loading.target_cases import TargetCases
from pytest_arena.loading.targets import build_prompts, build_targets, find_target
from pytest_arena.loading.templates import refuse_templates
from pytest_arena.loading.tool_checks import check_tools
from pytest_arena.loading.tools import DeclaredTools
from pytest_arena.loading.tree import YamlMap, plain
from pytest_arena.loading.validate import build_model
from pytest_arena.loading.validation_messages import WHOLE_ARENA
from pytest_arena.loading.variants import build_variants
from pytest_arena.registry import Registry
from pytest_arena.results.cleaning import clean_text
from pytest_arena.results.judging import CALIBRATIONS, Calibration
from pytest_arena.schema import TEST_GROUPS, ArenaSpec, JudgeSpec, MockResponses
from pytest_arena.schema.arena import spec_of_keys

_BUILT_APART = frozenset(
    {
        "providers",
        "guardrails",
        "judge",
        "mcp_servers",
        "mock",
        "personas",
        "targets",
        "tests",
        "tools",
        *TEST_GROUPS,
    }
)


def load_arena(
    path: Path,
    *,
    root: Path,
    registry: Registry,
    select: tuple[str, ...] = (),
    needs_cases: bool = True,
) -> Arena:
    """Load an arena file with everything that it names, and return its cells.

    `root` is what files are named relative to, and what they must be inside of. `select` keeps
    only the providers with these names or groups; a file that is asked for its providers and judges
    alone need not have cases (`needs_cases`). Raises `ArenaFileError` with every problem of the
    file, each with its place.
    """
    _check_name(path, root)
    refused = Refused()
    while True:
        context = LoadContext(
            root=root,
            registry=registry,
            refused=dict(refused.cases),
            refused_columns=dict(refused.columns),
        )
        context.problems.leave_out(refused.settled)
        try:
            tree = read_arena(path, context)
        except ArenaFileError as error:
            with context.gathering():
                raise error
            context.problems.raise_if_any()
            raise
        arena = _load(path, tree, select, context, needs_cases)
        if not len(context.problems) or not refused.take(context):
            break
    context.problems.raise_if_any()
    return arena


def _check_name(path: Path, root: Path) -> None:
    """Refuse a file whose name no results file can hold: other bytes than UTF-8's."""
    name = display_name(path, root)
    shown = clean_text(name)
    if shown != name:
        problem = Problem(
            "the name of the arena file, or of a folder on the way to it, is not in UTF-8",
            Location(shown, 1, 1),
            expected="a name that results can hold",
            fix="rename it",
        )
        raise ArenaFileError(problem)


def _load(
    path: Path,
    tree: YamlMap,
    select: tuple[str, ...],
    context: LoadContext,
    needs_cases: bool,
) -> Arena:
    light = {
        key: value
        for key, value in tree.items()
        if key not in _BUILT_APART and not str(key).startswith(OWN_KEY)
    }
    model = spec_of_keys(frozenset(light))
    spec = build_model(model, tree, context.problems, WHOLE_ARENA, light) or ArenaSpec()
    context.servers = build_servers(tree, context)
    providers = build_providers(tree, spec.defaults, context)
    guardrails, params = build_guardrails(
        tree.get("guardrails"), tree.value_place("guardrails"), context
    )
    context.providers = {provider.name: provider for provider in providers}
    context.defaults = spec.defaults
    tools = DeclaredTools(tree, context)
    prompts = build_prompts(spec, tree, context)
    targets = build_targets(tree, prompts, context)
    if any(prompt.pack is not None for prompt in prompts.values()):
        from pytest_arena.loading.packs import add_tests

        tree = add_tests(tree, prompts, targets, context)
    variants = build_variants(spec, tree, targets, prompts, providers, context)
    judge = _judge(tree, context)
    settings = CaseSettings(
        variables=plain(tree["variables"]) if spec.variables else {},
        targets=targets,
        variants=variants,
        guardrails=guardrails,
        params=params,
        trials=spec.defaults.trials or 1,
        continue_on_failure=spec.defaults.continue_on_failure,
        max_messages=spec.defaults.max_messages,
        target=spec.defaults.target,
        providers=_known(context, {provider.name for provider in providers}),
        groups={provider.group for provider in providers},
        judge=judge,
        calibrations=_calibrations(path, context),
        tools=tools,
        personas=Personas(tree, targets, tools, judge, context),
        tree=tree,
    )
    check_default_providers(spec, tree, settings, context)
    if spec.defaults.target is not None:
        place = tree["defaults"].value_place("target")
        find_target(spec.defaults.target, settings.targets, place, context)
    check_gates(spec, tree, settings, context)
    responses = _responses(path, tree, settings.answering, context)
    cases = list(load_cases(tree, settings, context))
    if "{{" in str(settings.variables):
        of_cases = (one.plan.variables for under in cases for one in under)
        names = {name: 0 for variables in (settings.variables, *of_cases) for name in variables}
        refuse_templates(tree, names, context.problems)
    if not cases and needs_cases and not len(context.problems):
        context.problems.add(
            "the arena has no cases",
            tree.place,
            expected="a list of cases under tests:",
            fix="write it like tests: [{name: Greeting, prompt: Hello!, assertions: […]}]",
        )
    check_label_gates(spec, tree, cases, context)
    others = ProvidersByName(providers)
    for case in chain(*cases) if tools.are_whole else ():
        known = others.under(case.variant)
        asked = [known[provider.name] for provider in asked_of(case, providers, spec)]
        check_tools(case.plan, asked, context)
        check_agent(case.plan, asked, context)
        check_chain(case.plan, asked, context)
        if case.plan.workflow is not None:
            from pytest_arena.loading.workflows import check_workflow

            check_workflow(case.plan, asked, context)
        check_columns(case.plan, asked, context)
    chosen = [each for each in providers if each.is_one_of(select)]
    cells = tuple(cells_of(path, cases, chosen, others, spec, responses, context))
    inventory = inventory_of(
        tree,
        prompts,
        targets,
        (name for variant in variants for name in variant.variables),
        tools.names,
        cells,
    )
    check_coverage_gates(spec, tree, inventory, context)
    check_prices(spec, cells, tree, context)
    check_loads(cells, context)
    check_guarded(cells, context)
    check_seen(cells, context)
    formats = spec.comparison.report_format if spec.comparison else None
    _let_go_of_cases(tree, settings, context)
    return Arena(
        file=display_name(path, context.root),
        name=spec.name,
        description=spec.description,
        providers=tuple(chosen),
        cells=cells,
        report_formats=(formats,) if formats else (),
        warnings=(
            *context.warnings,
            *(f"{one.place}: {one.what}" for one in _untold(context)),
            *lax_bounds(cells),
            *idle_guardrails(cells),
            *unused_files(cells),
            *idle_variants(variants, cells),
            *lost_inputs(targets),
        ),
        gates=spec.gates,
        schedule=plain(spec.schedule),
        comparison=spec.comparison,
        budget=spec.budget,
        every_provider=tuple(providers),
        judges=tuple(context.judges.values()),
        all_providers=tuple(sorted(settings.providers | settings.groups)),
        blank=blank_case(settings),
        targets=TargetCases(settings, context),
        responses=responses,
        defaults=spec.defaults,
        variants=tuple(variant.name for variant in variants),
        inventory=inventory.facts(),
        refused=_refused(context),
    )


def _untold(context: LoadContext) -> Iterator[Problem]:
    """Yield what is wrong with parts that no cell may show: unused ones, and columns."""
    yield from context.refused.get("", ())
    for problems in context.refused_columns.values():
        yield from problems


def _refused(context: LoadContext) -> tuple[Problem, ...]:
    """Return what is wrong with all that cannot run, each once."""
    found = (*context.refused.values(), *context.refused_columns.values())
    return tuple(dict.fromkeys(one for problems in found for one in problems))


def _let_go_of_cases(tree: YamlMap, settings: CaseSettings, context: LoadContext) -> None:
    """Let go of what the cases were made of: Python tests may ask the file's targets to the end of
    the run, which would keep it."""
    for group in ("tests", *TEST_GROUPS):
        if group in tree:
            del tree[group]
    settings.names.clear()
    context.built.clear()


def _known(context: LoadContext, names: set[str]) -> set[str]:
    """Return the names of the file's providers, broken ones among them; none where one has no
    name, since nobody can tell then which names are unknown."""
    return set() if "" in context.broken_providers else names | context.broken_providers


def _judge(tree: YamlMap, context: LoadContext) -> JudgeSpec | None:
    if tree.get("judge") is None:
        return None
    from pytest_arena.loading.judges import build_judge

    return build_judge(tree["judge"], tree.value_place("judge"), context)


def _calibrations(path: Path, context: LoadContext) -> Mapping[str, Calibration]:
    if not (path.parent / CALIBRATIONS).is_dir():
        return {}
    from pytest_arena.loading.calibrations import load_calibrations

    return load_calibrations(path, context)


def _responses(
    path: Path, tree: YamlMap, providers: set[str], context: LoadContext
) -> MockResponses | None:
    """Return the file's own answers: those under `mock:`, or `<name>.mock.yaml` beside it."""
    written: Any = tree.get("mock")
    if written is not None:
        return build_responses(written, tree.value_place("mock"), context, providers)
    stem = path.name.removesuffix(path.suffix).removesuffix(".arena")
    for ending in (".mock.yaml", ".mock.yml"):
        beside = path.with_name(stem + ending)
        if beside.exists():
            return build_responses_file(beside, tree.place, context, providers)
    return None
