"""Arena files: text to models, with the place of everything, and on to the cells of a run."""

from pytest_arena.loading.load import load_arena
from pytest_arena.loading.plans import Arena, CasePlan, CellPlan, TurnPlan

__all__ = ["Arena", "CasePlan", "CellPlan", "TurnPlan", "load_arena"]
