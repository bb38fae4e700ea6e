"""Endpoints and fallbacks in a run: who answered, and that the report says so."""

from __future__ import annotations

import pytest
from conftest import Project
from servers.formats import Reply
from servers.wire import WireRequest, WireServer

CASES = """\
tests:
  - {name: A, prompt: one, assertions: [{type: contains, value: ok}]}
  - {name: B, prompt: two, assertions: [{type: contains, value: ok}]}
"""


def script(request: WireRequest) -> Reply:
    if request.body["model"] == "broken":
        return Reply(error="server")
    return Reply(text="ok")


def test_a_fallback_answers_and_is_named_everywhere(
    project: Project, spread: tuple[str, ...]
) -> None:
    with WireServer(script) as server:
        base = f"provider: openai, api_base: {server.url}/v1"
        project.write(
            arena="guardrails: {max_tokens: 50}\n"
            "providers:\n"
            f"  - {{name: first, {base}, model: broken, retries: 0, fallbacks: [other],"
            " params: {temperature: 1}}\n"
            f"  - {{name: other, {base}, model: good, params: {{seed: 7}}}}\n{CASES}"
        )
        result = project.run(*spread)
    result.assert_outcomes(passed=4)
    said = "2 answers of first came from other, its fallback: its figures are mixed."
    assert said in " ".join(result.outlines)
    trials = {name: cell["trials"][0] for name, cell in project.cells().items()}
    assert trials["arena.yaml::A[first]"]["answered_by"] == "other"
    assert trials["arena.yaml::A[other]"]["answered_by"] is None
    report = (project.path / "arena-report" / "report.md").read_text()
    assert "came from other, its fallback" in report
    bodies = [r.body for r in server.requests if r.body["model"] == "good"]
    assert all(body["seed"] == 7 and body["max_tokens"] == 50 for body in bodies)
    assert not any("temperature" in body for body in bodies)


def test_a_failure_of_all_names_each(project: Project) -> None:
    with WireServer(lambda _: Reply(error="server")) as server:
        base = f"provider: openai, api_base: {server.url}/v1, model: broken, retries: 0"
        project.write(
            arena=f"providers:\n  - {{name: first, {base}, fallbacks: [other]}}\n"
            f"  - {{name: other, {base}}}\n{CASES}"
        )
        result = project.run("-k", "A and first")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    error = project.cells()["arena.yaml::A[first]"]["trials"][0]["error"]
    assert error["kind"] == "server"
    assert "; fallback 'other': " in error["message"]


def test_endpoints_share_the_calls_and_have_keys_of_their_own(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_ONE", "sk-one-for-the-first")
    monkeypatch.setenv("KEY_TWO", "sk-two-for-the-second")
    with WireServer(script) as one, WireServer(script) as two:
        project.write(
            arena="providers:\n"
            "  - {name: m, provider: openai, model: good, endpoints: ["
            f"{{api_base: {one.url}/v1, api_key_env: KEY_ONE}}, "
            f"{{api_base: {two.url}/v1, api_key_env: KEY_TWO, model: deployed}}]}}\n{CASES}"
        )
        project.run().assert_outcomes(passed=2)
    assert [(r.key, r.body["model"]) for r in one.requests] == [("sk-one-for-the-first", "good")]
    assert [(r.key, r.body["model"]) for r in two.requests] == [
        ("sk-two-for-the-second", "deployed")
    ]
