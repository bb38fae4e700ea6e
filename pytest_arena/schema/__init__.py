"""Frozen models of the arena file; no I/O."""

from pytest_arena.schema.arena import (
    TEST_GROUPS,
    ArenaSpec,
    Comparison,
    Defaults,
    PromptSpec,
    PromptTargetSpec,
)
from pytest_arena.schema.assertion import (
    Asking,
    Assertion,
    CellAssertion,
    CheckContext,
    Desk,
    Direction,
    JudgeReply,
    Outcome,
    When,
)
from pytest_arena.schema.attack import AttackSpec
from pytest_arena.schema.base import ArenaModel, Duration, parse_duration
from pytest_arena.schema.case import CaseSpec, TurnSpec
from pytest_arena.schema.embedding import EmbeddingSpec
from pytest_arena.schema.endpoints import EndpointSpec
from pytest_arena.schema.gates import GateSpec
from pytest_arena.schema.guardrail import Guardrail, GuardrailsBlock, Violation
from pytest_arena.schema.judge import JudgeSpec, RubricLevel
from pytest_arena.schema.limits import BudgetSpec, RateLimitSpec
from pytest_arena.schema.mock import (
    CaseMock,
    MockAnswer,
    MockPattern,
    MockResponses,
    MockScenario,
    MockToolCall,
)
from pytest_arena.schema.provider import CacheSpec, ProviderSpec

__all__ = [
    "TEST_GROUPS",
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
    "CheckContext",
    "Comparison",
    "Defaults",
    "Desk",
    "Direction",
    "Duration",
    "EmbeddingSpec",
    "EndpointSpec",
    "GateSpec",
    "Guardrail",
    "GuardrailsBlock",
    "JudgeReply",
    "JudgeSpec",
    "MockAnswer",
    "MockPattern",
    "MockResponses",
    "MockScenario",
    "MockToolCall",
    "Outcome",
    "PromptSpec",
    "PromptTargetSpec",
    "ProviderSpec",
    "RateLimitSpec",
    "RubricLevel",
    "TurnSpec",
    "Violation",
    "When",
    "parse_duration",
]
