"""The toolboxes of all agents in a process, and the agents that work with them."""

from __future__ import annotations

from contextlib import AsyncExitStack

from pytest_arena.loading.agent_plans import AgentPlan
from pytest_arena.targets.agent.loop import AgentRun, Ask
from pytest_arena.tools import Toolbox, ToolContext, ToolEnvironment


class Toolboxes:
    """One toolbox for each agent of each case, made when it is first at work; on the event loop."""

    def __init__(self, environment: ToolEnvironment) -> None:
        self._environment = environment
        self._made: dict[int, tuple[AgentPlan, Toolbox]] = {}

    def agent(self, plan: AgentPlan, ask: Ask, context: ToolContext) -> AgentRun:
        """Return an agent for one dialogue; it asks its model by `ask`."""
        known = self._made.get(id(plan))
        if known is None:
            # the plan is kept, so that its id stays its own
            toolbox = Toolbox(plan.tools, self._environment, plan.chaos)
            known = self._made[id(plan)] = (plan, toolbox)
        return AgentRun(plan, ask, known[1], context)

    async def close(self) -> None:
        """Let go of what all tools hold."""
        async with AsyncExitStack() as closing:
            for _, toolbox in self._made.values():
                closing.push_async_callback(toolbox.close)
        self._made.clear()
