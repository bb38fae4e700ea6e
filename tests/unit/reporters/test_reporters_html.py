"""The HTML report as a file: safe, whole without a script, small, and quick to write."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from synthetic_run import synthetic_run

from pytest_arena.comparison import compare
from pytest_arena.results import RunResult
from pytest_arena.results.trend import CellFlips, ColumnPoint, RunPoint, Trend
from pytest_arena_reporters.html import HtmlReporter
from pytest_arena_reporters.html.charts import Axis


def write(run: RunResult, directory: Path) -> str:
    return HtmlReporter().write(run, directory).path.read_text(encoding="utf-8")


def block(page: str, identity: str) -> Any:
    found = re.search(rf'<script type="application/x-arena" id="{identity}">([^<]*)</script>', page)
    assert found
    return json.loads(zlib.decompress(base64.b64decode(found[1])))


class Tags(HTMLParser):
    """The tags, attributes and scripts of a page as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.count = 0
        self.attributes: set[tuple[str, str]] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.count += 1
        self.attributes.update((tag, name) for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


@pytest.mark.parametrize("hostile", [False, True])
def test_nothing_loads_and_only_the_hashed_script_and_style_count(
    hostile: bool, tmp_path: Path
) -> None:
    page = write(synthetic_run(20, 4, hostile=hostile), tmp_path)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    found = dict(part.split(" ", 1) for part in policy[1].replace("&#39;", "'").split("; "))
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert style
    assert len(script) == 1
    for directive, text in (("style-src", style[1]), ("script-src", script[0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert found[directive] == f"'sha256-{digest}'"
    assert found["default-src"] == "'none'"
    assert found["require-trusted-types-for"] == "'script'"
    tags = Tags(page)
    assert all(link.startswith("#") for link in tags.links)
    assert not {"img", "iframe", "link", "object", "base"} & tags.tags
    assert not {name for _, name in tags.attributes if name.startswith("on") or name == "style"}


def test_hostile_and_harmless_runs_have_the_same_tags(tmp_path: Path) -> None:
    harmless = Tags(write(synthetic_run(20, 4), tmp_path))
    hostile = Tags(write(synthetic_run(20, 4, hostile=True), tmp_path))
    assert hostile.tags == harmless.tags
    assert hostile.attributes == harmless.attributes


def test_the_script_never_parses_html() -> None:
    folder = Path(__import__("pytest_arena_reporters.html", fromlist=["x"]).__file__ or "").parent
    for script in folder.glob("*.js"):
        source = script.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "http"):
            assert word not in source, f"{script.name} holds {word}"


def test_verdict_leaderboard_and_failures_stand_in_the_page_itself(tmp_path: Path) -> None:
    run = synthetic_run(30, 3)
    page = write(run, tmp_path)
    static = page.split('<script type="application/x-arena"', 1)[0]
    assert compare(run).conclusion.headline in static
    for provider in ("haiku", "gpt-mini", "sonnet"):
        assert f'<div class="who">{provider}' in static
    assert static.count('<a href="#cell?id=') == 12
    assert "These are the first 12 of" in static


def test_the_payload_holds_every_cell_and_each_text_once(tmp_path: Path) -> None:
    run = synthetic_run(60, 3, trials=2)
    page = write(run, tmp_path)
    index = block(page, "index")
    assert len(index["verdict"]) == len(run.cells)
    chunks = [block(page, f"chunk-{n}") for n in range(2)]
    assert [len(chunk["cells"]) for chunk in chunks] == [100, 80]
    for chunk in chunks:
        assert len(set(chunk["texts"])) == len(chunk["texts"])
    outputs = {t.output for c in run.cells for t in c.trials if t.output}
    assert outputs <= {text for chunk in chunks for text in chunk["texts"]}


def test_long_texts_of_several_chunks_are_stored_once_for_all(tmp_path: Path) -> None:
    run = synthetic_run(120, 2, rich=False)
    same = "I cannot help with that. " * 20
    cells = tuple(
        replace(
            c,
            trials=tuple(
                replace(t, responses=tuple(replace(r, output=same) for r in t.responses))
                for t in c.trials
            ),
        )
        for c in run.cells
    )
    page = write(replace(run, cells=cells), tmp_path)
    assert block(page, "shared") == [same]
    assert same not in block(page, "chunk-0")["texts"]


def test_too_large_a_report_cuts_passing_answers_first_and_says_so(tmp_path: Path) -> None:
    run = synthetic_run(150, 3, answer_chars=3000, rich=False)
    run = replace(run, info=replace(run.info, options={"report_max_mb": 0.5}))
    report = HtmlReporter().write(run, tmp_path)
    page = report.path.read_text(encoding="utf-8")
    assert report.path.stat().st_size <= 500_000
    assert report.note.startswith("answers of passed cells are cut to ")
    assert report.note.endswith(" to stay under 0.5 MB")
    assert "To keep this file small, answers of passed cells are cut to" in page
    texts = {text for n in range(5) for text in block(page, f"chunk-{n}")["texts"]}
    failed = [t.output for c in run.cells if c.verdict == "failed" for t in c.trials]
    assert set(failed) <= texts
    assert any("… [cut: " in text for text in texts)


def test_charts_are_valid_svg_without_odd_numbers(tmp_path: Path) -> None:
    for run in (synthetic_run(30, 6, hostile=True), synthetic_run(1, 2, rich=False)):
        for svg in re.findall(r"<svg.*?</svg>", write(run, tmp_path), re.DOTALL):
            ElementTree.fromstring(svg)
            assert "nan" not in svg.lower().replace("finance", "")
            assert not re.search(r'"(?:inf|-inf|None)"', svg)


@pytest.mark.parametrize(
    ("values", "log"),
    [
        ([1.0, 2.0], False),
        ([1.0, 1000.0], True),
        ([0.0, 1000.0], False),
        ([5.0], False),
        ([], False),
    ],
)
def test_an_axis_is_logarithmic_where_values_lie_far_apart(values: list[float], log: bool) -> None:
    axis = Axis(values, 0, 100)
    assert axis.log is log
    assert 1 <= len(axis.ticks()) <= 8
    assert all(
        -1 <= axis.at(value) <= 101 for value in [*values, *axis.ticks()] if value or not log
    )


@pytest.mark.parametrize("providers", [1, 2, 30])
def test_any_number_of_providers_has_a_page(providers: int, tmp_path: Path) -> None:
    page = write(synthetic_run(3, providers), tmp_path)
    assert ("Provider against provider" in page) is (providers > 1)


def test_a_page_of_many_providers_has_few_nodes(tmp_path: Path) -> None:
    page = write(synthetic_run(60, 20), tmp_path)
    assert Tags(page).count < 1400


def test_the_page_is_headed_by_the_arenas_and_shows_no_mapping_of_facts(tmp_path: Path) -> None:
    run = synthetic_run(2, 1)
    file = run.cells[0].file
    named = {"file": file, "name": "Refunds", "description": "What <we> say.", "versions": {"a": 1}}
    options = {"trials": 3, "arenas": [named]}
    page = write(replace(run, info=replace(run.info, options=options)), tmp_path)
    assert '<p class="arena"><b>Refunds</b> What &lt;we&gt; say.</p>' in page
    assert f'<th scope="row">{file}<small>Refunds</small></th>' in page
    assert "<dt>option trials</dt><dd>3</dd>" in page
    assert "option arenas" not in page


def test_expected_failures_are_counted_apart(tmp_path: Path) -> None:
    run = synthetic_run(3, 1)
    cells = tuple(replace(cell, verdict="failed", xfail="known") for cell in run.cells)
    page = write(replace(run, cells=cells), tmp_path)
    assert "<li><b>3</b> xfailed</li>" in page
    assert "<small>3 xfailed</small>" in page


def test_the_cost_says_what_it_leaves_out_and_what_this_run_did_not_pay(tmp_path: Path) -> None:
    run = synthetic_run(1, 2, rich=False)
    costs = iter((0.25, None))
    cells = tuple(
        replace(cell, trials=(replace(cell.trials[0], responses=(replace(answer, **kept),)),))
        for cell in run.cells
        for answer in cell.trials[0].responses[:1]
        for kept in ({"cost_usd": next(costs), "source": "cache"},)
    )
    page = write(replace(run, cells=cells), tmp_path)
    assert "<li><b>$0.250+</b> for answers</li>" in page
    assert "+ marks a lower bound: some answers have no known price." in page
    assert (
        "2 answers came from a recording or a cache: $0.250 of the cost is theirs, which this run "
        "did not pay. Their latencies are those of the calls that were kept."
    ) in page


def test_a_history_has_a_page_of_its_own(tmp_path: Path) -> None:
    run = synthetic_run(2, 2)
    name = run.cells[0].column
    points = tuple(
        RunPoint(
            f"r{day}",
            f"2026-11-{day:02}T10:00:00Z",
            {name: ColumnPoint(passed=day, failed=1, p50_ms=100.0 * day, cost_per_case_usd=0.01)},
        )
        for day in (1, 2, 3)
    )
    trend = Trend(points, (CellFlips("a.yaml::<b>[m]", "PFP", 2),))
    page = write(replace(run, trend=trend), tmp_path)
    assert '<a href="#history" data-view="history">' in page
    assert "a.yaml::&lt;b&gt;[m]" in page
    assert "<td>2 of 2</td>" in page
    for chart in ("trend-rate", "trend-latency", "trend-cost"):
        assert f'id="{chart}-title"' in page
    assert 'id="history"' not in write(replace(run, trend=Trend(points[:1])), tmp_path)


def test_a_history_without_prices_or_times_has_no_such_charts(tmp_path: Path) -> None:
    run = synthetic_run(1, 1)
    points = tuple(
        RunPoint(f"r{day}", f"2026-11-{day:02}T10:00:00Z", {"old": ColumnPoint(error=2)})
        for day in (1, 2)
    )
    page = write(replace(run, trend=Trend(points)), tmp_path)
    assert 'id="history"' in page
    assert "trend-rate" not in page
