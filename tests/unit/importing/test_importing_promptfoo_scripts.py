"""JavaScript and Python of promptfoo's configurations, and what is told of the rest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_arena import run_arena
from pytest_arena.importing import Imported, read_source
from pytest_arena.importing.arena_writer import write_files
from pytest_arena.importing.promptfoo.assertions.table import from_csv
from pytest_arena.importing.promptfoo.importer import PromptfooImporter


def convert(folder: Path, test: dict[str, Any], **changes: Any) -> Imported:
    config = {"prompts": ["Say hi"], "providers": ["echo"], "tests": [test], **changes}
    path = folder / "promptfooconfig.yaml"
    path.write_text(yaml.safe_dump(config))
    return PromptfooImporter().convert(read_source(path, folder))


def asserted(value: str, **keys: Any) -> dict[str, Any]:
    return {"assert": [{"type": "javascript", "value": value, **keys}]}


@pytest.mark.parametrize(
    ("value", "file", "text", "function"),
    [
        ("file://check.js", "check.js", "module.exports = (output) => true;", None),
        ("file://./lib/check.cjs:short", "lib/check.cjs", "exports.short = () => 1;", "short"),
        ("file://check.mjs", "check.mjs", "export default () => true;", None),
    ],
)
def test_a_file_of_javascript_stands_beside_the_arena(
    value: str, file: str, text: str, function: str | None, tmp_path: Path
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / file).write_text(text)
    imported = convert(tmp_path, asserted(value, config={"n": 1}, threshold=0.5))
    expected = {"type": "javascript", "file": file, "config": {"n": 1}, "threshold": 0.5}
    if function:
        expected["function"] = function
    assert imported.arena["tests"][0]["assertions"] == [expected]
    assert dict(imported.files) == {file: text}
    assert imported.findings.is_whole


@pytest.mark.parametrize(
    ("value", "text", "said"),
    [
        (
            "file://check.js",
            "const fs = require('fs'); module.exports = () => 1;",
            "requires other",
        ),
        ("file://check.js", "import fs from 'fs';\nexport default () => 1;", "imports something"),
        ("file://check.js", "module.exports = () => ;", "does not compile"),
        ("file://check.ts", "export default () => true", "is TypeScript"),
        ("file://none.js", "", "there is no file none.js"),
        ("file://../out.js", "", "there is no file ../out.js"),
        ("return output", "", "does not compile"),
        ("", "", "no value"),
    ],
)
def test_code_that_cannot_run_is_left_out_with_its_reason(
    value: str, text: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / Path(value).name if value.startswith("file") else tmp_path / "x").write_text(text)
    if "none" in value:
        (tmp_path / "none.js").unlink()
    imported = convert(tmp_path, asserted(value))
    assert said in "".join(map(str, imported.findings))
    assert imported.arena["tests"][0]["skip"] == "imported without javascript"


def test_transforms_of_providers_and_tests_are_kept(tmp_path: Path) -> None:
    test = {"options": {"transform": "output.a"}, **asserted("output > 1")}
    providers = [{"id": "echo", "transform": "JSON.parse(output)"}]
    imported = convert(tmp_path, test, providers=providers)
    assert imported.arena["providers"][0]["transform"] == {"javascript": "JSON.parse(output)"}
    assert imported.arena["tests"][0]["transform"] == {"javascript": "output.a"}
    assert imported.findings.is_whole


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("file://t.js", "module.exports = (output, context) => output + context.vars.n;"),
        ("file://t.js:add", "exports.add = (output) => { return {a: {b: `${output}1`}}.a.b; };"),
        ("file://t.mjs", "export default async function t(output) {\n  return output + 1;\n}\n"),
    ],
)
def test_a_transform_in_a_file_stands_in_the_arena(value: str, text: str, tmp_path: Path) -> None:
    (tmp_path / value.removeprefix("file://").split(":")[0]).write_text(text)
    test = {"vars": {"n": "1"}, "options": {"transform": value}, **asserted("output === 'hi1'")}
    imported = convert(tmp_path, test, prompts=["hi"])
    assert imported.findings.is_whole
    (tmp_path / "arena.yaml").write_text(yaml.safe_dump(imported.arena))
    assert [cell.verdict for cell in run_arena(tmp_path / "arena.yaml").cells] == ["passed"]


def test_a_case_that_lost_its_transform_is_not_run(tmp_path: Path) -> None:
    test = {"options": {"transform": "file://t.js"}, **asserted("output > 1")}
    (case,) = convert(tmp_path, test).arena["tests"]
    assert case["skip"] == "imported without transform"


PYTHON = [
    {"type": "python", "value": "len(output) == {{n}}"},
    {"type": "python", "value": "if len(output) > 1:\n    return 'a {name}'\nreturn 0.5\n"},
    {"type": "not-python", "value": "file://checks.py", "config": {"n": 1}, "threshold": 0.5},
    {"type": "equals", "value": "HI", "transform": "file://checks.py:upper"},
]


def test_python_becomes_functions_of_a_module_beside_the_arena(tmp_path: Path) -> None:
    checks = "def get_assert(output, context): return output != 'hi' and context['config']\n"
    checks += "def upper(output, context): return output.upper()\n"
    (tmp_path / "checks.py").write_text(checks)
    test = {"vars": {"n": "2"}, "assert": PYTHON[:1] + PYTHON[2:]}
    again = {**test, "assert": PYTHON[:2]}
    imported = convert(tmp_path, test, tests=[test, again], prompts=["hi"])
    assert imported.findings.is_whole, list(imported.findings)
    first, second = (case["assertions"] for case in imported.arena["tests"])
    assert (
        first[0]
        == second[0]
        == {
            "type": "python",
            "call": "promptfooconfig_promptfoo:assertion_1",
        }
    )
    assert first[1] == {
        "type": "python",
        "call": "promptfooconfig_promptfoo:assertion_2",
        "not": True,
    }
    assert first[2]["transform"] == {"python": "promptfooconfig_promptfoo:transform_3"}
    assert imported.files["checks.py"] == checks
    made = tmp_path / "promptfooconfig_promptfoo.py"
    made.write_text(imported.files[made.name])
    (tmp_path / "arena.yaml").write_text(yaml.safe_dump(imported.arena))
    run = run_arena(tmp_path / "arena.yaml")
    assert [cell.verdict for cell in run.cells] == ["passed", "failed"]
    assert "gave 'a {name}'" in run.cells[1].trials[0].assertions[1].reason


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("import", "does not compile: invalid syntax"),
        ("", "no value"),
        ("file://none.py", "there is no file none.py"),
        ("file://broken.py", "does not compile"),
    ],
)
def test_python_that_cannot_be_called_is_left_out(value: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def f(:\n")
    imported = convert(tmp_path, {"assert": [{"type": "python", "value": value}]})
    assert said in "".join(map(str, imported.findings))
    assert imported.arena["tests"][0]["skip"] == "imported without python"


def test_files_from_elsewhere_take_the_place_of_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "configs"
    for name, text in (("a", "1"), ("b", "2"), ("configs/a", "3")):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "check.js").write_text(f"module.exports = () => {text};")
    path = folder / "promptfooconfig.yaml"
    values = ["file://../a/check.js", "file://../b/check.js", "file://a/check.js"]
    test = {"assert": [{"type": "javascript", "value": value} for value in values]}
    path.write_text(yaml.safe_dump({"prompts": ["x"], "providers": ["echo"], "tests": [test]}))
    imported = PromptfooImporter().convert(read_source(path, tmp_path))
    named = [one["file"] for one in imported.arena["tests"][0]["assertions"]]
    assert named == ["imported/a/check.js", "b/check.js", "a/check.js"]
    assert [imported.files[name][-2] for name in named] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("file://check.js", {"type": "javascript", "value": "file://check.js"}),
        ("not-file://check.py:f", {"type": "not-python", "value": "file://check.py:f"}),
    ],
)
def test_a_cell_may_name_a_file_of_code(cell: str, expected: dict[str, str]) -> None:
    assert from_csv(cell) == expected


def test_a_provider_in_python_is_called_as_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "promptfooconfig_providers", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "bot_of_arena.py").write_text(
        "def call_api(prompt, options, context):\n"
        "    if prompt == 'down':\n"
        "        return {'error': 'no luck'}\n"
        "    used = {'prompt': 3, 'completion': 4}\n"
        "    said = {'said': [prompt, options['config']['n'], context['vars']['word']]}\n"
        "    return {'output': said, 'tokenUsage': used, 'cost': 0.5}\n"
    )
    providers = [{"id": "file://bot_of_arena.py", "label": "bot", "config": {"n": 7}}]
    tests = [
        {"vars": {"word": word}, "assert": [{"type": "is-json"}]} for word in ("hello", "down")
    ]
    imported = convert(tmp_path, {}, prompts=["{{word}}"], providers=providers, tests=tests)
    write_files(tmp_path, imported.files)
    (tmp_path / "arena.yaml").write_text(yaml.safe_dump(imported.arena))
    first, second = run_arena(tmp_path / "arena.yaml").cells
    assert (first.verdict, second.verdict) == ("passed", "error")
    assert first.trials[0].output == '{"said": ["hello", 7, "hello"]}'
    assert first.trials[0].responses[0].cost_usd == 0.5
    assert "no luck" in second.trials[0].error.message


def test_a_provider_without_its_file_is_left_out(tmp_path: Path) -> None:
    imported = convert(tmp_path, asserted("true"), providers=["python:none.py:ask"])
    assert "there is no file none.py" in "".join(map(str, imported.findings))
