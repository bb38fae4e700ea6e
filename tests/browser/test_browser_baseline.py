"""What the report shows beside a baseline, in Chromium."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from synthetic_run import compared_with_baseline, synthetic_run

from pytest_arena.results import Cell, RunResult

Open = Callable[..., Any]

UNCHANGED = ("still passing", "still failing")


def address(cell: Cell) -> str:
    return f"#cell?id={quote(f'{cell.file}::{cell.case}[{cell.provider}]', safe='')}"


def of(run: RunResult, status: str) -> list[Cell]:
    return [cell for cell in run.cells if cell.standing and cell.standing.status == status]


def status(opened: Any) -> str:
    return str(opened.page.inner_text("#status"))


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_what_changed_is_accessible_and_as_wide_as_the_screen(
    open_report: Open, compared: RunResult, axe: str, width: int, scheme: str
) -> None:
    opened = open_report(compared, viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened.page.evaluate(axe)
    told = next(cell for cell in of(compared, "regressed") if cell.standing.prompt_diff)
    lists = ("#cells?since=changed", "#cells?layout=cells&since=changed")
    for view in ("#overview", *lists, address(told), f"{address(told)}&trial=4"):
        opened.go(view)
        opened.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert opened.flaws() == [], view
        assert opened.width == width, view
    assert opened.complaints == []
    assert opened.requests == []


def test_without_javascript_the_regressions_can_be_read(
    open_report: Open, compared: RunResult
) -> None:
    page = open_report(compared, java_script_enabled=False).page
    assert page.inner_text("h1#headline").startswith("Errors: ")
    assert "; 6 regressed, against .arena/baseline.jsonl" in page.inner_text("h1#headline")
    assert page.locator(".regressions li:visible").count() == 3
    first = page.locator(".regressions li").first.inner_text()
    assert "passed 20 of 20 → 0 of 1 → 1 of 8 fresh, p < .001" in first
    assert "6 regressed" in page.locator(".statuses").inner_text()
    assert page.locator(".statuses a:visible").count() == 0
    page.get_by_text("3 more that regressed").click()
    assert page.locator(".regressions li:visible").count() == 6
    page.get_by_text("the prompt changed").first.click()
    assert page.locator(".diff del:visible").first.inner_text() == "-user: Please be kind."


def test_verdict_and_regressions_stand_above_the_fold(
    open_report: Open, compared: RunResult
) -> None:
    page = open_report(compared).page
    for part in ("h1#headline", ".statuses", ".regressions li:nth-child(3)", ".board thead"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] + box["height"] <= 800, part


def test_a_status_leads_to_its_cells(open_report: Open, compared: RunResult) -> None:
    opened = open_report(compared)
    opened.page.get_by_role("link", name="6 regressed").click()
    opened.settle()
    assert "since=regressed" in opened.page.url
    assert status(opened).endswith("6 cells of 240")
    insufficient = len(of(compared, "insufficient data"))
    opened.go("#overview")
    opened.page.get_by_role("link", name=f"{insufficient} insufficient data").click()
    opened.settle()
    assert status(opened).endswith(f"{insufficient} cells of 240")


def test_changed_only_lives_in_the_address(open_report: Open, compared: RunResult) -> None:
    opened = open_report(compared, "#cells?layout=cells")
    opened.page.get_by_label("Since the baseline", exact=True).select_option("changed")
    changed = [c for c in compared.cells if c.standing and c.standing.status not in UNCHANGED]
    assert status(opened) == f"{len(changed)} cells of 240"
    assert set(opened.page.locator(".row .c-since").all_inner_texts()).isdisjoint(UNCHANGED)
    assert "since=changed" in opened.page.url
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=all]")
    assert status(opened) == f"{len(changed)} cells of 240"
    opened.page.get_by_role("button", name="Since the baseline").click()
    assert opened.page.locator(".row .c-since").first.inner_text() == "regressed"
    opened.page.get_by_role("button", name="Clear filters").click()
    assert status(opened) == "240 cells"


def test_flaky_cells_are_marked_and_can_be_listed(open_report: Open, compared: RunResult) -> None:
    opened = open_report(compared, "#cells?layout=cells")
    opened.page.get_by_label("Flaky").check()
    flaky = [cell for cell in compared.cells if cell.flaky]
    assert status(opened) == f"{len(flaky)} cells of 240"
    rows = opened.page.locator(".row").count()
    assert opened.page.locator(".row .flaky").count() == rows > 0
    opened.go(address(flaky[0]))
    assert "flaky" in opened.page.inner_text(".verdict").lower()


def test_a_cell_tells_how_it_stands_and_its_fresh_trials_apart(
    open_report: Open, compared: RunResult
) -> None:
    cell = next(c for c in of(compared, "regressed") if c.trials_not_run == 1)
    opened = open_report(compared, address(cell))
    page = opened.page
    assert page.inner_text(".stands").lower().startswith("regressed: ")
    facts = page.inner_text("#cell .facts >> nth=0")
    assert "20 of 20 → 0 of 1" in facts
    assert "1 of 8 passed" in facts
    assert "contains (no. 1), any_of (no. 4) › contains (no. 2)" in facts
    left = "1 of 4 trials was not run: the outcome could not change any more."
    assert left in page.inner_text("#cell")
    tabs = page.get_by_role("navigation", name="Fresh trials").get_by_role("link")
    assert tabs.count() == 8
    tabs.nth(1).click()
    opened.settle()
    assert "trial=4" in page.url
    shown = page.locator(".said.answer .text").inner_text()
    assert shown.split() == (cell.confirmation[1].output or "").split()


def test_the_words_that_differ_from_the_baselines_answer_are_marked(
    open_report: Open, compared: RunResult
) -> None:
    cell = next(c for c in of(compared, "regressed") if c.standing and c.standing.output_before)
    opened = open_report(compared, f"{address(cell)}&trial=0")
    assert opened.page.locator("#diff-baseline del").first.inner_text().strip() == "Before:"
    assert "only the baseline says so" in opened.page.inner_text("#cell")


def test_without_a_baseline_nothing_of_one_is_shown(open_report: Open, run: RunResult) -> None:
    opened = open_report(run)
    assert opened.page.locator(".since").count() == 0
    opened.go("#cells?layout=cells")
    assert opened.page.locator("#since:visible, .c-since").count() == 0
    opened.go(address(run.cells[0]))
    assert "baseline" not in opened.page.inner_text("#cell").lower()


def test_hostile_text_beside_a_baseline_changes_nothing(open_report: Open) -> None:
    run = compared_with_baseline(
        synthetic_run(30, 4, trials=2, hostile=True), regressed=30, hostile=True
    )
    wide = tuple(replace(cell, case="W" * 200 + cell.case) for cell in run.cells)
    run = replace(run, cells=wide)
    opened = open_report(run, viewport={"width": 360, "height": 800})
    cells = [address(cell) for cell in of(run, "regressed")[:15]]
    for view in ("#overview", "#cells?since=changed", *cells):
        opened.go(view)
        opened.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert not opened.page.title().startswith("PWNED")
        assert opened.page.locator("main img, main iframe, main script").count() == 0
        assert opened.width == 360, view
    assert opened.complaints == []
    assert opened.requests == []
