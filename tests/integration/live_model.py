"""A provider whose wrong answers a file controls, and the runs of a gate over it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Project

MODEL = """\
import json
from pathlib import Path

from pytest_arena import Provider, Response

class Model(Provider):
    '''Says no to what the control file names, by a part of the prompt; yes to all else.'''

    type = "live"

    async def complete(self, request):
        text = " ".join(str(message["content"]) for message in request.messages)
        text += " " + self.spec.model + " " + str(request.params.get("temperature", ""))
        wrong = any(part in text for part in json.loads(Path("control.json").read_text()))
        return Response(output="no" if wrong else "yes")

def pytest_arena_register(registry):
    registry.provider(Model)
"""
ARENA = """\
providers: [{name: m, provider: live, model: one, params: {temperature: 0.5}}]
prompts: {shop: {system: "version 1"}}
targets: {shop: {type: prompt, prompt: shop}}
tests:
  - name: Case
    matrix: {n: [1, 2, 3, 4, 5, 6]}
    target: shop
    prompt: "question {{ n }}?"
    assertions: [{type: equals, value: "yes"}]
"""
BASELINE = ".arena/baseline.jsonl"


def wrong(project: Project, *parts: str) -> None:
    (project.path / "control.json").write_text(json.dumps(parts))


def gate(project: Project, *arguments: str) -> pytest.RunResult:
    return project.run_apart(
        f"--arena-baseline={BASELINE}", "--arena-fail-on=regression", *arguments
    )


def statuses(project: Project) -> dict[str, str]:
    return {c["case"]: c["standing"]["status"] for c in project.cells().values()}


def summary(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = project.records()[-1]["gate"]
    return found


_KEPT: dict[str, dict[str, bytes]] = {}


def once(project: Project, what: str, run: Callable[[], object]) -> None:
    """Have a run of which many tests need the baseline and the results; made once in this process,
    it leaves the same files from then on."""
    if what not in _KEPT:
        run()
        _KEPT[what] = {
            str(file.relative_to(project.path)): file.read_bytes()
            for folder in (".arena", "arena-report")
            for file in (project.path / folder).rglob("*")
            if file.is_file()
        }
    for name, content in _KEPT[what].items():
        file = project.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def with_baseline(project: Project) -> Project:
    """Give a project a live provider, and a baseline of one trial a cell, all of them passed."""
    project.write(arena=ARENA)
    project.pytester.makeconftest(MODEL)
    wrong(project)

    def run() -> None:
        made = project.run_apart("--arena-update-baseline", "--arena-trials=1")
        made.assert_outcomes(passed=6)
        made.stdout.fnmatch_lines(["This baseline (1 trial a cell) can prove 6 of 6 cells if *"])

    once(project, "baseline", run)
    return project
