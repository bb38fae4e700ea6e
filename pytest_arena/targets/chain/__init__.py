"""A prompt chain on a column's model: texts, functions and agents, one step after another.

`run` is the way in; it stands where a single call stands in a dialogue, and works at each step of a
model as `targets/agent` does. One turn of the user's is one `Response`.
"""

from pytest_arena.targets.chain.run import ChainRun

__all__ = ["ChainRun"]
