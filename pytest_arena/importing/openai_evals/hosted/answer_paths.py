"""Where the answer stands in an eval whose rows hold answers among their items."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pytest_arena.importing.made import LeftOutError
from pytest_arena.importing.openai_evals.hosted.grader import Grader, paths_of
from pytest_arena.importing.openai_evals.hosted.templates import ANSWER, found, read_template

_USUAL = re.compile(
    r"(model_|sample_|generated_|actual_|llm_)?"
    r"(output|output_text|response|answer|completion|prediction|result|summary|reply)"
    r"|actual|generated|predicted"
)


def answer_path(
    graders: Sequence[Grader], items: Sequence[dict[str, Any]], *, has_samples: bool
) -> str | None:
    """Return the path of the answer: the sample's where there is one or a grader names it, else
    that of the items which the graders have as their `input`, or which is called as answers are.

    None where nothing tells.
    """
    paths = [path for grader in graders for path in paths_of(grader)]
    if has_samples or any(path.startswith("sample") for path in paths):
        return ANSWER
    for grader in graders:
        written = grader.tree.get("input")
        try:
            only = read_template(written).only if isinstance(written, str) else None
        except LeftOutError:
            continue
        if only is not None and any(isinstance(found(only, item), str) for item in items):
            return only
    named = [path for path in dict.fromkeys(paths) if path.startswith("item.")]
    usual = [path for path in named if _USUAL.fullmatch(path.rpartition(".")[2].lower())]
    return usual[0] if usual else None
