"""Every code block of the README and of the documentation does what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs_blocks import blocks_of
from docs_trials import ROOT, Page

PAGES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/**/*.md", "arenas/**/*.md", "benchmarks/**/*.md")
    for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("page", PAGES)
def test_every_code_block_of_the_page_works(page: str, tmp_path: Path) -> None:
    trials = Page(tmp_path)
    for block in blocks_of(ROOT / page, page):
        try:
            trials.try_block(block)
        except AssertionError as error:
            pytest.fail(f"{block}:\n{error}\n\n{block.text}", pytrace=False)
    trials.try_examples()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_picture_of_the_page_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", text)
    for target in (first or second for first, second in targets):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), f"{page} links to {target}, which is not there"
        if anchor:
            assert anchor in _anchors(path), f"{page} links to {target}, which has no such heading"


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.+)$", path.read_text(encoding="utf-8"))
    words = (re.sub(r"[^\w\- ]", "", heading.lower()).strip() for heading in headings)
    return {heading.replace(" ", "-") for heading in words}
