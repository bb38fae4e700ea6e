"""What a first-time reader asks of a report, and that each answer is two clicks away at most.

CONTRIBUTING.md says how a person checks the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from synthetic_run import compared_with_baseline, synthetic_run

from pytest_arena.comparison import compare
from pytest_arena.results import RunResult

Open = Callable[..., Any]

SCREENS = [{"width": 1440, "height": 900}, {"width": 1024, "height": 768}]


def on_the_first_screen(opened: Any, selector: str) -> str:
    """Return a text that can be read without scrolling."""
    found = opened.page.locator(selector).first
    box = found.bounding_box()
    assert box["y"] + min(box["height"], 40) <= opened.page.viewport_size["height"], selector
    return str(found.inner_text())


@pytest.fixture
def opened(request: pytest.FixtureRequest, open_report: Open, run: RunResult) -> Any:
    return open_report(run, viewport=request.param)


@pytest.mark.parametrize("opened", SCREENS, indirect=True, ids=("1440", "1024"))
def test_who_is_best_stands_on_the_first_screen(opened: Any, run: RunResult) -> None:
    best = compare(run).standings[0].provider
    assert f"{best} leads" in " ".join(
        [on_the_first_screen(opened, "#headline"), on_the_first_screen(opened, ".reasons")]
    )
    assert best in on_the_first_screen(opened, ".board tbody tr")


@pytest.mark.parametrize("opened", SCREENS, indirect=True, ids=("1440", "1024"))
def test_where_two_models_differ_is_a_click_away(opened: Any) -> None:
    row = opened.page.locator("table", has_text="On the same cases").locator("tbody tr").first
    ahead, behind = row.locator("th").inner_text().split(" against ")
    row.get_by_role("link").click()
    opened.settle()
    assert opened.page.locator(".head .name b").all_inner_texts() == [ahead, behind]
    for case in opened.page.locator(".grid .row").all():
        verdicts = {
            answer.get_attribute("data-verdict") for answer in case.locator(".answer").all()
        }
        assert len(verdicts) == 2
    assert opened.page.locator(".grid mark.differs").count() > 0


@pytest.mark.parametrize("opened", SCREENS, indirect=True, ids=("1440", "1024"))
def test_why_a_case_failed_is_told_on_the_overview_and_whole_at_a_click(opened: Any) -> None:
    failed = opened.page.locator(".failures a").first
    case, why = failed.locator(".case").inner_text(), failed.locator(".why").inner_text()
    assert ": " in why
    failed.click()
    opened.settle()
    assert on_the_first_screen(opened, "#cell h1") == case
    assert why.split("; ")[0] in on_the_first_screen(opened, "#cell .verdict")
    assert opened.page.locator("#cell .findings .v-f").count() > 0


@pytest.mark.parametrize("screen", SCREENS, ids=("1440", "1024"))
def test_what_changed_since_main_stands_on_the_first_screen(
    open_report: Open, screen: dict[str, int]
) -> None:
    compared = compared_with_baseline(synthetic_run(60, 4), regressed=6)
    opened = open_report(compared, viewport=screen)
    assert "6 regressed" in on_the_first_screen(opened, "#headline")
    assert "6 regressed" in on_the_first_screen(opened, ".statuses")
    case = on_the_first_screen(opened, ".regressions .case")
    opened.page.locator(".regressions .case").first.click()
    opened.settle()
    assert on_the_first_screen(opened, "#cell h1") == case
    assert "Regressed" in on_the_first_screen(opened, "#cell .stands")
