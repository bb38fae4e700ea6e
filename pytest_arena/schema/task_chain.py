"""A chain of tasks as its file says it, in today's keys.

Source of the format: https://github.com/contenox/runtime (package taskengine). What older dialects
call otherwise has been renamed before it comes here.
"""

from typing import Any, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.base import ArenaModel, Texts

END = "end"
"""What ends a chain where a task's name may stand."""
Strategy = Literal["override", "append_string_to_chat_history", "merge_chat_histories"]
Handler = Literal[
    "chat_completion",
    "execute_tool_calls",
    "tools",
    "hook",
    "route",
    "noop",
    "raise_error",
    "prompt_to_string",
    "prompt_to_int",
    "prompt_to_float",
    "prompt_to_range",
    "prompt_to_condition",
    "prompt_to_js",
    "parse_command",
    "parse_key_value",
    "convert_to_openai_chat_response",
    "text_to_embedding",
]
Operator = Literal[
    "equals",
    "contains",
    "starts_with",
    "ends_with",
    "default",
    "edge_traversed_at_least",
    ">",
    "gt",
    "<",
    "lt",
    "in_range",
]


class ComposeSpec(ArenaModel):
    """How what a task gave is put together with a variable."""

    with_var: str
    strategy: Strategy | None = None

    @field_validator("strategy", mode="before")
    @classmethod
    def _empty_is_none(cls, written: Any) -> Any:
        return written or None


class BranchSpec(ArenaModel):
    """One way on from a task."""

    operator: Operator
    when: str = ""
    goto: str = ""
    edge: str = ""
    compose: ComposeSpec | None = None

    @property
    def label(self) -> str:
        """What the way is called in results and in coverage."""
        if self.operator == "default":
            return "default"
        if self.operator == "edge_traversed_at_least":
            return f"{self.edge} at least {self.when.strip()}"
        return self.when if self.operator == "equals" else f"{self.operator} {self.when}"


class TransitionSpec(ArenaModel):
    """What comes after a task."""

    on_failure: str = ""
    branches: tuple[BranchSpec, ...] = ()


class ToolsCallSpec(ArenaModel):
    """A call of one tool of a provider of tools, with fixed arguments."""

    name: str = ""
    tool_name: str = ""
    args: dict[str, Any] = Field(default_factory=dict)


class ExecuteConfigSpec(ArenaModel):
    """How a model is asked in a task; keys that name models and retries are left out before."""

    temperature: float | None = None
    max_tokens: int | str | None = None
    tools: tuple[str, ...] | None = None
    hide_tools: tuple[str, ...] = ()
    pass_clients_tools: bool = False
    shift: bool = False


class ChainTaskSpec(ArenaModel):
    """One task of a chain."""

    id: str = Field(pattern=r"\S")
    description: str | None = None
    handler: Handler
    system_instruction: str = ""
    prompt_template: str = ""
    output_template: str = ""
    print: str = ""
    input_var: str = ""
    input_max_bytes: int = 0
    timeout: str = ""
    retry_on_failure: int = 0
    valid_conditions: Texts = ()
    execute_config: ExecuteConfigSpec = Field(default_factory=ExecuteConfigSpec)
    tools: ToolsCallSpec | None = None
    compose: ComposeSpec | None = None
    transition: TransitionSpec = Field(default_factory=TransitionSpec)

    @field_validator("id")
    @classmethod
    def _is_not_the_end(cls, name: str) -> str:
        if name == END:
            raise PydanticCustomError(
                "task_id",
                "a task is called 'end', which is what ends a chain",
                {"expected": "another name", "fix": "rename the task, and where it is gone to"},
            )
        return name

    @field_validator("valid_conditions", mode="before")
    @classmethod
    def _are_keys(cls, written: Any) -> Any:
        # what they are mapped to says nothing: the key that the model gave is compared
        return tuple(map(str, written)) if isinstance(written, dict) else written


class TaskChainSpec(ArenaModel):
    """A chain of tasks, of which the first one begins."""

    id: str = ""
    tasks: tuple[ChainTaskSpec, ...] = Field(min_length=1)
    token_limit: int = 0
