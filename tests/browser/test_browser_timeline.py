"""What an agent did, as a timeline on its cell's page, and beside that of another column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from answers import address
from synthetic_run import synthetic_run

from pytest_arena.results import Response, RunResult, Step, ToolCall, Trial

Open = Callable[..., Any]
HOSTILE = "<img src=x onerror=alert(1)></script>\u202e"
STOPPED = "limit tool_calls: at most 2 calls of tools"


def worked(*calls: ToolCall, stopped: str | None = None, text: str = "done") -> Response:
    """Return a turn in which the model made these calls, one after another, and then answered."""
    steps = [Step("model", 0.0, 100.0, name="gpt", input_tokens=7, output_tokens=3, cost_usd=0.25)]
    for number, call in enumerate(calls):
        steps.append(
            Step("tool", 100.0 + 50 * number, 50.0, name=call.name, call=call.id, error=call.error)
        )
    steps.append(Step("note", 300.0, text=f"planted in find: slow {HOSTILE}", fault="slow"))
    if stopped is not None:
        steps.append(Step("note", 300.0, text=stopped))
    said = (
        {"role": "assistant", "tool_calls": []},
        *({"role": "tool", "tool_call_id": call.id, "content": "x"} for call in calls),
        {"role": "user", "content": "=== OPERATOR MESSAGES ==="},
        {"role": "assistant", "content": text},
    )
    return Response(
        text, tool_calls=calls, steps=tuple(steps), transcript=said, stopped=stopped, state={}
    )


def run_of(*columns: tuple[Response, ...]) -> RunResult:
    run = synthetic_run(1, len(columns))
    cells = []
    for cell, responses in zip(run.cells, columns, strict=True):
        messages: list[dict[str, Any]] = []
        for number, response in enumerate(responses):
            messages.append({"role": "user", "content": f"question {number + 1}"})
            if number + 1 < len(responses):
                messages += response.transcript
        trial = Trial(tuple(messages), responses, verdict=cell.verdict)
        cells.append(replace(cell, trials=(trial,), assertions=()))
    return replace(run, cells=tuple(cells))


FIND = ToolCall("find", {"id": 7}, id="1", result="lost", latency_ms=50)
REFUND = ToolCall("refund", {"id": 7}, id="2", error=HOSTILE)


def test_each_turn_is_a_timeline_and_nothing_of_it_stands_twice(
    open_report: Open, axe: str
) -> None:
    run = run_of((worked(FIND, text="first"), worked(FIND, REFUND, stopped=STOPPED)))
    opened = open_report(run, address(run.cells[0]))
    opened.page.evaluate(axe)
    lines = opened.page.locator("#cell .timeline")
    assert lines.locator("> h3").all_inner_texts() == [
        "1 call of the model, 1 call of tools, 300 ms",
        "1 call of the model, 2 calls of tools, 1 failed, 300 ms",
    ]
    steps = lines.nth(1).locator(".step")
    assert [step.split("\n")[0] for step in steps.all_inner_texts()][:3] == [
        "model",
        "tool",
        "tool",
    ]
    assert "7 + 3 tokens" in steps.nth(0).inner_text()
    assert "$0.250" in steps.nth(0).inner_text()
    assert '{"id": 7}' in steps.nth(1).inner_text()
    assert "→ lost" in steps.nth(1).inner_text()
    assert "failed: <img src=x" in steps.nth(2).inner_text()
    assert steps.count() == 4
    assert "planted" in steps.nth(3).inner_text()
    assert opened.page.locator("#cell").inner_text().count(f"Stopped: {STOPPED}") == 1
    assert "OPERATOR" not in opened.page.locator("#cell").inner_text()
    said = opened.page.locator("#cell .said > h3").all_inner_texts()
    assert [name for name in said if "call" not in name] == ["user", "assistant", "user", "answer"]
    bar = steps.nth(1).locator(".bar")
    assert bar.evaluate("n => getComputedStyle(n).getPropertyValue('--from')").startswith("33.3")
    assert opened.foreign() == []
    assert opened.flaws() == []
    assert opened.complaints == []


def test_the_first_difference_to_the_other_column_is_marked(open_report: Open, axe: str) -> None:
    run = run_of((worked(FIND),), (worked(FIND, REFUND),), (worked(),))
    cell = run.cells[0]
    opened = open_report(run, f"#case?id={cell.file}::{cell.case}")
    opened.page.evaluate(axe)
    columns = opened.page.locator("#case .said-row td")
    assert columns.nth(0).locator(".differs, .goes-on").count() == 0
    (differs,) = columns.nth(1).locator(".differs").all_inner_texts()
    assert differs.startswith(f"first difference to {cell.column}")
    assert "refund" in differs
    (goes_on,) = columns.nth(2).locator(".goes-on").all_inner_texts()
    assert goes_on == f'first difference to {cell.column}, which goes on: find {{"id": 7}}'
    assert opened.flaws() == []
    assert opened.complaints == []


def test_of_many_steps_the_first_are_shown(open_report: Open) -> None:
    run = run_of((worked(*(replace(FIND, id=str(n)) for n in range(300))),))
    opened = open_report(run, address(run.cells[0]))
    steps = opened.page.locator("#cell .timeline .step")
    assert steps.count() == 60
    opened.page.get_by_role("button", name="All 302 steps").click()
    assert steps.count() == 302


def test_the_grid_says_what_was_done_again_and_again_and_what_stopped_it(
    open_report: Open,
) -> None:
    run = run_of((worked(FIND, FIND, FIND, stopped=STOPPED),))
    opened = open_report(run, "#cells")
    cell = opened.page.locator("#list .answer").first
    assert "find × 3" in cell.inner_text()
    assert f"Stopped: {STOPPED}" in cell.inner_text()
