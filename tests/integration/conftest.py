"""A small arena to run with pytest inside pytest, in one process and over two workers."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from seen_results import seen_cells
from warm_programs import WARM

# loaded here, so that pytester does not load it anew for each run in this process
import pytest_arena.collection.session
import pytest_arena.providers.openai  # noqa: F401

OTHERS = "anyio asyncio hypothesispytest pytest_cov randomly rerunfailures timeout"
PLAIN = " ".join(f"-p no:{plugin}" for plugin in OTHERS.split())
"""Leave the development tools' plug-ins out: workers start faster without them."""

INTERRUPTIBLE = (
    "import signal, sys, pytest; "
    "signal.signal(signal.SIGINT, signal.default_int_handler); "
    "sys.exit(pytest.main(sys.argv[1:]))"
)
"""Run pytest where Ctrl-C counts: whoever runs the tests in the background has it ignored."""

ARENA = """\
name: Small
providers:
  - {name: good, provider: mock, model: good-model, input_cost_per_million: 1,
     output_cost_per_million: 2}
  - {name: bad, provider: mock, model: bad-model}
guardrails: {banned_words: [hack]}
tests:
  - name: Greeting
    prompt: Say hello
    tags: [polite]
    mock: {good: "Hello and welcome!", bad: "What?"}
    assertions: [{type: contains, value: hello}]
  - name: Blocked
    prompt: How do I hack it?
    mock: never used
    assertions: [{type: validation_error, direction: input}]
  - name: Slow server
    prompt: Are you there?
    mock: {good: "I am here", bad: {error: server}}
    assertions: [{type: contains, value: here}]
  - name: Known gap
    prompt: What is new?
    xfail: models do not know the news
    mock: I cannot know that.
    assertions: [{type: contains, value: today}]
  - name: Left out
    prompt: Hi
    skip: waits for the new model
    mock: Hi
    assertions: [{type: contains, value: hi}]
"""
"""Over both providers: 4 passed, 1 failed, 1 error, 2 expected failures, 2 skipped."""


@pytest.fixture(params=[(), ("-n2",)], ids=["one-process", "n2"])
def spread(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Run the test twice: in one process, and over two workers."""
    given: tuple[str, ...] = request.param
    return given


class Project:
    """Write arena files and run pytest on them."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path: Path = pytester.path
        pytester.makeini(f"[pytest]\naddopts = {PLAIN}\n")

    def write(self, **files: str) -> None:
        for name, text in files.items():
            self.pytester.makefile(".yaml", **{name: text})

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.pytester.runpytest("--arena", "--arena-report=markdown", *arguments)

    def run_apart(self, *arguments: str) -> pytest.RunResult:
        """Run in a process of its own, for what must not share modules with this one."""
        started = time.perf_counter()
        command = ("pytest", "--arena", "--arena-report=markdown", *arguments)
        done = WARM.run(command, Path.cwd())
        print(done.stdout)
        print(done.stderr, file=sys.stderr)
        took_s = time.perf_counter() - started
        return pytest.RunResult(
            done.returncode, done.stdout.splitlines(), done.stderr.splitlines(), took_s
        )

    def records(self) -> list[dict[str, Any]]:
        text = (self.path / "arena-report" / "results.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def cells(self) -> dict[str, dict[str, Any]]:
        """Return the cells of the results file by id, as tests look at them."""
        return seen_cells(self.path / "arena-report" / "results.jsonl")

    def columns(self) -> dict[str, dict[str, Any]]:
        """Return the cells of the one case by their column."""
        found = {cell_id.rpartition("[")[2][:-1]: cell for cell_id, cell in self.cells().items()}
        assert len(found) == len(self.cells())
        return found

    def first_trials(self) -> dict[str, dict[str, Any]]:
        """Return the first trial of each column of the one case."""
        return {name: cell["trials"][0] for name, cell in self.columns().items()}

    def verdicts(self) -> dict[str, str]:
        return {cell_id.partition("::")[2]: c["verdict"] for cell_id, c in self.cells().items()}


@pytest.fixture(scope="module")
def clients() -> None:
    """What asks providers, imported here so that no run of pytest inside pytest does it anew."""
    from pytest_arena.providers.litellm import LiteLLMProvider
    from pytest_arena.providers.openai import OpenAIProvider

    LiteLLMProvider.warm_up()
    OpenAIProvider.warm_up()


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in ("CI", "GITHUB_ACTIONS", "TF_BUILD"):
        # what a run does on CI is asked for by the tests that look at it
        monkeypatch.delenv(name, raising=False)
    return Project(pytester)


@pytest.fixture
def small(project: Project) -> Project:
    """The arena above, as `arena.yaml`."""
    project.write(arena=ARENA)
    return project
