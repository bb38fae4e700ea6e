"""Labels and variants on the overview: read by everybody, on a phone, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from labelled_cells import labelled_cell

from pytest_arena.results import Cell, RunInfo, RunResult

LABELS = ("billing", "refund", "a label of many words that is long")


def cell(number: int, variant: str) -> Cell:
    right = LABELS[number % 3]
    given = LABELS[0] if variant == "v1" and number % 4 else right
    made = labelled_cell(f"case {number}", right, [given if number % 5 else None], f"m/{variant}")
    return replace(made, provider="m", variant=variant)


RUN = RunResult(
    RunInfo("r", "2026-11-20T10:00:00Z", "0"),
    tuple(cell(number, variant) for number in range(12) for variant in ("v1", "v2")),
    finished_at="2026-11-20T10:01:00Z",
)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_labels_and_variants_are_accessible_and_as_wide_as_the_screen(
    open_report: Callable[..., Any], axe: str, width: int, scheme: str
) -> None:
    opened = open_report(RUN, viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened.page.evaluate(axe)
    assert opened.flaws() == []
    assert opened.width <= width
    assert opened.page.locator("h2", has_text="Variant against variant").is_visible()
    assert opened.page.locator("h3.labels").count() == 2
    assert opened.complaints == []
