"""Pictures that cases send, in the HTML report in Chromium."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sample_files import png

from pytest_arena.results import Cell, Response, RunResult, Trial
from pytest_arena.results.attached_file import AttachedFile


def sending(part: dict[str, Any], run: RunResult) -> tuple[RunResult, str]:
    """Return a run of one cell that sends a file, and the address of its page."""
    said = [{"type": "text", "text": "What is this?"}, part]
    trial = Trial(({"role": "user", "content": said},), (Response("red"),), verdict="passed")
    cell = Cell("a.yaml::Seen[m]", "a.yaml", "Seen", "m", None, "passed", trials=(trial,))
    return replace(run, cells=(cell,)), f"#cell?id={quote('a.yaml::Seen[m]', safe='')}"


def test_a_cell_shows_the_picture_that_it_sends(
    open_report: Callable[..., Any], run: RunResult, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "red.png").write_bytes(png())
    file = AttachedFile.of("image", "image/png", png(), name="photos/red.png")
    opened = open_report(*sending(file.part, run))
    assert "[image red.png 74 B]" in opened.page.inner_text("#cell")
    width = opened.page.locator(".pictures img").evaluate(
        "img => img.decode().then(() => img.naturalWidth)"
    )
    assert width == 8
    assert opened.complaints == []


def test_the_grid_and_the_cases_page_show_it_too(
    open_report: Callable[..., Any], run: RunResult, tmp_path: Path
) -> None:
    (tmp_path / "red.png").write_bytes(png())
    file = AttachedFile.of("image", "image/png", png(), name="red.png")
    sent, _ = sending(file.part, run)
    opened = open_report(sent, "#cells")
    assert opened.page.locator(".row .case .pictures img").count() == 1
    opened.page.locator(".row .title").click()
    opened.page.wait_for_selector("#case h1")
    shown = opened.page.locator("#case .asked .pictures img")
    assert shown.evaluate("img => img.decode().then(() => img.naturalWidth)") == 8
    assert opened.complaints == []


def test_a_file_that_is_another_one_by_now_is_named_alone(
    open_report: Callable[..., Any], run: RunResult, tmp_path: Path
) -> None:
    (tmp_path / "red.png").write_bytes(png(color=(0, 0, 0)))
    file = AttachedFile.of("image", "image/png", png(), name="red.png")
    opened = open_report(*sending(file.part, run))
    assert "[image red.png 74 B]" in opened.page.inner_text("#cell")
    assert opened.page.locator(".pictures").count() == 0
    assert opened.complaints == []
