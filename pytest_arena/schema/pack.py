"""A PromptPack as its file says it: prompts, fragments, tools and a workflow.

Source of the format: https://promptpack.org (schema 1.0 to 1.4). Keys that only describe a pack
are not looked at.
"""

from typing import Any, Literal

from pydantic import AliasChoices, Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.base import ArenaModel
from pytest_arena.schema.params import Params
from pytest_arena.text.regex import Pattern

_SYNTAXES = ("{{variable}}", "${variable}", "{variable}")


class PackEngine(ArenaModel):
    """How variables stand in a pack's templates."""

    version: Any = None
    syntax: str = "{{variable}}"
    features: Any = None

    @property
    def braces(self) -> str:
        """The syntax as one of those that are known; whatever else it is called is `{{variable}}`,
        as PromptKit takes it."""
        written = self.syntax.replace(" ", "")
        return written if written in _SYNTAXES else _SYNTAXES[0]


class VariableRules(ArenaModel):
    """What a value of a variable must be."""

    pattern: Pattern | None = None
    min_length: int | None = Field(default=None, ge=0)
    max_length: int | None = Field(default=None, ge=0)
    minimum: float | None = Field(default=None, validation_alias=AliasChoices("minimum", "min"))
    maximum: float | None = Field(default=None, validation_alias=AliasChoices("maximum", "max"))
    enum: tuple[Any, ...] | None = None

    @field_validator("enum")
    @classmethod
    def _allows_something(cls, enum: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        if enum == ():
            raise PydanticCustomError(
                "pack_enum", "an 'enum' that allows nothing", {"expected": "the allowed values"}
            )
        return enum


class PackVariable(ArenaModel):
    """A variable that a prompt declares."""

    name: str
    type: str = "string"
    required: bool = False
    default: Any = None
    description: Any = None
    example: Any = None
    validation: VariableRules | None = None
    binding: Any = None


class ToolPolicy(ArenaModel):
    """How a prompt's tools may be used."""

    tool_choice: Literal["auto", "required", "none"] | None = None
    max_rounds: int | None = Field(default=None, ge=1)
    max_tool_calls_per_turn: int | None = Field(default=None, ge=1)
    blocklist: tuple[str, ...] = ()


class ModelOverride(ArenaModel):
    """What is another for one model."""

    system_template: str | None = None
    system_template_prefix: str = ""
    system_template_suffix: str = ""
    parameters: Params = Field(default_factory=dict)


class PackPromptSpec(ArenaModel):
    """One prompt of a pack; validators and evals are read apart."""

    id: Any = None
    name: Any = None
    description: Any = None
    version: Any = None
    system_template: str = Field(
        min_length=1, validation_alias=AliasChoices("system_template", "template")
    )
    variables: tuple[PackVariable, ...] = ()
    tools: tuple[str, ...] = ()
    tool_policy: ToolPolicy = Field(default_factory=ToolPolicy)
    parameters: Params = Field(default_factory=dict)
    tested_models: Any = None
    model_overrides: dict[str, ModelOverride] = Field(default_factory=dict)


class WorkflowBudget(ArenaModel):
    """How far a workflow may go in one trial."""

    max_total_visits: int | None = Field(default=None, ge=1)
    max_tool_calls: int | None = Field(default=None, ge=1)
    max_wall_time_sec: float | None = Field(default=None, gt=0)


class WorkflowEngine(ArenaModel):
    """How a workflow is run."""

    budget: WorkflowBudget = Field(default_factory=WorkflowBudget)


class ArtifactSpec(ArenaModel):
    """A text that states hand on beside what is said."""

    type: str = "text/plain"
    description: str | None = None
    mode: Literal["replace", "append"] = "replace"


class WorkflowState(ArenaModel):
    """One state of a workflow: the prompt that answers in it, and where events lead."""

    prompt_task: str | None = None
    description: str | None = None
    on_event: dict[str, str] = Field(default_factory=dict)
    persistence: Literal["transient", "persistent"] = "transient"
    orchestration: str = "internal"
    terminal: bool = False
    max_visits: int | None = Field(default=None, ge=1)
    on_max_visits: str | None = None
    artifacts: dict[str, ArtifactSpec] = Field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether the workflow ends there."""
        return self.terminal or not self.on_event


class PackWorkflow(ArenaModel):
    """A state machine over a pack's prompts."""

    version: Any = None
    entry: str
    states: dict[str, WorkflowState] = Field(min_length=1)
    engine: WorkflowEngine = Field(default_factory=WorkflowEngine)
