"""A chain of tasks on a column's model: a state machine whose branches say which task comes next.

`run` is the way in: it goes from task to task. `tasks` does what the handler of a task says,
`branches` chooses the way on; `values` are what tasks hand on.
"""

from pytest_arena.targets.task_chain.run import TaskChainRun

__all__ = ["TaskChainRun"]
