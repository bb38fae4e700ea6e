"""Code of promptfoo's configurations that is run at import, and what node runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_arena import run_arena
from pytest_arena.cli import main
from pytest_arena.importing import Imported, read_source
from pytest_arena.importing.arena_writer import write_files
from pytest_arena.importing.promptfoo.importer import PromptfooImporter
from pytest_arena.results import RunResult

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")


def convert(
    folder: Path, files: dict[str, str], *, run_code: bool = True, **config: Any
) -> Imported:
    write_files(folder, files)
    given = {"prompts": ["Say {{ word }}"], "providers": ["echo"], **config}
    path = folder / "promptfooconfig.yaml"
    path.write_text(yaml.safe_dump(given, sort_keys=False))
    return PromptfooImporter().convert(read_source(path, folder, run_code=run_code))


def told(imported: Imported) -> str:
    return "\n".join(map(str, imported.findings))


def run(folder: Path, imported: Imported) -> RunResult:
    write_files(folder, imported.files)
    (folder / "arena.yaml").write_text(yaml.safe_dump(imported.arena))
    return run_arena(folder / "arena.yaml")


def prompts_of(imported: Imported) -> list[str]:
    return [case["prompt"] for case in imported.arena["tests"]]


WORD = {"vars": {"word": "tea"}}
MADE_BY_CODE: list[tuple[str, str, str]] = [
    # the prompt as it is written, its file, what it makes
    ("file://p.py:make", "def make(context): return 'py ' + context['vars']['word']", "py tea"),
    ("p.py:make", "async def make(context): return {'prompt': context['config']['a']}", "1"),
    (
        "file://p.py",
        "import json, sys\nprint(json.loads(sys.argv[1])['vars']['word'] + ' {{ word }}')",
        "tea {{ word }}",
    ),
    pytest.param(
        "file://p.js",
        "const path = require('path');\n"
        "module.exports = ({vars, provider}) => path.join(vars.word, provider.id);",
        "tea/echo",
        marks=needs_node,
    ),
    pytest.param(
        "file://p.mjs:make",
        "import fs from 'node:fs';\nconsole.log('loud');\n"
        "export const make = async ({vars}) => [{role: 'user', content: `mjs ${vars.word}`}];",
        '[\n  {\n    "role": "user",\n    "content": "mjs tea"\n  }\n]',
        marks=needs_node,
    ),
]


@pytest.mark.parametrize(("written", "text", "made"), MADE_BY_CODE)
def test_prompts_are_made_by_code_where_that_is_allowed(
    written: str, text: str, made: str, tmp_path: Path
) -> None:
    file = written.removeprefix("file://").partition(":")[0]
    prompts = [{"id": written, "label": "made", "config": {"a": "1"}}]
    imported = convert(tmp_path, {file: text}, prompts=prompts, tests=[WORD])
    assert prompts_of(imported) == [made], told(imported)


def test_a_glob_of_code_is_each_of_its_files(tmp_path: Path) -> None:
    code = "import sys\nprint({!r})"
    files = {f"prompts/{name}.py": code.format(name) for name in ("a", "b")}
    imported = convert(tmp_path, files, prompts=["file://prompts/*.py"], tests=[WORD])
    assert prompts_of(imported) == ["a", "b"], told(imported)
    without = convert(tmp_path, {}, run_code=False, prompts=["file://prompts/*.py"], tests=[WORD])
    assert told(without).count("it is code, which is not run") == 2


def test_a_prompt_that_differs_by_provider_is_a_case_for_each(tmp_path: Path) -> None:
    code = "def make(context): return context['provider']['id'] + context['provider']['label']"
    providers = [
        {"id": "openai:gpt-5", "label": "a"},
        {"id": "openai:gpt-5", "label": "b"},
    ]
    imported = convert(
        tmp_path, {"p.py": code}, prompts=["file://p.py:make"], providers=providers, tests=[WORD]
    )
    assert prompts_of(imported) == ["openai:gpt-5a", "openai:gpt-5b"]
    assert [case["providers"] for case in imported.arena["tests"]] == [["a"], ["b"]]


def test_no_code_is_run_without_the_flag(tmp_path: Path) -> None:
    code = "from pathlib import Path\nPath('ran').touch()\ndef generate_tests(): return []"
    imported = convert(
        tmp_path,
        {"p.py": code, "v.py": code, "t.py": code},
        run_code=False,
        prompts=["file://p.py:make", "Say {{ word }}"],
        tests=["file://t.py", {"vars": {"word": "file://v.py"}}],
    )
    assert told(imported).count("it is code, which is not run") == 3
    assert told(imported).count("arena import --run-code runs it") == 3
    assert [case["skip"] for case in imported.arena["tests"]] == [
        "imported without the variable word"
    ]
    assert not (tmp_path / "ran").exists()


def test_a_case_without_its_prompt_is_not_run_however_partial(tmp_path: Path) -> None:
    write_files(tmp_path, {"p.py": "def make(context): raise ValueError('no ' + 'luck')"})
    path = tmp_path / "promptfooconfig.yaml"
    config = {"prompts": ["file://p.py:make"], "providers": ["echo"], "tests": [WORD]}
    path.write_text(yaml.safe_dump(config))
    for run_code, said in ((True, "p.py:make: ValueError: no luck"), (False, "--run-code")):
        source = read_source(path, tmp_path, partial=True, run_code=run_code)
        imported = PromptfooImporter().convert(source)
        assert said in told(imported)
        lost = "its prompt" if run_code else "every prompt"
        assert imported.arena["tests"][0]["skip"] == f"imported without {lost}"


def test_tests_and_variables_are_made_by_code(tmp_path: Path) -> None:
    imported = convert(
        tmp_path,
        {
            "t.py": "import more\ndef generate_tests(): return more.TESTS\n"
            "class Few:\n    @classmethod\n"
            "    def first(cls, config): return more.TESTS[:config['n']]",
            "more.py": "TESTS = [{'vars': {'word': w}} for w in ('a', 'b')]",
            "v.py": "def get_var(name, _, other): return {'output': name + other['b'] + '\\n'}",
        },
        tests=[
            "file://t.py",
            {"path": "file://t.py:Few.first", "config": {"n": 1}},
            {"vars": {"b": "2", "word": "file://v.py"}},
        ],
    )
    assert [case["variables"]["word"] for case in imported.arena["tests"]] == [
        *("a", "b", "a", "word2"),
    ], told(imported)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def get_var(name, prompt, other): return {'error': 'gone'}", "gone"),
        ("def get_var(name, prompt, other): return 5", "it gave no object with output"),
        ("def other(): pass", "has no function 'get_var'"),
        ("def get_var(*args): return {'output': args[1]}", "gives each prompt another value"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("import os\nos._exit(3)", "ended with status 3"),
    ],
)
def test_a_variable_that_code_does_not_make_is_told(text: str, said: str, tmp_path: Path) -> None:
    imported = convert(
        tmp_path,
        {"v.py": text},
        prompts=["A {{ word }}", "B {{ word }}"],
        tests=[{"vars": {"word": "file://v.py"}}],
    )
    assert said in told(imported)
    assert imported.arena["tests"][0]["skip"] == "imported without the variable word"


def test_code_sees_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.setenv("DATABASE_URL", "postgres://mine")
    code = "import os\ndef make(context): return ','.join(sorted(os.environ.values()))"
    env = {"REGION": "north", "OTHER_TOKEN": "t0ken"}
    imported = convert(
        tmp_path, {"p.py": code}, prompts=["file://p.py:make"], tests=[WORD], env=env
    )
    (prompt,) = prompts_of(imported)
    assert "north" in prompt
    assert not [text for text in ("mine", "t0ken") if text in prompt]


@needs_node
def test_what_node_alone_can_run_stands_in_the_module(tmp_path: Path) -> None:
    files = {
        "lib/check.js": "const near = require('./near');\n"
        "module.exports = (output, context) => near(output) + context.config.more;",
        "lib/near.js": "module.exports = (text) => text.length;",
        "up.mjs": "import { inspect } from 'node:util';\n"
        "export const up = (output) => inspect(output).toUpperCase();",
        "bot.cjs": "const os = require('os');\nmodule.exports = class {\n"
        "  constructor(options) { this.config = options.config; }\n"
        "  async callApi(prompt, context) {\n"
        "    return {output: {said: prompt + this.config.end + context.vars.word}};\n  }\n};",
    }
    value = "file://lib/check.js"
    asserted = [
        {"type": "javascript", "value": value, "threshold": 15, "config": {"more": 1}},
        {"type": "not-javascript", "value": value, "threshold": 99, "config": {"more": 1}},
        {"type": "contains", "value": "SAY TEA!TEA", "transform": "file://up.mjs:up"},
    ]
    providers = [{"id": "file://bot.cjs", "label": "bot", "config": {"end": "!"}}]
    imported = convert(tmp_path, files, providers=providers, tests=[{**WORD, "assert": asserted}])
    assert set(files) < set(imported.files)
    (cell,) = run(tmp_path, imported).cells
    (trial,) = cell.trials
    assert trial.output == '{"said": "Say tea!tea"}'
    assert [one.verdict for one in trial.assertions] == ["passed"] * 3, trial.assertions


@needs_node
@pytest.mark.parametrize(
    ("text", "verdict", "reason"),
    [
        ("require('fs'); module.exports = () => { throw new Error('no') }", "failed", "Error: no"),
        ("require('nowhere-to-be-found')", "error", "Cannot find module"),
        ("require('fs'); module.exports = {}", "error", "exports no function"),
        ("require('fs'); module.exports = () => 'yes'", "error", "gave the text 'yes'"),
        ("require('fs'); module.exports = () => 0 / 0", "failed", "no finite number"),
        ("require('fs'); module.exports = () => undefined", "failed", "gave undefined"),
        ("require('fs'); module.exports = () => process.exit(4)", "error", "ended with status 4"),
        ("require('fs'); module.exports = async () => true", "passed", "gave true"),
    ],
)
def test_what_node_gives_is_a_verdict_or_an_error(
    text: str, verdict: str, reason: str, tmp_path: Path
) -> None:
    asserted = [{"type": "javascript", "value": "file://c.js"}]
    imported = convert(tmp_path, {"c.js": text}, tests=[{**WORD, "assert": asserted}])
    (cell,) = run(tmp_path, imported).cells
    (found,) = cell.trials[0].assertions
    assert (found.verdict, reason in found.reason) == (verdict, True), found.reason


LOADER = """
import { register } from 'node:module';
const hooks = `
import fs from 'node:fs/promises';
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const text = await fs.readFile(new URL(url), 'utf8');
  return {format: 'module', shortCircuit: true, source: text.replace(/: string/g, '')};
}`;
register('data:text/javascript,' + encodeURIComponent(hooks));
"""


@needs_node
def test_typescript_is_read_by_the_loader_beside_it(tmp_path: Path) -> None:
    files = {
        "node_modules/tsx/package.json": '{"name": "tsx", "exports": "./index.mjs"}',
        "node_modules/tsx/index.mjs": LOADER,
        "c.ts": "export function long(output: string) { return output.length > 3; }",
    }
    asserted = [{"type": "javascript", "value": "file://c.ts:long"}]
    imported = convert(tmp_path, files, tests=[{**WORD, "assert": asserted}])
    assert [cell.verdict for cell in run(tmp_path, imported).cells] == ["passed"]


def test_configurations_of_two_folders_do_not_meet(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for name in ("x1", "x2"):
        files = {
            "shared.py": f"NAME = {name!r}",
            "bot.py": "import shared\n"
            "def call_api(prompt, options, context): return {'output': shared.NAME}",
            "check.py": "import shared\ndef get_assert(output, _): return output == shared.NAME",
        }
        asserted = [{"type": "python", "value": "file://check.py"}]
        config = {
            "prompts": ["hi"],
            "providers": ["file://bot.py"],
            "tests": [{"assert": [*asserted, {"type": "contains", "value": name}]}],
        }
        files["promptfooconfig.yaml"] = yaml.safe_dump(config)
        write_files(tmp_path / name / "lib", files)
    files = [str(path) for path in sorted(tmp_path.rglob("promptfooconfig.yaml"))]
    assert main(["import", *files]) == 1
    assert len({path.name for path in tmp_path.rglob("*_promptfoo.py")}) == 2
    for arena in sorted(tmp_path.rglob("*.arena.yaml")):
        (cell,) = run_arena(arena).cells
        assert cell.verdict == "passed", cell.trials[0]


CONFIG = """
import path from 'node:path';
const words = ['tea', 'rice'];
export default {
  prompts: ['Say {{ word }}'],
  providers: ['echo', (prompt) => ({output: prompt})],
  tests: words.map((word) => ({
    vars: {word},
    assert: [
      {type: 'icontains', value: path.basename(word)},
      {type: 'javascript', value: (output) => output.length > 3},
    ],
  })),
};
"""


def test_a_configuration_in_javascript_is_run_where_that_is_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "promptfooconfig.mjs"
    path.write_text(CONFIG)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    assert main(["import", str(path)]) == 2
    assert "arena import --run-code runs it" in capsys.readouterr().out


@needs_node
def test_functions_of_a_configuration_in_javascript_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "promptfooconfig.mjs"
    path.write_text(CONFIG)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    assert main(["import", str(path), "--run-code"]) == 1
    told = capsys.readouterr().out
    assert told.count("(a function in the code).js") == 2
    arena = yaml.safe_load((tmp_path / "promptfooconfig.arena.yaml").read_text())
    assert [case["variables"]["word"] for case in arena["tests"]] == ["tea", "rice"]
    assert {case["skip"] for case in arena["tests"]} == {"imported without javascript"}
