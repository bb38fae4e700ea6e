"""Services of one's own as columns: what is sent, where the answer stands, how they fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Project
from servers.service import BotService


@pytest.fixture
def service() -> Iterator[BotService]:
    with BotService() as found:
        yield found


def arena(
    service: BotService, entries: dict[str, dict[str, Any]], *, case: str = "prompt: you"
) -> str:
    providers = [
        {"name": name, "provider": "http", **keys, "url": f"{service.url}{keys['url']}"}
        for name, keys in entries.items()
    ]
    return "\n".join(
        [
            f"providers: {json.dumps(providers)}",
            'variables: {who: [Ann, 7], word: a/b ü, lines: "a\\nb"}',
            f"tests:\n  - name: Hi\n    {case}",
            "    assertions: [{type: contains, value: hello}]",
        ]
    )


WHOLE = {
    "url": "/chat",
    "body": {"message": "{{ prompt }}", "who": "{{ variables.who }}", "n": 1, "s": "{{ session }}"},
    "output": "reply.text",
    "tool_calls": "steps[?kind=='tool'].{name: name, arguments: args, result: result}",
    "usage": {"input_tokens": "usage.in", "output_tokens": "usage.out", "cost_usd": "usage.usd"},
    "context": "reply.documents[].text",
    "reasoning": "why",
    "latency_ms": "took",
}
GOOD: dict[str, dict[str, Any]] = {
    "whole": WHOLE,
    "default": {"url": "/chat", "output": "reply.text"},
    "text": {"url": "/text"},
    "latin": {"url": "/latin"},
    "marked": {"url": "/marked", "output": "text"},
    "beside": {"url": "/chat", "context": "reply.documents[].text", "tool_calls": "none"},
    "form": {"url": "/echo", "form": {"q": "{{ prompt }} & more", "who": "{{ variables.who }}"}},
    "get": {
        "url": "/echo/{{ variables.word }}?a=1",
        "method": "get",
        "query": {"q": "{{ prompt }}&b"},
    },
    "sse": {
        "url": "/sse",
        "stream": "sse",
        "delta": "delta",
        "tool_calls": "tool",
        "usage": {"input_tokens": "usage.in", "output_tokens": "usage.out"},
    },
    "words": {"url": "/words", "stream": "sse"},
    "ndjson": {"url": "/ndjson", "stream": "ndjson", "delta": "text"},
    "slash": {"url": "/moved?to=/chat", "output": "reply.text"},
    "see_other": {"url": "/moved?status=303&to=/echo"},
    "flaky": {"url": "/says?status=503&times=1"},
}


def test_services_of_all_kinds_answer(
    project: Project, service: BotService, spread: tuple[str, ...]
) -> None:
    project.write(arena=arena(service, GOOD))
    project.run_apart(*spread).assert_outcomes(passed=len(GOOD))
    trials = project.first_trials()
    outputs = {name: trial["output"] for name, trial in trials.items()}
    assert outputs["whole"] == outputs["default"] == outputs["slash"] == "hello you"
    assert outputs["latin"] == "hello é"
    assert outputs["marked"] == "hello"
    assert json.loads(outputs["beside"])["why"] == "because"
    assert outputs["form"].endswith("q=you+%26+more&who=%5B%22Ann%22%2C+7%5D")
    assert outputs["get"] == "hello GET /echo/a%2Fb%20%C3%BC?a=1&q=you%26b "
    assert outputs["sse"] == outputs["ndjson"] == "hello"
    assert outputs["words"] == "hello you"
    assert outputs["see_other"].startswith("hello GET /echo")
    assert trials["sse"]["first_token_ms"] is not None
    assert trials["sse"]["tool_calls"][0]["name"] == "find"
    assert (trials["sse"]["input_tokens"], trials["sse"]["output_tokens"]) == (3, 4)


def test_what_stands_at_the_paths_stands_in_the_results(
    project: Project, service: BotService
) -> None:
    entries = {"whole": WHOLE, "none": {**WHOLE, "tool_calls": "nowhere"}}
    project.write(arena=arena(service, {**entries, "empty": {**WHOLE, "tool_calls": "none"}}))
    project.run().assert_outcomes(passed=3)
    trials = project.first_trials()
    trial = trials["whole"]
    assert (trial["input_tokens"], trial["output_tokens"], trial["cost_usd"]) == (3, 4, 0.25)
    assert (trial["reasoning"], trial["reported_latency_ms"]) == ("because", 12.5)
    assert list(trial["context"]) == ["a document"]
    (call,) = trial["tool_calls"]
    assert (call["name"], call["arguments"], call["result"]) == ("find", {"n": 1}, "shipped")
    # nothing at the path does not say that no tool was called, an empty list does
    assert trials["none"]["tells_tools"] is False
    assert trials["empty"].get("tells_tools", True) is True
    sent = json.loads(service.asked("/chat")[0][3])
    assert (sent["message"], sent["who"], sent["n"]) == ("you", ["Ann", 7], 1)
    assert len(sent["s"]) == 32


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "missing": ({"url": "/nothing"}, '/nothing answered HTTP 404: {"detail": "Not Found"}'),
    "refused": ({"url": "/says?status=422"}, f"/says answered HTTP 422: status 422 {'x' * 489}"),
    "slow": ({"url": "/slow", "timeout": "0.4s", "retries": 0}, "no answer within 0.4 s"),
    "down": ({"url": "/says?status=500", "retries": 1}, "answered HTTP 500: status 500"),
    "limited": ({"url": "/says?status=429", "retries": 1}, "answered HTTP 429: status 429"),
    "empty": ({"url": "/empty"}, "/empty answered with an empty body"),
    "broken": ({"url": "/broken", "output": "a"}, 'sent what is not JSON: \'{"reply": "hel\''),
    "nowhere": (
        {"url": "/chat", "output": "reply.answer"},
        '/chat has nothing at output (reply.answer): {"reply": {"text": "hello you"',
    ),
    "function": ({"url": "/chat", "output": "nosuch(a)"}, "output (nosuch(a)) cannot be looked up"),
    "endless": ({"url": "/endless"}, "sent more than 16 MiB in one answer"),
    "round": ({"url": "/round"}, "redirects more than 5 times"),
    "elsewhere": (
        {"url": "/moved?to=http://localhost:9/x"},
        "redirects to another host: http://localhost:9\n"
        "  expected: an answer of the host that the url names\n"
        "  fix: write the other one as url",
    ),
    "no_stream": ({"url": "/text", "stream": "sse"}, "sent no pieces of a stream: 'hello in plain"),
    "failed_stream": (
        {"url": "/sse?fault=error", "stream": "sse", "delta": "delta"},
        '/sse sent an error: {"message": "overloaded"}',
    ),
    "error_within": (
        {"url": "/fails?as=sse", "stream": "sse", "delta": "delta"},
        '/fails sent an error: {"error": {"message": "overloaded"}}',
    ),
    "error_among_words": (
        {"url": "/fails?as=sse", "stream": "sse"},
        '/fails sent an error: {"error": {"message": "overloaded"}}',
    ),
    "error_in_lines": (
        {"url": "/fails?as=lines", "stream": "ndjson", "output": "delta"},
        '/fails sent an error: {"error": {"message": "overloaded"}}',
    ),
    "no_delta": (
        {"url": "/sse", "stream": "sse", "delta": "text"},
        '/sse has nothing at delta (text): {"delta": "hel"}',
    ),
    "no_line": (
        {"url": "/ndjson", "stream": "ndjson", "output": "reply"},
        '/ndjson has nothing at output (reply): {"text": "hel"}',
    ),
    "unnamed_call": (
        {**WHOLE, "tool_calls": "steps[].{nm: name, arguments: args}"},
        "/chat returned a tool call without a name: {'nm': 'find', 'arguments': {'n': 1}}\n"
        "  expected: tool_calls as a list of {name, arguments}",
    ),
    "cut_stream": (
        {"url": "/sse?fault=cut", "stream": "sse", "delta": "delta", "retries": 0},
        "the connection failed",
    ),
    "bad_cost": (
        {**WHOLE, "usage": {"cost_usd": "reply.text"}},
        "returned cost_usd: 'hello you', which is no usable number",
    ),
    "no_variable": ({"url": "/chat", "body": {"a": "{{ variables.age }}"}}, "undefined variable"),
    "header": (
        {"url": "/text", "headers": {"A": "{{ variables.lines }}"}},
        "the header 'A' would hold a line break",
    ),
    "unset": ({"url": "/chat", "headers": {"A": "${NO_SUCH_ONE}"}}, "variable NO_SUCH_ONE"),
}


def test_each_fault_is_an_error_with_its_message(project: Project, service: BotService) -> None:
    entries = {name: keys for name, (keys, _) in FAULTS.items()}
    project.write(arena=arena(service, {**entries, "well": {"url": "/text"}}))
    project.run_apart().assert_outcomes(errors=len(FAULTS), passed=1)
    found = project.first_trials()
    for name, (_, said) in FAULTS.items():
        message = str(found[name]["error"]["message"])
        assert said in message, (name, message)
    limited = [one for one in service.requests if "status=429" in one[1]]
    assert len(limited) == 2


def test_a_service_that_is_not_there_is_a_lost_connection(project: Project) -> None:
    gone = BotService()
    gone.port = 9
    project.write(arena=arena(gone, {"x": {"url": "/chat", "retries": 0}}))
    project.run().assert_outcomes(errors=1)
    assert project.first_trials()["x"]["error"]["kind"] == "connection"


def test_a_login_is_made_once_and_again_when_its_token_has_ended(
    project: Project, service: BotService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOT_PASSWORD", "canary-of-the-login")
    login = {
        "url": f"{service.url}/login",
        "form": {"username": "me", "password": "${BOT_PASSWORD}"},
        "token": "auth.token",
    }
    entry = {"url": "/private", "login": login, "concurrency": 1, "version": "1"}
    case = "prompt: you\n    trials: 3"
    project.write(arena=arena(service, {"x": entry}, case=case))
    project.run("--arena-record=new").assert_outcomes(passed=1)
    assert [one[3] for one in service.asked("/login")] == [
        "username=me&password=canary-of-the-login"
    ] * 2
    assert len(service.asked("/private")) == 4
    for file in project.path.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"canary-of-the" not in content, file
            assert b"token-number" not in content, file


def test_a_login_that_is_refused_is_not_tried_again(project: Project, service: BotService) -> None:
    login = {"url": f"{service.url}/login", "body": {"password": "wrong"}, "token": "auth.token"}
    case = "prompt: you\n    trials: 3"
    project.write(arena=arena(service, {"x": {"url": "/text", "login": login}}, case=case))
    project.run().assert_outcomes(errors=1)
    message = str(project.first_trials()["x"]["error"]["message"])
    assert message == 'the login answered HTTP 401: {"detail": "no such user"}'
    assert len(service.asked("/login")) == 1
    assert service.asked("/text") == []


def test_cookies_last_for_a_conversation(project: Project, service: BotService) -> None:
    case = "trials: 2\n    conversation: [{user: hello}, {user: you}]"
    project.write(arena=arena(service, {"x": {"url": "/remembers"}}, case=case))
    project.run().assert_outcomes(passed=1)
    (cell,) = project.cells().values()
    assert [trial["output"] for trial in cell["trials"]] == ["hello you"] * 2


def test_headers_are_filled_and_never_leave_the_host(
    project: Project, service: BotService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOT_TOKEN", "canary-of-the-run")
    headers = {"Authorization": "Bearer ${BOT_TOKEN}", "X-Case": "{{ case.name }}"}
    with BotService() as other:
        entries = {
            "here": {"url": "/moved?to=/echo", "headers": headers, "version": "1"},
            "away": {"url": f"/moved?to={other.url}/echo", "headers": headers},
            "says": {"url": "/says?status=400", "headers": headers},
        }
        project.write(arena=arena(service, entries))
        project.run("--arena-record=new").assert_outcomes(passed=1, errors=2)
        assert other.requests == []
    ((_, _, sent, _),) = service.asked("/echo")
    assert (sent["authorization"], sent["x-case"]) == ("Bearer canary-of-the-run", "Hi")
    for file in project.path.rglob("*"):
        assert not file.is_file() or b"canary-of-the" not in file.read_bytes(), file


def test_answers_are_recorded_by_what_is_asked_and_where(
    project: Project, service: BotService
) -> None:
    entry = {**WHOLE, "version": "1"}
    project.write(arena=arena(service, {"x": entry}))
    project.run("--arena-record=once").assert_outcomes(passed=1)
    project.run("--arena-record=none").assert_outcomes(passed=1)
    assert project.first_trials()["x"]["source"] == "recording"
    project.write(arena=arena(service, {"x": {**entry, "body": {"message": "Hey {{ prompt }}"}}}))
    project.run("--arena-record=none").assert_outcomes(errors=1)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"url": "127.0.0.1/chat"}, "bad URL '127.0.0.1/chat' for 'url' of provider 'x'"),
        ({"url": "localhost:8000/chat"}, "fix: write http://localhost:8000/chat"),
        (
            {"url": "http://h/", "output": "$.a.b"},
            "fix: write it without $, which JSONPath has: a.b",
        ),
        ({"url": "http://h/", "json": {}}, "fix: write body: …, as it is called here"),
        ({"url": "http://h/", "response": "a"}, "fix: write output: …, as it is called here"),
        ({"url": "http://me:pw@host/"}, "a user and a password in a URL"),
        ({"url": "http://{{ variables.host }}/x"}, "a host that a template fills in"),
        ({"url": "http://h/", "output": "a..b"}, "bad JMESPath expression 'a..b': "),
        ({"url": "http://h/", "usage": {"cost": "a"}}, "did you mean 'cost_usd'?"),
        ({"url": "http://h/", "body": {"a": "{{ promt }}"}}, "did you mean 'prompt'?"),
        ({"url": "http://h/", "body": {"a": [{"b": "{{ promt }}"}]}}, "did you mean 'prompt'?"),
        ({"url": "http://h/", "body": {}, "form": {}}, "'body' and 'form' beside each other"),
        ({"url": "http://h/", "form": {}, "multipart": {}}, "'form' and 'multipart' beside each"),
        (
            {"url": "http://h/", "multipart": {"a": "see {{ files }}"}},
            "the files within a text: 'see {{ files }}'",
        ),
        ({"url": "http://h/", "multipart": {"a": "{{ promt }}"}}, "did you mean 'prompt'?"),
        ({"url": "http://h/", "body": {"a": "{{ files }}"}}, "undefined variable 'files'"),
        ({"url": "http://h/", "body": {}, "method": "GET"}, "a GET with a body"),
        ({"url": "http://h/", "body": {"a": 1}}, "nothing of a case in what is sent"),
        ({"url": "http://h/", "method": "GET"}, "fix: write {{ prompt }} where the service wants"),
        ({"url": "http://h/", "method": "FETCH"}, "'method' of provider 'x' cannot be 'FETCH'"),
        ({"url": "http://h/", "delta": "a"}, "'delta' without 'stream'"),
        ({"url": "http://h/", "stream": "ndjson"}, "a stream of JSON without 'delta'"),
        ({"url": "http://h/", "login": {"url": "h"}}, "bad URL 'h'"),
        ({"url": "http://h/", "login": {"url": "http://h", "header": "A"}}, "bad header 'A'"),
        ({"url": "http://h/", "api_base": "http://h"}, "'api_base' of provider 'x' is for models"),
    ],
)
def test_what_could_not_be_asked_is_refused(
    project: Project, keys: dict[str, Any], said: str
) -> None:
    providers = [{"name": "x", "provider": "http", **keys}]
    project.write(
        arena=f"providers: {json.dumps(providers)}\n"
        "tests: [{name: A, prompt: Hi, assertions: [{type: contains, value: a}]}]\n"
    )
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert said in result.stdout.str()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"headers": {"A b": "c"}}, "the header 'A b' of provider 'x' has a name that no header"),
        ({"headers": {"A": "{{ promt }}"}}, "undefined variable 'promt' for 'headers'"),
        ({"url": "${BOT_URL}"}, "url of provider 'x' is no URL"),
    ],
)
def test_what_could_not_be_asked_is_told_before_the_run(
    project: Project, monkeypatch: pytest.MonkeyPatch, keys: dict[str, Any], said: str
) -> None:
    monkeypatch.setenv("BOT_URL", "localhost:8000")
    providers = [{"name": "x", "provider": "http", "url": "http://h/", **keys}]
    project.write(
        arena=f"providers: {json.dumps(providers)}\n"
        "tests: [{name: A, prompt: Hi, assertions: [{type: contains, value: a}]}]\n"
    )
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()
