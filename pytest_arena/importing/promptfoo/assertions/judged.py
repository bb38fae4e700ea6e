"""Assertions that ask a model, or measure how near a text is to another."""

from __future__ import annotations

from typing import Any

from pytest_arena.importing.made import LeftOutError, Made
from pytest_arena.importing.promptfoo.assertions.own_prompts import own_prompt
from pytest_arena.importing.promptfoo.assertions.texts import several
from pytest_arena.importing.promptfoo.assertions.written import (
    Written,
    negatable,
)
from pytest_arena.loading.tree import YamlMap, plain

EMBEDDING = {"provider": "openai", "model": "text-embedding-3-large"}


def similar(written: Written) -> list[Made]:
    least = written.threshold
    if least is None:
        least = 0.8 if written.scope.from_csv else 0.75
    made: Made = {"type": "similar", "min_similarity": least}
    made |= (
        {"values": written.texts} if isinstance(written.value, list) else {"value": written.text}
    )
    embedding = _named(written, "embedding")
    if embedding is None:
        embedding = EMBEDDING
        written.alike("no embedding model is named", "OpenAI's text-embedding-3-large is asked")
    return negatable(written, {**made, "embedding": embedding})


def scored(written: Written, kind: str, default: float, **further: Any) -> list[Made]:
    least = default if written.threshold is None else written.threshold
    if written.scope.from_csv and written.threshold is None:
        least = 0.75 if kind == "rouge" else least
    written.alike("another implementation scores it")
    made: Made = {"type": kind, "min_score": least, **further}
    if not isinstance(written.value, list):
        return negatable(written, {**made, "value": written.text})
    members = [{**made, "value": text} for text in several(written)]
    return negatable(written, {"type": "any_of", "assertions": members})


def _judged(
    written: Written, made: Made, *, why: str = "another judge's prompt asks"
) -> list[Made]:
    written.alike(why, "see docs/judging.md for how answers are judged here")
    if "judge_prompt" not in made and _rubric_prompt(written) is not None:
        written.alike("its rubricPrompt is not used", "judge_prompt: of llm_judge takes one")
    judge = _named(written, "text")
    written.scope.judges = written.scope.judges or judge is None
    return negatable(written, {**made, **({"judge": judge} if judge else {})})


def rubric(written: Written) -> list[Made]:
    made: Made = {"type": "llm_judge", "criteria": written.text}
    if written.threshold is not None and written.threshold > 0:
        made["min_score"] = min(written.threshold, 1.0)
    if written.kind == "llm-rubric" and _rubric_prompt(written) is not None:
        made["judge_prompt"] = own_prompt(_rubric_prompt(written), written)
        return _judged(written, made, why="a reply of the judge's that cannot be read is an error")
    return _judged(written, made)


def _rubric_prompt(written: Written) -> Any:
    """Return what the judge is asked, by the assertion's own word or by the test's options."""
    found = plain(written.tree.get("rubricPrompt"))
    return found if found not in (None, "", {}) else written.scope.rubric_prompt or None


def g_eval(written: Written) -> list[Made]:
    criteria = written.texts if isinstance(written.value, list) else [written.text]
    least = 0.7 if written.threshold is None else written.threshold
    members = [
        {
            key: value
            for key, value in _judged(written, {"type": "llm_judge", "criteria": one})[0].items()
            if key != "not"
        }
        for one in criteria
    ]
    return negatable(written, {"type": "all_of", "threshold": least, "assertions": members})


def factuality(written: Written) -> list[Made]:
    return _judged(written, {"type": "factuality", "reference": written.text})


def rag(written: Written, kind: str) -> list[Made]:
    made: Made = {"type": kind}
    if kind == "context_recall":
        made["reference"] = written.text
    if kind != "answer_relevance":
        context = written.scope.variables.get("context")
        if not isinstance(context, (str, list)) or not context:
            raise LeftOutError("the test has no variable `context`")
        made["context"] = context
    if written.threshold:
        made["min_score"] = written.threshold
    else:
        made["weight"] = 0
        written.alike("without a threshold it always passes there", "weight: 0 keeps it so")
    return _judged(written, made)


def _named(written: Written, use: str) -> Made | None:
    """Return who judges or embeds, by the assertion's own word or by the test's options; one that
    an arena cannot name is told."""
    own = written.tree.get("provider")
    for named, whose in ((own, "its provider"), (written.scope.judge, "provider of the options,")):
        inner = _for_use(named, use)
        if inner is None:
            continue
        found = written.scope.column(inner, written.place)
        if found is not None and (use == "text" or found["provider"] not in _APPLICATIONS):
            return found
        shown = plain(inner)
        shown = shown.get("id", shown) if isinstance(shown, dict) else shown
        written.alike(f"{whose} {shown} is not used", f"name another: {_ROLES[use]}:")
    return None


_ROLES = {"text": "judge", "embedding": "embedding"}
_USES = ("text", "embedding", "classification", "moderation")
_APPLICATIONS = ("python", "http", "exec", "echo")
"""What may judge and embeds nothing."""


def _for_use(named: Any, use: str) -> Any:
    """Return the provider that is named for a use; None where it is named for others alone."""
    if isinstance(named, YamlMap) and "id" not in named:
        if any(key in named for key in _USES):
            return named.get(use)
        # a mapping of something else is no provider
        return None if "config" not in named else named
    return named
