"""What is measured."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class SingleTurnParams(Enum):
    INPUT = "input"
    ACTUAL_OUTPUT = "actual_output"
    EXPECTED_OUTPUT = "expected_output"
    CONTEXT = "context"
    RETRIEVAL_CONTEXT = "retrieval_context"
    TOOLS_CALLED = "tools_called"
    EXPECTED_TOOLS = "expected_tools"


class MultiTurnParams(Enum):
    ROLE = "role"
    CONTENT = "content"


class ToolCallParams(Enum):
    INPUT_PARAMETERS = "input_parameters"


@dataclass
class ToolCall:
    name: str
    input_parameters: dict | None = None
    output: Any = None


@dataclass
class LLMTestCase:
    input: str
    actual_output: str = ""
    expected_output: str | None = None
    context: list = field(default_factory=list)
    retrieval_context: list = field(default_factory=list)
    tools_called: list = field(default_factory=list)
    expected_tools: list = field(default_factory=list)


@dataclass
class Turn:
    role: str
    content: str


@dataclass
class ConversationalTestCase:
    turns: list
    context: list = field(default_factory=list)
    expected_outcome: str | None = None
    chatbot_role: str | None = None
