"""`expect` and `aexpect`: answers of any code, judged as an arena's are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_arena import CheckErrored, CheckFailed, Response, ToolCall, aexpect, expect
from pytest_arena.assertions.text import Contains
from pytest_arena.errors import ArenaFileError, UsageError, UserError

JUDGED = """\
providers: [{name: m, provider: mock}]
judge:
  provider: mock
  responses:
    default: '{"evidence": ["Hello"], "reasoning": "Kind.", "level": "%s"}'
"""


@dataclass
class Answered:
    """An answer as an application's own class has it."""

    output: str
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    latency_ms: float | None = None


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def called_in(folder: Path, code: str) -> None:
    """Run code as if it stood in a file of this folder."""
    file = folder / "app.py"
    exec(compile(code, str(file), "exec"), {"__name__": "app"})


@pytest.mark.parametrize(
    "check",
    [
        lambda: expect("Hello there", contains="hello"),
        lambda: expect("Hello there", contains=["hello", "there"]),
        lambda: expect("Hello there", contains={"value": "Hello", "case_sensitive": True}),
        lambda: expect("Hello there", {"contains": "hello", "max_words": 2}),
        lambda: expect("Hello there", {"type": "contains", "value": "bye", "not": True}),
        lambda: expect("Hello there", [{"type": "contains", "value": "hello"}], max_words=2),
        lambda: expect("Hello there", Contains(value="hello")),
        lambda: expect("Hello there", any_of=[{"contains": "bye"}, {"contains": "hello"}]),
        lambda: expect("Hello there", is_json=False, refusal=False),
        lambda: expect('{"a": 1}', is_json=True, json_path={"path": "a", "equals": 1}),
        lambda: expect('{"a": 1}', json_schema={"type": "object"}, contains_json={"a": 1}),
        lambda: expect(Response("Hello", latency_ms=5), response_time=10),
        lambda: expect(Answered("Hello", latency_ms=5), response_time=10),
        lambda: expect({"output": "Hello", "latency_ms": 5}, latency=10),
    ],
)
def test_what_holds_passes_however_it_is_written(
    project: Path, check: Callable[[], object]
) -> None:
    assert check()


def test_what_does_not_hold_fails_like_an_assert_with_the_story_of_a_case(project: Path) -> None:
    with pytest.raises(AssertionError) as caught:
        called_in(
            project,
            "from pytest_arena import expect\n"
            "expect('Hello', contains='bye', max_words=3, prompt='Say bye')",
        )
    assert isinstance(caught.value, CheckFailed)
    assert str(caught.value).splitlines() == [
        "failed: contains: did not find 'bye' in 'Hello'",
        "",
        "  line 2 [application]",
        "  prompt    Say bye",
        "  answer    Hello",
        "  ✗ contains (app.py:2)",
        "      did not find 'bye' in 'Hello'",
        "      expected: 'bye'",
        "  (1 other assertion held)",
    ]


def test_a_finding_of_each_assertion_is_returned(project: Path) -> None:
    found = expect("Hello there", contains="hello", max_words=3)
    assert [(one.type, one.verdict) for one in found] == [
        ("contains", "passed"),
        ("max_words", "passed"),
    ]


def test_what_nobody_can_tell_is_an_error_and_no_failed_assertion(project: Path) -> None:
    with pytest.raises(CheckErrored, match=r"^error: response_time: the response has no timing"):
        expect("Hello", response_time=10)
    assert not issubclass(CheckErrored, AssertionError)


def test_an_empty_answer_fails_whatever_else_holds(project: Path) -> None:
    with pytest.raises(CheckFailed, match="the answer is empty"):
        expect("", not_contains="bye")


def test_tool_calls_of_an_application_are_seen(project: Path) -> None:
    answer = Answered("", [{"name": "refund", "arguments": {"order": 7}}])
    when = {"value": "x", "when": {"tool_called": "refund"}}
    with pytest.raises(CheckFailed, match=r"^failed: contains: .*refund"):
        expect(answer, contains=when)
    assert expect(Response("x", tool_calls=(ToolCall("refund", {}),)), contains=when)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("contians='x'", "app.py:2:1: unknown assertion type 'contians'"),
        ("contains={'valeu': 'x'}", "app.py:2:1: unknown key 'valeu' in assertion 'contains'"),
        ("contains={'Value': 'x'}", "app.py:2:1: unknown key 'Value' in assertion 'contains'"),
        ("contains=True", "app.py:2:1: contains has no text to look for"),
        ("length=5", "app.py:2:1: 5 says nothing that 'length' knows"),
        ("['contains']", "app.py:2:1: 'contains' is not an assertion"),
        ("", "app.py:2:1: nothing to check"),
        ("{}", "app.py:2:1: nothing to check"),
        ("consistency=True", "app.py:2:1: 'consistency' looks at all trials of a cell"),
        (
            "contains={'value': 'x', 'pass_threshold': 0.5}",
            "app.py:2:1: 'pass_threshold' of 'contains' looks at all trials of a cell",
        ),
        (
            "preferred_over={'provider': 'm', 'judge': {'provider': 'mock', 'name': 'j'}}",
            "app.py:2:1: provider 'm' cannot be asked the same: no prompt is known",
        ),
        ("preferred_over='m'", "app.py:2:1: provider 'm' cannot be asked the same"),
        (
            "token_count=5",
            "app.py:2:1: 5 says nothing that 'token_count' knows\n"
            "  expected: a mapping with max, min, kind\n"
            "  fix: write token_count={'max': …}",
        ),
    ],
)
def test_a_mistake_is_told_at_the_call(project: Path, code: str, told: str) -> None:
    (project / "arena.yaml").write_text(JUDGED % "fully")
    with pytest.raises(UserError) as caught:
        called_in(project, f"from pytest_arena import expect\nexpect('Hello', {code})")
    assert str(caught.value).startswith(told)


def test_an_unknown_name_is_told_with_what_is_meant(project: Path) -> None:
    with pytest.raises(ArenaFileError, match=r"fix: did you mean 'contains'\?"):
        expect("Hello", contians="x")


@pytest.mark.parametrize("answer", [None, 7, object(), [], {"sum": "Hello"}])
def test_what_is_no_answer_is_refused_and_not_guessed(project: Path, answer: object) -> None:
    with pytest.raises(UserError, match="no answer"):
        expect(answer, contains="Hello")


CALL = {"function": {"name": "refund", "arguments": '{"order": 7}'}, "id": "c1"}


@pytest.mark.parametrize(
    "answer",
    [
        {"choices": [{"message": {"role": "assistant", "content": "Hello", "tool_calls": [CALL]}}]},
        SimpleNamespace(content=[{"type": "text", "text": "Hello"}], role="assistant"),
        SimpleNamespace(content="Hello", tool_calls=[], usage_metadata={"input_tokens": 5}),
        {"messages": [SimpleNamespace(type="ai", content="Hello", tool_calls=[])]},
        {"text": "Hello"},
        {"output": {"said": "Hello"}},
    ],
)
def test_results_of_frameworks_are_read_by_their_shape(project: Path, answer: object) -> None:
    assert expect(answer, contains="hello")


def test_what_a_framework_tells_of_calls_and_tokens_is_kept(project: Path) -> None:
    message = {"role": "assistant", "content": "Hello", "tool_calls": [CALL]}
    usage = {"prompt_tokens": 5, "completion_tokens": 7}
    answer = {"choices": [{"message": message}], "usage": usage}
    assert expect(
        answer,
        tool_args={"tool": "refund", "equals": {"order": 7}},
        token_count={"max": 7, "min": 7},
    )


def test_an_error_is_no_answer(project: Path) -> None:
    with pytest.raises(UserError, match="the answer is an error: no luck"):
        expect({"error": "no luck"}, contains="Hello")


@pytest.mark.parametrize(
    "answer",
    [
        {"output": "Hello", "error": "no luck"},
        SimpleNamespace(output="Hello", tool_calls=[], error=ValueError("no luck")),
        {"role": "assistant", "content": "Hello", "error": "no luck"},
        {"status": "failed", "error": {"message": "no luck"}, "output": [{"type": "message"}]},
    ],
)
def test_an_error_beside_an_answer_leaves_none(project: Path, answer: object) -> None:
    with pytest.raises(UserError, match=r"the answer is an error: .*no luck"):
        expect(answer, contains="Hello")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"output": "Hello", "finish_reason": "error"}, "is an error: it ended with one"),
        ({"output": "", "finish_reason": "SAFETY"}, "is an error: it was withheld"),
        ({"role": "user", "content": "Hello"}, "returned a message of role 'user'"),
    ],
)
def test_what_is_told_of_an_answer_is_no_less_than_of_a_functions(
    project: Path, answer: object, said: str
) -> None:
    with pytest.raises(UserError, match=f"the answer {said}"):
        expect(answer, contains="Hello")


@pytest.mark.parametrize(
    "answer",
    [
        "Hello",
        {"output": "Hello"},
        {"output": "Hello", "tool_calls": None},
        {"output": "Hello", "tool_calls": [], "tells_tools": False},
        SimpleNamespace(output="Hello"),
        {"text": "Hello"},
    ],
)
@pytest.mark.parametrize(
    "assertion",
    [
        {"tools_not_called": ["refund"]},
        {"tool_call_count": {"max": 0}},
        {"no_tool_errors": True},
        {"tool_called": "refund"},
    ],
)
def test_what_nobody_told_of_tools_is_an_error(
    project: Path, answer: object, assertion: dict[str, Any]
) -> None:
    with pytest.raises(CheckErrored, match="does not tell which tools were called"):
        expect(answer, **assertion)


def test_steps_of_an_agent_are_its_calls(project: Path) -> None:
    step = (SimpleNamespace(tool="refund", tool_input={}), "done")
    answer = {"output": "Hello", "intermediate_steps": [step]}
    with pytest.raises(CheckFailed):
        expect(answer, tools_not_called=["refund"])
    assert expect({**answer, "intermediate_steps": []}, tools_not_called=["refund"])


def test_a_call_whose_error_is_false_has_not_failed(project: Path) -> None:
    call = {"name": "refund", "arguments": {}, "result": "done", "error": False}
    assert expect({"output": "Hello", "tool_calls": [call]}, no_tool_errors=True)
    failed = {**call, "error": {"message": "no luck"}}
    with pytest.raises(CheckFailed, match="no luck"):
        expect({"output": "Hello", "tool_calls": [failed]}, no_tool_errors=True)


@pytest.mark.parametrize(
    "answer",
    [
        {"output": "Hello", "finish_reason": "SAFETY"},
        {"candidates": [{"content": {"parts": [{"text": "Hello"}]}, "finishReason": "SAFETY"}]},
    ],
)
def test_what_a_filter_cut_shows_not_what_the_rest_could_undo(
    project: Path, answer: object
) -> None:
    with pytest.raises(CheckErrored, match="content filter"):
        expect(answer, not_contains="bye")


@pytest.mark.parametrize(
    "answer",
    [
        {"output": "", "refusal": "Hello"},
        {"choices": [{"message": {"role": "assistant", "content": None, "refusal": "Hello"}}]},
    ],
)
def test_what_a_client_marks_as_a_refusal_is_one(project: Path, answer: object) -> None:
    assert expect(answer, refusal=True, contains="Hello")


@pytest.mark.parametrize(
    "calls",
    [
        *("refund", 7, [{"name": 5}], [{"arguments": {}}], ["refund"]),
        *("", {}, False, 0, [{"name": ""}]),
    ],
)
def test_calls_that_are_none_are_refused(project: Path, calls: object) -> None:
    with pytest.raises(UserError, match="the answer's tool_calls"):
        expect({"output": "Hello", "tool_calls": calls}, contains="Hello")


def test_a_call_of_a_framework_that_names_no_tool_is_refused(project: Path) -> None:
    call = {"function": {"arguments": "{}"}}
    answer = {"choices": [{"message": {"content": "Hello", "tool_calls": [call]}}]}
    with pytest.raises(UserError, match="the answer returned a tool call without a name: "):
        expect(answer, contains="Hello")


def test_figures_that_are_none_are_refused(project: Path) -> None:
    with pytest.raises(UserError, match="the answer's latency_ms is 'soon'"):
        expect({"output": "Hello", "latency_ms": "soon"}, contains="Hello")


def test_the_judge_is_that_of_the_nearest_arena_file(project: Path) -> None:
    code = "from pytest_arena import expect\nexpect('Hello', llm_judge='is kind')"
    (project / "arena.yaml").write_text(JUDGED % "not")
    for folder, level in (("near", "fully"), ("far", None)):
        (project / folder / "src").mkdir(parents=True)
        if level is not None:
            (project / folder / "arena.yaml").write_text(JUDGED % level)
    called_in(project / "near" / "src", code)
    with pytest.raises(CheckFailed, match=r"^failed: llm_judge"):
        called_in(project / "far" / "src", code)


def test_the_arena_file_can_be_named(project: Path) -> None:
    (project / "arena.yaml").write_text("nonsense: 1\n")
    (project / "other.yaml").write_text(JUDGED % "fully")
    assert expect("Hello", llm_judge="is kind", file="other.yaml")


def test_an_assertion_has_a_judge_of_its_own(project: Path) -> None:
    judge = {
        "provider": "mock",
        "responses": {"default": '{"evidence": ["Hello"], "reasoning": "Kind.", "level": "fully"}'},
    }
    assert expect("Hello", llm_judge={"criteria": "is kind", "judge": judge})


def test_without_a_judge_nothing_passes(project: Path) -> None:
    with pytest.raises(CheckErrored, match="no judge is configured"):
        expect("Hello", llm_judge="is kind")


def test_a_running_loop_is_not_blocked_by_a_judge(project: Path) -> None:
    (project / "arena.yaml").write_text(JUDGED % "fully")

    async def judged() -> int:
        with pytest.raises(UsageError, match=r"write await aexpect\(…\)"):
            expect("Hello", llm_judge="is kind", file="arena.yaml")
        # what asks nobody needs no loop
        expect("Hello", contains="hello")
        found = await asyncio.gather(
            *(aexpect("Hello", llm_judge="is kind", file="arena.yaml") for _ in range(5))
        )
        with pytest.raises(CheckFailed):
            await aexpect("Hello", contains="bye")
        return len(found)

    assert asyncio.run(judged()) == 5


def test_another_kind_of_event_loop_is_refused(project: Path) -> None:
    # as trio drives a coroutine
    with pytest.raises(UsageError, match="no event loop of asyncio is running here"):
        aexpect("Hello", contains="hello").send(None)
