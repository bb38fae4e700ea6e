"""Tables of keys in Markdown, from the fields of a model; shared by what writes the pages."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from pytest_arena.schema import Content
from pytest_arena.schema.base import ArenaModel, parse_duration

_SIMPLE = {str: "text", int: "whole number", float: "number", bool: "true / false", Any: "anything"}
_PLURALS = {"list": "lists", "text": "texts", "number": "numbers", "whole number": "whole numbers"}
_HEADINGS = {
    "ProviderSpec": "provider",
    "CaseSpec": "case",
    "DataSpec": "data",
    "TurnSpec": "turn",
    "PersonaSpec": "persona",
    "PersonaTurnSpec": "persona_turn",
    "VariantSpec": "variant",
    "MessageSpec": "message",
    "NoteSpec": "note",
    "AttackSpec": "attack",
    "EmbeddingSpec": "embedding",
    "PromptSpec": "prompt",
    "PromptTargetSpec": "target",
    "GuardrailsBlock": "guardrails",
    "Guardrail": "rule",
    "ThresholdSpec": "gate",
    "ComparisonSpec": "comparison",
    "JudgeSpec": "judge",
    "RubricLevel": "rubric",
    "JudgeMessage": "judge_prompt",
    "CallPattern": "step",
    "CacheSpec": "cache",
    "BudgetSpec": "budget",
    "EndpointSpec": "endpoint",
    "RateLimitSpec": "rate_limit",
    "UsagePaths": "usage",
    "LoginSpec": "login",
    "OtelReceiverSpec": "otel_receiver",
    "ToolSpec": "tool",
    "McpServerSpec": "mcp_server",
    "AgentTargetSpec": "agent",
    "HealthSpec": "health",
    "ChainTargetSpec": "chain",
    "WorkflowTargetSpec": "workflow",
    "TaskChainTargetSpec": "task_chain",
    "ChainStepSpec": "chain_step",
    "ToolLimits": "limits",
    "ToolAnswer": "mock",
    "ChaosSpec": "chaos",
    "ToolExecSpec": "exec",
    "ToolHttpSpec": "http",
    "PartSpec": "part",
    "TransformSpec": "transform",
}
_PYTHON_ONLY = {"negate", "schema_"}
"""Names of fields that stand in for a key that Python does not allow."""


def key_table(fields: Mapping[str, FieldInfo], home: str = "") -> str:
    """Return a table of fields: key, what it holds, what stands without it, meaning.

    `home` is the page whose headings describe the models, empty for the page itself.
    """
    rows = ["| key | holds | without it | meaning |", "| --- | --- | --- | --- |"]
    for name, field in fields.items():
        names = " or ".join(f"`{key}`" for key in keys_of(name, field))
        holds = one_line(_holds(field, home))
        rows.append(f"| {names} | {holds} | {_default(field)} | {one_line(field.description)} |")
    return "\n".join(rows)


def keys_of(name: str, field: FieldInfo) -> tuple[str, ...]:
    """Return the keys that a field may be written under."""
    if isinstance(field.validation_alias, AliasChoices):
        return tuple(str(choice) for choice in field.validation_alias.choices)
    if field.alias is None or field.alias == name:
        return (name,)
    return (field.alias,) if name in _PYTHON_ONLY else (name, field.alias)


def one_line(text: str | None) -> str:
    """Return a text as a table's cell takes it."""
    return " ".join((text or "").split()).replace("|", "\\|")


def _holds(field: FieldInfo, home: str) -> str:
    return "time" if _is_duration(field.metadata) else _words(field.annotation, home)


def _words(kind: Any, home: str) -> str:
    """Say in words what a type holds."""
    origin, inner = get_origin(kind), get_args(kind)
    if hasattr(kind, "__metadata__"):
        return "time" if _is_duration(kind.__metadata__) else _words(kind.__origin__, home)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(_words(part, home) for part in inner if part is not types.NoneType)
    if origin is tuple and inner[-1] is not Ellipsis:
        return f"list of {len(inner)} {_plural(inner[0], home)}"
    if origin is tuple:
        return "list" if inner[0] is Any else f"list of {_plural(inner[0], home)}"
    if origin is dict:
        return "mapping" if inner[1] is Any else f"mapping to {_plural(inner[1], home)}"
    if kind is Content:
        return f"list of [parts]({home}#part)"
    if isinstance(kind, type) and issubclass(kind, ArenaModel):
        heading = _heading(kind)
        return f"[{heading}]({home}#{heading})"
    return _SIMPLE[kind]


def _is_duration(metadata: Any) -> bool:
    return any(getattr(extra, "func", None) is parse_duration for extra in metadata)


def _plural(kind: Any, home: str) -> str:
    words = _words(kind, home)
    return _PLURALS.get(words, words if "s](" in words else words.replace("](", "s]("))


def _heading(model: type[ArenaModel]) -> str:
    """Return the heading that describes a model in the reference of the arena file."""
    name = model.__name__
    return "mock" if "Mock" in name else _HEADINGS.get(name, name.lower())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}, "") or isinstance(value, ArenaModel):
        return ""
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"
