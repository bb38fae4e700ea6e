"""Answers of all trials that are compared by an embedding: with the cell, within its budget."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_arena import ErrorKind, Provider, ProviderError, Response, run_arena
from pytest_arena.registry import Registry
from pytest_arena.results.request_response import Request
from pytest_arena.results.run import RunResult

ARENA = """\
providers: [{name: bot, provider: mock, model: any}]
tests:
  - name: A
    prompt: Hi
    LOAD
    mock: [Hello, good day to you, Hello]
    assertions:
      - {type: consistency, min_similarity: 0.9, embedding: {provider: vectors, model: v}}
"""
TRIALS = "trials: 3"


class Embedding(Provider):
    """Find all texts alike, but for one greeting where it is told so."""

    type = "vectors"
    requests: list[Request]
    other = (1.0, 0.0)

    async def embed(self, request: Request) -> Response:
        type(self).requests.append(request)
        texts = [message["content"] for message in request.messages]
        if "broken" in texts:
            raise ProviderError(ErrorKind.BAD_REQUEST, "no vectors today")
        vectors = [self.other if text == "good day to you" else (1.0, 0.0) for text in texts]
        return Response(output=json.dumps(vectors), latency_ms=1.0, cost_usd=0.0)


Run = Callable[..., RunResult]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Embedding, "requests", [], raising=False)
    registry = Registry()
    registry.provider(Embedding)

    def run_text(text: str = ARENA.replace("LOAD", TRIALS), record: str = "off") -> RunResult:
        (tmp_path / "arena.yaml").write_text(text)
        return run_arena(tmp_path / "arena.yaml", record=record, registry=registry)

    return run_text


def test_the_vectors_of_all_answers_decide(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (cell,) = run().cells
    assert cell.verdict == "passed"
    assert [finding.reason for finding in cell.assertions] == [
        "3 answers have a mean similarity of vectors of 1 (at least 0.9)"
    ]
    (request,) = Embedding.requests
    assert (request.purpose, request.case, len(request.messages)) == ("embedding", "A", 2)
    monkeypatch.setattr(Embedding, "other", (0.0, 1.0))
    assert run().cells[0].verdict == "failed"


def test_they_are_recorded_and_replayed(run: Run) -> None:
    run(record="once")
    again = run(record="none")
    assert again.cells[0].verdict == "passed"
    assert len(Embedding.requests) == 1


def test_a_model_without_vectors_is_an_error_of_the_cell(run: Run) -> None:
    (cell,) = run(ARENA.replace("LOAD", TRIALS).replace("good day to you", "broken")).cells
    assert cell.verdict == "error"
    assert cell.assertions[0].reason == "the texts could not be embedded: no vectors today"


@pytest.mark.parametrize("load", [TRIALS, "concurrent_users: 1\n    messages_per_user: 3"])
def test_a_spent_budget_leaves_the_cell_without_a_verdict(run: Run, load: str) -> None:
    (cell,) = run("budget: {max_calls: 3}\n" + ARENA.replace("LOAD", load)).cells
    assert (cell.verdict, cell.over_budget) == ("skipped", "max_calls 3 of arena.yaml is spent")
    assert Embedding.requests == []


def test_a_load_case_compares_its_answers(run: Run) -> None:
    load = "concurrent_users: 2\n    messages_per_user: 3"
    (cell,) = run(ARENA.replace("LOAD", load)).cells
    assert cell.verdict == "passed"
    assert cell.assertions[0].reason.startswith("6 answers have a mean similarity of vectors of 1")


def test_topics_are_recorded_and_replayed_as_well(run: Run) -> None:
    check = "{type: topics, allowed: {number: [two]}, min_similarity: 0.9, embedding: EMBEDDING}"
    check = check.replace("EMBEDDING", "{provider: vectors, model: v}")
    text = ARENA.replace("LOAD", "trials: 1").replace("Hello, good day to you, Hello", "a word")
    text = text.partition("      - ")[0] + f"      - {check}\n"
    assert run(text, record="once").cells[0].verdict == "passed"
    assert run(text, record="none").cells[0].verdict == "passed"
    assert len(Embedding.requests) == 1
