"""A whole arena file as it is written."""

from functools import cache
from typing import Any, Literal

from pydantic import Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.errors import shorten
from pytest_arena.schema.agent import AgentTargetSpec
from pytest_arena.schema.base import ArenaModel, Duration, PromptText
from pytest_arena.schema.case import CaseSpec
from pytest_arena.schema.chain import ChainTargetSpec
from pytest_arena.schema.guardrail import GuardrailsBlock
from pytest_arena.schema.judge import JudgeSpec
from pytest_arena.schema.limits import BudgetSpec
from pytest_arena.schema.mcp import McpServerSpec
from pytest_arena.schema.mock import MockResponses
from pytest_arena.schema.params import Params
from pytest_arena.schema.persona import PersonaSpec
from pytest_arena.schema.predicted import Predicted
from pytest_arena.schema.provider import CacheSpec, ProviderSpec
from pytest_arena.schema.task_chain_target import TaskChainTargetSpec
from pytest_arena.schema.thresholds import ThresholdSpec
from pytest_arena.schema.tool import ToolSpec
from pytest_arena.schema.variant import VariantSpec
from pytest_arena.schema.workflow_target import WorkflowTargetSpec

TEST_GROUPS = ("quality_tests", "performance_tests", "safety_tests", "load_tests", "cost_tests")


class Defaults(ArenaModel):
    """What providers and cases fall back to."""

    providers: tuple[str, ...] | None = None
    """Providers or groups that a case runs on when it names none (default: all)."""
    target: str | None = None
    """How a case reaches its providers when it says nothing else: the name of an entry of
    `targets:`."""
    timeout: Duration | None = None
    """The most that one attempt may take."""
    retries: int | None = Field(default=None, ge=0, le=20)
    """Further attempts after a failure that may pass."""
    concurrency: int | None = Field(default=None, gt=0)
    """Calls in flight at once to each provider, over all workers together."""
    params: Params = Field(default_factory=dict)
    """Generation parameters, under those of a provider."""
    predicted: Predicted | None = None
    """Where an answer says its label, for cases with a `label:` that do not say it themselves."""
    trials: int | None = Field(default=None, gt=0)
    """How many times each case is run against each provider."""
    continue_on_failure: bool = False
    """Go on with conversations after a turn whose assertions failed, instead of ending them."""
    max_messages: int | None = Field(default=None, ge=2)
    """The most messages that a conversation may have, the user's and the answers to them."""
    cache: CacheSpec | None = None
    """Keep answers for a while, for local work; off in CI."""


class PromptSpec(ArenaModel):
    """A prompt that targets use: inline, a text file with the system prompt, or one of a pack."""

    system: PromptText | None = None
    """The system prompt; `{{ name }}` stands for a variable."""
    user: PromptText | None = None
    """A template around the case's prompt, which is `{{ prompt }}` in it."""
    path: str | None = None
    """A text file that holds the system prompt, beside the arena file; a `.prompt` file may hold
    `system` and `user`, with Go's templates."""
    pack: str | None = None
    """A PromptPack (JSON or YAML) that holds it, with its variables, validators, tools, parameters
    and evals."""
    prompt: str | None = None
    """Which of the pack's prompts (default: the only one)."""

    @model_validator(mode="before")
    @classmethod
    def _says_whose_it_is(cls, written: Any) -> Any:
        if not isinstance(written, str):
            return written
        key = "user" if "{{ prompt }}" in written else "system"
        raise PydanticCustomError(
            "prompt",
            "a prompt that is a text alone: {given}",
            {
                "given": shorten(repr(written), 60),
                "expected": "system: a system prompt, user: a template around the case's prompt",
                "fix": f"write it like {{{key}: …}}",
            },
        )


class PromptTargetSpec(ArenaModel):
    """A case's prompt or conversation, sent to the provider under one of the file's prompts."""

    type: Literal["prompt"]
    """What kind of target this is."""
    prompt: str | None = None
    """The name of an entry of `prompts:`."""


class ComparisonSpec(ArenaModel):
    """The simple dialect's `comparison:` block; `report_format` adds a report."""

    enable: bool = True
    """Kept and shown."""
    metrics: tuple[str, ...] = ()
    """Kept and shown; the report has every metric."""
    report_format: str | None = None
    """A report to write beside those that were asked for."""


class ArenaSpec(ArenaModel):
    """A whole arena file."""

    arena: Literal[1] = 1
    """The format's version."""
    name: str | None = None
    """The arena's name, for reports."""
    description: str | None = None
    """What the arena is about, for people."""
    include: tuple[str, ...] = ()
    """Further files (patterns allowed) whose entries are added to this one's."""
    providers: tuple[ProviderSpec, ...] = ()
    """The columns of the comparison: models to ask."""
    defaults: Defaults = Field(default_factory=Defaults)
    """What providers and cases fall back to."""
    variables: dict[str, Any] = Field(default_factory=dict)
    """Values for `{{ name }}` in every text."""
    prompts: dict[str, PromptSpec] = Field(default_factory=dict)
    """Prompts by name, for targets."""
    targets: dict[
        str,
        PromptTargetSpec
        | AgentTargetSpec
        | ChainTargetSpec
        | WorkflowTargetSpec
        | TaskChainTargetSpec,
    ] = Field(default_factory=dict)
    """Ways to reach a provider by name, for cases."""
    personas: dict[str, PersonaSpec] = Field(default_factory=dict)
    """Simulated users by name, for turns of conversations; eight ship with the plugin."""
    variants: tuple[VariantSpec, ...] = ()
    """Versions of prompt, parameters and variables: each makes a column of every provider."""
    guardrails: GuardrailsBlock | None = None
    """Rules on what is sent and what comes back, for every case."""
    tools: dict[str, ToolSpec | str] | tuple[Any, ...] = ()
    """Tools that models are offered in every case, by name or as a list in OpenAI's form."""
    mcp_servers: tuple[McpServerSpec, ...] | dict[str, McpServerSpec] = ()
    """Servers of the Model Context Protocol, as a list or by their ids: those that a column calls,
    or whose tools an agent may call."""
    tests: tuple[CaseSpec, ...] = ()
    """The rows of the comparison: cases to ask about."""
    quality_tests: tuple[CaseSpec, ...] = ()
    """Cases with the tag `quality`."""
    performance_tests: tuple[CaseSpec, ...] = ()
    """Cases with the tag `performance`."""
    safety_tests: tuple[CaseSpec, ...] = ()
    """Cases with the tag `safety`."""
    load_tests: tuple[CaseSpec, ...] = ()
    """Cases with the tag `load`."""
    cost_tests: tuple[CaseSpec, ...] = ()
    """Cases with the tag `cost`."""
    judge: JudgeSpec | None = None
    """Who judges what no rule can tell, for assertions without a judge of their own: the name of
    an entry of `providers:`, a provider, or a `panel`."""
    mock: MockResponses | None = None
    """Answers for the mock provider and for `--arena-mock`: a file's name, or written here. Where
    it is left out, `<name>.mock.yaml` beside `<name>.arena.yaml` is taken."""
    budget: BudgetSpec | None = None
    """What may be spent on all cells of the file."""
    gates: tuple[ThresholdSpec, ...] = ()
    """Limits on metrics of the file's cells, absolute or against a baseline."""
    schedule: Any = None
    """Kept and shown; CI does the scheduling."""
    comparison: ComparisonSpec | None = None
    """What the comparison shall show."""


@cache
def spec_of_keys(keys: frozenset[str]) -> type[ArenaSpec]:
    """Return the model of arena files that have no other keys than these.

    It tells what the whole model tells of such a file; to make what validates all of an arena file
    takes longer than to load a small one.
    """
    absent: dict[str, Any] = {
        name: (Any, field) for name, field in ArenaSpec.model_fields.items() if name not in keys
    }
    return create_model(ArenaSpec.__name__, __base__=ArenaSpec, **absent)
