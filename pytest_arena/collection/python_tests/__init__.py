"""Ordinary Python tests that check answers by the fixture `arena`: each makes cells of the run.

`marks` reads what `@pytest.mark.arena` says, `fixture` is what a test gets, `under_way` a check or
question of it, `talk` holds what one execution asked and checked of one cell, `attempt` all of that
execution with how it ended, `running_test` its trials, and `cells` makes cells of them. `protocol`
runs a test several times.
`plugin` meets pytest; `backing` is what asks and judges: the session of a run with `--arena`, or,
without it, an engine of this package's own.
"""
