"""Functions in interpreters of their own: two versions of one package side by side."""

from __future__ import annotations

import ast
import sys
import venv
from pathlib import Path

import pytest
from conftest import Project

import pytest_arena

SHOP = """
import asyncio, os, sys, threading

print("imported")


def answer(prompt, session, config, variables, case):
    print("a print is no answer")
    return {"output": f"hello from VERSION", "usage": {"cost_usd": 0.25}, "context": ["a document"]}


async def stream(prompt):
    yield "hello "
    await asyncio.sleep(0)
    yield {"tool_calls": [{"name": "find", "arguments": {"n": 1}}]}


class Bot:
    def answer(self, prompt):
        return "hello"


def forks(prompt):
    return "hello from a child" if os.fork() == 0 else "hello"


def leaves_a_thread(prompt):
    threading.Thread(target=threading.Event().wait).start()
    return "hello"


def large(prompt):
    return "hello" + "x" * 3_000_000


def raises(prompt):
    raise ValueError("no order of that number")


def lost(prompt):
    raise ConnectionError("no database")


def hangs(prompt):
    threading.Event().wait()


def nothing(prompt):
    return None


def exits(prompt):
    sys.exit(3)


def dies(prompt):
    print("out of memory", file=sys.stderr)
    os._exit(4)


def reads(prompt):
    return input()


def wants(prompt, age): ...
"""


def environment(project: Project, version: str) -> None:
    """Make an environment that has a version of the package, and nothing else."""
    folder = project.path / version
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "shop.py").write_text(SHOP.replace("VERSION", version))


def arena(entries: dict[str, str]) -> str:
    lines = [f"  - {{name: {name}, provider: python, {keys}}}" for name, keys in entries.items()]
    return "\n".join(
        [
            "providers:",
            *lines,
            "tests:\n  - name: Hi\n    prompt: you\n"
            "    assertions: [{type: contains, value: hello}]",
        ]
    )


def test_two_versions_of_one_package_answer_side_by_side(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # what belongs to the run's interpreter is nothing to another one
    (project.path / "mine").mkdir()
    (project.path / "mine" / "shop.py").write_text("raise ValueError")
    monkeypatch.setenv("PYTHONPATH", str(project.path / "mine"))
    environment(project, "v1")
    environment(project, "v2")
    (project.path / "beside.py").write_text("def answer(prompt):\n    return 'hello beside'\n")
    entries = {
        "old": 'call: "shop:answer", venv: v1',
        "new": 'call: "shop:answer", venv: v2/bin/python, config: {tone: kind}',
        "stream": 'call: "shop:stream", venv: v1',
        "method": 'call: "shop:Bot.answer", venv: v1',
        "forks": 'call: "shop:forks", venv: v1',
        "thread": 'call: "shop:leaves_a_thread", venv: v1',
        "large": 'call: "shop:large", venv: v1',
        "beside": 'call: "beside:answer", venv: v1',
    }
    project.write(arena=arena(entries))
    project.run_apart().assert_outcomes(passed=len(entries))
    trials = project.first_trials()
    assert (trials["old"]["output"], trials["new"]["output"]) == ("hello from v1", "hello from v2")
    assert (trials["old"]["cost_usd"], list(trials["old"]["context"])) == (0.25, ["a document"])
    assert trials["stream"]["first_token_ms"] is not None
    assert trials["stream"]["tool_calls"][0]["name"] == "find"
    assert trials["forks"]["output"] == "hello"


FAULTS = {
    "raises": "shop:raises raised ValueError in v1/",
    "lost": "shop:lost raised ConnectionError in v1/",
    "hangs": "no answer within 0.8 s",
    "nothing": "shop:nothing returned None",
    "exits": "shop:exits raised SystemExit in v1/",
    "dies": "shop:dies ended with status 4\n  imported\n  out of memory",
    "reads": "shop:reads raised EOFError in v1/",
}


def test_each_fault_is_an_error_with_its_message(project: Project) -> None:
    environment(project, "v1")
    limits = "timeout: 800ms, retries: 0"
    entries = {
        name: f'call: "shop:{name}", venv: v1, {limits if name == "hangs" else "retries: 0"}'
        for name in FAULTS
    }
    project.write(arena=arena(entries))
    project.run().assert_outcomes(errors=len(FAULTS))
    trials = project.first_trials()
    for name, said in FAULTS.items():
        message = str(trials[name]["error"]["message"])
        assert said in message, (name, message)
        assert "serve.py" not in message
    assert trials["lost"]["error"]["kind"] == "connection"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            'call: "shop:wants", venv: v1',
            "arena.yaml:2:5: provider 'x': nothing can be given for 'age' of "
            "shop:wants(prompt, age)\n  expected: a function that takes some of prompt, ",
        ),
        ('call: "shop:answr", venv: v1', "fix: did you mean 'answer'?"),
        ('call: "shop:sys", venv: v1', "shop:sys is no function: it is <module 'sys'"),
        (
            'call: "shap:answer", venv: v1',
            "there is no module 'shap' for {path}/v1/bin/python\n"
            "  expected: a module that is installed there, or that lies below python_path",
        ),
        (
            'call: "broken:answer", venv: v1, python_path: [lib]',
            "the module 'broken' cannot be imported: ValueError in lib/broken.py:1: no key\n"
            "  lib/broken.py:1 in <module>: raise ValueError('no key')",
        ),
        (
            'call: "shop:answer", venv: v9',
            "there is no interpreter {path}/v9\n"
            "  expected: a virtual environment, or an interpreter\n"
            "  fix: correct venv, or make it with python -m venv",
        ),
    ],
)
def test_what_cannot_be_called_is_refused_before_the_run(
    project: Project, keys: str, said: str
) -> None:
    environment(project, "v1")
    (project.path / "lib").mkdir()
    (project.path / "lib" / "broken.py").write_text("raise ValueError('no key')\n")
    project.write(arena=arena({"x": keys}))
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said.replace("{path}", str(project.path)) in result.stderr.str()


def test_a_version_of_what_is_installed_is_not_looked_for_in_git(project: Project) -> None:
    environment(project, "v1")
    project.write(arena=arena({"x": 'call: "shop:answer", venv: v1, version: git'}))
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "'version: git' of provider 'x' finds no files in git" in result.stdout.str()


def test_what_other_interpreters_run_is_written_for_python_3_9() -> None:
    package = Path(pytest_arena.__file__).parent
    portable = package / "providers" / "systems" / "portable"
    for file in (package / "text" / "exception_text.py", *portable.rglob("*.py")):
        tree = ast.parse(file.read_text(), feature_version=(3, 9))
        imported = [name for node in ast.walk(tree) for name in _imported(node)]
        assert set(imported) <= sys.stdlib_module_names, file


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [one.name.partition(".")[0] for one in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [str(node.module).partition(".")[0]]
    return []
