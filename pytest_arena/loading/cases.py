"""One entry of `tests:` to a case that is ready to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import Location, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.agents import with_tools
from pytest_arena.loading.assertions import build_assertions
from pytest_arena.loading.case_checks import (
    check_checks,
    check_length,
    check_messages,
    check_name,
    check_notes,
    check_personas,
    check_providers,
    check_source,
    check_tags,
    is_load_case,
)
from pytest_arena.loading.chains import with_chain
from pytest_arena.loading.content import build_content
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.conversations import (
    build_conversation,
    build_messages,
    dialogues_of,
    sent_files,
    system_of,
)
from pytest_arena.loading.dialects.promptpack.pack_message import PackMessage
from pytest_arena.loading.labels import check_label, with_label
from pytest_arena.loading.mocks import build_case_mock
from pytest_arena.loading.parametrize import ALONE, ParameterSet
from pytest_arena.loading.personas import Personas
from pytest_arena.loading.plans import CasePlan, LoadTestPlan
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.reasons import filled_reasons
from pytest_arena.loading.targets import Prompt, Target, Workflow, find_target
from pytest_arena.loading.templates import render_case, render_value
from pytest_arena.loading.tools import DeclaredTools
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.loading.variants import (
    Variant,
)
from pytest_arena.prompts.templates import as_text
from pytest_arena.results.cell import column_name
from pytest_arena.results.judging import Calibration
from pytest_arena.schema import Assertion, CaseSpec, Guardrail, JudgeSpec, ProviderSpec

if TYPE_CHECKING:
    from pytest_arena.loading.dialects.promptpack.evals import PackEvals
    from pytest_arena.loading.dialects.promptpack.pack_prompts import PackPrompt

_NO_TARGET = Target()


@dataclass(slots=True)
class CaseSettings:
    """What the cases of a file share; `names` are those taken so far, with what says where."""

    variables: Mapping[str, Any]
    targets: Mapping[str, Target]
    guardrails: tuple[Guardrail, ...]
    params: Mapping[str, Any]
    trials: int
    continue_on_failure: bool
    max_messages: int | None
    providers: set[str]
    groups: set[str]
    variants: tuple[Variant, ...] = ()
    target: str | None = None
    judge: JudgeSpec | None = None
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    tools: DeclaredTools | None = None
    personas: Personas | None = None
    names: dict[str, Callable[[], Location]] = field(default_factory=dict)
    tree: YamlMap | None = None
    """The file as it is written."""
    in_columns: set[str] = field(init=False)
    """The names of variants, and of the columns that they make."""
    _of_packs: dict[str, DeclaredTools] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [variant.name for variant in self.variants]
        columns = {column_name(one, name) for one in self.providers for name in names}
        self.in_columns = {*names, *columns}

    def tools_under(self, pack: PackPrompt | None, context: LoadContext) -> DeclaredTools | None:
        """Return the tools of the file, or those of a pack's prompt where that names some."""
        if pack is None or self.tree is None or not pack.tools:
            return self.tools
        if pack.owner not in self._of_packs:
            from pytest_arena.loading.packs import tools_under

            self._of_packs[pack.owner] = tools_under(pack, self.tree, context)
        return self._of_packs[pack.owner]

    @property
    def answering(self) -> set[str]:
        """The names that a mock may answer for: those of columns, providers and variants, of the
        file's judges, and of simulated users."""
        if not self.providers:
            return set()
        judges = {spec.name for spec in self.judge.panel} if self.judge else set()
        played = self.personas.talking if self.personas is not None else frozenset()
        return self.providers | self.in_columns | judges | played


@dataclass(frozen=True, slots=True)
class LoadedCase:
    """A case that is ready to run, with what it was made of."""

    plan: CasePlan
    spec: CaseSpec
    prompt: Prompt
    variant: Variant | None = None
    by_model: Mapping[str, CasePlan] = field(default_factory=dict)
    """The case as a pack's prompt has it for some models, by their names."""
    evals: PackEvals | None = None
    """What a pack holds its answers to, where its prompt or its workflow is one of a pack."""

    def plan_for(self, asked: ProviderSpec) -> CasePlan:
        """Return the case as a column is asked it."""
        if not self.by_model:
            return self.plan
        from pytest_arena.loading.packs import model_entry

        return model_entry(self.by_model, asked) or self.plan


def load_case(
    case: YamlMap,
    row: ParameterSet,
    variables: Mapping[str, Any],
    tags: tuple[str, ...],
    settings: CaseSettings,
    context: LoadContext,
    variant: Variant | None,
    stands: Callable[[], Location],
) -> LoadedCase | None:
    problems = context.problems
    before = len(problems)
    variables = _with_documents(case, variables, problems)
    rendered = render_case(case, variables, problems)
    owner = owner_of(case)
    values = _values(rendered, owner, settings, context) | filled_reasons(case, rendered)
    checks_whole = len(problems) == before
    spec = build_model(CaseSpec, rendered, problems, owner, values)
    if spec is None:
        return None
    spec = with_label(spec, rendered, context)
    check_tags(spec, rendered, problems)
    check_source(spec, rendered, owner, problems, whole=checks_whole)
    if checks_whole:
        # Where an assertion was refused, that it is missing is no mistake of its own.
        rules, evals = _checks_of_pack(spec, variant, settings)
        guardrails = (*settings.guardrails, *rules)
        check_checks(spec, rendered, owner, guardrails, problems, evals)
    check_label(spec, rendered, owner, problems)
    check_messages(spec, rendered, owner, problems)
    check_personas(spec, rendered, owner, problems)
    check_length(spec, rendered, owner, settings.max_messages, problems)
    check_providers(
        spec, rendered, owner, settings.providers, settings.groups, settings.in_columns, problems
    )
    templated = isinstance(case.get("name"), str) and "{{" in case["name"]
    name = spec.name if templated else spec.name + row.ending
    if not templated or rendered["name"] is not case["name"]:
        # a name that could not be filled in is no name yet
        is_one_of_several = row is not ALONE[0]
        check_name(name, case, settings.names, stands, problems, is_variant=is_one_of_several)
    load = _load_plan(spec, rendered, owner, problems)
    if len(problems) > before:
        return None
    target = _target(spec, rendered, settings, context)
    prompt = target.prompt
    system = _system(spec, prompt, variant, variables, context)
    if variant is not None and variant.prompt is not None:
        prompt = variant.prompt
        target = variant.target or target
    agent = target.agent
    if agent is not None and prompt.pack is not None:
        from pytest_arena.loading.packs import agent_under

        agent = agent_under(agent, prompt.pack)
    is_agent = agent is not None
    check_notes(spec, rendered, owner, of_an_agent=is_agent, problems=problems)
    has_own_system = _has_own_system(spec, prompt, variant)
    plan = _plan(
        name,
        spec,
        rendered.place,
        prompt,
        system,
        variables,
        tags,
        settings,
        context,
        own_variables=tuple(dict.fromkeys((*row.variables, *spec.variables))),
        # a system prompt that another one stands in place of is not told
        told_prompt=prompt.name if prompt.user is not None or not has_own_system else None,
    )
    if load is not None:
        plan = replace(plan, load=load, trials=1)
    if spec.name in context.refused:
        plan = replace(plan, refused="\n".join(map(str, context.refused[spec.name])))
    tools = settings.tools_under(prompt.pack, context)
    by_model: dict[str, CasePlan] = {}
    if target.workflow is not None:
        plan, by_model = _in_workflow(plan, target.workflow, rendered, settings, context)
    elif tools is not None and target.chain is not None:
        plan = with_chain(plan, target.chain, rendered, tools, context)
    elif tools is not None and target.task_chain is not None:
        from pytest_arena.loading.task_chains import with_task_chain

        plan = with_task_chain(plan, target.task_chain, rendered, tools, context)
    elif tools is not None:
        chaos = (*spec.chaos, *(variant.chaos if variant is not None else ()))
        plan = with_tools(plan, agent, rendered, tools, chaos, context)
    if prompt.pack is not None:
        plan, by_model = _under_pack(plan, prompt.pack, rendered.place, has_own_system, context)
    of_workflow = target.workflow.evals if target.workflow is not None else None
    of_prompt = prompt.pack.evals if prompt.pack is not None else None
    loaded = LoadedCase(plan, spec, prompt, variant, by_model, of_workflow or of_prompt)
    return loaded if len(problems) == before else None


def _under_pack(
    plan: CasePlan, pack: PackPrompt, place: Location, has_own_system: bool, context: LoadContext
) -> tuple[CasePlan, dict[str, CasePlan]]:
    """Return a case under a pack's prompt, and as that is for some models, by their names."""
    from pytest_arena.loading.packs import with_pack

    under = partial(with_pack, plan, pack, place, context, has_own_system=has_own_system)
    overrides = pack.spec.model_overrides
    return under(), {name: under(override=override) for name, override in overrides.items()}


def _in_workflow(
    plan: CasePlan, workflow: Workflow, case: YamlMap, settings: CaseSettings, context: LoadContext
) -> tuple[CasePlan, dict[str, CasePlan]]:
    """Return a case that a workflow answers, and as that is for some models, by their names."""
    from pytest_arena.loading.workflows import models_of, with_workflow

    tools_under = partial(settings.tools_under, context=context)
    under = partial(with_workflow, plan, workflow, case, tools_under, context)
    return under(), {name: under(model=name) for name in models_of(workflow)}


def _values(
    case: YamlMap, owner: str, settings: CaseSettings, context: LoadContext
) -> dict[str, Any]:
    """Return a case's values, with what has models of its own built; what made variants of the case
    has been read."""
    values: dict[str, Any] = {k: v for k, v in case.items() if k not in ("matrix", "data", "tools")}
    if "assertions" in case:
        place = case.value_place("assertions")
        values["assertions"] = build_assertions(case["assertions"], place, context)
    if case.get("conversation") is not None:
        values["conversation"] = build_conversation(case, owner, context)
    if case.get("messages") is not None:
        values["messages"] = build_messages(case, owner, context)
    if case.get("prompt") is not None:
        values["prompt"] = build_content(case, "prompt", owner, context)
    if isinstance(prompts := case.get("prompts"), YamlList):
        values["prompts"] = [
            build_content(prompts, index, owner, context) for index in range(len(prompts))
        ]
    if case.get("mock") is not None:
        values["mock"] = build_case_mock(case, owner, settings.answering, context)
    return values


def _load_plan(
    spec: CaseSpec, case: YamlMap, owner: str, problems: ProblemList
) -> LoadTestPlan | None:
    if not is_load_case(case):
        return None
    from pytest_arena.loading.load_tests import load_plan

    return load_plan(spec, case, owner, problems)


def _with_documents(
    case: YamlMap, variables: Mapping[str, Any], problems: ProblemList
) -> Mapping[str, Any]:
    """Return the variables with `{{ context }}`: the case's documents, with blank lines between.

    A variable of that name stays what it is.
    """
    if case.get("context") is None or "context" in variables:
        return variables
    given = render_value(case, "context", variables, problems)
    texts = given if isinstance(given, YamlList) else [given]
    return {**variables, "context": "\n\n".join(as_text(text) for text in texts)}


def _target(spec: CaseSpec, case: YamlMap, settings: CaseSettings, context: LoadContext) -> Target:
    if spec.target is None:
        return settings.targets.get(settings.target or "", _NO_TARGET)
    return find_target(spec.target, settings.targets, case.value_place("target"), context)


def _checks_of_pack(
    spec: CaseSpec, variant: Variant | None, settings: CaseSettings
) -> tuple[tuple[Guardrail, ...], tuple[Assertion, ...]]:
    """Return the guardrails and the assertions that a case has by its pack, where it has one."""
    target = settings.targets.get(spec.target or settings.target or "", _NO_TARGET)
    prompt = target.prompt
    if variant is not None and variant.prompt is not None:
        target, prompt = variant.target or target, variant.prompt
    if target.workflow is not None:
        states = target.workflow.prompts.values()
        return tuple(rule for one in states for rule in one.guardrails), target.workflow.evals.all
    return (prompt.pack.guardrails, prompt.pack.evals.all) if prompt.pack is not None else ((), ())


def _has_own_system(spec: CaseSpec, prompt: Prompt, variant: Variant | None) -> bool:
    """Return whether a case under a pack's prompt has another system prompt than the pack's."""
    if prompt.user is not None and prompt.system is None and isinstance(prompt.user, PackMessage):
        return True  # it is the user's message
    if variant is not None and (variant.system is not None or variant.prompt is not None):
        return variant.system is not None
    return system_of(spec) is not None


def _system(
    spec: CaseSpec,
    prompt: Prompt,
    variant: Variant | None,
    variables: Mapping[str, Any],
    context: LoadContext,
) -> str | None:
    """Return the system prompt: the variant's, else the case's, else its target's."""
    own = variant.system or (variant.prompt and variant.prompt.system) if variant else None
    if own:
        return own.filled(variables, context)
    said = system_of(spec)
    if said is None and prompt.system is not None:
        return prompt.system.filled(variables, context)
    return said


def _plan(
    name: str,
    spec: CaseSpec,
    place: Location,
    prompt: Prompt,
    system: str | None,
    variables: Mapping[str, Any],
    tags: tuple[str, ...],
    settings: CaseSettings,
    context: LoadContext,
    own_variables: tuple[str, ...],
    told_prompt: str | None,
) -> CasePlan:
    return CasePlan(
        name=name,
        line=place.line,
        source=place.file,
        dialogues=dialogues_of(
            spec, prompt, variables, context, settings.personas, settings.max_messages
        ),
        files=sent_files(spec),
        system=system,
        assertions=spec.assertions,
        guardrails=settings.guardrails,
        params=settings.params,
        variables=variables,
        own_variables=own_variables,
        prompt=told_prompt,
        tags=tuple(dict.fromkeys((*tags, *spec.tags))),
        cluster=spec.cluster,
        description=spec.description,
        skip=spec.skip,
        xfail=spec.xfail,
        threshold=spec.threshold,
        trials=spec.trials or settings.trials,
        pass_threshold=spec.pass_threshold,
        continue_on_failure=settings.continue_on_failure
        if spec.continue_on_failure is None
        else spec.continue_on_failure,
        timeout_s=spec.timeout,
        session_id=spec.session_id,
        budget=spec.budget,
        mock=spec.mock,
        expected_themes=spec.expected_themes or (),
        documents=spec.context,
        transform=spec.transform,
        judge=settings.judge,
        calibrations=settings.calibrations,
    )


def blank_case(settings: CaseSettings) -> CasePlan:
    """Return a case without a word of its own, with what every case of the file has."""
    return CasePlan(
        name="",
        line=0,
        dialogues=(),
        guardrails=settings.guardrails,
        params=settings.params,
        variables=settings.variables,
        trials=settings.trials,
        judge=settings.judge,
        calibrations=settings.calibrations,
        tools=settings.tools.without_variables if settings.tools is not None else (),
    )


def owner_of(case: YamlMap) -> str:
    name = case.get("name")
    return f"case {shorten(str(name), 60)!r}" if name is not None else "a case"
