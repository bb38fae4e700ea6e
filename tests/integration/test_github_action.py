"""The composite action, step by step, as a runner would run it, against a local stand-in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Project
from servers.pull_requests import PullRequest

from pytest_arena.reporting.marker import MARKER

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((ROOT / ".github/actions/arena/action.yml").read_text("utf-8"))
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_SHELLS = {"bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"], "python": [sys.executable]}

ARENA = """\
providers: [{name: mini, provider: mock, responses: {default: hello}}]
tests:
  - {name: Greeting, prompt: hi, assertions: [{type: contains, value: hello}]}
  - {name: Goodbye, prompt: bye, tags: [late], assertions: [{type: contains, value: bye}]}
"""


class Runner:
    """Runs the action's own steps; those of other actions are noted only."""

    def __init__(self, project: Project, pull_request: PullRequest) -> None:
        project.write(arena=ARENA)
        self.folder = project.path
        self.pull_request = pull_request
        self.used: dict[str, dict[str, str]] = {}
        self.is_fork = False
        self.printed = ""
        (self.folder / "event.json").write_text("{}")

    def run(self, **inputs: str) -> int:
        """Return the exit code of the step that ends the job, 0 where all went well."""
        given = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
        given |= {"token": self.pull_request.token, "install": ""}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        assert given.keys() == ACTION["inputs"].keys()
        self.known = {f"inputs.{name}": value for name, value in given.items()}
        head = "a-friend/shop" if self.is_fork else "our/shop"
        names = {"head": head, "base": "our/shop"}
        sides = {side: {"repo": {"full_name": name}} for side, name in names.items()}
        event = {"pull_request": {"number": 7, **sides}}
        (self.folder / "event.json").write_text(json.dumps(event))
        for step in ACTION["runs"]["steps"]:
            if not self._condition(step.get("if", "true")):
                continue
            if "uses" in step:
                self.used[step["uses"]] = {k: self._text(v) for k, v in step["with"].items()}
                continue
            code = self._step(step)
            if code:
                return code
        return 0

    def _step(self, step: dict[str, Any]) -> int:
        output = self.folder / "output.txt"
        output.write_text("")
        script = self.folder / "step"
        script.write_text(self._text(step["run"]))
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.pull_request.url,
            "GITHUB_REPOSITORY": "our/shop",
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_OUTPUT": str(output),
            **{name: self._text(value) for name, value in step.get("env", {}).items()},
        }
        environment.pop("GITHUB_STEP_SUMMARY", None)
        done = subprocess.run(
            [*_SHELLS[step["shell"]], str(script)],
            cwd=self.folder / self._text(step.get("working-directory", ".")),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.printed += done.stdout + done.stderr
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            self.known[f"steps.{step['id']}.outputs.{name}"] = value
        return done.returncode

    def _condition(self, text: str) -> bool:
        """Evaluate the few forms of conditions that the action has."""
        for part in _EXPRESSION.sub(r"\1", text).split(" && "):
            if part in ("true", "!cancelled()"):
                continue
            name, operator, value = part.split(" ")
            assert operator in ("==", "!=")
            if (self.known[name] == value.strip("'")) != (operator == "=="):
                return False
        return True

    def _text(self, text: str) -> str:
        fork = (
            "github.event_name == 'pull_request' && "
            "github.event.pull_request.head.repo.full_name != github.repository"
        )
        known = {**self.known, fork: str(self.is_fork).lower(), "github.run_id": "1"}
        return _EXPRESSION.sub(lambda found: known[found[1]], text)


@pytest.fixture
def runner(project: Project) -> Any:
    with PullRequest("Nice work!") as pull_request:
        yield Runner(project, pull_request)


def test_a_red_run_is_red_and_its_comment_is_never_doubled(runner: Runner) -> None:
    assert runner.run() == 1, runner.printed
    comment = runner.pull_request.comments[2]
    assert comment.startswith(f"{MARKER}\n## ❌ 1 of 2 cells failed")
    assert runner.used["actions/upload-artifact@v4"]["path"] == "./arena-report"
    assert runner.run(arguments='--arena -k "Greeting or nothing"') == 0, runner.printed
    assert runner.pull_request.comments[2].startswith(f"{MARKER}\n## ✅")
    assert len(runner.pull_request.comments) == 2


def test_the_exit_code_is_pytests_own(runner: Runner) -> None:
    assert runner.run(arguments="--arena -k nothing") == 5
    assert len(runner.pull_request.comments) == 1
    assert ACTION["outputs"]["exit-code"]["value"] == "${{ steps.arena.outputs.exit-code }}"


def test_a_fork_runs_without_secrets_and_writes_no_comment(runner: Runner) -> None:
    runner.is_fork = True
    assert runner.run(fork_arguments="--arena -m 'not late'") == 0, runner.printed
    assert "no comment: the pull request comes from a fork" in runner.printed
    assert len(runner.pull_request.comments) == 1


def test_reports_and_comments_can_be_named_and_left_out(runner: Runner) -> None:
    assert runner.run(report_dir="out", comment_name="search", artifact="") == 1
    assert runner.pull_request.comments[2].startswith("<!-- pytest-arena-report: search -->\n")
    assert (runner.folder / "out" / "report.md").exists()
    assert "actions/upload-artifact@v4" not in runner.used
    assert runner.run(comment="false") == 1
    assert len(runner.pull_request.comments) == 2


def test_answers_are_cached_on_request(runner: Runner) -> None:
    assert runner.run(cache="true", arguments="--arena -k Greeting") == 0, runner.printed
    assert runner.used["actions/cache@v4"]["path"] == "./.arena-cache"
