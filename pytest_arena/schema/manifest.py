"""Manifests of Promptise, `.agent` and `.superagent`: of their keys, those that mean something
where an arena runs the agent."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from pytest_arena.schema.base import ArenaModel, PromptText

Version = Annotated[Literal["1.0"], BeforeValidator(lambda v: str(v) if type(v) is float else v)]
"""The version of the format, in quotation marks or without them."""
AgentPattern = Literal[
    "react",
    "managed",
    "code-action",
    "verify",
    "peoatr",
    "research",
    "autonomous",
    "deliberate",
    "debate",
]


class ManifestToolCost(ArenaModel):
    """One entry of `tool_costs`: what a call of a tool weighs, and whether it can be undone."""

    cost_weight: float = Field(default=1.0, gt=0)
    irreversible: bool = False


class ManifestBudget(ArenaModel):
    """`budget:` of an agent; nothing of it holds unless it is enabled."""

    enabled: bool = False
    max_tool_calls_per_run: int | None = Field(default=None, ge=1)
    max_llm_turns_per_run: int | None = Field(default=None, ge=1)
    max_cost_per_run: float | None = Field(default=None, gt=0)
    max_irreversible_per_run: int | None = Field(default=None, ge=0)
    tool_costs: dict[str, ManifestToolCost] = Field(default_factory=dict)
    on_exceeded: Literal["pause", "stop", "escalate"] = "pause"
    max_tool_calls_per_day: Any = None
    max_runs_per_day: Any = None
    max_cost_per_day: Any = None
    escalation: Any = None
    daily_reset_hour_utc: Any = None
    inject_remaining: Any = None
    warning_threshold: Any = None


class ManifestHealth(ArenaModel):
    """`health:` of an agent; it looks for nothing unless it is enabled."""

    enabled: bool = False
    stuck_threshold: int = 3
    loop_window: int = 20
    loop_min_repeats: int = 2
    empty_threshold: int = 3
    empty_max_chars: int = 10
    error_window: int = 10
    error_rate_threshold: float = 0.5
    on_anomaly: Literal["log", "pause", "escalate", "stop"] = "log"
    cooldown: Any = None
    escalation: Any = None


class ManifestSecrets(ArenaModel):
    """`secrets:` of an agent; it has none unless they are enabled."""

    enabled: bool = False
    secrets: dict[str, str] = Field(default_factory=dict)
    default_ttl: Any = None
    ttls: Any = None
    revoke_on_stop: Any = None


class ManifestMission(ArenaModel):
    """`mission:` of an agent; it has none unless it is enabled."""

    enabled: bool = False
    objective: str = ""
    success_criteria: str = ""
    confidence_threshold: float | None = None
    auto_complete: Any = None
    escalation: Any = None
    eval_every: Any = None
    eval_model: Any = None
    max_invocations: Any = None
    on_complete: Any = None
    timeout_hours: Any = None


class ManifestServer(ArenaModel):
    """One entry of `servers:`: an MCP server that is started, or reached over HTTP."""

    type: Literal["http", "streamable-http", "sse", "stdio"] | None = None
    transport: Literal["http", "streamable-http", "sse", "stdio"] | None = None
    url: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    bearer_token: str | None = None
    api_key: str | None = None
    command: str | None = None
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict)
    cwd: str | None = None
    audience: Any = None
    auth: Any = None
    forward_caller_token: Any = None
    keep_alive: Any = None


class AgentManifest(ArenaModel):
    """A `.agent` file: one agent, and the process that it is at work in."""

    version: Version = "1.0"
    name: str
    """The name of the agent's process."""
    model: str | None = None
    instructions: PromptText | None = None
    servers: dict[str, Any] | None = None
    budget: dict[str, Any] | None = None
    health: dict[str, Any] | None = None
    secrets: dict[str, Any] | None = None
    mission: dict[str, Any] | None = None
    config: dict[str, Any] | None = None
    agent_pattern: AgentPattern | None = None
    context: Any = None
    entrypoint: Any = None
    execution_mode: Literal["strict", "open"] | None = None
    hooks: Any = None
    identity: Any = None
    journal: Any = None
    memory: Any = None
    open_mode: Any = None
    triggers: Any = None
    world: Any = None


class SuperagentModel(ArenaModel):
    """`model:` of a `.superagent` file where it is more than a name."""

    provider: str
    name: str = Field(validation_alias=AliasChoices("name", "model"))
    api_key: Any = None
    api_version: Any = None
    base_url: Any = None
    deployment: Any = None
    endpoint: Any = None
    extra: Any = None
    max_tokens: Any = None
    project: Any = None
    region: Any = None
    temperature: Any = None
    timeout: Any = None


class SuperagentSection(ArenaModel):
    """`agent:` of a `.superagent` file."""

    model: Any
    """A model's name, or a mapping that says where it is reached; the columns go before it."""
    instructions: PromptText | None = None
    trace: bool = True


class TimeLimited(ArenaModel):
    """Whatever says how many seconds one run of an agent may take; 0 is no limit."""

    max_invocation_time: float = Field(default=0, ge=0)


class SuperagentManifest(TimeLimited):
    """A `.superagent` file: one agent with its servers."""

    version: Version = "1.0"
    agent: dict[str, Any]
    """The agent's model and instructions."""
    servers: dict[str, Any] | None = None
    adaptive: Any = None
    approval: Any = None
    cache: Any = None
    cross_agents: Any = None
    delegation_timeout: Any = None
    events: Any = None
    guardrails: Any = None
    identity: Any = None
    include_broadcast: Any = None
    max_delegation_depth: Any = None
    memory: Any = None
    observability: Any = None
    optimize_tools: Any = None
    sandbox: Any = None
