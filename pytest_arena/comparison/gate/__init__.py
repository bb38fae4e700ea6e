"""Is a run worse than its baseline, beyond what chance does?

`cells` puts each cell beside that of the baseline, `screening` and `gate` decide, `changes` says
what was changed beside it, and `summary` puts it into words. The functions are pure: which calls
a decision needs is told to `collection.gate`, which has them made. `thresholds` holds the limits
of `gates:`, which ask for a value and not for a change; in YAML they are called gates, in code
thresholds, so that *gate* means the comparison with the baseline alone.
"""
