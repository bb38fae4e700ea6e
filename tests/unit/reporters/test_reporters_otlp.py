"""The OTLP report: valid lines, a tree for each trial, and OpenTelemetry's own names in it."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from filled import filled
from google.protobuf import json_format
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from synthetic_run import synthetic_run

from pytest_arena.providers.systems.portable.shapes.traces import trace_of
from pytest_arena.results import (
    Cell,
    Finding,
    GuardrailEvent,
    Response,
    RunInfo,
    RunResult,
    Span,
    ToolCall,
    Trace,
    Trial,
    TrialError,
)
from pytest_arena.results.judging import Judging, Vote
from pytest_arena.results.step import Step
from pytest_arena.results.trace_ids import tool_span_id, turn_span_id
from pytest_arena.span_receiver.body import JSON, spans_in
from pytest_arena_reporters.otlp import OtlpReporter

TRACE = "ab" * 16
ASKED = ({"role": "system", "content": "Be kind."}, {"role": "user", "content": "Where is it?"})
Told = dict[str, Any]


def run_of(*cells: Cell) -> RunResult:
    info = RunInfo("run-1", "2026-11-26T10:00:00.000Z", "1.2.3", git={"commit": "c0ffee"})
    return RunResult(info, cells)


def cell_of(*trials: Trial, model: str | None = "gemini/gemini-3", **given: Any) -> Cell:
    return Cell("a.yaml::Order[bot]", "a.yaml", "Order", "bot", model, "passed", trials, **given)


def trial_of(*responses: Response, **given: Any) -> Trial:
    began = {"started_at": "2026-11-26T10:00:01.250Z", "trace_id": TRACE, "verdict": "passed"}
    return Trial(ASKED, responses, **{**began, **given})


def spans_of(run: RunResult) -> list[Told]:
    found = []
    for traces in OtlpReporter().traces(run):
        (of_run,) = traces["resourceSpans"]
        (scoped,) = of_run["scopeSpans"]
        found += [{**span, "attributes": values(span["attributes"])} for span in scoped["spans"]]
    return found


def values(attributes: Sequence[Told]) -> Told:
    return {one["key"]: next(iter(one["value"].values())) for one in attributes}


def named(spans: Sequence[Told], name: str) -> Told:
    (found,) = [span for span in spans if span["name"] == name]
    return found


def took_ms(span: Told) -> float:
    return (int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])) / 1e6


def parsed(line: str) -> list[WireSpan]:
    """Return the spans of a line, read by OpenTelemetry's own definitions."""
    record = json.loads(line)
    for of_run in record["resourceSpans"]:
        for scoped in of_run["scopeSpans"]:
            for span in scoped["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    # the one place where OTLP's JSON is not protobuf's: hexadecimal, not base64
                    if name in span:
                        span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    told = json_format.ParseDict(record, TracesData())
    return [span for one in told.resource_spans for of in one.scope_spans for span in of.spans]


@pytest.mark.parametrize("hostile", [False, True])
def test_every_line_is_a_whole_tree_by_opentelemetrys_own_definitions(
    hostile: bool, tmp_path: Path
) -> None:
    run = synthetic_run(12, 3, trials=2, hostile=hostile)
    lines = OtlpReporter().write(run, tmp_path).path.read_text("utf-8").splitlines()
    assert len(lines) == sum(len(cell.trials) for cell in run.cells)
    traces = set()
    for line in lines:
        spans = parsed(line)
        (trace_id,) = {span.trace_id for span in spans}
        traces.add(trace_id)
        ids = {span.span_id for span in spans}
        assert len(trace_id) == 16
        assert len(ids) == len(spans)
        assert all(len(one) == 8 for one in ids)
        assert [span.parent_span_id in ids for span in spans] == [False, *[True] * (len(spans) - 1)]
        assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)
    assert len(traces) == len(lines)


def test_every_line_is_one_that_the_runs_own_receiver_takes(tmp_path: Path) -> None:
    run = synthetic_run(12, 3, hostile=True)
    for line in OtlpReporter().write(run, tmp_path).path.read_bytes().splitlines():
        taken = spans_in(line, JSON)
        assert [one["name"] for one in taken] == [one.name for one in parsed(line.decode())]
        assert len(trace_of(json.loads(line))["spans"]) == len(taken)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_results_may_hold_can_be_written(seed: int, tmp_path: Path) -> None:
    cell = filled(Cell, seed)
    given = {"started_at": "2026-11-26T10:00:01.250Z", "trace_id": TRACE}
    whole = filled(Trial, seed, **given)
    run = run_of(filled(Cell, seed, trials=(whole,), confirmation=(), hunks=(), **NO_EXTRA))
    lines = OtlpReporter().write(run, tmp_path).path.read_text("utf-8").splitlines()
    assert cell.id
    assert parsed(lines[0])


NO_EXTRA: Told = dict.fromkeys(("confirmation_old", "sample", "sample_old", "hunks_old"), ())


def test_times_are_those_of_the_trial_and_of_its_turns() -> None:
    first = Response("Where?", started_ms=0.5, latency_ms=100.25)
    second = Response("There.", started_ms=400, latency_ms=50)
    spans = spans_of(run_of(cell_of(trial_of(first, second))))
    began = 1795687201250 * 10**6
    turns = [named(spans, "turn 1"), named(spans, "turn 2")]
    assert [int(turn["startTimeUnixNano"]) - began for turn in turns] == [500_000, 400_000_000]
    assert [took_ms(turn) for turn in turns] == [100.25, 50]
    assert took_ms(spans[0]) == 450


def test_a_model_call_has_the_conventions_names() -> None:
    response = Response(
        "There.",
        latency_ms=50,
        first_token_ms=20,
        finish_reason="stop",
        input_tokens=12,
        output_tokens=3,
        reasoning_tokens=1,
        cost_usd=0.25,
        model="gemini-3-001",
        reasoning="Hm.",
    )
    chat = named(spans_of(run_of(cell_of(trial_of(response)))), "chat gemini-3")
    said = chat["attributes"]
    assert chat["kind"] == 3
    assert {name: said[name] for name in said if name.startswith("gen_ai.re")} == {
        "gen_ai.request.model": "gemini-3",
        "gen_ai.response.model": "gemini-3-001",
        "gen_ai.response.finish_reasons": {"values": [{"stringValue": "stop"}]},
        "gen_ai.response.time_to_first_chunk": 0.02,
    }
    assert said["gen_ai.operation.name"] == "chat"
    assert said["gen_ai.provider.name"] == "gcp.gemini"
    assert said["gen_ai.usage.input_tokens"] == "12"
    assert said["gen_ai.usage.output_tokens"] == "3"
    assert said["gen_ai.usage.reasoning.output_tokens"] == "1"
    assert said["pytest_arena.cost_usd"] == 0.25
    assert json.loads(said["gen_ai.system_instructions"]) == [
        {"type": "text", "content": "Be kind."}
    ]
    assert json.loads(said["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "Where is it?"}]}
    ]
    assert json.loads(said["gen_ai.output.messages"]) == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hm."},
                {"type": "text", "content": "There."},
            ],
        }
    ]


def test_an_agents_turn_holds_its_calls_of_the_model_and_of_tools() -> None:
    asked = {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "function": {}}]}
    answered = {"role": "assistant", "content": "Shipped."}
    response = Response(
        "Shipped.",
        tool_calls=(ToolCall("find", {"n": 1}, "c1", result={"is": "ok"}, latency_ms=30),),
        steps=(
            Step("model", 0, 10, "m-1", input_tokens=5),
            Step("note", 11, text="planted in find: slow", fault="slow"),
            Step("tool", 12, 30, "find", call="c1"),
            Step("model", 45, 20, "m-1"),
        ),
        transcript=(asked, {"role": "tool", "tool_call_id": "c1", "content": "ok"}, answered),
        latency_ms=30,
        started_ms=100,
    )
    spans = spans_of(run_of(cell_of(trial_of(response), variant="support")))
    turn = named(spans, "invoke_agent support")
    tool = named(spans, "execute_tool find")
    chats = [span for span in spans if span["name"] == "chat gemini-3"]
    assert turn["spanId"] == turn_span_id(TRACE, 0)
    assert turn["attributes"]["gen_ai.agent.name"] == "support"
    assert took_ms(turn) == 65
    assert [event["name"] for event in turn["events"]] == ["pytest_arena.note"]
    assert {span["parentSpanId"] for span in (tool, *chats)} == {turn["spanId"]}
    assert tool["spanId"] == tool_span_id(TRACE, 0, "c1")
    assert json.loads(tool["attributes"]["gen_ai.tool.call.arguments"]) == {"n": 1}
    assert json.loads(tool["attributes"]["gen_ai.tool.call.result"]) == {"is": "ok"}
    assert [took_ms(span) for span in (*chats, tool)] == [10, 20, 30]
    assert chats[0]["attributes"]["gen_ai.usage.input_tokens"] == "5"
    assert json.loads(chats[1]["attributes"]["gen_ai.output.messages"])[0]["parts"] == [
        {"type": "text", "content": "Shipped."}
    ]


def test_a_chains_instructions_stand_beside_the_calls_that_were_made_for_them() -> None:
    response = Response(
        "Done.",
        steps=(
            Step("instruction", 0, 10, "sort", text="refund"),
            Step("model", 0, 10, "m-1"),
            Step("instruction", 10, 5, "2", error="it gave nothing"),
        ),
        started_ms=0,
    )
    spans = spans_of(run_of(cell_of(trial_of(response))))
    sort, second = named(spans, "chain_step sort"), named(spans, "chain_step 2")
    assert took_ms(sort) == 10
    assert second["status"]["message"] == "it gave nothing"
    assert sort["spanId"] != second["spanId"]
    assert sort["parentSpanId"] == second["parentSpanId"] == turn_span_id(TRACE, 0)


def test_an_applications_own_spans_stand_below_its_turn_by_their_own_ids() -> None:
    told = Trace(
        (
            Span("handle", "aa" * 8, turn_span_id(TRACE, 0), 0, 40),
            Span("search", "bb" * 8, "aa" * 8, 5, 10, error="down", attributes={"k": 3}),
            Span("plain", "1", "nobody", 7, 1),
        )
    )
    spans = spans_of(run_of(cell_of(trial_of(Response("x", trace=told)), model=None)))
    turn, handle = named(spans, "invoke_agent bot"), named(spans, "handle")
    assert (handle["spanId"], handle["parentSpanId"]) == ("aa" * 8, turn["spanId"])
    assert named(spans, "search")["parentSpanId"] == "aa" * 8
    assert named(spans, "search")["status"] == {"code": 2, "message": "down"}
    assert named(spans, "plain")["parentSpanId"] == turn["spanId"]
    assert took_ms(turn) == 40


def test_ids_that_an_application_tells_twice_are_told_apart() -> None:
    told = Trace((Span("one", "aa" * 8), Span("two", "aa" * 8), Span("me", "me", "me")))
    run = run_of(cell_of(trial_of(Response("x", trace=told)), model=None))
    ids = [span["spanId"] for span in spans_of(run)]
    assert len(set(ids)) == len(ids)


def test_what_was_found_is_an_event_of_an_evaluation() -> None:
    findings = (
        Finding("contains", "failed", 0.0, "not there", turn=0),
        Finding("llm_judge", "error", None, "no word"),
    )
    trial = trial_of(Response("x", latency_ms=1), verdict="failed", assertions=findings)
    spans = spans_of(run_of(cell_of(trial)))
    (of_turn,) = named(spans, "turn 1")["events"]
    (of_trial,) = spans[0]["events"]
    assert of_turn["name"] == of_trial["name"] == "gen_ai.evaluation.result"
    assert values(of_turn["attributes"]) == {
        "gen_ai.evaluation.name": "contains",
        "gen_ai.evaluation.score.value": 0.0,
        "gen_ai.evaluation.score.label": "failed",
        "gen_ai.evaluation.explanation": "not there",
    }
    assert values(of_trial["attributes"])["error.type"] == "evaluation_error"
    assert spans[0]["attributes"]["test.case.result.status"] == "fail"
    assert spans[0]["status"] == {}


def test_judges_and_guardrails_have_spans() -> None:
    vote = Vote("judge", "passed", "fine", model="openai/gpt-6", calls=1, latency_ms=70)
    reused = Vote("judge", "passed", "fine", model="openai/gpt-6")
    judged = Finding("llm_judge", "passed", 1, "fine", judge=Judging("p@1", "k", (vote, reused)))
    grouped = Finding("any_of", "passed", 1, "1 of 1", group=(judged,))
    event = GuardrailEvent("pii", "output", "replace", "an address", ("a@b.c",))
    trial = trial_of(Response("x", latency_ms=10), assertions=(grouped,), guardrails=(event,))
    spans = spans_of(run_of(cell_of(trial)))
    judge, chat = named(spans, "judge llm_judge"), named(spans, "chat gpt-6")
    assert judge["parentSpanId"] == spans[0]["spanId"]
    assert chat["parentSpanId"] == judge["spanId"]
    assert took_ms(judge) == took_ms(chat) == 70
    guardrail = named(spans, "guardrail pii")
    assert guardrail["parentSpanId"] == named(spans, "turn 1")["spanId"]
    assert guardrail["attributes"]["pytest_arena.guardrail.action"] == "replace"


def test_a_turn_without_an_answer_has_a_span_with_the_reason() -> None:
    error = TrialError("timeout", "no answer within 5 s", attempts=3)
    trial = trial_of(Response("x", latency_ms=10, started_ms=0), verdict="error", error=error)
    spans = spans_of(run_of(cell_of(trial)))
    turn = named(spans, "turn 2")
    assert turn["spanId"] == turn_span_id(TRACE, 1)
    assert turn["status"] == spans[0]["status"] == {"code": 2, "message": "no answer within 5 s"}
    assert turn["attributes"]["error.type"] == "timeout"
    assert "test.case.result.status" not in spans[0]["attributes"]


def test_trials_without_an_id_have_one_that_stays_and_is_no_other_trials() -> None:
    bare = [Trial(ASKED, (Response("x"),), verdict="passed", index=n) for n in (0, 1)]
    run = run_of(cell_of(*bare, confirmation=tuple(bare)))
    seen = [[span["traceId"] for span in spans_of(run) if "parentSpanId" not in span] for _ in "ab"]
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 4
