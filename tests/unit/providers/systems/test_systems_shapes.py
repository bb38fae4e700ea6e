"""What applications return, told by its shape."""

from __future__ import annotations

import enum
from collections import namedtuple
from types import SimpleNamespace as Of
from typing import Any, ClassVar

import pytest

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.systems.answers import answer_of
from pytest_arena.providers.systems.portable.pieces import Timing
from pytest_arena.providers.systems.portable.shapes import (
    NoCallError,
    ShapeError,
    described,
    joined,
)

CALL = {"name": "find", "arguments": {"n": 1}}
OPENAI_CALL = Of(id="c1", type="function", function=Of(name="find", arguments='{"n": 1}'))
TOKENS = {"input_tokens": 3, "output_tokens": 4}


class Message:
    """A message of LangChain: who speaks is its type."""

    def __init__(self, kind: str, content: str, **further: Any) -> None:
        self.type = kind
        self.content = content
        for name, value in further.items():
            setattr(self, name, value)


class Ran:
    """A result of pydantic-ai."""

    output: ClassVar[dict[str, str]] = {"city": "Paris"}

    def all_messages(self) -> list[Any]:
        called = Of(part_kind="tool-call", tool_name="find", args='{"n": 1}', tool_call_id="c1")
        came = Of(part_kind="tool-return", content="shipped", tool_call_id="c1")
        return [Of(parts=[called]), Of(parts=[came])]

    def usage(self) -> Any:
        return Of(input_tokens=3, output_tokens=4)


class Used:
    """The tokens of a result of pydantic-ai, which may still be called, with a warning."""

    input_tokens = 3
    output_tokens = 4

    def __call__(self) -> None:
        raise DeprecationWarning("`usage` is a property, not a method")


class Prediction:
    """A prediction of DSPy."""

    _store: ClassVar[dict[str, str]] = {"reasoning": "why", "answer": "hello"}

    def toDict(self) -> dict[str, str]:  # noqa: N802 - as it is called there
        return self._store


RETURNED: dict[str, tuple[Any, dict[str, Any]]] = {
    "text": ("hello", {"output": "hello"}),
    "mapping": (
        {"output": "hello", "tool_calls": [CALL], "cost": 0.5, "anything": 1},
        {"output": "hello", "tool_calls": [CALL], "cost_usd": 0.5},
    ),
    "mapping whose output is data": ({"output": {"a": 1}}, {"output": '{"a": 1}'}),
    "mapping with another name": (
        {"answer": "hello", "context": ["a", "b"]},
        {"output": "hello", "context": ["a", "b"]},
    ),
    "OpenAI chat": (
        Of(
            model="m",
            usage=Of(prompt_tokens=3, completion_tokens=4),
            choices=[
                Of(finish_reason="stop", message=Of(content="hello", tool_calls=[OPENAI_CALL]))
            ],
        ),
        {
            "output": "hello",
            "tool_calls": [{**CALL, "id": "c1"}],
            "finish_reason": "stop",
            "model": "m",
            "usage": {"input_tokens": 3, "output_tokens": 4},
        },
    ),
    "OpenAI responses": (
        Of(
            model="m",
            usage=Of(input_tokens=3, output_tokens=4),
            output=[
                Of(type="function_call", name="find", arguments='{"n": 1}', call_id="c1"),
                Of(type="message", content=[Of(type="output_text", text="hello")]),
            ],
        ),
        {
            "output": "hello",
            "tool_calls": [{**CALL, "id": "c1"}],
            "model": "m",
            "usage": {"input_tokens": 3, "output_tokens": 4},
        },
    ),
    "Anthropic": (
        Of(
            role="assistant",
            model="m",
            stop_reason="tool_use",
            usage=Of(input_tokens=3, output_tokens=4),
            content=[
                Of(type="thinking", thinking="why"),
                Of(type="text", text="hello"),
                Of(type="tool_use", id="c1", name="find", input={"n": 1}),
            ],
        ),
        {
            "output": "hello",
            "reasoning": "why",
            "tool_calls": [{**CALL, "id": "c1"}],
            "finish_reason": "tool_use",
            "model": "m",
            "usage": {"input_tokens": 3, "output_tokens": 4},
        },
    ),
    "LangChain": (
        Message("ai", "hello", usage_metadata={"input_tokens": 3, "output_tokens": 4}),
        {
            "output": "hello",
            "tool_calls": [],
            "usage": {"input_tokens": 3, "output_tokens": 4},
        },
    ),
    "LangGraph": (
        {
            "messages": [
                Message("human", "one"),
                Message("ai", "before", tool_calls=[{"name": "old", "args": {}, "id": "c0"}]),
                Message("human", "two"),
                Message("ai", "", tool_calls=[{"name": "find", "args": {"n": 1}, "id": "c1"}]),
                Message("tool", "shipped", tool_call_id="c1"),
                Message("ai", "hello"),
            ]
        },
        {"output": "hello", "tool_calls": [{**CALL, "id": "c1", "result": "shipped"}]},
    ),
    "LangGraph, usage of all messages": (
        {
            "messages": [
                Message("ai", "", usage_metadata=TOKENS),
                Message("ai", "hello", usage_metadata=TOKENS),
            ]
        },
        {"output": "hello", "tool_calls": [], "usage": {"input_tokens": 6, "output_tokens": 8}},
    ),
    "LangGraph, usage of one of two messages": (
        {"messages": [Message("ai", ""), Message("ai", "hello", usage_metadata=TOKENS)]},
        {"output": "hello", "tool_calls": []},
    ),
    "pydantic-ai": (
        Ran(),
        {
            "output": '{"city": "Paris"}',
            "tool_calls": [{**CALL, "id": "c1", "result": "shipped"}],
            "usage": {"input_tokens": 3, "output_tokens": 4},
        },
    ),
    "OpenAI Agents": (
        Of(
            final_output="hello",
            new_items=[
                Of(
                    type="tool_call_item",
                    raw_item=Of(name="find", arguments='{"n": 1}', call_id="c1"),
                ),
                Of(
                    type="tool_call_output_item",
                    raw_item={"call_id": "c1"},
                    output="shipped",
                ),
            ],
            raw_responses=[Of(usage=Of(input_tokens=3, output_tokens=4))] * 2,
        ),
        {
            "output": "hello",
            "tool_calls": [{**CALL, "id": "c1", "result": "shipped"}],
            "usage": {"input_tokens": 6, "output_tokens": 8},
        },
    ),
    "llama-index": (
        Of(response="hello", source_nodes=[Of(node=Of(text="a document"))]),
        {"output": "hello", "context": ["a document"]},
    ),
    "haystack": ({"llm": {"replies": ["hello"]}}, {"output": "hello"}),
    "DSPy": (Prediction(), {"output": "hello", "reasoning": "why"}),
}


@pytest.mark.parametrize("name", RETURNED)
def test_the_answer_is_found_in_what_each_framework_gives(name: str) -> None:
    returned, found = RETURNED[name]
    assert described(returned) == found


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "returned None"),
        (42, "returned int"),
        ({"a": 1, "b": 2}, "returned dict with a, b: no text was found in it"),
        (Of(name="x"), "returned types.SimpleNamespace with name: no text was found in it"),
        ([], "returned list"),
    ],
)
def test_what_has_text_nowhere_is_shown_by_its_type_and_attributes(
    returned: object, said: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        described(returned)
    assert str(caught.value).startswith(said)


def test_pieces_of_a_stream_come_together() -> None:
    chunks = [
        Of(object="chat.completion.chunk", choices=[Of(delta=Of(content=text))], usage=None)
        for text in ("hel", None, "lo")
    ]
    chunks[-1].usage = Of(prompt_tokens=3, completion_tokens=4)
    assert joined(["hel", "lo"]) == {"output": "hello"}
    assert joined(chunks)["output"] == "hello"
    assert described(joined(chunks))["usage"] == {"input_tokens": 3, "output_tokens": 4}
    assert joined(["hel", "lo", {"cost": 1}]) == {"cost": 1, "output": "hello"}
    assert joined(["thinking…", Of(output="hello")]).output == "hello"
    assert joined([]) is None


def chat_chunk(calls: list[Any], **further: Any) -> Any:
    delta = Of(content=None, tool_calls=calls)
    return Of(object="chat.completion.chunk", choices=[Of(index=0, delta=delta)], **further)


def part(index: int | None, number: str | None, name: str | None, arguments: str) -> Any:
    return Of(index=index, id=number, function=Of(name=name, arguments=arguments))


TWO_CALLS = [
    {"name": "find", "arguments": {"n": 1}, "id": "c1"},
    {"name": "refund", "arguments": {"all": True}, "id": "c2"},
]
STREAMS: dict[str, list[Any]] = {
    "openai": [
        chat_chunk([part(0, "c1", "find", "")]),
        chat_chunk([part(0, None, None, '{"n"'), part(1, "c2", "refund", '{"all": ')]),
        chat_chunk([part(0, None, None, ": 1}"), part(1, None, None, "true}")]),
    ],
    "openai_as_mappings": [
        {"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}
        for call in (
            {"index": 0, "id": "c1", "function": {"name": "find", "arguments": '{"n": 1}'}},
            {"index": 1, "id": "c2", "function": {"name": "refund", "arguments": '{"all": true}'}},
        )
    ],
    "openai_without_index": [
        chat_chunk([part(None, "c1", "find", '{"n": ')]),
        chat_chunk([part(None, None, None, "1}")]),
        chat_chunk([part(None, "c2", "refund", '{"all": true}')]),
    ],
    "anthropic": [
        Of(type="message_start", message=Of(usage=Of(input_tokens=3, output_tokens=1), model="m")),
        *(
            event
            for index, (number, name, pieces) in enumerate(
                [("c1", "find", ['{"n":', " 1}"]), ("c2", "refund", ['{"all": true}'])]
            )
            for event in (
                Of(
                    type="content_block_start",
                    index=index,
                    content_block=Of(type="tool_use", id=number, name=name, input={}),
                ),
                *(
                    Of(
                        type="content_block_delta",
                        index=index,
                        delta=Of(type="input_json_delta", partial_json=piece),
                    )
                    for piece in pieces
                ),
                Of(type="content_block_stop", index=index),
            )
        ),
        Of(type="message_delta", delta=Of(stop_reason="tool_use"), usage=Of(output_tokens=4)),
        Of(type="message_stop"),
    ],
    "langchain": [
        Message(
            "AIMessageChunk",
            "",
            tool_call_chunks=[{"index": 0, "id": "c1", "name": "find", "args": '{"n": 1}'}],
        ),
        Message(
            "AIMessageChunk",
            "",
            tool_call_chunks=[{"index": 1, "id": "c2", "name": "refund", "args": '{"all"'}],
        ),
        (
            Message(
                "AIMessageChunk",
                "",
                tool_call_chunks=[{"index": 1, "id": None, "name": None, "args": ": true}"}],
            ),
            {"langgraph_node": "bot"},
        ),
    ],
    "responses": [
        Of(type="response.created", response=Of(output=[])),
        Of(type="response.output_text.delta", delta="hel"),
        Of(
            type="response.completed",
            response=Of(
                output=[
                    Of(type="function_call", call_id="c1", name="find", arguments='{"n": 1}'),
                    Of(
                        type="function_call", call_id="c2", name="refund", arguments='{"all": true}'
                    ),
                ]
            ),
        ),
    ],
}


@pytest.mark.parametrize("client", STREAMS)
def test_tool_calls_of_a_stream_come_together(client: str) -> None:
    assert described(joined(STREAMS[client]))["tool_calls"] == TWO_CALLS


def test_what_a_stream_says_beside_its_text_is_kept() -> None:
    found = described(joined(STREAMS["anthropic"]))
    assert found["usage"] == {"input_tokens": 3, "output_tokens": 4}
    assert (found["finish_reason"], found["model"]) == ("tool_use", "m")
    ollama = [
        {"model": "m", "message": {"content": "hel", "thinking": "why"}, "done": False},
        {"message": {"tool_calls": [{"function": CALL}, {"function": CALL}]}, "done": False},
        {"message": {"content": "lo"}, "done": True, "prompt_eval_count": 3, "eval_count": 4},
    ]
    found = described(joined(ollama))
    assert (found["output"], found["reasoning"]) == ("hello", "why")
    assert found["tool_calls"] == [CALL, CALL]
    assert found["usage"] == {"input_tokens": 3, "output_tokens": 4}


def test_a_stream_of_texts_does_not_say_that_no_tool_was_called() -> None:
    assert "tool_calls" not in described(joined(["hel", "lo"]))
    assert described(joined([chat_chunk([]), "hi"]))["tool_calls"] == []


def test_what_nodes_of_a_graph_change_comes_together() -> None:
    call = {"name": "find", "args": {"n": 1}, "id": "c1"}
    asks, told = Message("ai", "", tool_calls=[call]), Message("tool", "shipped", tool_call_id="c1")
    says = Message("ai", "hello")
    whole = {"name": "find", "arguments": {"n": 1}, "id": "c1", "result": "shipped"}
    updates = [{"model": {"messages": [asks]}}, {"tools": {"messages": [told]}}]
    found = described(joined([*updates, {"log": None}, {"model": {"messages": [says]}}]))
    assert (found["output"], found["tool_calls"]) == ("hello", [whole])
    found = described(joined([(one, {"node": "x"}) for one in (asks, told, says)]))
    assert (found["output"], found["tool_calls"]) == ("hello", [whole])
    chunk = Message(
        "AIMessageChunk",
        "",
        tool_call_chunks=[{"index": 0, "id": "c1", "name": "find", "args": '{"n": 1}'}],
    )
    says = Message("AIMessageChunk", "hello")
    found = described(joined([(one, {"node": "x"}) for one in (chunk, told, says)]))
    assert (found["output"], found["tool_calls"]) == ("hello", [whole])


def test_a_field_of_tool_calls_that_holds_none_does_not_say_that_there_was_none() -> None:
    assert "tool_calls" not in described({"output": "hi", "tool_calls": None})
    assert described({"output": "hi", "tool_calls": []})["tool_calls"] == []


def test_tokens_of_a_result_are_not_called_where_they_are_told() -> None:
    class RanNow(Ran):
        usage: ClassVar[Any] = Used()

    tokens = {"input_tokens": 3, "output_tokens": 4}
    assert described(RanNow())["usage"] == described(Ran())["usage"] == tokens


@pytest.mark.parametrize(
    ("calls", "shown"),
    [
        (["refund"], "'refund'"),
        ("refund", "'refund'"),
        ({"refund": {"n": 1}}, "{'refund': {'n': 1}}"),
        ([("refund", {"n": 1})], "('refund', {'n': 1})"),
        ([{"function": "refund"}], "{'function': 'refund'}"),
        ([CALL, {"name": " "}], "{'name': ' '}"),
        ([{"name": 7}], "{'name': 7}"),
        ([None], "None"),
        (1, "1"),
        (False, "False"),
        ("", "''"),
        ({}, "{}"),
    ],
)
def test_calls_that_name_no_tool_are_refused(calls: Any, shown: str) -> None:
    with pytest.raises(NoCallError) as caught:
        described({"output": "hello", "tool_calls": calls})
    assert str(caught.value) == (
        f"returned a tool call without a name: {shown}\n"
        "  expected: tool_calls as a list of {name, arguments}"
    )


@pytest.mark.parametrize("calls", [[], ()])
def test_no_call_at_all_is_told_by_an_empty_list(calls: Any) -> None:
    assert described({"output": "hello", "tool_calls": calls})["tool_calls"] == []
    assert "tool_calls" not in described({"output": "hello", "tool_calls": None})


def test_a_call_of_a_custom_tool_has_its_name() -> None:
    call = {"type": "custom", "id": "c1", "custom": {"name": "find", "input": "a text"}}
    found = described({"choices": [{"message": {"content": None, "tool_calls": [call]}}]})
    assert found["tool_calls"] == [{"name": "find", "arguments": "a text", "id": "c1"}]


def test_a_streamed_call_whose_name_never_came_is_refused() -> None:
    call = {"index": 0, "function": {"arguments": "{}"}}
    with pytest.raises(NoCallError, match="returned a tool call without a name"):
        described(joined([{"choices": [{"delta": {"tool_calls": [call]}}]}]))


def test_a_tool_that_openai_runs_itself_is_named_by_its_type() -> None:
    raw = Of(type="web_search_call", id="w1", action=Of(query="7"))
    item = Of(type="tool_call_item", raw_item=raw)
    found = described(Of(final_output="hello", new_items=[item], raw_responses=[]))
    assert found["tool_calls"] == [{"name": "web_search", "arguments": {}, "id": "w1"}]


@pytest.mark.parametrize(
    ("item", "call"),
    [
        (Of(type="web_search_call", id="w1"), {"name": "web_search", "arguments": {}, "id": "w1"}),
        ({"type": "code_interpreter_call"}, {"name": "code_interpreter", "arguments": {}}),
        (
            Of(type="custom_tool_call", name="sql", input="select 1", call_id="c1"),
            {"name": "sql", "arguments": "select 1", "id": "c1"},
        ),
        (
            Of(type="mcp_call", name="find", arguments='{"n": 1}', id="m1", error="gone"),
            {"name": "find", "arguments": {"n": 1}, "id": "m1", "error": "gone"},
        ),
    ],
)
def test_calls_of_all_kinds_of_tools_are_seen_in_responses(item: Any, call: Any) -> None:
    listed = Of(type="mcp_list_tools", name="not called")
    message = Of(type="message", content=[Of(type="output_text", text="hello")])
    found = described(Of(output=[listed, item, message]))
    assert (found["output"], found["tool_calls"]) == ("hello", [call])


@pytest.mark.parametrize("kind", ["tool_use", "server_tool_use", "mcp_tool_use"])
def test_calls_of_all_kinds_of_tools_are_seen_in_messages(kind: str) -> None:
    part = {"type": kind, "id": "t1", "name": "find", "input": {"n": 1}}
    content = [part, {"type": "text", "text": "hello"}]
    whole = described(Of(role="assistant", content=content))
    pieces = [
        {"type": "message_start", "message": {}},
        {"type": "content_block_start", "index": 0, "content_block": part},
        {"type": "content_block_start", "index": 1, "content_block": content[1]},
    ]
    for found in (whole, described(joined(pieces))):
        assert found["output"] == "hello"
        assert found["tool_calls"] == [{"name": "find", "arguments": {"n": 1}, "id": "t1"}]


def test_a_response_that_failed_is_no_answer() -> None:
    begun = {"type": "response.output_text.delta", "delta": "hel"}
    failed = Of(status="failed", error=Of(code="server_error", message="it broke"), output=[])
    for found in (
        described(failed),
        described(joined([begun, {"type": "response.failed", "response": failed}])),
    ):
        assert "it broke" in str(found["error"])


def test_a_response_that_was_cut_tells_why() -> None:
    message = Of(type="message", content=[Of(type="output_text", text="hel")])
    cut = Of(output=[message], incomplete_details=Of(reason="max_output_tokens"))
    assert described(cut)["finish_reason"] == "max_output_tokens"


@pytest.mark.parametrize("kind", ["function_call", "custom_tool_call", "mcp_call"])
def test_a_call_in_responses_that_has_lost_its_name_is_refused(kind: str) -> None:
    with pytest.raises(NoCallError, match="returned a tool call without a name"):
        described(Of(output=[Of(type=kind, arguments="{}")]))


@pytest.mark.parametrize("output", [b"hello", bytearray(b"hello"), memoryview(b"hello")])
def test_bytes_are_no_text(output: Any) -> None:
    kind = type(output).__name__
    with pytest.raises(ShapeError) as caught:
        described({"output": output})
    said = f"returned {kind} as its output\n  expected: a text, as .decode() gives it"
    assert str(caught.value) == said


SAID = {"type": "message", "content": [{"type": "output_text", "text": "hello"}]}
OF_ASSISTANT = {"role": "assistant", "content": "hello"}
BOOM = {"code": "server_error", "message": "boom"}


class Replied:
    """An answer whose class has methods by the names of our fields."""

    output = "hello"

    def error(self) -> None: ...

    def trace(self) -> None: ...

    def usage(self) -> None: ...

    def tool_calls(self) -> None: ...


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ({"output": "hello", "error": "boom"}, "boom"),
        ({"output": "hello", "error": ValueError()}, "ValueError"),
        (Of(output="hello", error=TimeoutError), "TimeoutError"),
        ({**OF_ASSISTANT, "error": "boom"}, "boom"),
        (Of(type="ai", content="hello", error=ValueError("boom")), "boom"),
        ({"output": "hello", "intermediate_steps": [], "error": "boom"}, "boom"),
        ({"answer": "hello", "error": BOOM}, "boom"),
        ({"raw": "hello", "tasks_output": [], "error": ["boom"]}, "boom"),
        ({"status": "failed", "error": BOOM, "output": [SAID]}, "boom"),
        (Of(status="failed", error=Of(message="boom"), output=[SAID]), "boom"),
        ({"status": "failed", "error": None, "output": [SAID]}, "its status is failed"),
        (Of(object="response", status="queued", output=[]), "its status is queued"),
        ({"status": "in_progress", "output": [SAID]}, "its status is in_progress"),
        ({"status": "cancelled", "output": [SAID]}, "its status is cancelled"),
        ({"choices": [{"message": OF_ASSISTANT, "error": BOOM}]}, "boom"),
        ({"choices": [{"message": OF_ASSISTANT, "finish_reason": "error"}]}, "ended with an error"),
        ({"output": "hello", "finish_reason": "ERROR"}, "ended with an error"),
        ({"type": "error", "text": "boom"}, "boom"),
        (Of(type="error", content="boom"), "boom"),
    ],
)
def test_an_error_beside_an_answer_is_found_in_whatever_shape_it_comes(
    returned: Any, said: str
) -> None:
    found = described(returned)
    assert list(found) == ["error"]
    assert said in found["error"]


@pytest.mark.parametrize("error", [None, False, "", 0, {}, []])
def test_an_error_that_says_that_there_was_none_is_none(error: Any) -> None:
    assert "error" not in described({**OF_ASSISTANT, "error": error})
    call = {"name": "find", "result": "x", "error": error}
    found = described({"output": "hello", "tool_calls": [call]})
    assert found["tool_calls"] == [{"name": "find", "arguments": {}, "result": "x"}]


@pytest.mark.parametrize(
    ("error", "said"),
    [("boom", "boom"), (True, "true"), (BOOM, '"message": "boom"'), (ValueError("boom"), "boom")],
)
def test_an_error_of_a_tool_is_told_in_words(error: Any, said: str) -> None:
    found = described({"output": "hello", "tool_calls": [{"name": "find", "error": error}]})
    assert said in found["tool_calls"][0]["error"]


def test_a_tool_that_failed_without_a_word_has_failed() -> None:
    asks = Message("ai", "", tool_calls=[{"name": "find", "args": {}, "id": "c1"}])
    told = Message("tool", "", tool_call_id="c1", status="error")
    found = described({"messages": [asks, told, Message("ai", "hello")]})
    assert found["tool_calls"][0]["error"] == "no reason was given"


def test_what_is_called_like_a_field_and_is_a_method_is_none() -> None:
    assert described(Replied()) == {"output": "hello"}


def text_delta(text: str) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "delta": text}


def told_chunk(text: str, **further: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": text}, **further}
    return {"object": "chat.completion.chunk", "choices": [choice]}


@pytest.mark.parametrize(
    "pieces",
    [
        ["hello", {"error": "boom"}, {"usage": {"input_tokens": 1}}],
        ["hello", {"type": "error", "error": {"message": "boom"}}, {"type": "done"}],
        ["hello", {"error": "boom"}, " and more"],
        [text_delta("hello"), {"type": "error", "code": "server_error", "message": "boom"}],
        [text_delta("hello"), Of(type="error", code="server_error", message="boom")],
        [text_delta("hello"), {"type": "response.failed", "response": {"error": BOOM}}],
        [
            text_delta("hello"),
            Of(type="response.failed", response=Of(error=Of(message="boom"), output=[SAID])),
        ],
        [told_chunk("hello"), {**told_chunk("", finish_reason="error"), "error": BOOM}],
        [told_chunk("hello"), told_chunk("", error=BOOM), told_chunk("")],
        [told_chunk("hello"), {"error": BOOM}],
    ],
)
def test_an_error_within_a_stream_stays_one(pieces: list[Any]) -> None:
    found = described(joined(pieces))
    assert list(found) == ["error"]
    assert "boom" in found["error"]


@pytest.mark.parametrize(
    "pieces",
    [
        [text_delta("hello"), {"type": "response.failed", "response": {"status": "failed"}}],
        [told_chunk("hello"), told_chunk("", finish_reason="error")],
    ],
)
def test_a_stream_that_ended_with_an_error_is_one(pieces: list[Any]) -> None:
    assert list(described(joined(pieces))) == ["error"]


def test_a_later_state_without_its_error_has_mended_it() -> None:
    states = [{"output": "hel", "error": "boom"}, {"output": "hello", "error": None}]
    assert described(joined(states)) == {"output": "hello"}
    node = {"error": {"messages": [Message("ai", "hello")]}}
    assert described(joined([node]))["output"] == "hello"


@pytest.mark.parametrize(
    ("returned", "role"),
    [
        ({"role": "user", "content": "hello"}, "user"),
        (Of(type="human", content="hello"), "user"),
        (Of(type="tool", content="hello", tool_call_id="1"), "tool"),
        ({"role": "system", "content": "hello"}, "system"),
        ({"role": "developer", "content": "hello"}, "developer"),
        ({"role": "function", "name": "find", "content": "hello"}, "function"),
    ],
)
def test_a_message_that_is_not_the_assistants_is_no_answer(returned: Any, role: str) -> None:
    with pytest.raises(ShapeError) as caught:
        described(returned)
    assert str(caught.value) == (
        f"returned a message of role {role!r}, which is no answer\n"
        "  expected: a text, or the message of the assistant"
    )
    # of whom an answer is for
    assert described({"role": role, "answer": "hello"}) == {"output": "hello"}


class Category(str, enum.Enum):  # noqa: UP042 - what str() makes of a StrEnum is its value
    SPAM = "spam"


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    "returned",
    [Category.SPAM, {"output": Category.SPAM}, {"answer": Category.SPAM}, Of(output=Category.SPAM)],
)
def test_a_member_of_an_enumeration_is_its_text(returned: Any) -> None:
    found = described(returned)
    assert (found, type(found["output"])) == ({"output": "spam"}, str)
    assert answer_of("bot", returned, Timing()).output == "spam"
    call = {"name": "find", "arguments": {"colour": Colour.RED}}
    found = described({"output": "hello", "tool_calls": [call]})
    assert found["tool_calls"][0]["arguments"] == {"colour": "red"}


def test_a_named_tuple_has_its_fields() -> None:
    answer = namedtuple("answer", "output usage")("hello", {"input_tokens": 3})
    assert described(answer) == {"output": "hello", "usage": {"input_tokens": 3}}
    with pytest.raises(ShapeError, match="returned tuple"):
        described(("hello", 1))


@pytest.mark.parametrize("kind", [dict, Of])
def test_chunks_that_say_something_of_a_filter_alone_are_passed_over(kind: Any) -> None:
    first = kind(id="", object="", choices=[], prompt_filter_results=[])
    delta = kind(content="hello", tool_calls=None)
    says = kind(object="chat.completion.chunk", choices=[kind(index=0, delta=delta)])
    last = kind(id="", object="", choices=[kind(index=0, delta=None, finish_reason=None)])
    found = described(joined([first, says, last]))
    assert (found["output"], found["tool_calls"]) == ("hello", [])
    cut = kind(object="", choices=[kind(index=0, finish_reason="content_filter", delta=None)])
    assert described(joined([first, says, cut]))["finish_reason"] == "content_filter"
    for nothing in ([first], [first, last], [cut]):
        with pytest.raises(ShapeError):
            described(joined(nothing))


NO = "I'm sorry, I can't help with that."
REFUSED = {"type": "message", "content": [{"type": "refusal", "refusal": NO}]}


@pytest.mark.parametrize(
    "returned",
    [
        {"choices": [{"message": {"role": "assistant", "content": None, "refusal": NO}}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": NO}]},
        {"role": "assistant", "content": None, "refusal": NO},
        {"output": [REFUSED]},
        {"output": "", "refusal": NO},
        {"refusal": NO},
        [{"choices": [{"index": 0, "delta": {"refusal": part}}]} for part in (NO[:9], NO[9:])],
        [{"type": "response.refusal.delta", "delta": part} for part in (NO[:9], NO[9:])],
        {"role": "assistant", "content": [{"type": "text", "text": NO}], "stop_reason": "refusal"},
    ],
)
def test_what_a_client_marks_as_a_refusal_is_one(returned: Any) -> None:
    whole = joined(returned) if isinstance(returned, list) else returned
    for given in (whole, described(whole)):
        # what another interpreter found is read once more
        answer = answer_of("bot", given, Timing())
        assert (answer.output, answer.refusal) == (NO, NO)


@pytest.mark.parametrize("refusal", [None, False, True, "", {}])
def test_what_is_no_text_is_no_refusal(refusal: Any) -> None:
    assert answer_of("bot", {"output": "hello", "refusal": refusal}, Timing()).refusal is None


@pytest.mark.parametrize(
    "returned",
    [
        {"output": "hello", "finish_reason": "content_filter"},
        {"output": "hello", "finish_reason": "SAFETY"},
        {"candidates": [{"content": {"parts": [{"text": "hello"}]}, "finishReason": "SAFETY"}]},
        {"output": {"message": {"content": [{"text": "hello"}]}}}
        | {"stopReason": "guardrail_intervened"},
        {"role": "assistant", "content": [{"type": "text", "text": "hello"}]}
        | {"stop_reason": "refusal"},
        Message("ai", "hello", response_metadata={"finish_reason": "content_filter"}),
        {"messages": [Message("ai", "hello", response_metadata={"finish_reason": "RECITATION"})]},
    ],
)
def test_an_answer_that_a_filter_cut_is_known_by_any_vendors_word(returned: Any) -> None:
    assert answer_of("bot", returned, Timing()).is_cut_by_filter


@pytest.mark.parametrize("reason", [None, "stop", "STOP", "end_turn", "max_tokens", "done", 7])
def test_an_answer_that_ended_otherwise_was_cut_by_no_filter(reason: Any) -> None:
    answer = answer_of("bot", {"output": "hello", "finish_reason": reason}, Timing())
    assert (answer.is_cut_by_filter, answer.filtered) == (False, None)
    assert answer.finish_reason == (None if reason is None else str(reason))


def test_an_answer_of_which_a_filter_left_nothing_is_an_error() -> None:
    returned = {"role": "assistant", "type": "message", "content": [], "stop_reason": "refusal"}
    with pytest.raises(ProviderError, match="bot: the answer was withheld") as caught:
        answer_of("bot", returned, Timing())
    assert caught.value.kind is ErrorKind.CONTENT_FILTER


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (
            {"input_tokens": 5, "cache_read_input_tokens": 1000}
            | {"cache_creation_input_tokens": 200},
            1205,
        ),
        (Of(input_tokens=5, cache_read_input_tokens=None, cache_creation_input_tokens=0), 5),
        ({"inputTokens": 5, "cacheReadInputTokens": 1000, "cacheWriteInputTokens": 200}, 1205),
        # who counts as OpenAI does holds them already
        ({"prompt_tokens": 1205, "cache_read_input_tokens": 1000}, 1205),
        ({"input_tokens": "many", "cache_read_input_tokens": 1000}, "many"),
        ({"input_tokens": True}, True),
    ],
)
def test_input_tokens_hold_those_of_the_cache(usage: Any, tokens: Any) -> None:
    found = described({"output": "hello", "usage": usage})["usage"]["input_tokens"]
    assert (found, type(found)) == (tokens, type(tokens))
