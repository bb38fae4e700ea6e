"""`run_arena` is held against a baseline and against the file's limits, as a run of pytest is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_arena import Provider, Response, RunResult, arun_arena, run_arena
from pytest_arena.comparison.baseline.file import write_baseline
from pytest_arena.comparison.baseline.summarize import baseline_of
from pytest_arena.errors import UsageError
from pytest_arena.registry import Registry
from pytest_arena.results.request_response import Request

ARENA = """\
providers: [{name: m, provider: fickle, model: any}]
tests:
  - {name: Steady, prompt: steady, trials: 5, assertions: [{type: contains, value: good}]}
  - {name: Other, prompt: other, trials: 5, assertions: [{type: contains, value: good}]}
"""


class Fickle(Provider):
    """Answer well, but for the prompts that are in a bad way."""

    type = "fickle"
    bad: tuple[str, ...] = ()
    asked: list[str]

    async def complete(self, request: Request) -> Response:
        prompt = request.messages[-1]["content"]
        Fickle.asked.append(prompt)
        return Response("bad" if prompt in Fickle.bad else "good")


Run = Callable[..., Any]
"""Runs the arena, or with `awaited` returns what is to be awaited."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the arena while some prompts are in a bad way."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "arena.yaml").write_text(ARENA)
    registry = Registry()
    registry.provider(Fickle)

    def go(*bad: str, awaited: bool = False, **given: Any) -> Any:
        monkeypatch.setattr(Fickle, "bad", bad)
        monkeypatch.setattr(Fickle, "asked", [], raising=False)
        start = arun_arena if awaited else run_arena
        return start("arena.yaml", registry=registry, **given)

    return go


@pytest.fixture
def baseline(run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "baseline.jsonl"
    write_baseline(path, baseline_of(run()))
    return path


def test_the_exit_code_is_what_pytest_s_would_be(run: Run, tmp_path: Path) -> None:
    assert run().exit_code == 0
    assert run("other").exit_code == 1
    assert run("other", fail_on="none").exit_code == 0
    assert run(providers=["nobody"]).exit_code == 5
    text = ARENA.replace("{name: Other,", "{name: Other, xfail: known,")
    (tmp_path / "arena.yaml").write_text(text)
    assert run("other").exit_code == 0


def test_an_error_fails_the_run_although_a_failure_would_be_excused(
    run: Run, baseline: Path
) -> None:
    class Broken:
        def pytest_arena_before_request(self, request: Request) -> None:
            raise ValueError("no")

    found = run(baseline=baseline, fail_on="regression", plugins=[Broken()])
    assert {cell.verdict for cell in found.cells} == {"error"}
    assert found.exit_code == 1


def test_a_cell_that_became_worse_is_asked_again_and_fails_the_run(
    run: Run, baseline: Path
) -> None:
    found = run("other", baseline=str(baseline), fail_on="regression")
    steady, other = found.cells
    assert found.gate is not None
    assert found.gate.failed
    assert found.exit_code == 1
    assert other.standing is not None
    assert other.standing.status == "regressed"
    assert len(other.confirmation) > 0
    assert Fickle.asked.count("other") == 5 + len(other.extra_trials)
    assert steady.standing is not None
    assert steady.standing.status != "regressed"


def test_a_run_that_is_as_good_as_before_passes_the_gate(run: Run, baseline: Path) -> None:
    found = run(baseline=baseline, fail_on="regression")
    assert found.gate is not None
    assert (found.gate.failed, found.exit_code) == (False, 0)
    assert found.info.options["fail_on"] == "regression"


def test_a_failure_that_the_baseline_had_is_excused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "baseline.jsonl"
    write_baseline(path, baseline_of(run("other")))
    found = run("other", baseline=path, fail_on="regression")
    assert [cell.verdict for cell in found.cells] == ["passed", "failed"]
    assert found.exit_code == 0
    assert run("other", baseline=path).exit_code == 1


def test_the_limits_of_the_file_are_checked(run: Run, tmp_path: Path) -> None:
    text = "gates: [{name: Rate, metric: pass_rate, min: 0.9}]\n" + ARENA
    (tmp_path / "arena.yaml").write_text(
        text.replace("trials: 5,", "trials: 5, pass_threshold: 0.1,")
    )
    assert [limit.verdict for limit in run().limits] == ["passed"]
    found = run("other")
    assert [limit.verdict for limit in found.limits] == ["failed"]
    assert found.exit_code == 1


def test_a_gate_without_a_baseline_is_refused(run: Run) -> None:
    with pytest.raises(UsageError) as caught:
        run(fail_on="regression")
    assert str(caught.value) == (
        "fail_on regression needs a baseline\n  fix: name one with baseline="
    )
    with pytest.raises(UsageError, match=r"^there is no baseline nowhere\.jsonl"):
        run(baseline="nowhere.jsonl")
    with pytest.raises(UsageError, match=r"^fail_on: unknown value 'regresion'"):
        run(fail_on="regresion")


def test_a_run_writes_its_baseline_and_is_compared_with_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "arena.yaml").write_text(ARENA.replace(" trials: 5,", ""))
    first = run(update_baseline=True)
    assert first.notes[0] == "baseline: .arena/baseline.jsonl (2 added)"
    assert "(5 trials a cell)" in first.notes[1]
    assert (first.exit_code, len(Fickle.asked)) == (0, 10)
    assert run(baseline=".arena/baseline.jsonl", fail_on="regression").exit_code == 0
    assert run("other", baseline=".arena/baseline.jsonl", fail_on="regression").exit_code == 1


def test_only_a_green_run_adds_to_the_baseline(run: Run, tmp_path: Path) -> None:
    path = tmp_path / ".arena" / "baseline.jsonl"
    run(update_baseline="add")
    before = path.read_bytes()
    failed = run("other", update_baseline="add")
    assert "left as it is, since the run failed" in failed.notes[0]
    assert (failed.exit_code, path.read_bytes()) == (1, before)
    assert "(2 changed)" in run(update_baseline="add").notes[0]
    assert path.read_bytes() != before


def test_a_baseline_that_cannot_be_read_is_told_before_anything_is_asked(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / ".arena").mkdir()
    (tmp_path / ".arena" / "baseline.jsonl").write_text('{"kind": "baseline", "format": 99}\n')
    with pytest.raises(UsageError, match="baseline format 99 is not known"):
        run(trials=1, update_baseline=True)
    assert Fickle.asked == []


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_no_baseline_yet(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / ".arena").mkdir()
    (tmp_path / ".arena" / "baseline.jsonl").write_text(text)
    found = run(trials=1, update_baseline=True)
    assert (found.exit_code, found.notes[0]) == (0, "baseline: .arena/baseline.jsonl (2 added)")


def test_a_baseline_that_breaks_while_the_run_goes_on_is_exit_code_4(
    run: Run, tmp_path: Path
) -> None:
    class Breaks:
        def pytest_arena_before_request(self, request: Request) -> None:
            (tmp_path / ".arena").mkdir(exist_ok=True)
            broken = '{"kind": "baseline", "format": 99}\n'
            (tmp_path / ".arena" / "baseline.jsonl").write_text(broken)

    found = run(trials=1, update_baseline=True, plugins=[Breaks()])
    assert found.exit_code == 4
    assert "baseline format 99 is not known" in found.notes[0]
    assert len(found.cells) == 2


def test_a_value_that_update_baseline_does_not_take_is_refused(run: Run) -> None:
    with pytest.raises(UsageError, match="update_baseline: unknown value 'ad'"):
        run(update_baseline="ad")


TWO = """\
providers: [{name: m, provider: fickle, model: any, params: {temperature: 0.5}}]
tests:
  - {name: Steady, prompt: steady, assertions: [{type: contains, value: good}]}
  - {name: Other, prompt: other, assertions: [{type: contains, value: good}]}
"""
CHANGED = TWO.replace("0.5", "0.9").replace("prompt: other", "prompt: otherwise")


def test_of_two_changes_bisect_names_the_one_that_did_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "arena.yaml").write_text(TWO)
    run(update_baseline=True)
    (tmp_path / "arena.yaml").write_text(CHANGED)
    compared = {"baseline": ".arena/baseline.jsonl", "fail_on": "regression"}
    found = run("otherwise", bisect=True, **compared)
    (worse,) = [cell for cell in found.cells if cell.verdict == "failed"]
    assert worse.standing is not None
    assert ". What did it: user: - other + otherwise (passed 0 of " in worse.standing.reason
    without = run("otherwise", **compared)
    assert not any(cell.hunks for cell in without.cells)


def test_awaited_runs_write_the_baseline_and_bisect_as_well(run: Run, tmp_path: Path) -> None:
    async def notebook() -> tuple[RunResult, RunResult]:
        first = await run(awaited=True, update_baseline=True)
        (tmp_path / "arena.yaml").write_text(CHANGED)
        found = await run(
            "otherwise", awaited=True, bisect=True, baseline=".arena/baseline.jsonl",
            fail_on="regression",
        )  # fmt: skip
        return first, found

    (tmp_path / "arena.yaml").write_text(TWO)
    first, found = asyncio.run(notebook())
    assert first.notes[0] == "baseline: .arena/baseline.jsonl (2 added)"
    assert "(5 trials a cell)" in first.notes[1]
    worse = found.cells[1].standing
    assert worse is not None
    assert ". What did it: user: - other + otherwise (passed 0 of " in worse.reason
    assert (found.exit_code, found.cells[0].hunks) == (1, ())
    with pytest.raises(UsageError, match="update_baseline: unknown value 'ad'"):
        asyncio.run(run(awaited=True, update_baseline="ad"))


def test_bisect_without_a_baseline_is_refused(run: Run) -> None:
    with pytest.raises(UsageError, match="bisect=True asks the old version"):
        run(bisect=True)


def test_limits_alone_decide_where_they_are_asked_to(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="fail_on gates: no arena file has gates:"):
        run(fail_on="gates")
    limit = "gates: [{metric: case_verdict, min: 0.5}]\n"
    (tmp_path / "arena.yaml").write_text(limit + ARENA)
    assert run("other", fail_on="gates").exit_code == 0
    assert run("other", "steady", fail_on="gates").exit_code == 1


def test_limits_only_warn_where_providers_were_left_out(run: Run, tmp_path: Path) -> None:
    limits = "gates: [{metric: case_verdict, min: 0.9}]\n"
    both = ARENA.replace("[{name: m,", "[{name: n, provider: fickle, model: any}, {name: m,")
    (tmp_path / "arena.yaml").write_text(limits + both)
    assert run("other", fail_on="gates").exit_code == 1
    done = run("other", fail_on="gates", providers=["m"])
    assert done.exit_code == 0
    assert done.limits[0].reason.endswith(
        "2 of 4 cells were not selected, so that it fails nothing"
    )
