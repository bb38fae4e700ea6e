"""How columns do from run to run: a line is kept of each run, and many make a trend."""

from pytest_arena.comparison.trend.history import History
from pytest_arena.comparison.trend.points import point_of, trend_of

__all__ = ["History", "point_of", "trend_of"]
