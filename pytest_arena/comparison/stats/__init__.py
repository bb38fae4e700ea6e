"""Statistics as pure functions of numbers: intervals, exact tests, rankings, agreement."""
