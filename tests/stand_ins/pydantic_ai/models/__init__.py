"""What a model is asked with."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Tool:
    name: str
    parameters_json_schema: dict


@dataclass
class AgentInfo:
    output_tools: list
    instructions: str | None = None


@dataclass
class Part:
    part_kind: str
    content: Any


@dataclass
class Request:
    parts: list


def asked(system, user):
    return [Request([Part("system-prompt", system), Part("user-prompt", user)])]
