"""The regression gate while a run goes on: what is asked again, and what becomes of a cell.

`comparison.gate` decides by statistics and asks nobody; this package is between it and whoever
runs cells, pytest or `run_arena`. `Gatekeeper` reads the baseline, lets cells know what it has of
them, excuses what is no regression, and writes the baseline anew. `Confirmation` has the engine
ask for the further trials that the gate wants, beside the version that the baseline was made with
(`old_versions`); `Bisection` has each of several changes (`hunks`) asked alone. It
knows neither pytest nor how results are kept.
"""
