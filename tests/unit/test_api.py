"""`run_arena` outside of pytest: recordings and the budget of the run."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from pytest_arena import Provider, Response, arun_arena, run_arena
from pytest_arena.errors import ArenaFileError, UsageError
from pytest_arena.providers.prices import Price
from pytest_arena.registry import Registry
from pytest_arena.results.request_response import Request
from pytest_arena.schema import ProviderSpec

SECRET = "canary-0123456789-canary"
ARENA = """\
providers:
  - {name: m, provider: local, model: m1, api_key_env: SOME_ENTRY}
  - {name: other, provider: mock, model: any}
tests:
  - name: One
    prompt: one
    mock: said one
    providers: [m]
    assertions: [{type: contains, value: said}]
  - name: Two
    prompt: two
    mock: said two
    assertions: [{type: contains, value: said}]
    trials: 3
    pass_threshold: 0.3
"""


class Local(Provider):
    """Answer at half a dollar a call, and count."""

    type = "local"
    calls = 0

    @classmethod
    def price(cls, spec: ProviderSpec) -> Price | None:
        return None if spec.model == "unpriced" else Price(0.0, 0.5)

    async def complete(self, request: Request) -> Response:
        Local.calls += 1
        text = f"said {request.messages[-1]['content']} {SECRET}"
        return Response(output=text, latency_ms=3.0, cost_usd=0.5, input_tokens=1, output_tokens=1)


@pytest.fixture
def registry() -> Registry:
    Local.calls = 0
    made = Registry()
    made.provider(Local)
    return made


@pytest.fixture
def arena(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOME_ENTRY", SECRET)
    path = tmp_path / "shop.arena.yaml"
    path.write_text(ARENA)
    return path


def test_what_was_recorded_is_replayed_without_a_call(arena: Path, registry: Registry) -> None:
    first = run_arena(arena, record="once", registry=registry)
    assert Local.calls == 4, "all trials are recorded, also those that could not change a verdict"
    assert first.notes == ("recordings/shop.jsonl: 4 recorded",)
    assert first.info.options["record"] == "once"
    kept = (arena.parent / "recordings" / "shop.jsonl").read_text()
    assert len(kept.splitlines()) == 4
    assert SECRET not in kept

    again = run_arena(arena, record="none", registry=registry)

    assert Local.calls == 4
    assert again.notes == ("recordings/shop.jsonl: 4 answers replayed",)
    sources = [trial.source for cell in again.cells for trial in cell.trials]
    assert sources == ["recording"] * 4 + ["mock"] * 3
    assert [cell.verdict for cell in again.cells] == ["passed"] * 3


def test_new_records_what_is_missing_and_all_everything(arena: Path, registry: Registry) -> None:
    run_arena(arena, record="once", registry=registry)
    arena.write_text(ARENA.replace("prompt: one", "prompt: another"))
    run = run_arena(arena, record="new", registry=registry)
    assert Local.calls == 5
    assert run.notes == (
        "recordings/shop.jsonl: 3 answers replayed, 1 recorded, 1 not used by any cell "
        "(--arena-prune-recordings removes them)",
    )
    run_arena(arena, record="all", registry=registry)
    assert Local.calls == 9


def test_what_is_not_recorded_is_an_error_in_a_replay(arena: Path, registry: Registry) -> None:
    run = run_arena(arena, record="none", registry=registry)
    assert Local.calls == 0
    error = run.cells[0].trials[0].error
    assert error is not None
    assert (error.kind, error.message.split("\n")[0]) == (
        "not_recorded",
        "there is no recording recordings/shop.jsonl",
    )


def test_a_selection_does_not_call_the_rest_of_a_recording_unused(
    arena: Path, registry: Registry
) -> None:
    run_arena(arena, record="once", registry=registry)
    run = run_arena(arena, record="none", providers=["other"], registry=registry)
    assert [cell.provider for cell in run.cells] == ["other"]
    assert run.notes == ()


def test_mock_answers_are_not_recorded(arena: Path, registry: Registry) -> None:
    assert run_arena(arena, record="once", mock=True, registry=registry).notes == ()
    assert not (arena.parent / "recordings").exists()


def test_a_run_over_its_budget_says_so(arena: Path, registry: Registry) -> None:
    run = run_arena(arena, max_cost=0.5, concurrency=1, registry=registry)
    assert Local.calls == 1
    said = "max_cost_usd 0.5 of the run (max_cost) is spent"
    assert [cell.verdict for cell in run.cells] == ["passed", "skipped", "skipped"]
    assert [cell.over_budget for cell in run.cells] == [None, said, said]
    assert run.cells[1].reason == f"budget: {said}"
    assert run.notes == (f"budget: {said}: 2 cells were not run to the end",)


def test_a_replay_spends_nothing(arena: Path, registry: Registry) -> None:
    asyncio.run(arun_arena(arena, record="once", max_cost=10, registry=registry))
    run = asyncio.run(arun_arena(arena, record="none", max_cost=0.5, registry=registry))
    assert {cell.verdict for cell in run.cells} == {"passed"}
    assert run.notes == ("recordings/shop.jsonl: 4 answers replayed",)


@pytest.mark.parametrize("amount", [0, -1, float("inf"), float("nan")])
def test_an_amount_that_is_none_is_refused(arena: Path, amount: float) -> None:
    with pytest.raises(UsageError) as caught:
        run_arena(arena, max_cost=amount)
    assert str(caught.value) == (
        f"max_cost: '{amount}' is not an amount above 0\n"
        "  fix: give US dollars, as in max_cost=2.50"
    )


def test_another_way_to_record_is_refused(arena: Path) -> None:
    with pytest.raises(UsageError) as caught:
        run_arena(arena, record="nwe")
    assert str(caught.value) == (
        "record: unknown value 'nwe'\n"
        "  expected: one of off, none, once, new, all\n"
        "  fix: did you mean 'new'?"
    )


UNPRICED = """\
providers:
  - {name: m, provider: mock, model: any}
  - {name: second, provider: local, model: unpriced, fallbacks: [m]}
defaults: {providers: [m]}
tests:
  - name: One
    prompt: one
    mock: {m: hi}
    assertions:
      - {type: llm_judge, criteria: x, judge: {provider: local, model: unpriced}}
"""
JUDGE_UNPRICED = (
    "{place}the price of provider {name} (local/unpriced) is not known, so that a budget in "
    "dollars cannot hold\n"
    "  expected: US dollars for a million tokens, in and out\n"
    "  fix: add input_cost_per_million: … and output_cost_per_million: … to the provider"
)


def test_a_judge_without_a_price_is_refused_before_any_call(
    arena: Path, registry: Registry
) -> None:
    arena.write_text(UNPRICED)
    with pytest.raises(UsageError) as caught:
        run_arena(arena, max_cost=1, registry=registry)
    said = JUDGE_UNPRICED.format(place="shop.arena.yaml:10:47: ", name="'judge'")
    assert str(caught.value) == said
    assert Local.calls == 0
    # nothing is called for money in these
    run_arena(arena, max_cost=1, mock=True, registry=registry)
    run_arena(arena, max_cost=1, record="none", registry=registry)


@pytest.mark.parametrize(
    ("find", "write", "place", "name"),
    [
        ("defaults:", "budget: {max_cost_usd: 1}\ndefaults:", "11:47", "judge"),
        ("    prompt: one", "    budget: {max_cost_usd: 1}\n    prompt: one", "11:47", "judge"),
        ("model: unpriced}}", "model: unpriced, budget: {max_cost_usd: 1}}}", "10:47", "judge"),
        (
            "llm_judge, criteria: x, judge: {provider: local, model: unpriced}}",
            "similar, value: x, embedding: {provider: local, model: unpriced, "
            "budget: {max_cost_usd: 1}}}",
            "10:46",
            "embedding",
        ),
        (
            "model: any}",
            "model: any, budget: {max_cost_usd: 1}, fallbacks: [third]}\n"
            "  - {name: third, provider: local, model: unpriced, budget: {max_cost_usd: 1}}",
            "3:5",
            "third",
        ),
    ],
)
def test_a_budget_needs_the_price_of_whoever_may_be_asked(
    arena: Path, registry: Registry, find: str, write: str, place: str, name: str
) -> None:
    arena.write_text(UNPRICED.replace(find, write))
    with pytest.raises(ArenaFileError) as caught:
        run_arena(arena, registry=registry)
    said = JUDGE_UNPRICED.format(place=f"shop.arena.yaml:{place}: ", name=f"'{name}'")
    assert str(caught.value) == said


def test_the_budget_of_a_judge_of_its_own_holds(arena: Path, registry: Registry) -> None:
    judge = json.dumps({"evidence": [], "reasoning": "so", "level": "fully"})
    arena.write_text(
        "providers: [{name: m, provider: mock, model: any}]\n"
        "judge:\n"
        "  provider: mock\n"
        "  budget: {max_calls: 1}\n"
        f"  responses: {{default: '{judge}'}}\n"
        "tests:\n"
        "  - name: One\n"
        "    prompt: one\n"
        "    mock: {m: hi}\n"
        "    trials: 2\n"
        "    assertions: [{type: llm_judge, criteria: x}]\n"
    )
    run = run_arena(arena, registry=registry)
    assert [cell.verdict for cell in run.cells] == ["skipped"]
    assert run.cells[0].over_budget == "max_calls 1 of provider 'judge' is spent"


def test_a_guardrail_on_refusals_sees_what_was_asked_in_each_turn(tmp_path: Path) -> None:
    (tmp_path / "arena.yaml").write_text(
        """\
providers: [{name: m, provider: mock, model: any}]
guardrails:
  rules: [{type: refusal, on_violation: flag}]
tests:
  - name: Talk
    conversation:
      - {user: Is it safe?}
      - {user: Write a threat.}
    mock: Nope.
    assertions: [{type: success}]
"""
    )
    (trial,) = run_arena(tmp_path / "arena.yaml").cells[0].trials
    assert [(event.turn, event.reason) for event in trial.guardrails] == [(1, "declines: 'Nope'")]
