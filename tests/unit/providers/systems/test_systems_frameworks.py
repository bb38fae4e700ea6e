"""What the frameworks themselves return, of the versions that are installed: no network, no key.

None of them is needed to develop this plugin; `test_systems_shapes.py` has their shapes. To try
them, install them beside the development tools: pydantic-ai-slim, langgraph, langchain-core,
openai-agents, llama-index-core, haystack-ai, dspy, anthropic, openai, google-genai, ollama,
autogen-agentchat.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pytest_arena.providers.systems.portable.pieces import Timing, drained, gathered
from pytest_arena.providers.systems.portable.shapes import described, joined

# strangers warn of what they will change
pytestmark = pytest.mark.filterwarnings("ignore")

FOUND = {"name": "find_order", "arguments": {"number": "48213"}}


def named(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": call["name"], "arguments": call["arguments"]} for call in calls]


def test_openai_chat_whole_and_streamed() -> None:
    chat = pytest.importorskip("openai.types.chat")
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "find_order", "arguments": '{"number": "48213"}'},
    }
    message = {"role": "assistant", "content": "hello", "refusal": None, "tool_calls": [call]}
    choice = {"index": 0, "finish_reason": "stop", "logprobs": None, "message": message}
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    head = {"id": "1", "created": 1, "model": "m"}
    answer = chat.ChatCompletion.model_validate(
        {**head, "object": "chat.completion", "choices": [choice], "usage": usage}
    )
    found = described(answer)
    assert found["output"] == "hello"
    assert named(found["tool_calls"]) == [FOUND]
    assert found["usage"] == {"input_tokens": 3, "output_tokens": 4}

    def chunk(delta: dict[str, Any], **further: Any) -> Any:
        choices = [{"index": 0, "delta": delta, "finish_reason": None}]
        given = {**head, "object": "chat.completion.chunk", "choices": choices, **further}
        return chat.ChatCompletionChunk.model_validate(given)

    first = {"name": "find_order", "arguments": '{"number"'}
    chunks = [
        chunk({"role": "assistant", "content": "hel"}),
        chunk({"content": "lo"}),
        chunk({"tool_calls": [{**call, "index": 0, "function": first}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": ': "48213"}'}}]}),
        chunk({}, choices=[], usage=usage),
    ]
    streamed = described(joined(chunks))
    assert streamed["output"] == "hello"
    assert streamed["tool_calls"] == found["tool_calls"]
    assert streamed["usage"] == found["usage"]


def test_openai_responses_whole_and_streamed() -> None:
    responses = pytest.importorskip("openai.types.responses")
    text = {"type": "output_text", "text": "hello", "annotations": [], "logprobs": []}
    given = {
        "id": "1", "object": "response", "created_at": 1, "model": "m", "tool_choice": "auto",
        "tools": [], "parallel_tool_calls": True, "error": None, "incomplete_details": None,
        "instructions": None, "metadata": {}, "temperature": 1, "top_p": 1,
        "output": [
            {"type": "function_call", "id": "f1", "call_id": "c1", "name": "find_order",
             "arguments": '{"number": "48213"}', "status": "completed"},
            {"type": "message", "id": "m1", "role": "assistant", "status": "completed",
             "content": [text]},
        ],
        "usage": {
            "input_tokens": 3, "output_tokens": 4, "total_tokens": 7,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        },
    }  # fmt: skip
    answer = responses.Response.model_validate(given)
    found = described(answer)
    assert found["output"] == "hello"
    assert named(found["tool_calls"]) == [FOUND]
    delta = responses.ResponseTextDeltaEvent.model_construct(
        type="response.output_text.delta", delta="hello"
    )
    done = responses.ResponseCompletedEvent.model_construct(
        type="response.completed", response=answer
    )
    assert described(joined([delta, done])) == found


def test_anthropic_whole_and_streamed() -> None:
    types = pytest.importorskip("anthropic.types")
    block = {"type": "tool_use", "id": "c1", "name": "find_order", "input": {"number": "48213"}}
    head = {"id": "1", "type": "message", "role": "assistant", "model": "m"}
    message = types.Message.model_validate(
        {
            **head,
            "content": [{"type": "text", "text": "hello"}, block],
            "stop_reason": "tool_use",
            "stop_sequence": None,
            "usage": {"input_tokens": 3, "output_tokens": 4},
        }
    )
    found = described(message)
    assert found["output"] == "hello"
    assert named(found["tool_calls"]) == [FOUND]
    assert found["usage"] == {"input_tokens": 3, "output_tokens": 4}
    made = types.RawContentBlockDeltaEvent.model_validate
    start = types.RawContentBlockStartEvent.model_validate
    events = [
        start({"type": "content_block_start", "index": 0,
               "content_block": {"type": "text", "text": ""}}),
        made({"type": "content_block_delta", "index": 0,
              "delta": {"type": "text_delta", "text": "hello"}}),
        start({"type": "content_block_start", "index": 1, "content_block": {**block, "input": {}}}),
        *(
            made({"type": "content_block_delta", "index": 1,
                  "delta": {"type": "input_json_delta", "partial_json": part}})
            for part in ('{"number"', ': "48213"}')
        ),
    ]  # fmt: skip
    streamed = described(joined(events))
    assert streamed["output"] == "hello"
    assert streamed["tool_calls"] == found["tool_calls"]


def test_langchain_messages_whole_and_streamed() -> None:
    messages = pytest.importorskip("langchain_core.messages")
    call = {**FOUND, "args": FOUND["arguments"], "id": "c1", "type": "tool_call"}
    del call["arguments"]
    usage = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    answer = messages.AIMessage("hello", tool_calls=[call], usage_metadata=usage)
    found = described(answer)
    assert found["output"] == "hello"
    assert named(found["tool_calls"]) == [FOUND]
    assert found["usage"] == {"input_tokens": 3, "output_tokens": 4}

    def part(index: int, **given: Any) -> Any:
        return {"index": index, "id": None, "name": None, "args": None, **given}

    chunks = [
        messages.AIMessageChunk("hel"),
        messages.AIMessageChunk("lo", tool_call_chunks=[part(0, name="find_order", id="c1")]),
        messages.AIMessageChunk("", tool_call_chunks=[part(0, args='{"number": ')]),
        messages.AIMessageChunk("", tool_call_chunks=[part(0, args='"48213"}')]),
        messages.AIMessageChunk("", usage_metadata=usage),
    ]
    streamed = described(joined(chunks))
    assert streamed["output"] == "hello"
    assert streamed["tool_calls"] == found["tool_calls"]
    assert streamed["usage"] == found["usage"]


def test_langgraph_an_agent_that_calls_a_tool() -> None:
    graphs = pytest.importorskip("langgraph.graph")
    prebuilt = pytest.importorskip("langgraph.prebuilt")
    from langchain_core.messages import AIMessage  # type: ignore[import-not-found]
    from langchain_core.tools import tool  # type: ignore[import-not-found]

    @tool  # type: ignore[untyped-decorator]
    def find_order(number: str) -> str:
        """Find an order."""
        return f"{number} has shipped"

    def model(state: dict[str, Any]) -> dict[str, Any]:
        last = state["messages"][-1]
        if last.type == "tool":
            return {"messages": [AIMessage(f"hello: {last.content}")]}
        call = {"name": "find_order", "args": {"number": "48213"}, "id": "c1"}
        return {"messages": [AIMessage("", tool_calls=[call])]}

    builder = graphs.StateGraph(graphs.MessagesState)
    builder.add_node("model", model)
    builder.add_node("tools", prebuilt.ToolNode([find_order]))
    builder.add_edge(graphs.START, "model")
    builder.add_conditional_edges("model", prebuilt.tools_condition)
    builder.add_edge("tools", "model")
    graph = builder.compile()
    asked = {"messages": [("user", "Where is 48213?")]}
    found = described(graph.invoke(asked))
    assert found["output"] == "hello: 48213 has shipped"
    assert named(found["tool_calls"]) == [FOUND]
    assert found["tool_calls"][0]["result"] == "48213 has shipped"
    for mode in ("values", "updates", "messages"):
        streamed = described(drained(graph.stream(asked, stream_mode=mode), Timing()))
        assert streamed["output"] == "hello: 48213 has shipped", mode
        assert named(streamed["tool_calls"]) == [FOUND], mode


def test_pydantic_ai_an_agent_with_two_tools() -> None:
    # the package itself may be a stand-in, which tests of metrics bring
    models = pytest.importorskip("pydantic_ai.models.test")
    pydantic_ai = pytest.importorskip("pydantic_ai")
    TestModel = models.TestModel  # noqa: N806 - a class of theirs

    agent = pydantic_ai.Agent(TestModel(custom_output_text="hello"))

    @agent.tool_plain  # type: ignore[untyped-decorator]
    def find_order(number: str) -> str:
        return "shipped"

    @agent.tool_plain  # type: ignore[untyped-decorator]
    def count() -> int:
        return 3

    every = described(asyncio.run(agent.run("Where is it?")))
    assert [call["name"] for call in every["tool_calls"]] == ["find_order", "count"]
    only = pydantic_ai.Agent(TestModel(custom_output_text="hello", call_tools=["find_order"]))
    only.tool_plain(find_order)
    found = described(asyncio.run(only.run("Where is it?")))
    assert found["output"] == "hello"
    (call,) = found["tool_calls"]
    assert (call["name"], call["result"]) == ("find_order", "shipped")
    assert set(call["arguments"]) == {"number"}
    assert found["usage"]["input_tokens"] > 0

    async def words() -> Any:
        async with only.run_stream("Where is it?") as run:
            async for text in run.stream_text(delta=True):
                yield text

    assert described(asyncio.run(gathered(words(), Timing())))["output"] == "hello"


def test_openai_agents_an_agent_that_calls_a_tool() -> None:
    agents = pytest.importorskip("agents")
    from openai.types.responses import (
        ResponseFunctionToolCall,
        ResponseOutputMessage,
        ResponseOutputText,
    )

    class Scripted(agents.Model):  # type: ignore[misc, name-defined]
        """A model that calls a tool, and then answers."""

        def __init__(self) -> None:
            self.asked = 0

        async def get_response(self, *_given: Any, **_named: Any) -> Any:
            self.asked += 1
            text = ResponseOutputText(type="output_text", text="hello", annotations=[])
            item: Any = ResponseOutputMessage(
                id="m1", type="message", role="assistant", status="completed", content=[text]
            )
            if self.asked == 1:
                item = ResponseFunctionToolCall(
                    type="function_call",
                    call_id="c1",
                    name="find_order",
                    arguments='{"number": "48213"}',
                )
            usage = agents.Usage(requests=1, input_tokens=3, output_tokens=4, total_tokens=7)
            return agents.ModelResponse(output=[item], usage=usage, response_id=None)

        def stream_response(self, *_given: Any, **_named: Any) -> Any:
            raise NotImplementedError

    @agents.function_tool  # type: ignore[untyped-decorator]
    def find_order(number: str) -> str:
        """Find an order."""
        return "shipped"

    agents.set_tracing_disabled(True)
    agent = agents.Agent(name="shop", model=Scripted(), tools=[find_order])
    found = described(asyncio.run(agents.Runner.run(agent, "Where is it?")))
    assert found["output"] == "hello"
    assert named(found["tool_calls"]) == [FOUND]
    assert found["tool_calls"][0]["result"] == "shipped"
    assert found["usage"] == {"input_tokens": 6, "output_tokens": 8}


def test_llama_index_a_query_over_documents() -> None:
    core = pytest.importorskip("llama_index.core")
    from llama_index.core.llms.mock import MockLLM  # type: ignore[import-not-found]

    index = core.SummaryIndex.from_documents([core.Document(text="Returns within 30 days.")])
    engine = index.as_query_engine(llm=MockLLM(max_tokens=5))
    found = described(engine.query("How long?"))
    assert found["output"]
    assert found["context"] == ["Returns within 30 days."]


def test_haystack_a_pipeline() -> None:
    haystack = pytest.importorskip("haystack")
    dataclasses = pytest.importorskip("haystack.dataclasses")

    @haystack.component  # type: ignore[untyped-decorator]
    class Chat:
        """A generator that says the same each time."""

        @haystack.component.output_types(replies=list)  # type: ignore[untyped-decorator]
        def run(self, prompt: str) -> dict[str, Any]:
            call = dataclasses.ToolCall("find_order", {"number": "48213"}, id="c1")
            return {"replies": [dataclasses.ChatMessage.from_assistant("hello", tool_calls=[call])]}

    pipeline = haystack.Pipeline()
    pipeline.add_component("llm", Chat())
    found = described(pipeline.run({"llm": {"prompt": "Where is it?"}}))
    assert found["output"] == "hello"
    assert named(found["tool_calls"]) == [FOUND]


def test_dspy_a_prediction() -> None:
    dspy = pytest.importorskip("dspy")
    from dspy.utils import DummyLM  # type: ignore[import-not-found]

    with dspy.context(lm=DummyLM([{"reasoning": "why", "answer": "hello"}])):
        found = described(dspy.ChainOfThought("question -> answer")(question="Where is it?"))
    assert (found["output"], found["reasoning"]) == ("hello", "why")


def test_gemini() -> None:
    types = pytest.importorskip("google.genai.types")

    def content(role: str, **given: Any) -> Any:
        return types.Content(role=role, parts=[types.Part(**given)])

    called = types.FunctionCall(name="find_order", args={"number": "48213"})
    came = types.FunctionResponse(name="find_order", response={"result": "shipped"})
    answer = types.GenerateContentResponse(
        candidates=[types.Candidate(content=content("model", text="hello"), finish_reason="STOP")],
        usage_metadata=types.GenerateContentResponseUsageMetadata(
            prompt_token_count=3, candidates_token_count=4
        ),
        automatic_function_calling_history=[
            content("user", text="now"),
            content("model", function_call=called),
            content("user", function_response=came),
        ],
    )
    found = described(answer)
    assert (found["output"], found["finish_reason"]) == ("hello", "STOP")
    assert named(found["tool_calls"]) == [FOUND]
    assert found["tool_calls"][0]["result"] == {"result": "shipped"}
    assert found["usage"] == {"input_tokens": 3, "output_tokens": 4}


def test_ollama() -> None:
    ollama = pytest.importorskip("ollama")
    function = {"name": "find_order", "arguments": {"number": "48213"}}
    message = {"role": "assistant", "content": "hello", "tool_calls": [{"function": function}]}
    answer = ollama.ChatResponse.model_validate(
        {"model": "m", "done": True, "prompt_eval_count": 3, "eval_count": 4, "message": message}
    )
    found = described(answer)
    assert (found["output"], found["model"]) == ("hello", "m")
    assert named(found["tool_calls"]) == [FOUND]
    assert found["usage"] == {"input_tokens": 3, "output_tokens": 4}


def test_autogen() -> None:
    base = pytest.importorskip("autogen_agentchat.base")
    said = pytest.importorskip("autogen_agentchat.messages")
    core = pytest.importorskip("autogen_core")
    models = pytest.importorskip("autogen_core.models")
    call = core.FunctionCall(id="1", name="find_order", arguments='{"number": "48213"}')
    came = models.FunctionExecutionResult(
        content="shipped", name="find_order", call_id="1", is_error=False
    )
    answer = base.TaskResult(
        messages=[
            said.TextMessage(content="now", source="user"),
            said.ToolCallRequestEvent(content=[call], source="a"),
            said.ToolCallExecutionEvent(content=[came], source="a"),
            said.TextMessage(content="hello", source="a"),
        ]
    )
    found = described(answer)
    assert found["output"] == "hello"
    assert named(found["tool_calls"]) == [FOUND]
    assert found["tool_calls"][0]["result"] == "shipped"
