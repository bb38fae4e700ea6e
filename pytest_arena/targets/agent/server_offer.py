"""A bare model that is offered the tools of MCP servers, and whose calls nobody runs."""

from __future__ import annotations

from dataclasses import replace

from pytest_arena.results.request_response import Message, Request, Response
from pytest_arena.targets.agent.loop import Ask
from pytest_arena.tools.mcp import ConversationTools


class ServerOffer:
    """One dialogue of a model that chooses among servers' tools, of which it gets the list alone.

    Its calls have the names of the file and of the servers, however they were spelled for it.
    """

    def __init__(self, tools: ConversationTools, ask: Ask) -> None:
        self._tools = tools
        self._ask = ask

    async def answer(self, messages: list[Message], turn: int) -> tuple[Request, Response]:
        """Ask the model with the tools that the servers have now."""
        request, response = await self._ask(messages, turn, 0, await self._tools.offered())
        plans = [self._tools.plan(call.name) for call in response.tool_calls]
        response.tool_calls = tuple(
            call if plan is None else replace(call, name=plan.name)
            for call, plan in zip(response.tool_calls, plans, strict=True)
        )
        return request, response

    async def close(self) -> None:
        """Let the servers go of what is this dialogue's."""
        await self._tools.close()
