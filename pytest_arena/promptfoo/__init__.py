"""Code of promptfoo's configurations as checks, transforms and providers of an arena.

The modules that `arena import` writes beside an arena file import this; nothing else does.
"""

from pytest_arena.promptfoo.functions import answering, asserting
from pytest_arena.promptfoo.hosted import (
    answering_by_node,
    asserting_by_node,
    function_in,
    transforming_by_node,
)

__all__ = [
    "answering",
    "answering_by_node",
    "asserting",
    "asserting_by_node",
    "function_in",
    "transforming_by_node",
]
