"""Running cells: an event loop, the calls of trials, and the verdict of a cell.

`Engine` owns one thread with one event loop for each process; litellm and HTTP clients keep
connections by loop, so there is never a second one. Cells go in from pytest's main thread as
plans, and futures of executed trials come out. `trials` runs the trials of a cell beside each
other, `calling` is what surrounds each call, `load_test` runs cases under load. Assertions that
need the loop (judges, embeddings) are run here as soon as a trial is there; all others later, in
the thread that waits (`trial_checks`, `cell_verdict`).

What is counted over all processes of a run (budgets, rates, who is under load) stands in a small
shared table on disk. The engine knows plans, providers and assertions; it must not know pytest,
reports or files of results.
"""
