"""Running cells: loop, limits, calls, trials, verdicts."""
