"""JavaScript of promptfoo's configurations: files, transforms, and what is told of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_arena.importing import Imported, read_source
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
        ("file://check.ts", "export default () => true", "is no JavaScript"),
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


def test_a_case_that_lost_its_transform_is_not_run(tmp_path: Path) -> None:
    test = {"options": {"transform": "file://t.js"}, **asserted("output > 1")}
    (case,) = convert(tmp_path, test).arena["tests"]
    assert case["skip"] == "imported without transform"
