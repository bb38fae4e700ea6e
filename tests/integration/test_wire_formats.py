"""Whole arena runs over the wire formats of four providers: each fault gets its verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import Project
from servers.formats import Reply
from servers.wire import WireRequest, WireServer, reply_from_marker

from pytest_arena.engine.calling import retries as attempts
from pytest_arena.providers.litellm import LiteLLMProvider
from pytest_arena.providers.openai import OpenAIProvider

CALLS = "--arena-concurrency=400"
"""So many that all calls of a run start at once: what one meets cannot keep another from it."""
KEY = "sk-canary-0123456789"
WAYS = {
    "direct": ("openai", "gpt-4o-mini", "/direct/v1"),
    "openai": ("litellm", "openai/gpt-4o-mini", "/openai/v1"),
    "anthropic": ("anthropic", "claude-haiku-4-5", ""),
    "gemini": ("gemini", "gemini-2.5-pro", ""),
    "ollama": ("ollama", "llama3", ""),
    "ollama_chat": ("ollama_chat", "llama3", ""),
}
"""Provider, model and path of each way; `direct` is the one that goes past litellm."""


OPENAI = ("direct", "openai")
OLLAMA = ("ollama", "ollama_chat")


@dataclass(frozen=True)
class Fault:
    """Name what the server does, the providers' settings, and the error that comes of it.

    `says` holds the provider's own words by way, where they stand in the message as `{}`.
    """

    marker: str
    kind: str
    message: str
    says: dict[str, str] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)

    def told(self, way: str) -> str:
        return self.message.replace("{}", self.says.get(way, ""))


def words(openai: str, anthropic: str, gemini: str, ollama: str) -> dict[str, str]:
    """Return the words of each format for each way that speaks it."""
    return {
        **dict.fromkeys(OPENAI, openai),
        "anthropic": anthropic,
        "gemini": gemini,
        **dict.fromkeys(OLLAMA, ollama),
    }


BUSY = words(
    "Rate limit reached for model.",
    "This request would exceed your rate limit.",
    "You exceeded your current quota.",
    "too many requests",
)
FAULTS = {
    "busy": Fault(
        "error=rate_limit retry_after=0.01",
        "rate_limit",
        "rate limited (HTTP 429): {} (after 3 attempts)",
        BUSY,
    ),
    "busy_for_long": Fault(
        "error=rate_limit retry_after=600",
        "rate_limit",
        "rate limited (HTTP 429): {} (attempt 1; waiting 600 s more would take too long)",
        BUSY,
    ),
    "broken": Fault(
        "error=server",
        "server",
        "the provider failed (HTTP 500): {} (after 3 attempts)",
        words(
            "The server had an error.",
            "Internal server error",
            "An internal error has occurred.",
            "llama runner process has terminated",
        ),
    ),
    "hang": Fault(
        "hang", "timeout", "no answer within 4 s", settings={"timeout": "4s", "retries": 0}
    ),
    "closed": Fault(
        "close",
        "connection",
        "the connection failed: Server disconnected (after 2 attempts)",
        settings={"retries": 1},
    ),
    "filtered": Fault(
        "error=content_filter",
        "content_filter",
        "blocked by the provider's content filter (HTTP 400): {}",
        words(
            "The response was filtered due to the prompt triggering the content management "
            "policy. Please modify your prompt and retry.",
            "Output blocked by content filtering policy",
            "The prompt was blocked by content filtering: PROHIBITED_CONTENT",
            "blocked by content filter",
        ),
    ),
    "too_long": Fault(
        "error=context_length",
        "context_length",
        "the prompt is longer than the model's context (HTTP 400): {}",
        words(
            "This model's maximum context length is 128000 tokens. However, your messages "
            "resulted in 200001 tokens. Please reduce the length of the messages.",
            "prompt is too long: 210000 tokens > 200000 maximum",
            "The input token count (1200000) exceeds the maximum number of tokens allowed "
            "(1048576).",
            "the input length exceeds the context length",
        ),
    ),
    "wrong_key": Fault(
        "error=authentication",
        "authentication",
        "authentication failed (HTTP {}",
        words(
            "401): Incorrect API key provided: [REDACTED]. You can find your API key in your "
            "account.",
            "401): invalid x-api-key [REDACTED]",
            "400): API key not valid. Please pass a valid API key. [REDACTED]",
            "401): unauthorized [REDACTED]",
        ),
    ),
}
NO_STREAM = "the stream held no answer"
NOT_JSON = "not JSON: '<html>garbage</html>'"
ATTEMPTS = {"busy": 3, "broken": 3, "closed": 2}


class ByWay:
    """Answer as the prompt's marker says, counting `times` for each way apart."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, str]] = Counter()

    def __call__(self, request: WireRequest) -> Reply:
        plain = Reply()
        reply = reply_from_marker(request, plain)
        if reply.times is None:
            return reply
        way = (request.path.partition("?")[0], request.prompt)
        self.seen[way] += 1
        again = self.seen[way] > reply.times
        return plain if again else Reply(error=reply.error, retry_after=reply.retry_after)


@pytest.fixture(scope="module")
def server() -> Iterator[WireServer]:
    # imported here, so that no run of pytest inside pytest has to do it anew
    for cls in (OpenAIProvider, LiteLLMProvider):
        cls.warm_up()
    with WireServer(ByWay()) as running:
        yield running


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIRE_KEY", KEY)
    monkeypatch.setattr(attempts, "FIRST_PAUSE_S", 0.01)


def providers(server: WireServer, **settings: object) -> str:
    extra = "".join(f", {name}: {value}" for name, value in settings.items())
    lines = [
        f"  - {{name: {name}, provider: {provider}, model: {model}, "
        f"api_base: {server.url}{path}, api_key_env: WIRE_KEY{extra}}}"
        for name, (provider, model, path) in WAYS.items()
    ]
    return "providers:\n" + "\n".join(lines) + "\n"


def cases(marker: str) -> str:
    """Return one case that is asked for whole and one whose assertion makes it stream."""
    prompt = f"<<{marker}>>" if marker else "hi"
    # less than the time limit, or the assertion would check nothing
    longest_ms = 3000 if marker == "hang" else 50000
    return f"""\
tests:
  - name: whole
    prompt: "{prompt}"
    assertions: [{{type: contains, value: ok}}]
  - name: stream
    prompt: "{prompt} stream"
    assertions: [{{type: contains, value: ok}}, {{type: first_token, max_ms: {longest_ms}}}]
"""


def run(
    project: Project, server: WireServer, faults: dict[str, Fault]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Run one arena a fault, all in one run; give the cells by fault and by `case[provider]`."""
    for name, fault in faults.items():
        text = providers(server, **fault.settings) + cases(fault.marker)
        project.pytester.makefile(".arena.yaml", **{name: text})
    project.run("-q", CALLS)
    found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in faults}
    for cell_id, cell in project.cells().items():
        file, _, name = cell_id.partition("::")
        found[file.removesuffix(".arena.yaml")][name] = cell
    everything = b"".join(
        path.read_bytes() for path in Path(project.path, "arena-report").rglob("*.*")
    )
    assert KEY.encode() not in everything
    return found


def test_each_fault_is_an_error_with_its_kind_and_its_whole_message(
    project: Project, server: WireServer
) -> None:
    before = len(server.requests)
    # a provider that asks for ten minutes is not called again in its run, and on a slow machine
    # four seconds may pass among all the others before a request is sent at all
    apart = {name: fault for name, fault in FAULTS.items() if name in ("busy_for_long", "hang")}
    together = {name: fault for name, fault in FAULTS.items() if name not in apart}
    found = run(project, server, together)
    for name in together:
        (project.path / f"{name}.arena.yaml").unlink()
    found |= run(project, server, apart)
    for name, fault in FAULTS.items():
        for case in ("whole", "stream"):
            for way in WAYS:
                cell = found[name][f"{case}[{way}]"]
                (trial,) = cell["trials"]
                told = {
                    "kind": fault.kind,
                    "message": fault.told(way),
                    "attempts": ATTEMPTS.get(name, 1),
                }
                assert (trial["error"], cell["verdict"]) == (told, "error"), (name, case, way)
                assert (trial["output"], trial["assertions"]) == (None, [])
    asked = Counter(
        request.prompt.partition("<<")[2].partition(">>")[0] for request in server.requests[before:]
    )
    assert asked == {
        fault.marker: ATTEMPTS.get(name, 1) * 2 * len(WAYS) for name, fault in FAULTS.items()
    }


def test_garbage_is_an_error_that_shows_it(project: Project, server: WireServer) -> None:
    told = {f"whole[{way}]": NOT_JSON for way in WAYS}
    told |= {f"stream[{way}]": NO_STREAM for way in WAYS}
    told |= {f"stream[{way}]": NOT_JSON for way in (*OPENAI, "ollama")}
    found = run(project, server, {"garbage": Fault("garbage", "", "")})["garbage"]
    assert {name: cell["trials"][0]["error"] for name, cell in found.items()} == {
        name: {
            "kind": "bad_response",
            "message": f"the provider's answer cannot be read: {text}",
            "attempts": 1,
        }
        for name, text in told.items()
    }


def test_an_answer_is_kept_with_usage_cost_finish_reason_times_and_attempts(
    project: Project, server: WireServer
) -> None:
    files = {
        "fine": Fault("", "", ""),
        "cut_short": Fault("text=ok finish_reason=length", "", ""),
        "busy_once": Fault("error=rate_limit retry_after=0.3 times=1", "", ""),
        "broken_once": Fault("error=server times=1", "", ""),
    }
    found = run(project, server, files)
    prices = {
        **dict.fromkeys(OPENAI, 11 * 0.15e-6 + 7 * 0.6e-6),
        "anthropic": 11 * 1e-6 + 7 * 5e-6,
        "gemini": 11 * 1.25e-6 + 7 * 10e-6,
        **dict.fromkeys(OLLAMA, 0.0),
    }
    for file, cells in found.items():
        for name, cell in cells.items():
            case, way = name[:-1].split("[")
            (trial,) = cell["trials"]
            assert (cell["verdict"], trial["output"]) == ("passed", "ok"), (file, name)
            assert (trial["input_tokens"], trial["output_tokens"]) == (11, 7)
            assert trial["cost_usd"] == pytest.approx(prices[way])
            assert trial["source"] == "call"
            assert trial["attempts"] == (2 if file.endswith("once") else 1)
            assert trial["finish_reason"] == ("length" if file == "cut_short" else "stop")
            assert (trial["first_token_ms"] is None) == (case == "whole")
            assert trial["latency_ms"] > (trial["first_token_ms"] or 0)


def test_an_answer_that_a_filter_cut_is_told_in_every_format(
    project: Project, server: WireServer
) -> None:
    found = run(project, server, {"cut": Fault("text=ok finish_reason=content_filter", "", "")})
    for name, cell in found["cut"].items():
        way = name[:-1].split("[")[1]
        (trial,) = cell["trials"]
        assert (trial["finish_reason"], trial["filtered"]) == ("content_filter", True), name
        assert trial["output"] == "ok", name
        # by Anthropic's own word it is the model that declines
        assert trial["refusal"] == ("ok" if way == "anthropic" else None), name


def test_an_empty_answer_fails_and_says_so(project: Project, server: WireServer) -> None:
    found = run(project, server, {"empty": Fault("text=''", "", "")})["empty"]
    for name, cell in found.items():
        (trial,) = cell["trials"]
        *others, last = trial["assertions"]
        assert (last["type"], last["verdict"], last["reason"]) == (
            "answer",
            "failed",
            "the answer is empty (finish reason: stop)",
        ), name
        assert others[0]["reason"] == "did not find 'ok' in ''"
        if name.startswith("whole"):
            assert cell["verdict"] == "failed"
        else:
            # no token came, so that its time is not known
            assert (cell["verdict"], others[1]["verdict"]) == ("error", "error")


KEYS = {
    "openai": ("gpt-4o-mini", "OPENAI_API_KEY"),
    "anthropic": ("claude-haiku-4-5", "ANTHROPIC_API_KEY"),
    "gemini": ("gemini-2.5-pro", "GEMINI_API_KEY"),
}


def test_a_missing_key_is_told_for_every_cell_and_nothing_is_called(
    project: Project, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("WIRE_KEY")
    named = providers(server)
    usual = "".join(
        f"  - {{name: {name}, provider: {name}, model: {model}}}\n"
        for name, (model, _) in KEYS.items()
    )
    before = server.calls
    project.pytester.makefile(".arena.yaml", named=named + cases(""))
    project.pytester.makefile(".arena.yaml", usual=f"providers:\n{usual}" + cases(""))
    project.run("--arena-concurrency=1")
    for cell_id, cell in project.cells().items():
        file, way = cell_id.split("::")[0], cell["provider"]
        named_in_file = file.startswith("named")
        line = list(WAYS if named_in_file else KEYS).index(way) + 2
        variable = "WIRE_KEY" if named_in_file else KEYS[way][1]
        other = "in" if named_in_file else "with"
        assert cell["trials"][0]["error"] == {
            "kind": "missing_key",
            "message": f"{file}:{line}:5: provider {way!r} has no API key\n"
            f"  expected: the environment variable {variable}\n"
            f"  fix: export {variable}=…, or name another variable {other} api_key_env",
            "attempts": 0,
        }
    assert len(project.cells()) == 2 * (len(WAYS) + len(KEYS))
    assert server.calls == before


def test_warnings_as_errors_do_not_break_calls(project: Project, server: WireServer) -> None:
    delays = "".join(
        f"""\
  - name: after {delay} ms
    prompt: "<<latency={delay / 1000} text=ok>>"
    assertions: [{{type: contains, value: ok}}]
"""
        for delay in range(0, 400, 10)
    )
    project.write(arena=providers(server) + "tests:\n" + delays)
    result = project.run("-W", "error", CALLS)
    result.assert_outcomes(passed=40 * len(WAYS))
