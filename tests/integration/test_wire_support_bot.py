"""The support bot's file, byte for byte, against a local server that speaks OpenAI's format."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import Project
from servers.formats import Reply
from servers.wire import WireRequest, WireServer

ARENA = Path(__file__).parents[2] / "arenas" / "support-bot" / "support-bot.arena.yaml"
ANSWERS = {
    "How do I reset my password?": "Click Forgot Password; we send you an email.",
    "I can't access my email to reset my password": "Our support team will help you.",
    "Why was I charged twice?": "I am sorry.",
}
TONE = "unsure: professional 0.439; no single cue stands out, only wording and length"


def answer(request: WireRequest) -> Reply:
    return Reply(text=ANSWERS[request.prompt])


pytestmark = pytest.mark.usefixtures("clients")


@pytest.mark.parametrize("way", ["openai", "litellm"])
def test_the_file_runs_unchanged(
    project: Project, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-dummy-0123456789")
    shutil.copy(ARENA, project.path)
    if way == "litellm":
        file = project.path / ARENA.name
        text = file.read_text().replace("provider: openai", "provider: litellm")
        file.write_text(text.replace("model: gpt", "model: openai/gpt"))
    with WireServer(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        result = project.run()
    result.assert_outcomes(passed=6, failed=2)
    assert list(project.verdicts().items()) == [
        ("Password Reset[openai-mini]", "passed"),
        ("Password Reset[openai-full]", "passed"),
        ("Account Recovery[openai-mini]", "passed"),
        ("Account Recovery[openai-full]", "passed"),
        ("Billing Question[openai-mini]", "failed"),
        ("Billing Question[openai-full]", "failed"),
        ("Guardrail Test[openai-mini]", "passed"),
        ("Guardrail Test[openai-full]", "passed"),
    ]
    assert server.calls == 6
    assert sorted(request.body["model"] for request in server.requests) == [
        *["gpt-4o"] * 3,
        *["gpt-4o-mini"] * 3,
    ]
    for request in server.requests:
        assert request.key == "sk-dummy-0123456789"
        assert (request.body["max_tokens"], request.body["temperature"]) == (500, 0.7)
        assert request.prompt in ANSWERS
    findings = {
        cell["case"]: [
            (a["type"], a["verdict"], a["line"])
            for trial in cell["trials"]
            for a in trial["assertions"]
        ]
        for cell in project.cells().values()
    }
    # three seconds may be too short for a first call on a busy machine
    *_, billed = (c for c in project.cells().values() if c["case"] == "Billing Question")
    in_time = "passed" if billed["trials"][0]["latency_ms"] <= 3000 else "failed"
    assert findings == {
        "Password Reset": [
            ("contains", "passed", 18),
            ("contains", "passed", 20),
            ("max_length", "passed", 22),
        ],
        "Account Recovery": [("contains", "passed", 29), ("tone", "unsure", 31)],
        "Billing Question": [("contains", "failed", 38), ("response_time", in_time, 40)],
        "Guardrail Test": [("validation_error", "passed", 47)],
    }
    cells = {cell["case"]: cell["trials"][0] for cell in project.cells().values()}
    assert cells["Account Recovery"]["assertions"][1]["reason"] == TONE
    said = " ".join(result.stdout.str().split())
    assert "Unsure, and marked so: tone 2 times in 2 cells." in said
    assert cells["Guardrail Test"]["guardrail"]["matched"] == ["hack"]
    assert (cells["Guardrail Test"]["attempts"], cells["Guardrail Test"]["output"]) == (0, None)


REFUSED = {
    "gpt-6-sol": ("max_tokens", "temperature"),
    "gpt-6-astra": ("max_tokens", "temperature"),
    "gpt-5-mini": ("max_tokens", "temperature"),
    "o3": ("max_tokens", "temperature"),
    "claude-opus-5": ("temperature", "top_p", "top_k"),
    "claude-sonnet-5": ("temperature", "top_p", "top_k"),
    "claude-haiku-4-5": (),
}
"""What each model answers with a 400, by its provider's documentation."""


def strict(request: WireRequest) -> Reply:
    model = request.body["model"]
    refused = [name for name in REFUSED[model] if name in request.body]
    return Reply(error="bad_request") if refused else answer(request)


def test_the_file_runs_on_models_that_take_fewer_parameters(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "sk-dummy-0123456789")
    head, _, rest = ARENA.read_text().partition("  - name: openai-mini")
    rest = "tests:" + rest.partition("tests:")[2]
    with WireServer(strict) as server:
        lines = []
        for model in REFUSED:
            claude = model.startswith("claude")
            ways = ["anthropic/"] if claude else ["openai/", "litellm/openai/"]
            for way in ways:
                provider, _, name = f"{way}{model}".partition("/")
                base = server.url if claude else f"{server.url}/v1"
                said = f"name: {way}{model}, provider: {provider}, model: {name}, api_base: {base}"
                lines.append(f"  - {{{said}}}\n")
        (project.path / "new.arena.yaml").write_text(head + "".join(lines) + "\n" + rest)
        result = project.run()
    cells = project.cells().values()
    assert [cell["trials"][0]["error"] for cell in cells] == [None] * 4 * 11
    bodies = {request.body["model"]: request.body for request in server.requests}
    assert bodies["gpt-6-sol"]["max_completion_tokens"] == 500
    assert bodies["claude-opus-5"]["max_tokens"] == 500
    haiku = bodies["claude-haiku-4-5"]
    assert (haiku["max_tokens"], haiku["temperature"]) == (500, 0.7)
    said = " ".join(result.stdout.str().split())
    assert "refuses temperature 0.7, a default that was left out" in said


def test_collecting_the_file_makes_no_call(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ARENA, project.path)
    with WireServer(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        result = project.run("--collect-only", "-q")
    assert result.ret == pytest.ExitCode.OK
    assert [line for line in result.outlines if "::" in line] == [
        f"support-bot.arena.yaml::{case}[{provider}]"
        for case in ("Password Reset", "Account Recovery", "Billing Question", "Guardrail Test")
        for provider in ("openai-mini", "openai-full")
    ]
    assert server.record.connections == 0
