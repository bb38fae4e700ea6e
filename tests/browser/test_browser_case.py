"""A case's page in Chromium: all columns side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from answers import HOSTILE_ANSWERS, address, answered, answering, in_rows
from synthetic_run import synthetic_run

from pytest_arena.results import Cell, Finding, RunResult, Trial

Open = Callable[..., Any]


def case_address(cell: Cell) -> str:
    return f"#case?id={quote(f'{cell.file}::{cell.case}', safe='')}"


def said(opened: Any) -> list[list[str]]:
    """Return what stands in each row of the side-by-side table."""
    return [
        row.locator("td").all_inner_texts()
        for row in opened.page.locator(".beside-each-other .said-row").all()
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_a_cases_page_is_accessible_and_as_wide_as_the_screen(
    open_report: Open, compared: RunResult, axe: str, width: int, scheme: str
) -> None:
    opened = open_report(compared, viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened.page.evaluate(axe)
    kept = next(c for c in compared.cells if c.standing and c.standing.output_before)
    tools = next(c for c in compared.cells if c.trials and c.trials[0].tool_calls)
    for cell in (kept, tools, next(c for c in compared.cells if c.verdict == "skipped")):
        opened.go(case_address(cell))
        assert opened.flaws() == [], cell.case
        assert opened.width == width, cell.case
    assert opened.complaints == []
    assert opened.requests == []


def test_the_grid_leads_to_the_case_and_back(open_report: Open, run: RunResult) -> None:
    opened = open_report(run, "#cells?tag=safety")
    cases = list(dict.fromkeys(c.case for c in run.cells if "safety" in c.tags))
    opened.page.locator(".row .title").first.click()
    opened.page.wait_for_selector("#case h1")
    assert opened.page.inner_text("#case h1") == cases[0]
    assert f"1 of {len(cases)}" in opened.page.inner_text("#case .crumbs")
    opened.page.keyboard.press("j")
    opened.settle()
    assert opened.page.inner_text("#case h1") == cases[1]
    opened.page.locator("#case thead .line a").first.click()
    opened.page.wait_for_selector("#cell h1")
    opened.page.get_by_role("link", name="Side by side").click()
    opened.settle()
    assert opened.page.inner_text("#case h1") == cases[1]
    opened.page.keyboard.press("Escape")
    opened.settle()
    assert "#cells?tag=safety" in opened.page.url


def test_transcripts_are_aligned_by_turn(open_report: Open) -> None:
    run = answered([("Yes.", "No.", "")])
    asked = ({"role": "system", "content": "Be kind."}, {"role": "user", "content": "One?"})
    long = (*asked, {"role": "assistant", "content": "One."}, {"role": "user", "content": "Two?"})
    other = (*asked, {"role": "assistant", "content": "Uno."}, {"role": "user", "content": "Due?"})
    cells = tuple(
        replace(cell, trials=(replace(cell.trials[0], messages=messages),))
        for cell, messages in zip(run.cells, (long, other, asked), strict=True)
    )
    opened = open_report(replace(run, cells=cells), case_address(cells[0]))
    assert said(opened) == [
        ["assistant\nOne.", "assistant\nUno.", "(empty)"],
        ["Yes.", "No.", ""],
    ]
    rows = opened.page.locator(".beside-each-other .asked")
    assert rows.all_inner_texts()[:2] == ["system\nBe kind.", "user, turn 1\nOne?"]
    assert rows.nth(3).locator("td").all_inner_texts() == ["Two?", "Due?", ""]


def test_assertions_are_a_matrix_of_all_columns(open_report: Open) -> None:
    run = answered([("a", "b")])
    held = Finding("contains", "passed", 1.0, "found 'a'", 15)
    twice = Finding("contains", "failed", 0.0, "'b' not found", 15, expected="'b'")
    unsure = Finding("tone", "unsure", None, "cannot tell", 17, turn=1)
    group = Finding("any_of", "failed", 0.0, "none held", 18, group=(twice,))

    def judged(cell: Cell, *findings: Finding) -> Cell:
        return replace(cell, trials=(replace(cell.trials[0], assertions=findings),))

    cells = (judged(run.cells[0], held, twice, group), judged(run.cells[1], held, unsure))
    opened = open_report(replace(run, cells=cells), case_address(run.cells[0]))
    table = opened.page.locator("table.matrix").first
    told = [
        [" ".join(text.split()) for text in row.locator("th, td").all_inner_texts()]
        for row in table.locator("tbody tr").all()
    ]
    assert told == [
        ["contains line 15", "✓ passed found 'a'", "✓ passed found 'a'"],
        ["contains line 15", "✕ failed 'b' not found", "– not checked"],
        ["any_of line 18", "✕ failed none held", "– not checked"],
        ["contains line 15", "✕ failed 'b' not found", "– not checked"],
        ["tone line 17, turn 2", "– not checked", "? unsure cannot tell"],
    ]
    figures = opened.page.locator("table.matrix").nth(1)
    assert figures.locator("tbody th").first.inner_text() == "Latency"


def test_trials_are_tabs_and_the_first_shows_what_decided(open_report: Open) -> None:
    run = synthetic_run(1, 2, rich=False)

    def trial(cell: Cell, text: str, verdict: Any) -> Trial:
        return replace(answering(cell, text).trials[0], verdict=verdict)

    first, second = run.cells
    mixed = (trial(first, "good", "passed"), trial(first, "bad", "failed"))
    cells = (
        replace(first, verdict="failed", trials=mixed),
        replace(second, verdict="passed", trials=(trial(second, "fine", "passed"),)),
    )
    opened = open_report(replace(run, cells=cells), case_address(first))
    assert said(opened) == [["bad", "fine"]]
    opened.page.get_by_role("link", name="Trial 1").click()
    opened.settle()
    assert said(opened) == [["good", "fine"]]
    opened.page.get_by_role("link", name="Trial 2").click()
    opened.settle()
    assert said(opened) == [["bad", "There is no trial 2."]]
    assert "trial=1" in opened.page.url
    opened.page.get_by_role("link", name="By verdict").click()
    opened.settle()
    assert "trial=" not in opened.page.url


def test_any_two_texts_are_compared_and_live_in_the_address(
    open_report: Open, compared: RunResult
) -> None:
    cell = next(c for c in compared.cells if c.standing and c.standing.output_before)
    opened = open_report(compared, case_address(cell))
    heads = opened.page.locator(".beside-each-other thead b").all_inner_texts()
    assert f"{cell.column}, baseline" in heads
    opened.page.get_by_label("First text").select_option(f"{cell.column}#baseline")
    opened.page.get_by_label("Second text").select_option(f"{cell.column}#1")
    opened.settle()
    assert opened.page.locator("#diff-case del").first.inner_text().strip() == "Before:"
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=all]")
    assert opened.page.locator("#diff-case del").first.inner_text().strip() == "Before:"


def test_words_that_differ_are_marked_and_columns_follow_the_grid(open_report: Open) -> None:
    run = answered([("It takes 30 days.", "It takes 14 days.", "No.")])
    opened = open_report(
        run, f"{case_address(run.cells[0])}&column=gpt-mini&column=haiku&against=haiku"
    )
    assert said(opened) == [["It takes 14 days.", "It takes 30 days."]]
    assert opened.page.locator(".said-row mark").all_inner_texts() == ["14"]


def test_on_a_phone_the_first_column_stays_and_the_others_are_swiped(
    open_report: Open, run: RunResult
) -> None:
    opened = open_report(run, case_address(run.cells[0]), viewport={"width": 390, "height": 800})
    first, second = opened.page.locator(".said-row").first.locator("td").all()[:2]
    stays, moves = first.bounding_box()["x"], second.bounding_box()["x"]
    opened.page.evaluate("document.querySelector('#case .sideways').scrollLeft = 120")
    opened.settle()
    assert first.bounding_box()["x"] == pytest.approx(stays, abs=1)
    assert second.bounding_box()["x"] == pytest.approx(moves - 120, abs=1)


def test_hostile_answers_are_inert_on_a_cases_page(open_report: Open) -> None:
    run = answered(in_rows(HOSTILE_ANSWERS, 3))
    opened = open_report(run)
    for cell in run.cells[::3]:
        opened.go(f"{case_address(cell)}&against=gpt-mini")
        opened.go(case_address(cell))
        assert opened.foreign() == [], cell.trials[0].output[:200]
        assert opened.width == 1280
    opened.page.get_by_role("button", name="All 250,000 characters").first.click()
    assert not opened.page.title().startswith("PWNED")
    assert opened.complaints == []
    assert opened.requests == []


def test_hostile_answers_are_inert_on_a_cells_page(open_report: Open) -> None:
    run = answered(in_rows(HOSTILE_ANSWERS, 2))
    opened = open_report(run)
    for cell, beside in zip(run.cells[::2], run.cells[1::2], strict=True):
        opened.go(f"{address(cell)}&with={beside.column}")
        for button in opened.page.get_by_role("button", name="All ").all():
            button.click()
        assert opened.foreign() == [], cell.trials[0].output[:200]
        assert opened.width == 1280
    assert not opened.page.title().startswith("PWNED")
    assert opened.complaints == []
    assert opened.requests == []


def test_a_cells_page_lays_answers_out_and_has_them_raw_at_a_click(open_report: Open) -> None:
    run = answered([("# Refunds\n\n- **30** days", '{"a":[1]}')])
    opened = open_report(run, address(run.cells[0]))
    answer = opened.page.locator(".said.answer .text")
    assert answer.locator(".heading").inner_text() == "Refunds"
    assert answer.locator("strong").inner_text() == "30"
    opened.page.get_by_role("link", name="Raw text").click()
    opened.settle()
    assert answer.inner_text() == "# Refunds\n\n- **30** days"
    assert "raw=1" in opened.page.url
    opened.go(address(run.cells[1]))
    assert answer.locator("pre").inner_text() == '{\n  "a": [\n    1\n  ]\n}'


def test_an_unknown_case_says_so(open_report: Open) -> None:
    opened = open_report(synthetic_run(2, 2), "#case?id=gone")
    assert "No such case" in opened.page.inner_text("#case")
    assert opened.complaints == []
