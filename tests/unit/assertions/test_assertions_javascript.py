"""`javascript` assertions: promptfoo's rules, what is refused, and what is no verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from pytest_arena.assertions.evaluate import evaluate
from pytest_arena.assertions.javascript import JavaScript
from pytest_arena.javascript import engine
from pytest_arena.results.trial import Finding
from pytest_arena.schema import CheckContext

PARTS = "{pass: false, score: 0.4, reason: 'too curt', componentResults: [{pass: true, score: 1}]}"


@pytest.fixture
def js(trial: Any) -> Callable[..., Finding]:
    """Return what JavaScript finds of an answer, `Hello.` unless another is given."""

    def found(code: str, output: str = "Hello.", **keys: Any) -> Finding:
        context = CheckContext("case", "mini", {"limit": 6, "words": ["a"]})
        return evaluate(JavaScript(code=code, **keys), trial(output), context)

    return found


@pytest.mark.parametrize(
    ("code", "verdict", "score"),
    [
        ("output.length <= context.vars.limit", "passed", 1),
        ("output.length < 2", "failed", 0),
        ("output === 'Hello.';", "passed", 1),
        ("output.length - 5.5", "passed", 0.5),
        ("output.length", "passed", 1),
        ("output.length - 6", "failed", 0),
        ("-3", "failed", 0),
        ("const s = output; s === 'a;b' || s.length > 2", "passed", 1),
        ("let a = 1; let b = 2; a + b === 3", "passed", 1),
        ("\nconst found = output.match(/H/);\nreturn found !== null;\n", "passed", 1),
        ("\n  output.length > 2\n", "passed", 1),
        ("Promise.resolve(output.length > 2)", "passed", 1),
        ("(async () => { await null; return 0.25 })()", "passed", 0.25),
        ("({pass: true, score: 0, reason: ''})", "passed", 0),
        ("({pass: true, score: 1})", "failed", 0),
        ("({pass: true, reason: 'a'})", "failed", 0),
        (f"({PARTS})", "failed", 0.4),
        ("({pass: true, score: 7, reason: 'a'})", "passed", 1),
        ("context.vars.words.includes('a') && context.test.description === 'case'", "passed", 1),
        ("undefined", "failed", 0),
        ("null", "failed", 0),
        ("[true]", "failed", 0),
        *(
            (f"new {made}", "failed", 0)
            for made in ("Boolean(1)", "Number(2)", "Date(0)", "String('')")
        ),
        ("0 / 0", "failed", 0),
        ("({passed: true})", "failed", 0),
        ("({pass: true, score: 'high', reason: 'a'})", "failed", 0),
        ("output.order.total", "failed", 0),
        ("nothing.there", "failed", 0),
        ("console.log(output) || true", "passed", 1),
    ],
)
def test_what_the_code_gives_is_a_verdict(code: str, verdict: str, score: float, js: Any) -> None:
    found = js(code)
    assert (found.verdict, found.score) == (verdict, score), found.reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("output", "gave the text 'Hello.', no verdict"),
        ("fetch('x')", "needs fetch, which the embedded engine has not"),
        ("require('fs')", "needs require, which the embedded engine has not"),
        ("new Intl.NumberFormat().format(1) === '1'", "needs Intl"),
        ("setTimeout(() => 1, 5)", "needs setTimeout"),
        ("const f = () => f() + 1; f()", "calls itself too deeply"),
        ("'x'.repeat(1 << 29).length > 1", "needs more than 128 MB of memory"),
        ("new Promise(() => 1)", "gave a promise that is never settled"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_what_could_not_be_run_is_an_error_with_not_too(
    code: str, reason: str, turned: bool, js: Any
) -> None:
    found = js(code, negate=turned)
    assert found.verdict == "error"
    assert reason in found.reason


@pytest.mark.parametrize(
    "code",
    [
        "(() => { for (;;) {} })()",
        "(() => { for (;;) { try { for (;;) {} } catch {} } })()",
        "(async () => { for (;;) await null })()",
        "/^(a|aa)+$/.test('a'.repeat(60) + 'b')",
    ],
)
def test_what_never_ends_is_an_error_in_time(
    code: str, js: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_SECONDS", 0.02)
    found = js(code)
    assert (found.verdict, "ran for more than 0.02 s" in found.reason) == ("error", True)


@pytest.mark.parametrize(
    ("code", "threshold", "verdict"),
    [
        ("output.length", 6, "passed"),
        ("output.length", 6.5, "failed"),
        ("0", 0, "passed"),
        ("-1", -2, "passed"),
        ("false", 0, "failed"),
        ("true", 1, "passed"),
        ("({pass: true, score: 0.4, reason: ''})", 0.5, "passed"),
        ("({pass: false, score: 0.9, reason: ''})", 0.5, "failed"),
    ],
)
def test_a_threshold_is_a_least_number_and_makes_nothing_true(
    code: str, threshold: float, verdict: str, js: Any
) -> None:
    assert js(code, threshold=threshold).verdict == verdict


def test_not_turns_a_verdict_around_and_no_exception(js: Any) -> None:
    assert js("false", negate=True).verdict == "passed"
    assert js("output.a.b", negate=True).verdict == "failed"


def test_an_object_tells_why_and_what_its_parts_found(js: Any) -> None:
    found = js(f"({PARTS})")
    assert found.reason == "too curt"
    assert [(part.verdict, part.reason) for part in found.group] == [("passed", "(no reason)")]


def test_answers_are_data_and_never_code(js: Any) -> None:
    answer = "`'\"\\'); throw 1; //\u2028\ud83d\ude00 ${x} </script>"
    assert js("output.endsWith('</script>') && output.length > 30", answer).verdict == "passed"


def test_calls_share_nothing(js: Any) -> None:
    assert js("(globalThis.seen = (globalThis.seen || 0) + 1) === 1").verdict == "passed"
    assert js("(globalThis.seen = (globalThis.seen || 0) + 1) === 1").verdict == "passed"


@pytest.mark.parametrize(
    ("text", "function", "verdict"),
    [
        (
            "module.exports = (output, context) => context.config.least <= output.length;",
            None,
            "passed",
        ),
        ("exports.a = () => false; exports.b = () => true;", "b", "passed"),
        ("module.exports = { default: () => 0.5 };", None, "passed"),
        ("export default (output) => output.length > 2;\n", None, "passed"),
        (
            "export default async function check(output) {\n  return output.length > 2;\n}\n",
            None,
            "passed",
        ),
        (
            "#!/usr/bin/env node\nexport const a = () => true;\nexport function b() { return 0; }",
            "a",
            "passed",
        ),
        ("function one() { return true; }\nexport { one as two };\n", "two", "passed"),
        ("exports.a = () => true;", "b", "failed"),
        ("const fs = require('fs');\nmodule.exports = () => true;", None, "error"),
    ],
)
def test_a_file_exports_what_is_called(
    text: str, function: str | None, verdict: str, js: Any
) -> None:
    found = js(text, file="checks.js", function=function, config={"least": 6})
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, "an assertion without code"),
        ({"code": ""}, "at least 1 character"),
        ({"code": "return output"}, "does not compile"),
        ({"code": "await output"}, "does not compile"),
        ({"code": "const a = 1; return a === 1"}, "does not compile"),
        ({"code": "output.(", "config": {}}, "does not compile"),
        ({"code": "1", "function": "f"}, "a function without a file"),
        ({"code": "1", "file": "a.js", "function": " "}, "an empty function"),
        ({"code": "import a from 'a'\n", "file": "a.mjs"}, "imports something"),
    ],
)
def test_what_cannot_be_run_is_refused(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        JavaScript(**keys)


def test_without_an_engine_it_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pytest_arena.schema.javascript.is_installed", lambda: False)
    with pytest.raises(ValidationError, match="no JavaScript engine is installed") as caught:
        JavaScript(code="true")
    assert caught.value.errors()[0]["ctx"]["fix"] == "pip install 'pytest-arena[javascript]'"
