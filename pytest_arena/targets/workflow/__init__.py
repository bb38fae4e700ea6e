"""A pack's workflow on a column's model: the prompt of a state answers, and calls lead on.

`run` is the way in; it works in each state as `targets/agent` does, and one turn of the user's is
one state's `Response`. `visits` knows which state comes next.
"""

from pytest_arena.targets.workflow.run import WorkflowRun

__all__ = ["WorkflowRun"]
