"""The grid in Chromium: answers side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from answers import HOSTILE_ANSWERS, answered, answering
from synthetic_run import synthetic_run

from pytest_arena.comparison import compare
from pytest_arena.results import RunResult, ToolCall
from pytest_arena_reporters import figures

Open = Callable[..., Any]

THREE = ("You can return it within 30 days.", "You can return it within 14 days.", "No.")


def grid_row(opened: Any, number: int) -> Any:
    return opened.page.locator(f".grid .row[data-row='{number}']")


def texts_of(opened: Any, number: int) -> list[str]:
    return list(grid_row(opened, number).locator(".text").all_inner_texts())


def marked(opened: Any, number: int) -> list[str]:
    """Return what is marked in a row, which may be compared a little later than it is shown."""
    marks = grid_row(opened, number).locator("mark")
    marks.first.wait_for()
    return list(marks.all_inner_texts())


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_the_grid_is_accessible_and_as_wide_as_the_screen_in_every_density(
    open_report: Open, run: RunResult, axe: str, width: int, scheme: str
) -> None:
    opened = open_report(run, viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened.page.evaluate(axe)
    for view in (
        "#cells?density=ticks",
        "#cells?density=full&against=haiku",
        "#cells?verdict=failed",
    ):
        opened.go(view)
        opened.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert opened.flaws() == [], view
        assert opened.width == width, view
    assert opened.complaints == []
    assert opened.requests == []


def test_answers_stand_side_by_side_with_verdict_reason_and_figures(
    open_report: Open, run: RunResult
) -> None:
    opened = open_report(run, "#cells")
    cells = [cell for cell in run.cells if cell.case == run.cells[0].case]
    row = grid_row(opened, 0)
    assert row.locator(".case .title").inner_text() == cells[0].case
    prompt = str(cells[0].trials[0].messages[1]["content"])
    assert row.locator(".case .prompt").inner_text().startswith(prompt[:60])
    for cell, shown in zip(cells, row.locator(".answer").all(), strict=True):
        assert cell.verdict in shown.locator(".line").inner_text()
        assert (cell.trials[0].output or "")[:40] in shown.inner_text()
        if cell.verdict == "failed":
            found = next(f for f in cell.trials[0].assertions if f.verdict == "failed")
            assert f"{found.type}: {found.reason}" in shown.locator(".why").inner_text()
        assert figures.dollars(cell.trials[0].cost_usd) in shown.locator(".figures").inner_text()


def test_the_head_of_a_column_says_what_the_leaderboard_says_and_stays_in_view(
    open_report: Open, run: RunResult
) -> None:
    opened = open_report(run, "#cells")
    heads = opened.page.locator(".head [role=columnheader]:not(.case)")
    summaries = {summary.provider: summary for summary in compare(run).summaries}
    for head in heads.all():
        summary = summaries[head.locator("b").inner_text()]
        rate = summary.counts.pass_rate
        assert rate
        assert f"{rate.value:.0%}".replace("%", " %") in head.inner_text()
        assert figures.timing(summary.latency.p50) in head.inner_text()
    opened.page.evaluate("scrollTo(0, 3000)")
    opened.settle()
    assert heads.first.bounding_box()["y"] == pytest.approx(48, abs=1)


def test_more_of_a_case_is_a_click_or_a_key_away(open_report: Open) -> None:
    long = "An answer of many words. " * 40
    opened = open_report(answered([(long, "Short."), ("a", "b")]), "#cells")
    (shown, _) = texts_of(opened, 0)
    assert len(shown) < 700
    opened.page.get_by_role("button", name="More of").first.click()
    assert texts_of(opened, 0)[0].strip() == long.strip()
    assert opened.page.locator(".row.open").count() == 1
    top = grid_row(opened, 1).bounding_box()["y"]
    assert top > grid_row(opened, 0).bounding_box()["y"] + 200
    opened.page.keyboard.press("j")
    opened.page.keyboard.press("x")
    assert opened.page.locator(".row.open").count() == 0
    opened.page.keyboard.press("d")
    assert "density=full" in opened.page.url
    assert opened.page.locator(".row.open").count() == 2


def test_a_very_long_answer_is_whole_at_a_click(open_report: Open) -> None:
    run = answered([("word " * 2_000 + "the end", "b")])
    opened = open_report(run, "#cells?density=full")
    assert "the end" not in opened.page.inner_text("#list")
    opened.page.get_by_role("button", name="All 10,007 characters").click()
    assert "the end" in opened.page.inner_text(".text.all")


def test_words_that_differ_from_the_chosen_column_are_marked(open_report: Open) -> None:
    opened = open_report(answered([THREE, ("Yes.", "Yes.", "")]), "#cells")
    assert opened.page.locator("mark").count() == 0
    opened.page.get_by_role("button", name="haiku").click()
    assert marked(opened, 0) == ["14", "No."]
    grid_row(opened, 1).get_by_text("Says the same as haiku.").wait_for()
    assert texts_of(opened, 0)[1] == THREE[1]
    assert texts_of(opened, 1) == ["Yes.", "Says the same as haiku.", "(empty)"]
    assert "against=haiku" in opened.page.url
    opened.page.get_by_label("Mark differences").select_option("gpt-mini")
    assert marked(opened, 0) == ["30", "No."]


def much_to_compare() -> RunResult:
    words = [[f"{n}{'abcd'[column]}{n % 7} same" for n in range(190)] for column in range(4)]
    return answered([[" ".join(own[row % 9 :]) for own in words] for row in range(60)])


def test_rows_that_are_compared_later_are_marked_too(open_report: Open) -> None:
    opened = open_report(much_to_compare(), "#cells?against=haiku")
    opened.page.evaluate("scrollTo(0, 4000)")
    opened.page.wait_for_function(
        "() => [...document.querySelectorAll('.grid .row')].every(row =>"
        " row.querySelectorAll('.answer:has(mark)').length === 3)"
    )
    assert opened.complaints == []


def test_scripts_without_blanks_and_json_are_compared_by_signs_and_entries(
    open_report: Open,
) -> None:
    one, two = "三十日以内に返品できます。", "十四日以内に返品できます。"
    data, same = '{"a":1,"b":[1,2]}', '{"a": 1, "b": [1, 3]}'
    rows = [(one, two), (data, same), (data, '{"a": 1, "b": [1, 2]}')]
    opened = open_report(answered(rows), "#cells?against=haiku")
    assert marked(opened, 0) == ["四"]
    assert marked(opened, 1) == ["3"]
    grid_row(opened, 2).get_by_text("Holds the same JSON as haiku.").wait_for()


def test_the_way_back_from_a_case_leads_to_where_one_was(open_report: Open) -> None:
    texts = [("word " * (10 + number * 37 % 300), "b") for number in range(60)]
    opened = open_report(answered(texts), "#cells?density=full")
    for _ in range(8):
        opened.page.evaluate("scrollBy(0, 500)")
        opened.settle()
    row = opened.page.locator(".row").nth(3)
    case, place = row.locator(".title").inner_text(), row.bounding_box()["y"]
    row.locator(".title").evaluate("link => link.click()")
    opened.page.wait_for_selector("#case h1")
    opened.page.go_back()
    opened.settle()
    again = opened.page.locator(".row", has_text=case)
    assert again.bounding_box()["y"] == pytest.approx(place, abs=2)


def test_columns_are_hidden_and_put_in_order_and_live_in_the_address(open_report: Open) -> None:
    opened = open_report(answered([THREE]), "#cells")
    names = opened.page.locator(".head .name b")
    opened.page.get_by_text("Columns", exact=True).click()
    opened.page.get_by_role("checkbox", name="gpt-mini").uncheck()
    assert names.all_inner_texts() == ["haiku", "sonnet"]
    opened.page.get_by_role("button", name="Move sonnet left").press("Enter")
    assert names.all_inner_texts() == ["sonnet", "haiku"]
    assert texts_of(opened, 0) == [THREE[2], THREE[0]]
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=all]")
    assert names.all_inner_texts() == ["sonnet", "haiku"]
    assert opened.page.inner_text("#status").startswith("1 case, 2 cells of 3")
    opened.page.get_by_role("button", name="Clear filters").click()
    assert names.all_inner_texts() == ["haiku", "gpt-mini", "sonnet"]


def test_an_arena_alone_shows_its_own_columns(open_report: Open) -> None:
    run = answered([("a", "b"), ("c", "d")])
    cells = (replace(run.cells[0], file="one.yaml"), replace(run.cells[3], file="two.yaml"))
    opened = open_report(replace(run, cells=cells), "#cells")
    names = opened.page.locator(".head .name b")
    assert names.all_inner_texts() == ["haiku", "gpt-mini"]
    assert opened.page.locator(".row .file").all_inner_texts() == ["one.yaml", "two.yaml"]
    opened.page.get_by_label("Arena", exact=True).select_option("two.yaml")
    assert names.all_inner_texts() == ["gpt-mini"]
    assert "file=two.yaml" in opened.page.url
    assert opened.page.locator(".row .title").all_inner_texts() == [cells[1].case]
    assert opened.page.locator(".row .file").count() == 0


def test_only_where_the_shown_columns_differ(open_report: Open) -> None:
    run = answered([("a", "a", "b"), ("c", "c", "c"), ("a", "b", "b")], verdict="passed")
    failed = replace(run.cells[4], verdict="failed")
    run = replace(run, cells=(*run.cells[:4], failed, *run.cells[5:]))
    opened = open_report(run, "#cells?differ=answers")
    titles = opened.page.locator(".row .title")
    assert titles.all_inner_texts() == [run.cells[0].case, run.cells[6].case]
    opened.go("#cells?differ=answers&column=haiku&column=gpt-mini")
    assert titles.all_inner_texts() == [run.cells[6].case]
    opened.go("#cells")
    opened.page.get_by_label("Columns differ").select_option("verdicts")
    assert titles.all_inner_texts() == [run.cells[3].case]


def test_words_of_a_search_are_marked_and_brought_into_sight(open_report: Open) -> None:
    late = "word " * 300 + "a (refund) of $5+ is due" + " end" * 200
    opened = open_report(answered([(late, "Refund?"), ("no", "no")]), "#cells")
    opened.page.fill("#search", "refund")
    marks = grid_row(opened, 0).locator("mark")
    assert marks.all_inner_texts() == ["refund", "Refund"]
    assert texts_of(opened, 0)[0].startswith("…word")
    opened.page.fill("#search", '"(refund) of $5+"')
    assert marks.all_inner_texts() == ["(refund) of $5+"]
    opened.page.get_by_label("Full").check()
    assert marks.all_inner_texts() == ["(refund) of $5+"]
    assert texts_of(opened, 0)[0].startswith("word word")


def test_what_failed_as_expected_is_marked_as_such(open_report: Open) -> None:
    run = answered([("a", "b"), ("c", "d")], verdict="failed")
    cells = (replace(run.cells[0], xfail="a known bug"), *run.cells[1:])
    opened = open_report(replace(run, cells=cells), "#cells")
    assert grid_row(opened, 0).locator(".line").all_inner_texts() == ["✕ xfailed", "✕ failed"]
    opened.page.get_by_label("failed", exact=True).check()
    assert opened.page.inner_text("#status").startswith("2 cases, 3 cells of 4")
    opened.page.get_by_label("failed", exact=True).uncheck()
    opened.page.get_by_label("xfailed", exact=True).check()
    assert opened.page.inner_text("#status").startswith("1 case, 1 cell of 4")
    grid_row(opened, 0).locator(".line a").first.click()
    opened.page.wait_for_selector("#cell h1")
    assert "a known bug" in opened.page.inner_text("#cell")
    assert opened.complaints == []


def test_escape_closes_the_list_of_columns(open_report: Open, run: RunResult) -> None:
    opened = open_report(run, "#cells")
    opened.page.get_by_text("Columns", exact=True).click()
    assert opened.page.locator("#columns-list:visible").count() == 1
    opened.page.keyboard.press("Escape")
    assert opened.page.locator("#columns-list:visible").count() == 0
    opened.page.get_by_text("Columns", exact=True).click()
    opened.page.locator("#status").click()
    assert opened.page.locator("#columns-list:visible").count() == 0


def test_a_cases_variables_stand_beside_it_and_are_found(open_report: Open) -> None:
    run = answered([("a", "b"), ("c", "d")])
    first = tuple(replace(cell, variables={"country": "<b>Japan</b>"}) for cell in run.cells[:2])
    opened = open_report(replace(run, cells=(*first, *run.cells[2:])), "#cells")
    assert grid_row(opened, 0).locator(".variables").inner_text() == "country <b>Japan</b>"
    opened.page.fill("#search", "japan")
    assert opened.page.inner_text("#status").startswith("1 case, 2 cells of 4")


def test_tool_calls_are_chips(open_report: Open) -> None:
    run = synthetic_run(1, 2, rich=False)
    calls = (ToolCall("find_order", {"order": "<b>A-1042</b>"}), ToolCall("refund", {}, error="no"))
    cells = (answering(run.cells[0], "", tool_calls=calls), run.cells[1])
    opened = open_report(replace(run, cells=cells), "#cells")
    chips = opened.page.locator(".row .chip").all_inner_texts()
    assert chips == ['find_order {"order": "<b>A-1042</b>"}', "refund {}"]
    assert "(empty)" not in opened.page.inner_text(".row")


def test_markdown_and_json_are_laid_out_and_raw_at_a_click(open_report: Open) -> None:
    markdown = (
        "# Refunds\n\nWithin **30 days**, see `policy`:\n\n1. Open\n2. Choose\n   - deep\n\n"
        "| a | b |\n| --- | --- |\n| 1 | *two* |\n\n> quoted\n\n```json\n[1,{}]\n```\n"
        "[help](https://example.com) ![cat](cat.png)"
    )
    data = '{"n": 1.50, "n": [], "list": [1, "a, b: {c}"]}'
    opened = open_report(answered([(markdown, data, "5 * 3 = 15, or so")]), "#cells?density=full")
    first, second, third = grid_row(opened, 0).locator(".text").all()
    assert first.locator(".heading").inner_text() == "Refunds"
    assert first.locator("strong").inner_text() == "30 days"
    assert first.locator("code").inner_text() == "policy"
    assert first.locator("li").all_inner_texts() == ["1.\nOpen", "2.\nChoose", "•\ndeep"]
    assert first.locator("li.depth-2").count() == 1
    assert first.locator("td").all_inner_texts() == ["1", "two"]
    assert first.locator("blockquote").inner_text() == "quoted"
    assert first.locator("pre").inner_text() == "[\n  1,\n  {}\n]"
    assert first.locator(".address").all_inner_texts() == [
        "help (https://example.com)",
        "picture: cat (cat.png)",
    ]
    assert second.locator("pre").inner_text() == (
        '{\n  "n": 1.50,\n  "n": [],\n  "list": [\n    1,\n    "a, b: {c}"\n  ]\n}'
    )
    assert third.inner_text() == "5 * 3 = 15, or so"
    opened.page.get_by_label("Raw text").check()
    assert texts_of(opened, 0)[:2] == [markdown, data]
    assert "raw=1" in opened.page.url


@pytest.mark.parametrize(
    "view",
    [
        "#cells?density=full",
        "#cells?against=haiku",
        "#cells?raw=1",
        "#cells?labels=1&blind=1&density=full",
    ],
)
def test_hostile_answers_are_inert(open_report: Open, view: str) -> None:
    opened = open_report(answered([(text, "calm") for text in HOSTILE_ANSWERS]), view)
    for _ in HOSTILE_ANSWERS[::2]:
        opened.page.evaluate("scrollBy(0, 1200)")
        opened.settle()
        assert opened.foreign() == []
    opened.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    for _ in range(5):
        opened.settle()
    assert grid_row(opened, len(HOSTILE_ANSWERS) - 1).count() == 1
    assert not opened.page.title().startswith("PWNED")
    assert opened.width == 1280
    assert opened.complaints == []
    assert opened.requests == []


def test_only_rows_in_sight_are_nodes_and_each_is_reached(open_report: Open) -> None:
    run = synthetic_run(30, 4, rich=False)
    opened = open_report(run, "#cells?density=full")
    page = opened.page
    for _ in range(30):
        at_the_end = page.evaluate(
            "() => { const y = scrollY; scrollBy(0, 700); return scrollY === y }"
        )
        opened.settle()
        assert page.locator(".row").count() < 20
        # at once: rows around those in sight come when the scrolling rests
        boxes = page.evaluate(
            "() => [...document.querySelectorAll('.row')].map(row => {"
            " const { top, bottom } = row.getBoundingClientRect(); return [top, bottom] })"
        )
        ends = [bottom for _, bottom in boxes[:-1]]
        assert ends == pytest.approx([top for top, _ in boxes[1:]], abs=1)
        if at_the_end:
            break
    assert page.locator(".row .title").last.inner_text() == run.cells[-1].case
    assert page.locator(".row").last.get_attribute("aria-rowindex") == "31"


def test_what_is_in_sight_stays_where_it_is_when_rows_above_are_measured(
    open_report: Open,
) -> None:
    texts = [("word " * (40 + number * 37 % 300), "b") for number in range(60)]
    opened = open_report(answered(texts), "#cells?density=full")
    page = opened.page
    page.evaluate("scrollTo(0, 6000)")
    opened.settle()
    for _ in range(10):
        number, before = page.evaluate(
            "() => { const row = document.querySelectorAll('.row')[1];"
            " return [row.dataset.row, row.getBoundingClientRect().top] }"
        )
        page.evaluate("scrollBy(0, -200)")
        opened.settle()
        after = page.locator(f".row[data-row='{number}']").bounding_box()["y"]
        assert after == pytest.approx(before + 200, abs=2)


def test_who_goes_to_the_end_gets_there(open_report: Open) -> None:
    texts = [("word " * (700 + number * 37 % 300), "b") for number in range(60)]
    opened = open_report(answered(texts), "#cells?density=full")
    opened.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    for _ in range(5):
        opened.settle()
    assert opened.page.locator(".row").last.get_attribute("aria-rowindex") == "61"
    bottom = "scrollY + innerHeight - document.documentElement.scrollHeight"
    assert opened.page.evaluate(bottom) == pytest.approx(0, abs=2)


def test_on_a_phone_the_case_stays_and_the_columns_are_swiped(
    open_report: Open, run: RunResult
) -> None:
    opened = open_report(run, "#cells", viewport={"width": 390, "height": 800})
    page = opened.page
    case, head = page.locator(".row .case").first, page.locator(".head [role=columnheader]").nth(2)
    stays, moves = case.bounding_box()["x"], head.bounding_box()["x"]
    page.evaluate("document.getElementById('rows').parentElement.scrollLeft = 150")
    opened.settle()
    assert case.bounding_box()["x"] == stays
    assert head.bounding_box()["x"] == pytest.approx(moves - 150, abs=1)
    assert page.locator("#filters select:visible").count() == 0
    page.get_by_role("button", name="Filters").click()
    assert page.locator("#filters select:visible").count() > 3


def test_all_rows_are_printed(open_report: Open, run: RunResult) -> None:
    opened = open_report(run, "#cells")
    assert opened.page.locator(".row").count() < 30
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.page.locator(".row").count() == 60
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened.page.locator(".row").count() < 30


def test_what_differs_is_marked_in_all_rows_on_paper(open_report: Open) -> None:
    opened = open_report(much_to_compare(), "#cells?against=haiku")
    # nothing that is put off comes before the pages are printed
    marked = opened.page.evaluate(
        "() => { dispatchEvent(new Event('beforeprint'));"
        " return [...document.querySelectorAll('.grid .row')].map(row =>"
        " row.querySelectorAll('.answer:has(mark)').length) }"
    )
    assert marked == [3] * 60


def test_a_row_that_has_the_focus_keeps_it(open_report: Open, run: RunResult) -> None:
    opened = open_report(run, "#cells")
    opened.page.locator(".row .title").first.focus()
    opened.page.evaluate("scrollTo(0, 4000)")
    opened.settle()
    assert opened.page.evaluate("document.activeElement.textContent") == run.cells[0].case
    opened.page.evaluate("scrollTo(0, 0)")
    opened.settle()
    numbers = [int(row.get_attribute("data-row")) for row in opened.page.locator(".row").all()]
    assert numbers == sorted(numbers)
