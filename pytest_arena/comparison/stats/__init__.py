"""Statistics as pure functions of numbers: intervals, exact tests, rankings, agreement.

A few lines of standard library each, since scipy alone takes seconds to import; scipy and
statsmodels are what the tests compare with. Degenerate input (one observation, no variance,
everything passed) has an answer of its own, never NaN. The unit is the case, not the trial.
"""
