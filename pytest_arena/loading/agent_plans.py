"""An agent that is ready to run: its tools, and how far it may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.light_dataclass import dataclass
from pytest_arena.prompts.templates import names_in
from pytest_arena.results.request_response import Tool
from pytest_arena.schema import ChaosSpec, HealthSpec, McpServerSpec, ToolLimits, ToolSpec
from pytest_arena.text.nested_texts import texts_in

BY_HEALTH = "health "
"""How the reason begins why an agent was stopped that did not get on; others are limits."""
_TOLD_TO_MODELS = {"type", "description", "parameters", "strict"}
"""What of a tool's keys its offered form says already."""


@dataclass(frozen=True, slots=True)
class ToolPlan:
    """A tool of a file: what models are told of it, and what runs it where an agent calls it.

    `folder` is the folder of the file that describes it, `code` the hash of its Python function,
    which `takes_state` where it is handed what the tools of a trial share.
    """

    name: str
    offered: Tool
    spec: ToolSpec
    place: Location
    folder: Path
    root: Path
    code: str = ""
    takes_state: bool = False

    @property
    def parameters(self) -> Any:
        """The JSON Schema of its arguments."""
        return self.offered["function"]["parameters"]

    @property
    def can_run(self) -> bool:
        """Whether it says how it is run."""
        return self.spec.is_mocked or bool(self.spec.runs_by)

    def facts(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return what decides what the tool gives, the variables that it is filled with among
        it."""
        said = self.spec.model_dump(mode="json", exclude_defaults=True, exclude=_TOLD_TO_MODELS)
        named = [name for text in texts_in(said) for name in names_in(text, variables)]
        filled = {name: variables[name] for name in named if name in variables}
        code = {"code": self.code} if self.code else {}
        return {**said, **code, **({"variables": filled} if filled else {})}


def _server_facts(servers: Mapping[str, McpServerSpec]) -> dict[str, Any]:
    return {
        name: spec.model_dump(mode="json", exclude_defaults=True) for name, spec in servers.items()
    }


@dataclass(frozen=True, slots=True)
class OfferPlan:
    """The MCP servers whose tools a case offers to a model that runs none, beside `tools`."""

    tools: Mapping[str, ToolPlan]
    servers: Mapping[str, McpServerSpec]

    def facts(self) -> dict[str, Any]:
        """Return what decides which tools there are."""
        return _server_facts(self.servers)


@dataclass(frozen=True, slots=True)
class AgentPlan:
    """The agent that works at a case's turns on the model of a column."""

    name: str
    """The name of its target."""
    tools: Mapping[str, ToolPlan] = field(default_factory=dict)
    max_llm_turns: int = 10
    limits: ToolLimits = field(default_factory=ToolLimits)
    chaos: tuple[ChaosSpec, ...] = ()
    servers: Mapping[str, McpServerSpec] = field(default_factory=dict)
    """The MCP servers whose tools it may call, too."""
    health: HealthSpec | None = None
    """The signs at which it is stopped."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """What its tools may use and nobody may read: by name, a text with variables to fill in."""
    most_named: str = "max_llm_turns"
    """The key that says how often its model may be asked."""
    fix: str = (
        "raise max_llm_turns of the target, or say under limits: what becomes of it, as in "
        "{on_exceeded: stop}"
    )
    """What to do where it never answers."""

    def facts(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return what decides what the agent does, beside its prompt and what its tools tell."""
        return {
            **({"servers": _server_facts(self.servers)} if self.servers else {}),
            "max_llm_turns": self.max_llm_turns,
            **({"health": self.health.model_dump(mode="json")} if self.health else {}),
            **({"secrets": dict(self.secrets)} if self.secrets else {}),
            "limits": self.limits.model_dump(mode="json", exclude_defaults=True),
            "chaos": [one.model_dump(mode="json", exclude_defaults=True) for one in self.chaos],
            "tools": {name: tool.facts(variables) for name, tool in self.tools.items()},
        }
