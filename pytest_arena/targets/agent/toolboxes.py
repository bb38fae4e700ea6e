"""The toolboxes of all agents in a process, and the agents that work with them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pytest_arena.loading.agent_plans import AgentPlan, OfferPlan
from pytest_arena.loading.plans import NotePlan
from pytest_arena.mcp_servers.server import McpServer
from pytest_arena.recording.trial_calls import TrialCalls
from pytest_arena.schema import ChaosSpec, McpServerSpec
from pytest_arena.targets.agent.loop import AgentRun, Ask
from pytest_arena.targets.agent.server_offer import ServerOffer
from pytest_arena.tools import ToolContext, ToolEnvironment
from pytest_arena.tools.mcp import ConversationTools, mcp_server
from pytest_arena.tools.toolbox import Toolbox


class Toolboxes:
    """One toolbox for each agent, or model, that a case lets have tools; made when it is first at
    work; lives on the event loop."""

    def __init__(self, environment: ToolEnvironment) -> None:
        self.environment = environment
        self._made: dict[int, tuple[AgentPlan | OfferPlan, Toolbox]] = {}
        self._servers: dict[int, McpServer] = {}

    def agent(
        self,
        plan: AgentPlan,
        ask: Ask,
        context: ToolContext,
        notes: Sequence[Sequence[NotePlan]] = (),
        calls: TrialCalls | None = None,
        calls_of: dict[str, int] | None = None,
    ) -> AgentRun:
        """Return an agent for one dialogue; it asks its model by `ask`, is told `notes` while it
        works at each turn, and keeps what its tools gave in `calls`."""
        tools = self.of(plan, context.session)
        return AgentRun(plan, ask, tools, context, notes, calls, calls_of=calls_of)

    def of(self, plan: AgentPlan, session: str) -> ConversationTools:
        """Return the tools of an agent, as one conversation has them."""
        return self._tools(plan, session, plan.chaos)

    def offer(self, plan: OfferPlan, ask: Ask, session: str) -> ServerOffer:
        """Return what stands before a model that is offered servers' tools, for one dialogue."""
        return ServerOffer(self._tools(plan, session), ask)

    async def close(self) -> None:
        """Let go of what all tools hold."""
        try:
            servers = (server.close() for server in self._servers.values())
            await asyncio.gather(*servers, *(box.close() for _, box in self._made.values()))
        finally:
            await self.environment.close()
        self._made.clear()
        self._servers.clear()

    def _tools(
        self, plan: AgentPlan | OfferPlan, session: str, chaos: Sequence[ChaosSpec] = ()
    ) -> ConversationTools:
        if id(plan) not in self._made:
            # the plan is kept, so that its id stays its own
            servers = [self._server(one) for one in plan.servers.values()]
            secrets = plan.secrets if isinstance(plan, AgentPlan) else {}
            toolbox = Toolbox(plan.tools, self.environment, chaos, servers, secrets)
            self._made[id(plan)] = (plan, toolbox)
        return ConversationTools(self._made[id(plan)][1], session)

    def _server(self, spec: McpServerSpec) -> McpServer:
        """Return the one server of an entry, which all agents of a file share."""
        # the server keeps its spec, so that the id of that stays its own
        if id(spec) not in self._servers:
            self._servers[id(spec)] = mcp_server(spec, self.environment)
        return self._servers[id(spec)]
