"""JavaScript of arena files, run in an engine inside of this process (`pytest-arena[javascript]`).

Each call has an engine of its own, with a limit on time, memory and depth; it knows neither files
nor network, and leaves nothing behind. It runs in the thread that calls it and holds no lock of
Python's meanwhile, so that calls belong into a thread and not onto the event loop.

What the code gave is a `Given`, what it threw a `Thrown`; that it could not be run to its end is a
`NotRunError`. What that means for a verdict, this package must not know.
"""

from pytest_arena.javascript.engine import (
    EXTRA,
    Given,
    NotRunError,
    Thrown,
    is_installed,
    run,
    why_not_compiled,
)
from pytest_arena.javascript.source import Source

__all__ = [
    "EXTRA",
    "Given",
    "NotRunError",
    "Source",
    "Thrown",
    "is_installed",
    "run",
    "why_not_compiled",
]
