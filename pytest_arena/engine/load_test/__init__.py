"""Cases under load: virtual users, what they measured, and a verdict over all calls.

A load case has its provider to itself while it runs (`engine.calling.exclusive_access`). Its
users ask, wait and ask again on the engine's loop; every call counts in the figures, a sample of
the answers is kept and judged. Code says *load test*, since *load* means reading a file
elsewhere.
"""
