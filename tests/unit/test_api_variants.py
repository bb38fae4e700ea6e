"""All of an arena works on columns that variants make: limits, recordings, gate, load, estimate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_arena import Provider, Response, RunResult, run_arena
from pytest_arena.builtins import register
from pytest_arena.comparison.baseline.file import write_baseline
from pytest_arena.comparison.baseline.summarize import baseline_of
from pytest_arena.comparison.power import plan_power
from pytest_arena.engine.estimate import estimate
from pytest_arena.loading import load_arena
from pytest_arena.registry import Registry
from pytest_arena.results.request_response import Request

ARENA = """\
providers: [{name: m, provider: told, model: any, concurrency: 2}]
variants:
  - {name: v1, system: Be brief.}
  - {name: v2, system: "Be kind.\\nBe brief.", params: {temperature: 0.5}}
tests:
  - name: Case
    matrix: {n: [1, 2, 3]}
    prompt: "question {{ n }}"
    trials: 5
    assertions: [{type: contains, value: good}]
"""


class Told(Provider):
    """Answer well, but where the system prompt and the parameters hold something; count calls."""

    type = "told"
    bad: tuple[str, ...] = ()
    asked: list[str]
    now = most = 0

    async def complete(self, request: Request) -> Response:
        Told.now += 1
        Told.most = max(Told.most, Told.now)
        await asyncio.sleep(0)
        Told.now -= 1
        system = str(request.messages[0]["content"])
        Told.asked.append(f"{request.variant}: {system}")
        whole = f"{system} {request.params}"
        return Response("bad" if any(part in whole for part in Told.bad) else f"good: {system}")


Run = Callable[..., RunResult]


def registry() -> Registry:
    made = Registry()
    made.provider(Told)
    return made


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def go(text: str = ARENA, bad: tuple[str, ...] = (), **given: Any) -> RunResult:
        (tmp_path / "arena.yaml").write_text(text)
        monkeypatch.setattr(Told, "bad", bad)
        monkeypatch.setattr(Told, "asked", [], raising=False)
        monkeypatch.setattr(Told, "most", 0)
        return run_arena("arena.yaml", registry=registry(), **given)

    return go


def test_the_columns_of_a_provider_keep_to_its_limit_together(run: Run) -> None:
    cells = run().cells
    assert {cell.column for cell in cells} == {"m/v1", "m/v2"}
    assert len(Told.asked) == 30
    assert Told.most == 2


def test_each_column_is_recorded_and_replayed_as_it_was(run: Run) -> None:
    first = run(record="all")
    again = run(record="none")
    assert Told.asked == []
    assert [cell.verdict for cell in again.cells] == ["passed"] * 6
    for before, now in zip(first.cells, again.cells, strict=True):
        assert [t.output for t in now.trials] == [t.output for t in before.trials]
    assert again.cells[0].trials[0].output != again.cells[1].trials[0].output


def test_a_variant_that_got_worse_is_named_with_its_change_and_no_other_column(run: Run) -> None:
    first = run(trials=10)
    write_baseline(Path("baseline.jsonl"), baseline_of(first))
    changed = ARENA.replace("Be kind", "Be warm").replace("0.5", "0.9")
    found = run(
        changed, ("0.9",), baseline="baseline.jsonl", fail_on="regression", bisect=True, trials=5
    )
    standings = [(cell.column, cell.standing) for cell in found.cells if cell.standing]
    regressed = [one for one in standings if one[1].status == "regressed"]
    assert [column for column, _ in regressed] == ["m/v2"] * 3
    for _, standing in regressed:
        assert standing.changed == ("prompt", "provider")
        assert "What did it: params.temperature" in standing.reason
    # the old version of this very column was asked beside it, and of the other one nothing
    assert "v2: Be kind.\nBe brief." in Told.asked
    assert Told.asked.count("v1: Be brief.") == 15


def test_a_load_case_is_run_under_each_variant(run: Run) -> None:
    load = ARENA.partition("tests:")[0] + (
        "tests:\n"
        "  - {name: Load, prompt: hi, concurrent_users: 3, messages_per_user: 2,\n"
        "     assertions: [{type: success_rate, min: 1}]}\n"
    )
    cells = run(load).cells
    assert [(cell.column, cell.load.answered) for cell in cells if cell.load] == [
        ("m/v1", 6),
        ("m/v2", 6),
    ]
    assert Told.most == 3


def test_only_some_variants_are_run(run: Run) -> None:
    assert {cell.variant for cell in run(variants=["v2"]).cells} == {"v2"}


def test_every_column_is_counted_before_a_run_and_after_it(run: Run, tmp_path: Path) -> None:
    plan = plan_power(run())
    assert plan is not None
    assert plan.cases == 3
    known = registry()
    register(known)
    arena = load_arena(tmp_path / "arena.yaml", root=tmp_path, registry=known)
    (row,) = estimate([arena], known, concurrency=4)
    assert (row.provider, row.calls) == ("m", 30)
