"""Exports of the hosted product: evals with their `testing_criteria`, runs, and output items."""
