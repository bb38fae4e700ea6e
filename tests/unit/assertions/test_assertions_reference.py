"""The reference pages are what the docstrings say."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.fixture(scope="module")
def pages() -> dict[Path, str]:
    script: dict[str, Any] = runpy.run_path(str(DOCS / "make_type_pages.py"))
    return script["pages"]()  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["assertions.md", "guardrails.md"])
def test_the_page_is_up_to_date(name: str, pages: dict[Path, str]) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == pages[DOCS / name], "run: python docs/make_type_pages.py"


def test_contains_says_that_it_ignores_case(pages: dict[Path, str]) -> None:
    assert "case is ignored by default" in pages[DOCS / "assertions.md"]
