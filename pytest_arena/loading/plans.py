"""What loading hands on: cases with their texts filled in, and the cells of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import Problem
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.agent_plans import AgentPlan, OfferPlan
from pytest_arena.loading.chain_plans import ChainPlan
from pytest_arena.loading.workflow_plans import WorkflowPlan
from pytest_arena.results.attached_file import AttachedFile
from pytest_arena.results.cell import column_name
from pytest_arena.results.content import Said
from pytest_arena.results.judging import Calibration
from pytest_arena.results.request_response import Message, Tool
from pytest_arena.schema import (
    Assertion,
    BudgetSpec,
    CaseMock,
    ComparisonSpec,
    Defaults,
    Guardrail,
    JudgeSpec,
    MockResponses,
    ProviderSpec,
)
from pytest_arena.schema.thresholds import ThresholdSpec
from pytest_arena.schema.transform import TransformSpec

if TYPE_CHECKING:
    from pytest_arena.loading.target_cases import TargetCases
    from pytest_arena.loading.task_chain_plans import TaskChainPlan

Reasons = str | Mapping[str, str]
"""A reason for every provider, or one for each provider or group by name."""


@dataclass(frozen=True, slots=True)
class NotePlan:
    """What a person tells an agent at work, once it has made so many calls of tools."""

    text: str
    after: int


@dataclass(frozen=True, slots=True)
class PersonaPlan:
    """A simulated user with all its texts filled in, as it talks in one turn of a conversation.

    It sends from `least` to `most` messages; `patience` is after how many it gives up.
    """

    name: str
    provider: ProviderSpec
    instructions: str
    least: int
    most: int
    patience: int | None = None
    agent: AgentPlan | None = None
    """The tools that it has, where it is an agent itself."""

    @property
    def longest(self) -> int:
        """The most messages that it can send."""
        return self.most if self.patience is None else min(self.most, self.patience)


@dataclass(frozen=True, slots=True)
class TurnPlan:
    """One user turn with its variables filled in.

    `before` was said before it, whoever said it, and is sent along.
    """

    user: Said
    assertions: tuple[Assertion, ...] = ()
    before: tuple[Message, ...] = ()
    notes: tuple[NotePlan, ...] = ()
    """What an agent is told while it works at the turn, in this order."""
    persona: PersonaPlan | None = None
    """Who talks, several times over, where nothing is scripted; `user` is empty then."""

    @property
    def most_answers(self) -> int:
        """The most answers that it asks for."""
        return 1 if self.persona is None else self.persona.longest


@dataclass(frozen=True, slots=True)
class LoadTestPlan:
    """The load that a case puts on a provider.

    So many `users` at once send one message after another, until `duration_s` has passed or each
    has sent `messages`; one of the two is set.
    """

    users: int
    duration_s: float | None = None
    messages: int | None = None


@dataclass(frozen=True, slots=True)
class CasePlan:
    """A case that is ready to run.

    `dialogues` are the ways in which the case talks to the provider: one turn for a prompt, one
    dialogue a prompt for `prompts`, several turns for a conversation. Every trial runs one
    dialogue. `params` are generation parameters of the case's file, under the provider's own.
    `own_variables` are the names of those that the case, its row or its matrix sets.
    """

    name: str
    line: int
    dialogues: tuple[tuple[TurnPlan, ...], ...]
    system: str | None = None
    assertions: tuple[Assertion, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    own_variables: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    cluster: str | None = None
    description: str | None = None
    skip: Reasons | None = None
    xfail: Reasons | None = None
    threshold: float | None = None
    trials: int = 1
    load: LoadTestPlan | None = None
    """Set for a load case, which has no trials of its own number."""
    pass_threshold: float = 1.0
    continue_on_failure: bool = False
    """Whether its conversation goes on after a turn that failed."""
    timeout_s: float | None = None
    session_id: str | None = None
    budget: BudgetSpec | None = None
    mock: CaseMock | None = None
    expected_themes: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    """The case's `context:`."""
    judge: JudgeSpec | None = None
    """The file's judge, for assertions without one of their own."""
    attack: str | None = None
    """The attack that the case is put under, by name."""
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    """What is known of judges' accuracy, by the judge's key."""
    tools: tuple[Tool, ...] = ()
    """What models are offered beside what the params of their provider hold."""
    agent: AgentPlan | None = None
    """Who works at its turns on the column's model, calling these tools; None where the model alone
    answers."""
    chain: ChainPlan | None = None
    """The chain of steps that answers its turns, most of them by the column's model."""
    workflow: WorkflowPlan | TaskChainPlan | None = None
    """The workflow whose states answer its turns, or the chain of tasks, by the column's model."""
    offer: OfferPlan | None = None
    """The MCP servers whose tools a model that answers alone is offered, too."""
    files: Mapping[str, AttachedFile] = field(default_factory=dict)
    """What parts of its messages stand for, by its hash."""
    transform: TransformSpec | None = None
    """What is made of each answer before assertions look at it."""
    prompt: str | None = None
    """The entry of `prompts:` that stands around what it says."""
    refused: str | None = None
    """What is wrong with it in a file of which the other cases run: nobody is asked."""
    source: str = ""
    """The file that `line` counts in: the arena's own, or one that it includes."""

    @property
    def works_in_steps(self) -> bool:
        """Whether an agent, a chain or a workflow of ours is at work."""
        return not (self.agent is None and self.chain is None and self.workflow is None)

    @property
    def target(self) -> str | None:
        """The name of the agent, the chain or the workflow that is at work."""
        at_work = self.agent or self.chain or self.workflow
        return at_work.name if at_work is not None else None

    @property
    def label(self) -> str | None:
        """The label that a right answer gives, where an assertion looks for one."""
        return next((label for one in self.assertions if (label := one.right_label)), None)

    @property
    def personas(self) -> Iterator[PersonaPlan]:
        """The simulated users of its conversation, one for each turn that they talk in."""
        turns = (turn for dialogue in self.dialogues for turn in dialogue)
        return (turn.persona for turn in turns if turn.persona is not None)

    @property
    def has_servers(self) -> bool:
        """Whether tools of MCP servers are offered, which are known when they are asked."""
        if self.chain is not None:
            return self.chain.has_servers
        if self.workflow is not None:
            return self.workflow.has_servers
        return self.offer is not None or (self.agent is not None and bool(self.agent.servers))

    def params_for(self, provider: ProviderSpec) -> dict[str, Any]:
        """Return the parameters of a call to a provider, without what `tools_for` returns."""
        params = {**self.params, **provider.params}
        if self.tools and provider.system is None:
            params.pop("tools", None)
        return params

    def tools_for(self, provider: ProviderSpec) -> list[Tool] | None:
        """Return what a model is offered: the case's tools, and those of its own params.

        None where the case has none, so that what its params hold is sent as it is, and for an
        application, which has its own.
        """
        if not self.tools or provider.system is not None:
            return None
        return [*self.tools, *(provider.params.get("tools") or self.params.get("tools") or ())]


def every_assertion(case: CasePlan) -> list[Assertion]:
    """Return the assertions of a case and of its turns, the members of groups among them."""
    found = with_members(case.assertions)
    for turns in case.dialogues:
        for turn in turns:
            found += with_members(turn.assertions)
    return found


def with_members(assertions: Iterable[Assertion]) -> list[Assertion]:
    """Return assertions, each before the members that it has as a group."""
    found: list[Assertion] = []
    for assertion in assertions:
        found.append(assertion)
        if members := assertion.members:
            found += with_members(members)
    return found


def rivals_of(
    case: CasePlan, providers: Mapping[str, ProviderSpec]
) -> dict[str, tuple[ProviderSpec, ...]]:
    """Return the providers that a case's assertions compare with, each with its fallbacks."""
    names = {name for assertion in every_assertion(case) for name in assertion.rivals}
    return {
        name: (providers[name], *(providers[other] for other in providers[name].fallbacks))
        for name in sorted(names)
    }


@dataclass(frozen=True, slots=True)
class CellPlan:
    """One case × provider. `file` is relative to the root directory, with `/`.

    `hashes` keep apart what can change between two runs: `prompt` (messages), `provider` (model,
    endpoint's host and parameters), `assertions` (with guardrails and thresholds) and `judge`.
    `guardrails` is that part of the assertions alone, where the case has some.
    """

    file: str
    case: CasePlan
    provider: ProviderSpec
    hashes: Mapping[str, str]
    fallbacks: tuple[ProviderSpec, ...] = ()
    """Who is asked while the provider is down."""
    rivals: Mapping[str, tuple[ProviderSpec, ...]] = field(default_factory=dict)
    """The providers whose answers to the case its assertions compare with, by name, each with its
    fallbacks behind it."""
    baseline_outputs: tuple[str, ...] = ()
    """The answers that the baseline keeps of this cell, where the run is compared with one."""
    mock_responses: MockResponses | None = None
    """The file's own answers for `--arena-mock`, where the case has none."""
    baseline_scores: Mapping[int | None, Mapping[str, float]] = field(default_factory=dict)
    """Mean scores of this cell in the baseline that the run is compared with: by turn (None: of
    the whole trial), then by what they measure."""

    variant: str | None = None
    """The variant that makes a column of the provider."""
    old: CellPlan | None = None
    """The version that the baseline was made with, judged as this one is; where that is another
    one and can be asked."""

    @property
    def name(self) -> str:
        return f"{self.case.name}[{self.column}]"

    @property
    def column(self) -> str:
        """The provider's name, or `provider/variant`."""
        return column_name(self.provider.name, self.variant)

    @property
    def version(self) -> str:
        """What is asked and of whom, as hashes."""
        return f"{self.hashes['prompt']} {self.hashes['provider']}"

    @property
    def skip(self) -> str | None:
        """Why the cell is not run; None where it is."""
        return self._reason(self.case.skip)

    @property
    def xfail(self) -> str | None:
        """Why the cell is expected to fail; None where it is not."""
        return self._reason(self.case.xfail)

    def _reason(self, reasons: Reasons | None) -> str | None:
        if reasons is None or isinstance(reasons, str):
            return reasons
        names = (self.column, self.provider.name, self.variant, self.provider.group)
        return next((reasons[name] for name in names if name and name in reasons), None)

    def asked_beside(self) -> Iterator[ProviderSpec]:
        """Yield whoever may be asked for the cell beside its own provider: fallbacks, simulated
        users, models of a chain's steps, rivals with theirs, judges and embedding models, some
        several times."""
        yield from self.fallbacks
        yield from (persona.provider for persona in self.case.personas)
        if self.case.chain is not None:
            yield from (s.provider for s in self.case.chain.steps if s.provider is not None)
        if self.case.workflow is not None:
            yield from self.case.workflow.providers
        for rivals in self.rivals.values():
            yield from rivals
        for assertion in every_assertion(self.case):
            yield from assertion.asks(self.case.judge)


@dataclass(frozen=True, slots=True)
class Arena:
    """A loaded arena file.

    `providers` have the file's defaults filled in (timeout, retries, concurrency, params under
    their own). `warnings` are for people, each with its place in front.
    """

    file: str
    name: str | None
    providers: tuple[ProviderSpec, ...]
    cells: tuple[CellPlan, ...]
    report_formats: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    gates: tuple[ThresholdSpec, ...] = ()
    schedule: Any = None
    description: str | None = None
    comparison: ComparisonSpec | None = None

    budget: BudgetSpec | None = None
    every_provider: tuple[ProviderSpec, ...] = ()
    """All providers of the file, those not selected included."""
    judges: tuple[ProviderSpec, ...] = ()
    """Whoever is asked beside a cell's own provider: judges, embedding models, and rivals to
    compare with."""
    all_providers: tuple[str, ...] = ()
    """Names and groups of all providers of the file, those not selected included."""
    blank: CasePlan = field(default_factory=lambda: CasePlan("", 0, ()))
    """A case without a word of its own: the judge, guardrails and params that each case has."""
    targets: TargetCases | None = None
    """The file's targets, for what is asked beside its cases."""
    responses: MockResponses | None = None
    """The file's own answers for the mock."""
    defaults: Defaults = field(default_factory=Defaults)
    variants: tuple[str, ...] = ()
    """The names of all variants of the file."""
    inventory: Mapping[str, Any] = field(default_factory=dict)
    """What there is to exercise, by kind, and the number of all its `cells`."""
    refused: tuple[Problem, ...] = ()
    """What is wrong with cases that are an `error` for it, while the others run."""

    def only(self, select: Sequence[str], variants: Sequence[str] = ()) -> Arena:
        """Return the arena with the providers of these names and groups, and with these variants;
        none given: with all."""
        return replace(
            self,
            providers=tuple(spec for spec in self.providers if spec.is_one_of(select)),
            cells=tuple(
                plan
                for plan in self.cells
                if plan.provider.is_one_of(select) and (not variants or plan.variant in variants)
            ),
        )
