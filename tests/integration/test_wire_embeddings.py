"""Embeddings behind a local server: through the engine's limits, attempts and recordings."""

from __future__ import annotations

import re

import pytest
from conftest import Project
from servers.formats import Reply
from servers.wire import WireRequest, WireServer

ARENA = """\
providers: [{name: bot, provider: mock, model: any}]
tests:
  - name: Alike
    prompt: Where is it?
    mock: The parcel arrives on Friday
    assertions:
      - type: similar
        values: [Zzz, "On Friday the parcel arrives"]
        min_similarity: 0.99
        embedding: EMBEDDING
  - name: Apart
    prompt: Where is it?
    mock: Zzz
    assertions:
      - {type: semantic_equals, value: The parcel arrives on Friday, embedding: EMBEDDING}
"""
OVER_TRIALS = """\
  - name: Steady
    prompt: Where is it?
    trials: 2
    mock: [The parcel arrives on Friday, "On Friday the parcel arrives"]
    assertions:
      - {type: consistency, min_similarity: 0.99, embedding: EMBEDDING}
      - {type: topics, allowed: {post: [on Friday arrives the parcel]}, min_similarity: 0.99,
         embedding: EMBEDDING}
"""
VERDICTS = {"Alike[bot]": "passed", "Apart[bot]": "failed", "Steady[bot]": "passed"}
OWN = "{provider: PROVIDER, model: vectors, api_base: 'URL/v1', api_key_env: A_KEY, retries: 1}"


pytestmark = pytest.mark.usefixtures("clients")


def arena(server: WireServer, provider: str) -> str:
    own = OWN.replace("PROVIDER", provider).replace("URL", server.url)
    return (ARENA + OVER_TRIALS).replace("EMBEDDING", own)


@pytest.mark.parametrize("provider", ["openai", "hosted_vllm"])
def test_a_providers_vectors_decide_after_another_attempt(
    project: Project, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "sk-wire-embeddings")

    def script(request: WireRequest) -> Reply:
        first = "Friday" in request.body["input"][0]
        return Reply(error="rate_limit" if first else None, retry_after="0.01", times=1)

    with WireServer(script) as server:
        project.write(arena=arena(server, provider))
        project.run()
        seen = server.record.requests
    assert project.verdicts() == VERDICTS
    assert {request.path for request in seen} == {"/v1/embeddings"}
    assert {request.key for request in seen} == {"sk-wire-embeddings"}
    alike = [request.body for request in seen if len(request.body["input"]) == 3]
    assert len(alike) == 2
    assert alike[0]["input"] == [
        "The parcel arrives on Friday",
        "Zzz",
        "On Friday the parcel arrives",
    ]


def test_vectors_are_recorded_and_replayed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "sk-wire-embeddings")
    with WireServer(lambda _: Reply()) as server:
        project.write(arena=arena(server, "openai"))
        project.run("--arena-record=new")
        calls = server.record.calls
        assert calls == 5
        project.run("--arena-record=none")
        assert server.record.calls == calls
    assert project.verdicts() == VERDICTS


def test_vectors_that_are_missing_are_an_error(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "sk-wire-embeddings")
    with WireServer(lambda _: Reply(fault="no_choices")) as server:
        project.write(arena=arena(server, "openai"))
        project.run()
    (trial,) = project.cells()["arena.yaml::Alike[bot]"]["trials"]
    (finding,) = trial["assertions"]
    assert finding["verdict"] == "error"
    assert re.search(r"could not be embedded: .*1 embeddings for 3 texts", finding["reason"])


def test_a_mock_gives_no_embeddings(project: Project) -> None:
    project.write(arena=ARENA.replace("EMBEDDING", "bot"))
    project.run()
    (trial,) = project.cells()["arena.yaml::Alike[bot]"]["trials"]
    assert trial["assertions"][0]["reason"] == (
        "the texts could not be embedded: provider 'bot' (mock) gives no embeddings"
    )
