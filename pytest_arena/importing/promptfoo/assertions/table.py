"""Assertions as cells of a table hold them."""

from __future__ import annotations

import re

from pytest_arena.importing.made import Made
from pytest_arena.importing.promptfoo.assertions.kinds import CSV_THRESHOLD, ELSEWHERE, KINDS
from pytest_arena.importing.promptfoo.scripts import file_of


def from_csv(text: str) -> Made:
    """Return the assertion that a cell of a `__expected` column is: `[not-]type[(n)]:value`."""
    match = _EXPRESSION.fullmatch(text.strip())
    if match is None:
        return {"type": "equals", "value": text}
    kind, threshold, value = match["kind"], match["threshold"], match["value"]
    bare = kind.removeprefix("not-")
    kinds = {"grade": "llm-rubric", "fn": "javascript", "eval": "javascript", "file": "javascript"}
    bare = kinds.get(bare, bare)
    if bare not in KINDS and bare not in ELSEWHERE:
        return {"type": "equals", "value": text}
    made: Made = {"type": ("not-" if kind.startswith("not-") else "") + bare}
    if threshold is not None:
        made["threshold"] = float(threshold)
    elif bare in _CSV_THRESHOLD:
        made["threshold"] = CSV_THRESHOLD
    if value is not None and value.strip():
        made["value"] = value.strip()
    if kind.removeprefix("not-") == "file":
        code = f"file:{made.get('value', '')}"
        language = "python" if file_of(code, ".py") else "javascript"
        return {**made, "type": made["type"].replace("javascript", language), "value": code}
    return made


_EXPRESSION = re.compile(
    r"(?P<kind>(?:not-)?[a-z][a-z:-]*?)(?:\((?P<threshold>\d+(?:\.\d+)?)\))?"
    r"(?::(?P<value>.*))?",
    re.DOTALL,
)


_CSV_THRESHOLD = {
    "levenshtein", "rouge-n", "perplexity", "answer-relevance", "context-recall",
    "context-relevance", "context-faithfulness", "cost", "latency",
}  # fmt: skip
