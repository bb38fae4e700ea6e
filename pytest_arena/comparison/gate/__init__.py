"""Is a run worse than its baseline, beyond what chance does?

`cells` puts each cell beside that of the baseline, `suspect` and `suite` weigh them, `decision`
says what that comes to and which further trials it needs, `changes` what was changed beside a
cell, and `summary` puts it into words. All are functions of the trials that the cells hold:
whoever asked for them and when, the verdict is the same. `thresholds` holds the limits
of `gates:`, which ask for a value and not for a change; in YAML they are called gates, in code
thresholds, so that *gate* means the comparison with the baseline alone.
"""
