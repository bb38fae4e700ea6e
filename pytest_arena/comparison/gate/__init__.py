"""Is a run worse than its baseline: screening, tests, statuses, and the limits of `gates:`."""
