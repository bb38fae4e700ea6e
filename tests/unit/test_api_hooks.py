"""`run_arena` calls the hooks of conftest files, of plug-ins, and of objects handed to it."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from pytest_arena import Provider, Response, arun_arena, run_arena
from pytest_arena.errors import UsageError
from pytest_arena.registry import Registry
from pytest_arena.results import Cell, RunResult
from pytest_arena.results.request_response import Request

ARENA = """\
providers: [{name: m, provider: parrot, model: any}]
tests:
  - {name: One, prompt: one, assertions: [{type: contains, value: changed}]}
  - {name: Two, prompt: two, assertions: [{type: contains, value: changed}]}
"""


class Parrot(Provider):
    """Answer with the question, over a connection where an address is given."""

    type = "parrot"

    async def complete(self, request: Request) -> Response:
        if request.messages[-1]["content"].startswith("connect"):
            with socket.socket() as one:
                one.connect(("127.0.0.1", 9))
        return Response(request.messages[-1]["content"])


@pytest.fixture
def registry() -> Registry:
    made = Registry()
    made.provider(Parrot)
    return made


@pytest.fixture
def arena(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "arena.yaml").write_text(ARENA)
    return tmp_path / "arena.yaml"


class Plugin:
    def __init__(self) -> None:
        self.cells: list[str] = []

    def pytest_arena_before_request(self, request: Request) -> None:
        request.messages[-1]["content"] += " changed"

    def pytest_arena_after_response(self, request: Request, response: Response) -> None:
        response.output = response.output.upper() + " changed"

    def pytest_arena_cell_finished(self, cell: Cell) -> None:
        self.cells.append(cell.id)

    def pytest_arena_run_summary(self, run: RunResult) -> list[str]:
        return [f"{len(run.cells)} cells", "were run"]


@pytest.mark.parametrize("awaited", [False, True])
def test_the_hooks_of_an_object_are_called(arena: Path, registry: Registry, awaited: bool) -> None:
    plugin = Plugin()
    given: dict[str, Any] = {"registry": registry, "plugins": [plugin]}
    run = asyncio.run(arun_arena(arena, **given)) if awaited else run_arena(arena, **given)
    assert [trial.output for cell in run.cells for trial in cell.trials] == [
        "ONE CHANGED changed",
        "TWO CHANGED changed",
    ]
    assert plugin.cells == ["arena.yaml::One[m]", "arena.yaml::Two[m]"]
    assert run.notes == ("2 cells", "were run")


def test_the_hooks_of_a_conftest_file_are_called(arena: Path, registry: Registry) -> None:
    (arena.parent / "conftest.py").write_text(
        "def pytest_arena_before_request(request):\n"
        "    request.messages[-1]['content'] += ' changed'\n"
    )
    run = run_arena(arena, registry=registry)
    assert [cell.verdict for cell in run.cells] == ["passed", "passed"]


def test_a_hook_that_raises_before_a_call_is_an_error_of_the_trial(
    arena: Path, registry: Registry
) -> None:
    class Broken:
        def pytest_arena_before_request(self, request: Request) -> None:
            raise ValueError("no")

    run = run_arena(arena, registry=registry, plugins=[Broken()])
    assert [cell.verdict for cell in run.cells] == ["error", "error"]


def test_a_hook_that_raises_on_a_result_costs_none(arena: Path, registry: Registry) -> None:
    class Broken:
        def pytest_arena_cell_finished(self, cell: Cell) -> None:
            raise ValueError("not this one")

        def pytest_arena_run_summary(self, run: RunResult) -> str:
            raise KeyError("total")

    run = run_arena(arena, registry=registry, plugins=[Broken()])
    assert [cell.verdict for cell in run.cells] == ["failed", "failed"]
    first, second = run.notes
    assert first.startswith("pytest_arena_cell_finished raised ValueError")
    assert first.endswith("(2 times)")
    assert second.startswith("pytest_arena_run_summary raised KeyError")


def test_a_plugin_object_registers_what_it_brings(arena: Path) -> None:
    class Brings:
        def pytest_arena_register(self, registry: Registry) -> None:
            registry.provider(Parrot)

    run = run_arena(arena, plugins=[Brings(), Plugin()])
    assert [cell.verdict for cell in run.cells] == ["passed", "passed"]


def test_the_network_is_closed_for_the_run_and_open_after_it(
    arena: Path, registry: Registry
) -> None:
    arena.write_text(ARENA.replace("prompt: one", "prompt: connect"))
    before = vars(socket.socket).get("connect"), socket.getaddrinfo
    run = run_arena(arena, registry=registry, block_network=True)
    error = run.cells[0].trials[0].error
    assert error is not None
    assert "no connection to 127.0.0.1:9 (block_network=True)" in error.message
    assert run.cells[1].verdict == "failed", "what needs no network is judged"
    assert (vars(socket.socket).get("connect"), socket.getaddrinfo) == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"concurrency": 0}, "concurrency: '0' is not a number of at least 1"),
        ({"trials": -1}, "trials: '-1' is not a number of at least 1"),
        ({"trials": "many"}, "trials: 'many' is not a number of at least 1"),
    ],
)
def test_a_value_that_an_option_does_not_take_is_refused_by_its_name(
    arena: Path, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        run_arena(arena, **given)
    assert str(caught.value).splitlines()[0] == said


def test_one_provider_may_be_named_without_a_list(arena: Path, registry: Registry) -> None:
    run = run_arena(arena, providers="m", registry=registry)
    assert [cell.provider for cell in run.cells] == ["m", "m"]
