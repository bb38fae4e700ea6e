"""The same faulty server by `provider: openai` and by litellm: the same verdicts and errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import Project
from servers.formats import Reply
from servers.wire import WireRequest, WireServer

from pytest_arena.engine.calling import retries
from pytest_arena.providers.litellm import LiteLLMProvider
from pytest_arena.providers.openai import OpenAIProvider

WAYS = {
    "direct": "provider: openai, model: m",
    "litellm": "provider: litellm, model: openai/m",
    "openrouter": "provider: openrouter, model: m",
}
"""Two of litellm's ways: by OpenAI's own client, and by litellm's own HTTP."""
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
DONE = "[DONE]"
TOLD = (
    "output",
    "reasoning",
    "refusal",
    "tool_calls",
    "finish_reason",
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "system_fingerprint",
    "cost_usd",
    "filtered",
    "attempts",
    "error",
)
"""What a trial says of its answer, times aside."""


def whole(
    content: Any = "Paris",
    finish: Any = "stop",
    *,
    body: Any = None,
    choice: Any = None,
    **message: Any,
) -> Reply:
    """Answer whole, with what is unusual in the message, in its choice, or in the body."""
    said = {"role": "assistant", "content": content, **message}
    told = {"index": 0, "message": said, "finish_reason": finish, **(choice or {})}
    made = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": USAGE}
    return Reply(body=json.dumps({**made, "choices": [told], **(body or {})}).encode())


def chunk(content: Any = None, finish: str | None = None, **delta: Any) -> dict[str, Any]:
    said = {**({} if content is None else {"content": content}), **delta}
    told = {"index": 0, "delta": said, "finish_reason": finish}
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [told],
    }


COUNTED = {
    "id": "c",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [],
    "usage": USAGE,
}


def stream(*events: Any, tail: bytes = b"", end: bytes = b"\n\n") -> Reply:
    """Answer with these events; a text is one as it stands."""
    texts = [event if isinstance(event, str) else json.dumps(event) for event in events]
    body = b"".join(b"data: " + text.encode() + end for text in texts)
    return Reply(body=body + tail, body_type="text/event-stream")


def refused(status: int, message: Any = "no", **more: Any) -> Reply:
    return Reply(status=status, body=json.dumps({"error": {"message": message, **more}}).encode())


def call(arguments: Any, name: str = "f", **more: Any) -> dict[str, Any]:
    return {
        "id": "t1",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
        **more,
    }


@dataclass(frozen=True)
class Fault:
    """What the server sends, and what is to come of it: an error's kind and attempts, or what the
    trial says."""

    reply: Reply
    kind: str | None = None
    attempts: int = 1
    says: tuple[tuple[str, Any], ...] = ()


def error(reply: Reply, kind: str, attempts: int = 1) -> Fault:
    return Fault(reply, kind, attempts)


def answer(reply: Reply, **says: Any) -> Fault:
    return Fault(reply, says=tuple(says.items()))


UNKNOWN = {"input_tokens": None, "output_tokens": None, "cost_usd": None}
KNOWN = {"output": "Paris", "input_tokens": 11, "output_tokens": 7}
TWO_CALLS = [{"name": "f", "arguments": {}, "id": "a"}, {"name": "g", "arguments": {}, "id": "b"}]


def azure(filtered: bool) -> dict[str, Any]:
    """The findings of Azure's filter, as they stand in a choice."""
    safe = {"filtered": False, "severity": "safe"}
    return {"content_filter_results": {"hate": safe, "violence": {**safe, "filtered": filtered}}}


CUT = {"output": "Paris", "finish_reason": "content_filter", "filtered": True}


def counts(prompt: Any, completion: Any) -> Reply:
    return whole(body={"usage": {"prompt_tokens": prompt, "completion_tokens": completion}})


WHOLE = {
    "plain": answer(whole(), **KNOWN),
    "bom": answer(Reply(body=b"\xef\xbb\xbf" + (whole().body or b"")), **KNOWN),
    "null_content": answer(whole(None), output="", finish_reason="stop"),
    "finish_in_capitals": answer(whole(finish="STOP"), finish_reason="stop", **KNOWN),
    "finish_of_its_own": answer(whole(finish="Zq: K"), finish_reason="Zq: K", **KNOWN),
    "finish_with_more": answer(whole(finish="Length: 5"), finish_reason="length", **KNOWN),
    "cut_short": answer(whole(finish="length"), finish_reason="length", **KNOWN),
    "no_finish": answer(whole(finish=None), finish_reason=None, **KNOWN),
    "text_parts": answer(
        whole([{"type": "text", "text": "Par"}, {"type": "text", "text": "is"}]), **KNOWN
    ),
    "think_tags": answer(whole("<think>Berlin?</think>\n\nParis"), reasoning="Berlin?", **KNOWN),
    "thinking_tags": answer(
        whole("<thinking>Berlin</thinking> Paris"), reasoning="Berlin", **KNOWN
    ),
    "end_of_think_alone": answer(whole("Berlin?\n</think>\n\nParis"), reasoning="Berlin?", **KNOWN),
    "think_without_end": answer(whole("<think>Berlin", "length"), output="", reasoning="Berlin"),
    "tag_within_the_answer": answer(whole("Say <think> first"), output="Say <think> first"),
    "reasoning_content": answer(whole(reasoning_content="Berlin?"), reasoning="Berlin?", **KNOWN),
    "reasoning_field": answer(whole(reasoning="Berlin?"), reasoning="Berlin?", **KNOWN),
    "odd_reasoning_details": answer(whole(reasoning_details=5), **KNOWN),
    "reasoning_part": answer(
        whole([{"type": "reasoning", "text": "Berlin?"}, {"type": "text", "text": "Paris"}]),
        reasoning="Berlin?",
        **KNOWN,
    ),
    "nested_thinking_part": answer(
        whole(
            [
                {"type": "thinking", "thinking": [{"type": "text", "text": "Berlin?"}]},
                {"type": "text", "text": "Paris"},
            ]
        ),
        reasoning="Berlin?",
        **KNOWN,
    ),
    "refusal": answer(whole(None, refusal="No."), output="No.", refusal="No."),
    "refusal_beside_text": answer(whole("Hm.", refusal="No."), output="Hm.", refusal="No."),
    "reasoning_tokens": answer(
        whole(body={"usage": {**USAGE, "completion_tokens_details": {"reasoning_tokens": 5}}}),
        reasoning_tokens=5,
        **KNOWN,
    ),
    "fingerprint": answer(
        whole(body={"system_fingerprint": "fp_1"}), system_fingerprint="fp_1", **KNOWN
    ),
    "odd_fingerprint": answer(
        whole(body={"system_fingerprint": 7}), system_fingerprint=None, **KNOWN
    ),
    "no_usage": answer(whole(body={"usage": None}), output="Paris", **UNKNOWN),
    "usage_of_nulls": answer(counts(None, None), output="Paris", **UNKNOWN),
    "usage_of_zeros": answer(counts(0, 0), output="Paris", **UNKNOWN),
    "usage_of_the_prompt_alone": answer(
        counts(10, None), output="Paris", input_tokens=10, output_tokens=None, cost_usd=None
    ),
    "usage_by_other_names": answer(
        whole(body={"usage": {"input_tokens": 11, "output_tokens": 7}}), **KNOWN
    ),
    "usage_negative": answer(counts(-5, -9), output="Paris", **UNKNOWN),
    "usage_fractional": answer(counts(1.5, 2.5), output="Paris", **UNKNOWN),
    "usage_text": answer(counts("ten", "x"), output="Paris", **UNKNOWN),
    "usage_absurd": answer(counts(10**30, 10**30), output="Paris", **UNKNOWN),
    "usage_infinite": answer(counts(float("inf"), float("nan")), output="Paris", **UNKNOWN),
    "number_of_ten_thousand_digits": answer(
        Reply(body=(whole().body or b"").replace(b'"created": 1', b'"created": ' + b"9" * 10_000)),
        **KNOWN,
    ),
    "tool_call": answer(
        whole(None, "tool_calls", tool_calls=[call('{"n": 5}')]),
        tool_calls=[{"name": "f", "arguments": {"n": 5}, "id": "t1"}],
    ),
    "broken_arguments": answer(
        whole(None, "tool_calls", tool_calls=[call('{"n": ')]),
        tool_calls=[{"name": "f", "arguments": '{"n": ', "id": "t1"}],
    ),
    "object_arguments": answer(
        whole(None, "tool_calls", tool_calls=[call({"n": 5})]),
        tool_calls=[{"name": "f", "arguments": {"n": 5}, "id": "t1"}],
    ),
    "list_arguments": answer(
        whole(None, "tool_calls", tool_calls=[call("[1]")]),
        tool_calls=[{"name": "f", "arguments": [1], "id": "t1"}],
    ),
    "call_without_a_list": answer(
        whole(None, "tool_calls", tool_calls=call('{"n": 5}')),
        tool_calls=[{"name": "f", "arguments": {"n": 5}, "id": "t1"}],
    ),
    "part_without_a_list": answer(whole({"type": "text", "text": "Paris"}), **KNOWN),
    "second_choice_first": answer(
        whole(
            body={
                "choices": [
                    {"index": 1, "message": {"content": "Berlin"}, "finish_reason": "stop"},
                    {"index": 0, "message": {"content": "Paris"}, "finish_reason": "stop"},
                ]
            }
        ),
        **KNOWN,
    ),
    "error_in_a_list": error(
        Reply(body=b'[{"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}]'),
        "server",
        3,
    ),
    "error_by_itself": error(
        Reply(body=b'{"message": "Invalid API key", "status": 401}'), "authentication"
    ),
    "error_of_older_servers": error(
        Reply(
            body=b'{"object": "error", "message": "maximum context length is 4096", "code": 40303}'
        ),
        "context_length",
    ),
    "calls_of_one_index": answer(
        whole(
            None,
            "tool_calls",
            tool_calls=[call("{}", id="a", index=0), call("{}", "g", id="b", index=0)],
        ),
        tool_calls=TWO_CALLS,
    ),
    "error_502_in_200": error(
        Reply(body=b'{"error": {"message": "overloaded", "code": 502}}'), "server", 3
    ),
    "error_429_in_200": error(
        Reply(body=b'{"error": {"message": "slow", "code": "429"}}'), "rate_limit", 3
    ),
    "error_400_in_200": error(
        Reply(body=b'{"error": {"message": "bad", "code": 400}}'), "bad_request"
    ),
    "error_by_type_in_200": error(
        Reply(body=b'{"error": {"message": "key", "type": "authentication_error"}}'),
        "authentication",
    ),
    "error_text_in_200": error(Reply(body=b'{"error": "model not loaded"}'), "server", 3),
    "error_beside_an_answer": error(
        whole(body={"error": {"message": "upstream died", "code": 502}}), "server", 3
    ),
    "error_in_the_choice": error(
        whole(choice={"error": {"message": "host gone", "code": 503}}), "server", 3
    ),
    "no_quota_in_200": error(
        Reply(body=b'{"error": {"message": "spent", "type": "insufficient_quota"}}'),
        "insufficient_quota",
    ),
    "no_quota": error(refused(429, code="insufficient_quota"), "insufficient_quota"),
    "rate_limit": error(refused(429), "rate_limit", 3),
    "no_credit": error(refused(402), "insufficient_quota"),
    "forbidden": error(refused(403), "authentication"),
    "no_such_model": error(refused(404, code="model_not_found"), "not_found"),
    "conflict": error(refused(409), "bad_request"),
    "validation": error(
        Reply(status=422, body=b'{"detail": [{"loc": ["x"], "msg": "field required"}]}'),
        "bad_request",
    ),
    "overloaded": error(refused(529, type="overloaded_error"), "server", 3),
    "too_long": error(refused(400, code="context_length_exceeded"), "context_length"),
    "filtered": error(whole(None, "content_filter"), "content_filter"),
    "filter_cut_it": answer(whole(finish="content_filter"), **CUT),
    "filter_of_gemini_cut_it": answer(whole(finish="SAFETY"), **CUT),
    "filter_of_gemini_in_openai_format_cut_it": answer(
        whole(finish="content_filter: RECITATION"), **CUT
    ),
    "filter_of_bedrock_cut_it": answer(whole(finish="guardrail_intervened"), **CUT),
    "filter_of_azure_cut_it": answer(
        whole(choice=azure(filtered=True)), output="Paris", finish_reason="stop", filtered=True
    ),
    "filter_of_azure_let_it_pass": answer(whole(choice=azure(filtered=False)), filtered=False),
    "filter_of_azure_did_not_run": answer(
        whole(choice={"content_filter_results": {"error": {"code": "content_filter_error"}}}),
        filtered=None,
    ),
    "filter_of_azure_left_nothing": error(whole("", choice=azure(filtered=True)), "content_filter"),
    "ended_as_a_refusal": answer(whole(finish="refusal"), refusal="Paris", **CUT),
    "no_choices": error(whole(body={"choices": []}), "bad_response"),
    "sign_in_page": error(
        Reply(body=b"<html>Please sign in</html>", body_type="text/html"), "bad_response"
    ),
    "empty": error(Reply(body=b""), "bad_response"),
    "number_as_content": error(whole(42), "bad_response"),
    **{
        f"no_text_{number}": error(whole(content), "bad_response")
        for number, content in enumerate(
            (
                {"a": 1},
                {},
                [],
                [1],
                [None],
                [{"type": "text", "text": None}],
                [{"type": "text"}],
                [{"type": "output_audio"}],
                [{"type": "text", "text": "Paris"}, {"a": 1}],
                [{"type": "text", "text": "Paris"}, 1],
            )
        )
    },
    "no_message": error(whole(body={"choices": [{"message": {}}]}), "bad_response"),
    "another_message": error(whole(body={"choices": [{"message": {"a": 1}}]}), "bad_response"),
    "message_without_content": answer(
        whole(body={"choices": [{"message": {"role": "assistant"}, "finish_reason": "length"}]}),
        output="",
        finish_reason="length",
    ),
    "picture_beside_text": answer(
        whole([{"type": "image_url", "image_url": {}}, {"type": "text", "text": "Paris"}]), **KNOWN
    ),
    "redacted_thinking": answer(
        whole([{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "Paris"}]),
        **KNOWN,
    ),
    "text_part_that_is_empty": answer(whole([{"type": "text", "text": ""}]), output=""),
    "call_beside_no_parts": answer(
        whole([], "tool_calls", tool_calls=[call('{"n": 5}')]),
        tool_calls=[{"name": "f", "arguments": {"n": 5}, "id": "t1"}],
    ),
    "not_utf8": error(
        Reply(
            body=json.dumps({"choices": [{"message": {"content": "caf"}}]}).encode()[:-4] + b"\xe9"
        ),
        "bad_response",
    ),
    "cut_body": error(Reply(body=b'{"id": "c", "choi', missing=50), "connection", 3),
}
STREAMED = {
    "plain": answer(
        stream(chunk("Par"), chunk("is"), chunk(finish="stop"), COUNTED, DONE), **KNOWN
    ),
    "fingerprint": answer(
        stream({**chunk("Paris"), "system_fingerprint": "fp_1"}, chunk(finish="stop"), COUNTED),
        system_fingerprint="fp_1",
        **KNOWN,
    ),
    "no_done": answer(stream(chunk("Paris"), chunk(finish="stop"), COUNTED), **KNOWN),
    "done_alone": answer(stream(chunk("Paris"), COUNTED, DONE), finish_reason=None, **KNOWN),
    "line_ends_of_windows": answer(
        stream(chunk("Paris"), chunk(finish="stop"), COUNTED, DONE, end=b"\r\n\r\n"), **KNOWN
    ),
    "null_choices": answer(
        stream({**COUNTED, "choices": None, "usage": None}, chunk("Paris", "stop"), COUNTED, DONE),
        **KNOWN,
    ),
    "no_usage": answer(stream(chunk("Paris", "stop"), DONE), output="Paris", **UNKNOWN),
    "usage_of_zeros": answer(
        stream(
            chunk("Paris", "stop"),
            {**COUNTED, "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}},
            DONE,
        ),
        output="Paris",
        **UNKNOWN,
    ),
    "reasoning": answer(
        stream(
            chunk(reasoning_content="Berlin?"), chunk("Paris"), chunk(finish="stop"), COUNTED, DONE
        ),
        reasoning="Berlin?",
        **KNOWN,
    ),
    "think_tags_in_pieces": answer(
        stream(chunk("<thi"), chunk("nk>Berlin?</thi"), chunk("nk>Paris", "stop"), COUNTED, DONE),
        reasoning="Berlin?",
        **KNOWN,
    ),
    "refusal": answer(
        stream(chunk(refusal="N"), chunk(refusal="o."), chunk(finish="stop"), COUNTED, DONE),
        output="No.",
        refusal="No.",
    ),
    "calls_of_one_index": answer(
        stream(
            chunk(tool_calls=[call("{}", id="a", index=0)]),
            chunk(tool_calls=[call("{}", "g", id="b", index=0)]),
            chunk(finish="tool_calls"),
            COUNTED,
            DONE,
        ),
        tool_calls=TWO_CALLS,
    ),
    "call_in_pieces": answer(
        stream(
            chunk(tool_calls=[call("", index=0)]),
            chunk(tool_calls=[{"index": 0, "function": {"arguments": '{"n"'}}]),
            chunk(tool_calls=[{"index": 0, "function": {"arguments": ": 5}"}}]),
            chunk(finish="tool_calls"),
            COUNTED,
            DONE,
        ),
        tool_calls=[{"name": "f", "arguments": {"n": 5}, "id": "t1"}],
    ),
    "not_streamed": answer(whole(), **KNOWN),
    "filter_cut_it": answer(
        stream(chunk("Paris"), chunk(finish="content_filter"), COUNTED, DONE), **CUT
    ),
    "filter_of_azure_cut_it": answer(
        stream(
            chunk("Paris"),
            {**chunk(), "choices": [{**chunk(finish="stop")["choices"][0], **azure(True)}]},
            COUNTED,
            DONE,
        ),
        output="Paris",
        filtered=True,
    ),
    "ended_as_a_refusal": answer(
        stream(chunk("Paris"), chunk(finish="refusal"), COUNTED, DONE), refusal="Paris", **CUT
    ),
    "no_end": error(stream(chunk("Par")), "connection", 3),
    "no_end_but_usage": error(stream(chunk("Par"), COUNTED), "connection", 3),
    "cut_in_a_chunk": error(stream(chunk("Par"), tail=b'data: {"id": "c", "choi'), "connection", 3),
    "cut_in_a_body": error(
        Reply(body=b"data: " + json.dumps(chunk("Par")).encode() + b"\n\n", missing=99),
        "connection",
        3,
    ),
    "nothing": error(stream(), "connection", 3),
    "error_in_stream": error(
        stream(chunk("Pa"), {"error": {"message": "upstream died", "code": 502}}), "server", 3
    ),
    "rate_limit_in_stream": error(
        stream({"error": {"message": "slow", "type": "rate_limit_error"}}), "rate_limit", 3
    ),
    "error_event": error(
        stream(chunk("Pa"), tail=b'event: error\ndata: {"message": "overloaded"}\n\n'), "server", 3
    ),
    "whole_message": answer(
        stream({**chunk(), "choices": json.loads(whole().body or b"")["choices"]}, COUNTED, DONE),
        **KNOWN,
    ),
    "error_in_a_200_body": error(
        Reply(body=b'{"error": {"message": "overloaded", "code": 503}}'), "server", 3
    ),
    "no_quota": error(refused(429, code="insufficient_quota"), "insufficient_quota"),
    "sign_in_page": error(
        Reply(body=b"<html>Please sign in</html>", body_type="text/html"), "bad_response"
    ),
    "done_at_once": error(stream(DONE), "bad_response"),
    "object_as_content": error(
        stream(chunk("Par"), chunk({"a": 1}), chunk("is", "stop"), DONE), "bad_response"
    ),
    "no_text": error(
        stream(chunk([{"type": "output_audio"}]), chunk(finish="stop"), DONE), "bad_response"
    ),
    "no_parts_at_first": answer(
        stream(chunk([]), chunk([{"type": "text", "text": "Paris"}], "stop"), COUNTED, DONE),
        **KNOWN,
    ),
}
FAULTS = {
    **{f"whole-{name}": fault for name, fault in WHOLE.items()},
    **{f"stream-{name}": fault for name, fault in STREAMED.items()},
}


def send(request: WireRequest) -> Reply:
    return FAULTS[request.prompt].reply


@pytest.fixture(scope="module")
def server() -> Iterator[WireServer]:
    # imported here, so that no run of pytest inside pytest has to do it anew
    for cls in (OpenAIProvider, LiteLLMProvider):
        cls.warm_up()
    with WireServer(send) as running:
        yield running


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIRE_KEY", "sk-canary-0123456789")
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.01)


def arena(name: str, server: WireServer) -> str:
    price = "input_cost_per_million: 1, output_cost_per_million: 1"
    reached = f"api_base: {server.url}/v1, api_key_env: WIRE_KEY, {price}, retries: 2"
    providers = "\n".join(f"  - {{name: {way}, {how}, {reached}}}" for way, how in WAYS.items())
    streams = "- {type: first_token, max_ms: 50000}" if name.startswith("stream") else ""
    return f"""\
providers:
{providers}
tests:
  - name: fault
    prompt: {name}
    assertions:
      - {{type: not_contains, value: Berlin}}
      - {{type: cost, max_usd: 1}}
      - {{type: token_count, max: 100, kind: total}}
      - {{type: refusal, expected: false}}
      {streams}
"""


def told(cell: dict[str, Any]) -> dict[str, Any]:
    (trial,) = cell["trials"]
    judged = [(one["type"], one["verdict"]) for one in trial["assertions"]]
    facts = {n: trial.get(n) for n in TOLD}
    if facts["tool_calls"]:
        # nobody ran them: what came of them has its default
        facts["tool_calls"] = [
            {n: v for n, v in call.items() if v or n in ("name", "arguments", "id")}
            for call in facts["tool_calls"]
        ]
    return {"verdict": cell["verdict"], "judged": judged} | facts


def test_each_fault_is_told_alike_by_every_way(project: Project, server: WireServer) -> None:
    # one file for each, so that no provider is taken for down by what another fault did
    for name in FAULTS:
        project.pytester.makefile(".arena.yaml", **{name: arena(name, server)})
    project.run("-q", "--arena-concurrency=400")
    found: dict[str, dict[str, Any]] = {name: {} for name in FAULTS}
    for cell_id, cell in project.cells().items():
        file, _, name = cell_id.partition("::")
        way = name.removesuffix("]").partition("[")[2]
        found[file.removesuffix(".arena.yaml")][way] = told(cell)
    wrong = {}
    for name, fault in FAULTS.items():
        direct = found[name]["direct"]
        differs = {way: said for way, said in found[name].items() if said != direct}
        if fault.kind is not None:
            reached = (direct["error"] or {}).get("kind"), (direct["error"] or {}).get("attempts")
            right = reached == (fault.kind, fault.attempts) and direct["verdict"] == "error"
        else:
            right = direct["error"] is None and all(direct[n] == v for n, v in fault.says)
            # what is forbidden is not known to be missing of a part
            right &= bool(direct["filtered"]) is (("not_contains", "error") in direct["judged"])
        if differs or not right:
            wrong[name] = {"direct": direct, **differs}
    assert wrong == {}
    assert len(FAULTS) >= 40
