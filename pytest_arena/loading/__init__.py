"""Arena files: text to models, with the place of everything, and on to the cells of a run.

The steps: YAML events to a tree that knows lines and columns (`yaml_reader`, `tree`), includes
and templates filled in over the tree (`includes`, `templates`), trees to the models of `schema`
(`validate`, `validation_messages`), cases by rows, matrices and attacks (`cases`, `parametrize`),
and finally cells with their hashes (`plans`, `hashing`). `load_arena` is the one way in.

All problems of a file are gathered and told at once, each with file, line, column, what was
expected, and the fix. Loading reads files inside the root directory only, makes no call, and needs
no key. What leaves this package (`Arena`, `CellPlan`) is frozen and has nothing left to look up.
"""

from pytest_arena.loading.load import load_arena
from pytest_arena.loading.plans import Arena, CasePlan, CellPlan, TurnPlan

__all__ = ["Arena", "CasePlan", "CellPlan", "TurnPlan", "load_arena"]
