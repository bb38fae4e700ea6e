"""What the texts of a tool are filled in with when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.loading.agent_plans import ToolPlan
from pytest_arena.tools.base import ToolContext


def known_when_called(
    plan: ToolPlan, arguments: Mapping[str, Any], context: ToolContext
) -> dict[str, Any]:
    """Return a call's arguments, its number, the agent's secrets, and the case's variables, which
    go before them.

    An argument that the model may leave out has its default where it did, or is nothing.
    """
    properties = plan.parameters.get("properties")
    optional = {
        name: one.get("default") if isinstance(one, Mapping) else None
        for name, one in (properties.items() if isinstance(properties, Mapping) else ())
    }
    call = {"arguments": {**optional, **arguments}, "call": context.call + 1}
    return {**call, "secrets": context.secrets, **context.variables}
