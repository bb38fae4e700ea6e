"""`transform:` of answers: what is made of them, alone and on an assertion; what is an error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from pytest_arena.assertions.transforms import Surroundings, transformed
from pytest_arena.errors import TransformError
from pytest_arena.results.request_response import Response
from pytest_arena.schema.transform import Transform, TransformSpec

ORDER = 'Here: ```json\n{"order": {"total": 42, "items": ["tea"]}}\n```'
CODE = """
import asyncio
def total(output, variables): return variables["least"] + len(output)
async def later(output): return {"said": output}
def context_of(context): return context["vars"]["least"] + len(context["prompt"])
def further(output, *more, **named): return output + "!"
def nothing(output): return None
def raises(output): raise KeyError("total")
def no_json(output): return object()
def wants(surprise): return 1
"""


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "arena_answers.py").write_text(CODE)
    yield tmp_path
    sys.modules.pop("arena_answers", None)


def made(how: Any, output: str, root: Path) -> Any:
    spec: TransformSpec = TypeAdapter(Transform).validate_python(how)
    around = Surroundings(root, (), "How?", {"least": 3}, "case", "mini")
    return transformed(Response(output), spec, around).transformed


@pytest.mark.parametrize(
    ("how", "output", "expected"),
    [
        ({"javascript": "output.trim()"}, " a ", "a"),
        ("javascript: JSON.parse(output).a", '{"a": {"b": [1]}}', {"b": [1]}),
        ({"javascript": "\nconst n = output.length;\nreturn n;"}, "four", 4),
        ({"javascript": "output.length / 8"}, "four", 0.5),
        ({"javascript": "context.vars.least + context.prompt"}, "x", "3How?"),
        ({"javascript": "false"}, "x", False),
        ({"javascript": "''"}, "x", ""),
        ({"jmespath": "order.total"}, ORDER, 42),
        ("jmespath: order.items[0]", ORDER, "tea"),
        ({"python": "arena_answers:total"}, "abc", 6),
        ("python: arena_answers:later", "abc", {"said": "abc"}),
        ({"python": "arena_answers:context_of"}, "abc", 7),
        ({"python": "arena_answers:further"}, "abc", "abc!"),
    ],
)
def test_an_answer_is_made_into_what_is_checked(
    how: Any, output: str, expected: Any, root: Path
) -> None:
    assert made(how, output, root) == expected


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"javascript": "undefined"}, "gave nothing"),
        ({"javascript": "null"}, "gave nothing"),
        ({"javascript": "output.a.b"}, "threw TypeError"),
        ({"javascript": "fetch(output)"}, "needs fetch"),
        ({"jmespath": "order"}, "there is no JSON object or list in the answer"),
        ({"python": "arena_answers:nothing"}, "gave nothing"),
        ({"python": "arena_answers:raises"}, "KeyError in arena_answers.py:8"),
        ({"python": "arena_answers:no_json"}, "TypeError"),
        ({"python": "arena_answers:wants"}, "wants a parameter 'surprise' that there is not"),
        ({"python": "arena_answers:no"}, "has no 'no'"),
    ],
)
def test_what_cannot_be_made_is_an_error(how: Any, said: str, root: Path) -> None:
    with pytest.raises(TransformError) as caught:
        made(how, "Hello.", root)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "how",
    [
        {},
        "output.trim()",
        "ruby: output",
        {"javascript": "return 1"},
        {"javascript": "1", "jmespath": "a"},
        {"jmespath": "a["},
        {"python": "module"},
        {"perl": "x"},
    ],
)
def test_what_says_no_way_or_two_is_refused(how: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Transform).validate_python(how)


def test_an_assertion_looks_at_what_its_own_transform_makes(judge: Any) -> None:
    text = "{type: equals, value: tea, transform: {jmespath: 'order.items[0]'}}"
    assert judge(text, ORDER).verdict == "passed"
    group = f"{{type: all_of, transform: {{jmespath: order}}, assertions: [{text}]}}"
    assert judge(group, ORDER).verdict == "error"
    inner = "{type: javascript, code: output.total === 42}"
    group = f"{{type: all_of, transform: {{jmespath: order}}, assertions: [{inner}]}}"
    assert judge(group, ORDER).verdict == "passed"


def test_an_assertion_whose_transform_fails_is_an_error_with_not_too(judge: Any) -> None:
    for turned in ("false", "true"):
        text = f"{{type: contains, value: x, not: {turned}, transform: {{jmespath: a}}}}"
        found = judge(text, "Hello.")
        assert (found.verdict, "no JSON object" in found.reason) == ("error", True)


def test_an_assertion_over_all_trials_looks_at_what_is_made_of_each(judge: Any, trial: Any) -> None:
    text = "{type: consistency, min_similarity: 1, transform: {jmespath: order.total}}"
    answers = [trial(ORDER), trial('{"order": {"total": 42}}')]
    assert judge(text, answers).verdict == "passed"
