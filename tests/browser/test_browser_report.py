"""The HTML report in Chromium: what people do with it, and what strangers cannot."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from synthetic_run import HOSTILE, synthetic_run

from pytest_arena.results import Cell, RunResult

Open = Callable[..., Any]

VIEWS = ("", "#cells", "#cells?layout=cells&verdict=failed", "#run")


def address(cell: Cell) -> str:
    return f"#cell?id={quote(f'{cell.file}::{cell.case}[{cell.provider}]', safe='')}"


def first(run: RunResult, verdict: str, case: str = "") -> Cell:
    return next(c for c in run.cells if c.verdict == verdict and case in c.case)


def status(opened: Any) -> str:
    return str(opened.page.inner_text("#status"))


def column(opened: Any, name: str) -> list[str]:
    return list(opened.page.locator(f".row .c-{name}").all_inner_texts())


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_every_view_is_accessible_quiet_and_as_wide_as_the_screen(
    open_report: Open, run: RunResult, axe: str, width: int, scheme: str
) -> None:
    opened = open_report(run, viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened.page.evaluate(axe)
    views = [*VIEWS, f"{address(first(run, 'failed'))}&with=haiku", address(first(run, "error"))]
    for view in views:
        opened.go(view or "#overview")
        assert opened.flaws() == [], view
        assert opened.width == width, view
    assert opened.complaints == []
    assert opened.requests == []


def test_without_javascript_verdict_leaderboard_and_failures_can_be_read(
    open_report: Open, run: RunResult
) -> None:
    page = open_report(run, java_script_enabled=False).page
    assert "leads: " in page.inner_text("h1#headline")
    assert page.locator(".board tbody tr:visible").count() == 4
    assert page.locator(".failures li:visible").count() == 12
    assert page.locator("svg.chart:visible").count() == 2
    assert page.locator("#run:visible .facts").count() == 1
    assert page.locator("#cells:visible").count() == 0


def test_filters_show_what_they_say_and_live_in_the_address(
    open_report: Open, run: RunResult
) -> None:
    opened = open_report(run, "#cells?layout=cells")
    assert status(opened) == "240 cells"
    opened.page.get_by_label("failed", exact=True).check()
    failed = [cell for cell in run.cells if cell.verdict == "failed"]
    assert status(opened) == f"{len(failed)} cells of 240"
    assert set(column(opened, "verdict")) == {"✕ failed"}
    opened.page.get_by_label("Provider", exact=True).select_option("haiku")
    mine = [cell for cell in failed if cell.provider == "haiku"]
    assert status(opened) == f"{len(mine)} cells of 240"
    opened.page.get_by_label("Check", exact=True).select_option("tone")
    broken = [
        c
        for c in mine
        if any(f.type == "tone" and f.verdict == "failed" for t in c.trials for f in t.assertions)
    ]
    assert status(opened) == f"{len(broken)} {'cell' if len(broken) == 1 else 'cells'} of 240"
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=all]")
    assert status(opened).startswith(f"{len(broken)} cell")
    assert opened.page.get_by_label("failed", exact=True).is_checked()
    opened.page.get_by_role("button", name="Clear filters").click()
    assert status(opened) == "240 cells"


def test_tags_and_differing_providers_filter_too(open_report: Open, run: RunResult) -> None:
    opened = open_report(run, "#cells?tag=safety")
    tagged = [cell for cell in run.cells if "safety" in cell.tags]
    cases = len({cell.case for cell in tagged})
    assert status(opened) == f"{cases} cases, {len(tagged)} cells of 240"
    opened.page.get_by_label("Tag", exact=True).select_option("")
    opened.page.get_by_label("Columns differ").select_option("verdicts")
    assert "differ=verdicts" in opened.page.url
    for row in opened.page.locator(".grid .row").all()[:5]:
        verdicts = {a.get_attribute("data-verdict") for a in row.locator(".answer").all()}
        assert len(verdicts - {"s"}) > 1


def test_search_finds_words_of_answers(open_report: Open, run: RunResult) -> None:
    cell = next(c for c in run.cells if c.trials and c.trials[0].output)
    phrase = (cell.trials[0].output or "")[40:70].strip()
    opened = open_report(run, "#cells?layout=cells")
    opened.page.keyboard.press("/")
    opened.page.keyboard.type(f'"{phrase}"')
    assert "1 cell of 240" in status(opened)
    assert column(opened, "case") == [cell.case]
    opened.page.fill("#search", "no such words anywhere")
    assert opened.page.inner_text(".empty") == "No cell matches these filters."


def test_a_click_on_a_header_sorts_and_absent_figures_stand_last(
    open_report: Open, run: RunResult
) -> None:
    opened = open_report(run, "#cells?layout=cells")
    times = sorted(c.trials[0].latency_ms for c in run.cells if c.trials and c.trials[0].latency_ms)

    def shown(value: float) -> str:
        return f"{value:.0f} ms" if value < 999.5 else f"{value / 1000:.2f} s"

    opened.page.get_by_role("button", name="Latency").click()
    assert column(opened, "latency")[0] == shown(times[0])
    opened.page.get_by_role("button", name="Latency").click()
    assert column(opened, "latency")[0] == shown(times[-1])
    assert opened.page.locator("[aria-sort=descending]").count() == 1
    opened.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    opened.settle()
    assert column(opened, "latency")[-1] == "–"


def test_a_deep_link_opens_a_cell_with_all_that_is_known(open_report: Open, run: RunResult) -> None:
    cell = next(
        c
        for c in run.cells
        if c.verdict == "failed" and c.trials[0].responses and not c.case.startswith("Tone")
    )
    page = open_report(run, address(cell)).page
    assert page.inner_text("#cell h1") == cell.case
    assert page.locator(".tabs a[aria-current]").inner_text().endswith(cell.provider)
    finding = next(f for f in cell.trials[0].assertions if f.verdict == "failed")
    assert f"{finding.type}: {finding.reason}" in page.inner_text(".verdict")
    assert f"line {finding.line}" in page.inner_text(".findings")
    answer = page.locator(".said.answer .text").inner_text()
    assert answer.split() == (cell.trials[0].output or "").split()
    assert page.inner_text(".facts").startswith("Latency")


def test_tool_calls_guardrails_and_errors_are_told(open_report: Open, run: RunResult) -> None:
    tools = next(c for c in run.cells if c.trials and c.trials[0].tool_calls)
    opened = open_report(run, address(tools))
    assert "tool call: find_order" in opened.page.inner_text("#cell")
    assert '"state": "sent"' in opened.page.inner_text("#cell")
    blocked = next(c for c in run.cells if c.trials and c.trials[0].guardrails)
    opened.go(address(blocked))
    assert "guardrail banned_words on input: banned word" in opened.page.inner_text(".verdict")
    assert "There was no answer." in opened.page.inner_text("#cell")
    opened.go(address(first(run, "error")))
    assert "timeout: " in opened.page.inner_text(".verdict")
    opened.go(address(first(run, "skipped")))
    assert "waits for the new policy" in opened.page.inner_text(".verdict")


def test_what_has_a_label_is_shown_under_it(open_report: Open) -> None:
    run = synthetic_run(1, 2, rich=False)
    cell, other = run.cells
    (trial,) = cell.trials
    answers = tuple(
        replace(answer, filtered=True, reasoning="Hm, <i>so</i>.") for answer in trial.responses
    )
    cell = replace(cell, trials=(replace(trial, responses=answers),), over_budget="<b>of $1</b>")
    opened = open_report(replace(run, cells=(cell, other)), address(cell))
    told = opened.page.inner_text("#cell").lower()
    assert re.search(r"over budget\s+<b>of \$1</b>", told)
    assert re.search(r"content filtered\s+yes", told)
    opened.page.get_by_text("reasoning", exact=True).click()
    assert opened.page.locator("details pre").first.inner_text() == "Hm, <i>so</i>."
    opened.go(address(other))
    assert opened.page.get_by_text("reasoning", exact=True).count() == 0
    assert "filtered" not in opened.page.inner_text("#cell").lower()
    assert opened.complaints == []


def test_trials_can_be_looked_at_one_by_one(open_report: Open) -> None:
    run = synthetic_run(4, 2, trials=3, rich=False)
    opened = open_report(run, address(run.cells[0]))
    opened.page.get_by_role("link", name="Trial 3").click()
    opened.settle()
    shown = opened.page.locator(".said.answer .text").inner_text()
    assert shown.split() == (run.cells[0].trials[2].output or "").split()
    assert "trial=2" in opened.page.url


def test_the_words_in_which_two_providers_differ_are_marked(open_report: Open) -> None:
    run = synthetic_run(1, 2, rich=False)
    texts = ("Open the link and click it now.", "Open the mail and click it now, please.")
    cells = tuple(
        replace(
            c,
            trials=(
                replace(c.trials[0], responses=(replace(c.trials[0].responses[0], output=text),)),
            ),
        )
        for c, text in zip(run.cells, texts, strict=True)
    )
    opened = open_report(replace(run, cells=cells), address(cells[0]))
    opened.page.get_by_label("Word by word against").select_option("gpt-mini")
    opened.settle()
    assert opened.page.locator("#diff del").all_inner_texts() == ["mail", "now, please."]
    assert opened.page.locator("#diff ins").all_inner_texts() == ["link", "now."]
    assert "with=gpt-mini" in opened.page.url


def test_both_answers_can_be_read_back_from_their_difference(open_report: Open) -> None:
    generator = random.Random(4)
    words = ["a", "b", "c", " ", "  ", "\n", "d."]
    run = synthetic_run(25, 2, rich=False)
    cells = tuple(
        replace(
            c,
            trials=(
                replace(
                    c.trials[0],
                    responses=(
                        replace(
                            c.trials[0].responses[0],
                            output="x" + "".join(generator.choices(words, k=12)),
                        ),
                    ),
                ),
            ),
        )
        for c in run.cells
    )
    opened = open_report(replace(run, cells=cells))
    for own, other in zip(cells[::2], cells[1::2], strict=True):
        if own.trials[0].output == other.trials[0].output:
            continue
        opened.go(f"{address(own)}&with={other.provider}")
        opened.page.wait_for_selector("#diff")
        parts = opened.page.evaluate(
            "() => [...document.getElementById('diff').children]"
            ".map(part => [part.tagName, part.textContent])"
        )
        assert "".join(t for tag, t in parts if tag != "DEL") == own.trials[0].output
        assert "".join(t for tag, t in parts if tag != "INS") == other.trials[0].output


def test_keys_walk_open_and_close(open_report: Open, run: RunResult) -> None:
    opened = open_report(run, "#cells?layout=cells&verdict=failed")
    page = opened.page
    failed = [cell for cell in run.cells if cell.verdict == "failed"]
    for key in "jjk":
        page.keyboard.press(key)
    assert page.locator(".row.chosen .c-case").inner_text() == failed[0].case
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    opened.settle()
    assert page.inner_text("#cell h1") == failed[1].case
    page.keyboard.press("j")
    opened.settle()
    assert page.inner_text("#cell h1") == failed[2].case
    assert f"3 of {len(failed)}" in page.inner_text(".crumbs")
    page.keyboard.press("Escape")
    opened.settle()
    assert page.locator("#cells:visible").count() == 1
    assert "verdict=failed" in page.url
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("j?")
    assert page.input_value("#search") == "j?"
    assert opened.complaints == []


def test_the_back_button_returns_to_the_list_where_it_was(
    open_report: Open, run: RunResult
) -> None:
    opened = open_report(run, "#cells?layout=cells")
    opened.page.evaluate("scrollTo(0, 3000)")
    opened.settle()
    opened.page.locator(".row .c-case a").nth(8).click()
    opened.page.wait_for_selector("#cell h1")
    opened.settle()
    opened.page.go_back()
    opened.settle()
    assert opened.page.evaluate("scrollY") > 2000


def test_hostile_text_in_every_field_changes_nothing(open_report: Open) -> None:
    run = synthetic_run(30, 4, hostile=True)
    opened = open_report(run)
    failed = [address(cell) for cell in run.cells if cell.verdict in ("failed", "error")]
    for view in [*VIEWS, *failed[:12]]:
        opened.go(view or "#overview")
        assert not opened.page.title().startswith("PWNED")
        assert opened.page.locator("main img, main iframe, main script").count() == 0
    assert opened.complaints == []
    assert opened.requests == []
    opened.go(failed[0])
    names = opened.page.inner_text(".tabs")
    assert HOSTILE[0] in names
    assert HOSTILE[1] in names


@pytest.mark.parametrize("width", [360, 1280])
def test_long_names_do_not_widen_the_page(open_report: Open, width: int) -> None:
    run = synthetic_run(6, 3, hostile=True)
    cells = tuple(
        replace(cell, case="W" * 300 + cell.case, provider=cell.provider + "x" * 120)
        for cell in run.cells
    )
    opened = open_report(replace(run, cells=cells), viewport={"width": width, "height": 800})
    for view in [*VIEWS, address(first(replace(run, cells=cells), "failed"))]:
        opened.go(view or "#overview")
        assert opened.width == width, view


def test_the_page_may_not_parse_html_itself(open_report: Open) -> None:
    opened = open_report(synthetic_run(2, 2))
    blocked = opened.page.evaluate(
        "() => { try { document.body.innerHTML = '<img src=x>'; return '' }"
        " catch (error) { return error.name } }"
    )
    assert blocked == "TypeError"


def test_an_unknown_cell_says_so(open_report: Open) -> None:
    opened = open_report(synthetic_run(2, 2), "#cell?id=gone")
    assert "No such cell" in opened.page.inner_text("#cell")
    assert opened.complaints == []


@pytest.mark.parametrize("count", [0, 1])
def test_a_run_of_almost_nothing_opens(open_report: Open, count: int) -> None:
    opened = open_report(synthetic_run(count, 1))
    for view in VIEWS:
        opened.go(view or "#overview")
    assert opened.complaints == []


def test_a_cell_opens_at_the_trial_that_stands_for_its_verdict(open_report: Open) -> None:
    run = synthetic_run(1, 1, trials=3, rich=False)
    (cell,) = run.cells
    verdicts = ("passed", "failed", "passed")
    trials = tuple(replace(t, verdict=v) for t, v in zip(cell.trials, verdicts, strict=True))
    cell = replace(cell, verdict="failed", trials=trials)
    page = open_report(replace(run, cells=(cell,)), address(cell)).page
    assert page.locator("nav[aria-label=Trials] [aria-current]").inner_text().endswith("Trial 2")


PAGES = ("", "#cells", "#cells?density=full", "case", "cell", "#run")
A4 = {"width": 703, "height": 1040}
"""What A4 leaves between the margins, in CSS pixels."""


@pytest.mark.parametrize("view", PAGES)
def test_nothing_is_cut_off_on_paper(open_report: Open, compared: RunResult, view: str) -> None:
    cell = next(c for c in compared.cells if c.standing and c.standing.status == "regressed")
    pages = {"cell": address(cell), "case": address(cell).replace("#cell", "#case").split("%5B")[0]}
    opened = open_report(compared, pages.get(view, view), viewport=A4)
    opened.page.emulate_media(media="print")
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.width <= A4["width"]
    assert opened.page.locator("button.link:visible, :is(select, input, .top):visible").count() == 0


def tabbed_to(page: Any, wanted: str, key: str = "Tab") -> None:
    """Press a key until what has the focus fits a selector; it must be seen to have it."""
    for _ in range(80):
        page.keyboard.press(key)
        focused = page.evaluate(
            "wanted => { const at = document.activeElement, seen = at.closest('label') ?? at;"
            " const outlined = one => getComputedStyle(one).outlineStyle !== 'none';"
            " const { top, bottom } = seen.getBoundingClientRect();"
            " return { fits: at.matches(wanted), shown: outlined(at) || outlined(seen),"
            " inSight: bottom > 0 && top < innerHeight, html: at.outerHTML.slice(0, 120) } }",
            wanted,
        )
        assert focused["shown"], focused["html"]
        assert focused["inSight"], focused["html"]
        if focused["fits"]:
            return
    raise AssertionError(f"{wanted} was not reached")


def test_a_whole_session_goes_by_tab_alone(open_report: Open, run: RunResult) -> None:
    opened = open_report(run)
    page = opened.page
    tabbed_to(page, "[data-view=cells]")
    page.keyboard.press("Enter")
    opened.settle()
    tabbed_to(page, "#search")
    page.keyboard.type("refund")
    tabbed_to(page, "#verdicts [value=failed]")
    page.keyboard.press("Space")
    assert "verdict=failed" in page.url
    tabbed_to(page, "#labels")
    page.keyboard.press("Space")
    tabbed_to(page, ".row .thumb.fail")
    page.keyboard.press("Enter")
    assert page.locator(".thumb.fail[aria-pressed=true]").count() == 1
    tabbed_to(page, ".row .title")
    title = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_selector("#case h1")
    opened.settle()
    assert page.inner_text("#case h1") == title
    tabbed_to(page, "#case .line a")
    page.keyboard.press("Enter")
    page.wait_for_selector("#cell h1")
    opened.settle()
    assert page.evaluate("document.activeElement.tagName") == "H1"
    tabbed_to(page, "#cell .crumbs a[href^='#cells']", "Shift+Tab")
    page.keyboard.press("Enter")
    opened.settle()
    assert "verdict=failed" in page.url
    assert page.input_value("#search") == "refund"
    assert page.evaluate("document.activeElement.textContent") == title
    tabbed_to(page, "[data-view=run]", "Shift+Tab")
    page.keyboard.press("Enter")
    opened.settle()
    assert page.locator("#run:visible").count() == 1


def test_print_shows_the_overview_without_the_controls(open_report: Open, run: RunResult) -> None:
    page = open_report(run).page
    page.emulate_media(media="print")
    assert page.locator(".top:visible").count() == 0
    assert page.locator(".board:visible").count() == 1


@pytest.mark.slow
@pytest.mark.untraced  # writing so large a report takes twice as long when traced
def test_ten_thousand_cells_open_and_filter_with_few_nodes(
    open_report: Open, tmp_path: Any
) -> None:
    from pytest_arena_reporters.html import HtmlReporter

    path = HtmlReporter().write(synthetic_run(2500, 4, answer_chars=1000), tmp_path).path
    assert path.stat().st_size < 5_000_000
    # looking at each name takes as long again as the page itself
    opened = open_report(path, "#cells?layout=cells", strict=False)
    opened.page.evaluate(
        "() => { const box = document.getElementById('search');"
        " box.value = 'password'; box.dispatchEvent(new Event('input')) }"
    )
    assert re.fullmatch(r"[\d,]+ cells of 10,000", status(opened))
    for view in ("#overview", "#cells", "#cells?layout=cells"):
        opened.go(view)
        assert opened.page.evaluate("document.querySelectorAll('*').length") < 1500
