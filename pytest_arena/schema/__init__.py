"""Frozen models of the arena file; no I/O.

One model for each thing that can be written in YAML; a field is a key, and its docstring is what
the reference page says of it. The bases of assertions and guardrails stand here, too, since
loading validates against them without knowing any of those that ship.

None of these modules postpones its annotations: pydantic wants all of them at once, and each that
is a text would be compiled anew in every process.
"""

from pytest_arena.schema.agent import AgentTargetSpec
from pytest_arena.schema.anomalies import HealthSpec
from pytest_arena.schema.arena import (
    TEST_GROUPS,
    ArenaSpec,
    ComparisonSpec,
    Defaults,
    PromptSpec,
    PromptTargetSpec,
)
from pytest_arena.schema.assertion import (
    Asking,
    Assertion,
    CellAssertion,
    CheckContext,
    Direction,
    JudgeAccess,
    JudgeReply,
    MayBeUnsure,
    Outcome,
    When,
)
from pytest_arena.schema.attack import AttackSpec
from pytest_arena.schema.base import ArenaModel, Duration, parse_duration
from pytest_arena.schema.case import CaseSpec
from pytest_arena.schema.chain import ChainStepSpec, ChainTargetSpec
from pytest_arena.schema.chaos import ChaosSpec
from pytest_arena.schema.content import Content, PartSpec, PromptContent
from pytest_arena.schema.conversation import MessageSpec, NoteSpec, TurnSpec
from pytest_arena.schema.data_file import DataSpec
from pytest_arena.schema.embedding import EmbeddingSpec
from pytest_arena.schema.endpoints import EndpointSpec
from pytest_arena.schema.guardrail import Guardrail, GuardrailsBlock, Violation
from pytest_arena.schema.judge import JudgeMessage, JudgeSpec, RubricLevel
from pytest_arena.schema.limits import BudgetSpec, RateLimitSpec
from pytest_arena.schema.mcp import McpServerSpec
from pytest_arena.schema.mock import (
    CaseMock,
    MockAnswer,
    MockPattern,
    MockResponses,
    MockScenario,
    MockToolCall,
)
from pytest_arena.schema.persona import PersonaSpec, PersonaTurnSpec
from pytest_arena.schema.predicted import Predicted
from pytest_arena.schema.provider import CacheSpec, ProviderSpec
from pytest_arena.schema.system import SystemOptions
from pytest_arena.schema.task_chain_target import TaskChainTargetSpec
from pytest_arena.schema.thresholds import ThresholdSpec
from pytest_arena.schema.tool import ToolSpec
from pytest_arena.schema.tool_exec import ToolExecSpec
from pytest_arena.schema.tool_http import ToolHttpSpec
from pytest_arena.schema.tool_limits import ToolLimits
from pytest_arena.schema.tool_mock import ToolAnswer
from pytest_arena.schema.transform import TransformSpec
from pytest_arena.schema.variant import VariantSpec
from pytest_arena.schema.workflow_target import WorkflowTargetSpec

__all__ = [
    "TEST_GROUPS",
    "AgentTargetSpec",
    "ArenaModel",
    "ArenaSpec",
    "Asking",
    "Assertion",
    "AttackSpec",
    "BudgetSpec",
    "CacheSpec",
    "CaseMock",
    "CaseSpec",
    "CellAssertion",
    "ChainStepSpec",
    "ChainTargetSpec",
    "ChaosSpec",
    "CheckContext",
    "ComparisonSpec",
    "Content",
    "DataSpec",
    "Defaults",
    "Direction",
    "Duration",
    "EmbeddingSpec",
    "EndpointSpec",
    "Guardrail",
    "GuardrailsBlock",
    "HealthSpec",
    "JudgeAccess",
    "JudgeMessage",
    "JudgeReply",
    "JudgeSpec",
    "MayBeUnsure",
    "McpServerSpec",
    "MessageSpec",
    "MockAnswer",
    "MockPattern",
    "MockResponses",
    "MockScenario",
    "MockToolCall",
    "NoteSpec",
    "Outcome",
    "PartSpec",
    "PersonaSpec",
    "PersonaTurnSpec",
    "Predicted",
    "PromptContent",
    "PromptSpec",
    "PromptTargetSpec",
    "ProviderSpec",
    "RateLimitSpec",
    "RubricLevel",
    "SystemOptions",
    "TaskChainTargetSpec",
    "ThresholdSpec",
    "ToolAnswer",
    "ToolExecSpec",
    "ToolHttpSpec",
    "ToolLimits",
    "ToolSpec",
    "TransformSpec",
    "TurnSpec",
    "VariantSpec",
    "Violation",
    "When",
    "WorkflowTargetSpec",
    "parse_duration",
]
