"""Reports of a run that was compared with a baseline: the regressions first, and safely."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from synthetic_run import compared_with_baseline, synthetic_run

from pytest_arena.comparison import compare
from pytest_arena.reporting.base import Reporter
from pytest_arena.results import Cell, Count, GateFinding, RunResult
from pytest_arena.results.cell import Took
from pytest_arena.results.run import Gate
from pytest_arena_reporters import beside_baseline
from pytest_arena_reporters.csv import CsvReporter
from pytest_arena_reporters.html import HtmlReporter
from pytest_arena_reporters.json import JsonReporter
from pytest_arena_reporters.markdown import MarkdownReporter, render
from pytest_arena_reporters.markdown_text import LIMIT_BYTES
from pytest_arena_reporters.parquet import ParquetReporter
from pytest_arena_reporters.terminal import TerminalReporter

ALL = [CsvReporter, HtmlReporter, JsonReporter, MarkdownReporter, ParquetReporter]


@pytest.fixture(autouse=True)
def _outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def compared(
    cases: int = 40, *, regressed: int = 3, hostile: bool = False, trials: int = 1
) -> RunResult:
    run = synthetic_run(cases, 4, hostile=hostile, trials=trials)
    return compared_with_baseline(run, regressed=regressed, hostile=hostile)


def standing(**given: Any) -> GateFinding:
    made = GateFinding("regressed", "fell", Count(20, 20), Count(0, 3))
    return replace(made, **given)


def terminal(run: RunResult, width: int = 100, color: bool = False) -> list[str]:
    return TerminalReporter().render(run, width=width, color=color)


def without_gate(run: RunResult) -> RunResult:
    cells = tuple(replace(cell, standing=None, confirmation=()) for cell in run.cells)
    return replace(run, cells=cells, gate=None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "passed 20 of 20 → 0 of 3"),
        (
            {"fresh": Count(1, 8), "p_value": 0.02},
            "passed 20 of 20 → 0 of 3 → 1 of 8 fresh, p = .020",
        ),
        ({"before": None}, "passed – → 0 of 3"),
    ],
)
def test_counts_stand_in_the_order_of_events(given: dict[str, object], words: str) -> None:
    assert beside_baseline.tallies(standing(**given)) == words


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ((), "prompt and provider are as they were"),
        (("prompt",), "the prompt changed"),
        (("prompt", "provider"), "the prompt and the provider changed"),
        (("prompt", "provider", "judge"), "the prompt, the provider and the judge changed"),
    ],
)
def test_what_changed_is_named(changed: tuple[str, ...], words: str) -> None:
    cell = replace(synthetic_run(1, 1).cells[0], standing=standing(changed=changed))
    assert beside_baseline.what_changed(cell) == words


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ((), "prompt and provider are as they were, but build: a → b; x: 1 → 2"),
        (("provider",), "the provider changed (build: a → b; x: 1 → 2)"),
    ],
)
def test_each_difference_stands_beside_what_changed(
    changed: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    told = standing(changed=changed, differences=("build: a → b", "x: 1 → 2"))
    run = compared(1, regressed=1)
    (first, *rest) = run.cells
    run = replace(run, cells=(replace(first, standing=told), *rest))
    assert beside_baseline.what_changed(run.cells[0]) == words
    assert words in " ".join(line.strip() for line in terminal(run, 100))
    page = HtmlReporter().write(run, tmp_path).path.read_text(encoding="utf-8")
    assert words in page
    assert words in render(compare(run)).replace("\\", "")


def test_nothing_is_said_of_hashes_that_are_not_known() -> None:
    cell = replace(synthetic_run(1, 1).cells[0], standing=standing(), hashes={})
    assert beside_baseline.what_changed(cell) == ""


@pytest.mark.parametrize("reporter", ALL)
@pytest.mark.parametrize("hostile", [False, True])
def test_the_same_comparison_gives_the_same_bytes(
    reporter: type[Reporter], hostile: bool, tmp_path: Path
) -> None:
    written = [
        reporter().write(compared(12, hostile=hostile, trials=3), tmp_path).path.read_bytes()
        for _ in range(2)
    ]
    assert written[0] == written[1]


@pytest.mark.parametrize("reporter", [HtmlReporter, MarkdownReporter])
def test_without_a_gate_no_report_speaks_of_a_baseline(
    reporter: type[Reporter], tmp_path: Path
) -> None:
    text = reporter().write(without_gate(compared()), tmp_path).path.read_text(encoding="utf-8")
    static = text.split("<body>")[-1].split('<script type="application/x-arena"')[0]
    filters = '<select id="since" aria-label="Since the baseline"></select>'
    assert "baseline" not in static.replace(filters, "")


def test_the_terminal_names_regressions_and_counts_all_statuses() -> None:
    lines = terminal(compared())
    text = " ".join(" ".join(lines).split())
    assert (
        "Errors: 3 of 156 cells reached no verdict; 3 regressed, against .arena/baseline.jsonl"
        in text
    )
    assert "change" in lines[0]
    said = r"1 of 8 fresh trials passed, 20 of 20 did in the baseline; the prompt .*?changed"
    assert re.search(said, text)
    assert re.search(r"Against the baseline: 3 regressed, \d+ errors?, ", text)
    assert "2.1 points below the baseline's" in text
    assert "change: of the pass rate since the baseline, in points" in text


def test_the_terminal_shows_ten_regressions_at_most() -> None:
    lines = terminal(compared(60, regressed=14))
    assert "  … and 4 more" in lines


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("hostile", [False, True])
def test_the_terminal_keeps_its_width_and_obeys_nobody(width: int, hostile: bool) -> None:
    lines = terminal(compared(40, regressed=12, hostile=hostile, trials=2), width)
    assert max(len(line) for line in lines) <= width
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", "\n".join(lines))


def test_color_changes_nothing_but_the_styles() -> None:
    plain = [re.sub(r"\x1b\[\d+m", "", line) for line in terminal(compared(), color=True)]
    assert plain == terminal(compared())


def test_markdown_opens_with_the_gates_verdict_and_folds_regressions_with_their_diff() -> None:
    text = render(compare(compared()))
    assert "## ❌ Errors: 3 of 156 cells reached no verdict; 3 regressed, against" in text
    assert "<summary>3 cells regressed</summary>" in text
    assert "passed 20 of 20 → 0 of 1 → 1 of 8 fresh, p < .001" in text
    assert "```diff\n--- baseline\n+++ now\n" in text
    assert "| since the baseline |\n" in text
    assert "other cells failed or reached no verdict</summary>" in text


def judged(run: RunResult) -> RunResult:
    return replace(run, cells=tuple(c for c in run.cells if c.verdict in ("passed", "failed")))


@pytest.mark.parametrize(
    ("statuses", "failed", "fail_on", "mark"),
    [
        (("regressed", "still passing"), True, "regression", "❌"),
        (("still failing", "still passing"), False, "regression", "✅"),
        (("still failing", "still passing"), False, "any", "❌"),
        (("suspected", "still passing"), False, "regression", "⚠️"),
        (("still passing", "new"), False, "regression", "⚠️"),
        (("new", "new"), False, "none", "⚠️"),
        # what cannot be told fails the run, or not: it is never a tick
        (("blind", "still passing"), True, "regression", "❌"),
        (("blind", "still passing"), False, "regression", "⚠️"),
        (("new", "new"), True, "regression", "❌"),
    ],
)
def test_the_mark_is_that_of_the_gate(
    statuses: tuple[str, ...], failed: bool, fail_on: str, mark: str
) -> None:
    run = judged(compared())
    cells = tuple(
        replace(
            cell,
            verdict="passed" if status == "still passing" else "failed",
            standing=standing(status=status),
        )
        for cell, status in zip(run.cells, statuses, strict=False)
    )
    told = Gate("baseline.jsonl", failed, dict(Counter(statuses)))
    info = replace(run.info, options={"fail_on": fail_on})
    run = replace(run, info=info, cells=cells, gate=told)
    assert f"## {mark} " in render(compare(run))


@pytest.mark.parametrize("regressed", [15, 20, 40])
def test_markdown_folds_at_most_twenty_cells_in_all(regressed: int) -> None:
    text = render(compare(compared(60, regressed=regressed)), 10**6)
    folded = text.count("passed 20 of 20 →") + text.count(" (failed)  \n")
    assert folded + text.count(" (error)  \n") == 20
    if regressed >= 20:
        assert "other cells failed or reached no verdict: see the HTML report." in text


@pytest.mark.parametrize("limit", [0, 300, 2_000, 9_000, LIMIT_BYTES])
@pytest.mark.parametrize("hostile", [False, True])
def test_markdown_is_cut_without_breaking_a_tag(limit: int, hostile: bool) -> None:
    run = compared(60, regressed=30, hostile=hostile)
    long = tuple(_with_long_diff(cell) for cell in run.cells)
    text = render(compare(replace(run, cells=long)), limit)
    assert len(text.encode()) <= max(limit, 1)
    own = re.sub(r"^(`{3,})(?:text|diff)\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    for tag in ("details", "summary"):
        assert own.count(f"<{tag}>") == own.count(f"</{tag}>")


def _with_long_diff(cell: Cell) -> Cell:
    if cell.standing is None or not cell.standing.prompt_diff:
        return cell
    lines = (*cell.standing.prompt_diff, "+````", *("+世" * 500 for _ in range(50)))
    return replace(cell, standing=replace(cell.standing, prompt_diff=lines))


def test_hostile_fields_make_no_markup_in_markdown() -> None:
    from markdown_it import MarkdownIt

    text = render(compare(compared(hostile=True, regressed=8)))
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table"])
    rendered = re.sub(r"<!--.*?-->", "", str(parser.render(text)))
    known = "h2 p strong table thead tbody tr th td details summary pre code br"
    assert set(re.findall(r"<(\w+)", rendered)) <= set(known.split())
    outside = re.sub(r"<pre>.*?</pre>", "", rendered, flags=re.DOTALL)
    assert not re.search(r"@\w|#\d|://", outside)


def test_hostile_fields_make_no_tag_in_the_page(tmp_path: Path) -> None:
    def tags(run: RunResult) -> set[str]:
        page = HtmlReporter().write(run, tmp_path).path.read_text(encoding="utf-8")
        static = page.split("<body>")[1].split('<script type="application/x-arena"')[0]
        return set(re.findall(r"<(\w+(?: \w+=)?)", static))

    assert tags(compared(hostile=True, regressed=15)) == tags(compared(regressed=15))


def test_a_page_of_many_regressions_has_few_nodes(tmp_path: Path) -> None:
    run = compared(100, regressed=60)
    run = replace(run, cells=tuple(_with_long_diff(cell) for cell in run.cells))
    page = HtmlReporter().write(run, tmp_path).path.read_text(encoding="utf-8")
    static = page.split('<script type="application/x-arena"')[0]
    assert len(re.findall(r"<\w", static)) < 1400
    assert "These are the first 12 of 60." in static
    assert "… 42 more lines" in static


def test_the_json_report_holds_the_gate(tmp_path: Path) -> None:
    run = compared()
    text = JsonReporter().write(run, tmp_path).path.read_text(encoding="utf-8")
    document = json.loads(text)
    assert document["gate"]["baseline"] == ".arena/baseline.jsonl"
    assert document["gate"]["counts"]["regressed"] == 3
    assert {"regressed", "fixed"} <= {
        c["standing"]["status"] for c in document["cells"][:90] if c.get("standing")
    }
    bare = JsonReporter().write(without_gate(run), tmp_path).path.read_text(encoding="utf-8")
    assert json.loads(bare)["gate"] is None


def test_csv_holds_the_status_and_no_formula(tmp_path: Path) -> None:
    path = CsvReporter().write(compared(hostile=True), tmp_path).path
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(row["baseline_status"] == "regressed" for row in rows) == 3
    reasons = [row["baseline_reason"] for row in rows]
    assert not any(reason.startswith(("=", "+", "-", "@")) for reason in reasons)


def test_latency_and_cost_beside_the_baseline_stand_in_each_report(tmp_path: Path) -> None:
    run = compared()
    cells = tuple(
        replace(
            cell,
            standing=cell.standing
            and replace(cell.standing, took_before=Took(812, 0.001), took=Took(940, 0.002)),
        )
        for cell in run.cells
    )
    run = replace(run, cells=cells)
    words = "latency 812 ms → 940 ms, cost a trial $0.00100 → $0.00200"
    assert words in "\n".join(terminal(run, 120))
    assert f": {words}\n" in render(compare(run))
    assert f"</b> {words}</li>" in HtmlReporter().write(run, tmp_path).path.read_text("utf-8")
