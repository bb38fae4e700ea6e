"""`javascript` and `transform` as a file has them: what is refused, where, and what hashes tell."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_arena.assertions.javascript import JavaScript
from pytest_arena.loading import Arena
from pytest_arena.registry import Registry

TEST = "tests:\n  - name: A\n    prompt: Hi\n    assertions:\n      - {type: javascript, %s}\n"


@pytest.fixture
def registry(registry: Registry) -> Registry:
    registry.assertion(JavaScript)
    return registry


@pytest.mark.parametrize(
    ("keys", "files", "said"),
    [
        ("code: return 1", {}, "arena.yaml:8:9: JavaScript does not compile: SyntaxError"),
        ("code: return 1", {}, "fix: leave out `return`: one line is an expression"),
        ("cod: 'true'", {}, "fix: did you mean 'code'?"),
        ("file: no.js", {}, "'no.js' does not exist"),
        ("file: check.js", {"checks.js": "x"}, "fix: did you mean 'checks.js'?"),
        ("file: ../out.js", {}, "is outside the root directory"),
        ("file: a.ts", {"a.ts": "x"}, "fix: write it as JavaScript"),
        ("file: a.js, code: '1'", {"a.js": "x"}, "code and a file in assertion 'javascript'"),
        ("file: a.js", {"a.js": "import fs from 'fs';\n"}, "imports something"),
        ("file: a.js", {"a.js": "export const = 3;"}, "does not compile"),
        ("code: 'true', transform: output.a", {}, "does not say how it is to be read"),
        ("code: 'true', transform: {jmespath: 'a['}", {}, "bad JMESPath expression"),
    ],
)
def test_what_cannot_be_run_is_refused_at_its_place(
    keys: str, files: dict[str, str], said: str, refused: Callable[..., str]
) -> None:
    assert said in refused(TEST % keys, files)


def test_code_is_a_template_and_a_file_is_none(load: Callable[..., Arena]) -> None:
    text = "variables: {n: 3}\n" + TEST % "code: 'output.length > {{ n }}'"
    text += "      - {type: javascript, file: a.js}\n"
    code, file = load(text, {"a.js": "module.exports = () => '{{ n }}'"}).cells[0].case.assertions
    assert code.model_dump()["code"] == "output.length > 3"
    assert file.model_dump()["code"] == "module.exports = () => '{{ n }}'"


def test_hashes_of_assertions_tell_another_file_and_another_transform(
    load: Callable[..., Arena],
) -> None:
    one = TEST % "file: a.js"
    transformed = one.replace("prompt: Hi", "prompt: Hi\n    transform: {jmespath: a}")
    found = [
        load(text, {"a.js": f"module.exports = () => {gives}"}).cells[0].hashes["assertions"]
        for text, gives in ((one, "true"), (one, "false"), (transformed, "true"))
    ]
    assert len(set(found)) == 3
