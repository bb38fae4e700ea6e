"""An agent that we run on a column's model: it calls tools, which are run, until it answers.

`loop` is the way in; it stands where a single call stands in a dialogue. One turn of the user's is
one `Response`, as of an application that is an agent itself: `turn_record` gathers it.
"""

from pytest_arena.targets.agent.loop import AgentRun
from pytest_arena.targets.agent.toolboxes import Toolboxes

__all__ = ["AgentRun", "Toolboxes"]
