"""Metrics of other packages, where these are installed: built, run, and judged by our engine.

None of the packages is needed, and none is imported before an arena names it. What a metric asks a
model is asked of the arena's judge through the engine, with its limits, recordings and prices; a
metric runs in a thread of its own, and never on the event loop.
"""
