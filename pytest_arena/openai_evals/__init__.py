"""Graders of OpenAI Evals as checks of an arena: what imported arenas call.

The arenas that `arena import` writes, and the modules beside them, import this; nothing else does.
`hosted` are the graders of the product that was OpenAI's, `registry` the classes of the repository
openai/evals; each holds where the original holds.
"""

from pytest_arena.openai_evals.hosted import multi, python_grader, string_check, text_similarity
from pytest_arena.openai_evals.registry import (
    fuzzy_match,
    includes,
    includes_in_any_case,
    json_match,
    match,
)

__all__ = [
    "fuzzy_match",
    "includes",
    "includes_in_any_case",
    "json_match",
    "match",
    "multi",
    "python_grader",
    "string_check",
    "text_similarity",
]
