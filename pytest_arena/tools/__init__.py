"""What runs the tools that an agent of ours calls: one file a kind.

A tool takes arguments and gives a value or an error; it never raises for what went wrong within
it, since that is what the model is told. `toolbox` runs a tool in its time and with its further
attempts, and makes what comes back fit to be sent and kept. `ConversationTools` of `mcp` is the way
in: it adds what servers have, and checks arguments against the schema. Tools live on the event loop
and must not block it; they know neither the loop that calls them nor its limits. `toolbox` and
`mcp` are imported where an agent is at work alone.
"""

from pytest_arena.tools.base import RunsTool, ToolContext, ToolEnvironment, ToolResult

__all__ = [
    "RunsTool",
    "ToolContext",
    "ToolEnvironment",
    "ToolResult",
]
