"""The Markdown report: what a pull request shows, and nothing that a stranger wants it to."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from synthetic_run import HOSTILE, synthetic_run

from pytest_arena.comparison import compare
from pytest_arena.reporting.marker import MARKER
from pytest_arena.results import Cell, RunResult
from pytest_arena.results.trial import Verdict
from pytest_arena_reporters.markdown import MarkdownReporter, render
from pytest_arena_reporters.markdown_text import LIMIT_BYTES, fenced, inline


@pytest.fixture(autouse=True)
def _outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def html(text: str) -> str:
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": True}).enable(["table"]).render(text))


def write(run: RunResult, directory: Path) -> str:
    return MarkdownReporter().write(run, directory).path.read_text(encoding="utf-8")


def test_the_marker_comes_first_and_only_once(tmp_path: Path) -> None:
    text = write(synthetic_run(10, 3, hostile=True), tmp_path)
    assert text.startswith(f"{MARKER}\n## ")
    assert text.count(MARKER) == 1


def test_the_table_has_a_row_a_provider_with_its_difference_from_the_best(tmp_path: Path) -> None:
    run = synthetic_run(30, 3)
    text = write(run, tmp_path)
    leaderboard = text[: text.index("| not all green |")]
    rows = [line for line in leaderboard.splitlines() if line.startswith("|")][2:]
    best = compare(run).standings[0].provider
    assert rows[0].startswith(f"| {inline(best)} |")
    assert rows[0].endswith("| – |")
    assert all("p = " in row or "p < " in row for row in rows[1:])


def test_at_most_twenty_failures_are_folded(tmp_path: Path) -> None:
    text = write(synthetic_run(60, 3, answer_chars=100), tmp_path)
    assert text.count("<details>") == text.count("</details>") == 1
    assert text.count(" (failed)  \n") + text.count(" (error)  \n") == 20
    assert re.search(r"… and \d+ more: see the HTML report\.\n\n</details>", text)


def test_a_run_without_failure_folds_nothing(tmp_path: Path) -> None:
    run = synthetic_run(5, 2, rich=False)
    passed = tuple(replace(cell, verdict="passed") for cell in run.cells)
    text = write(replace(run, cells=passed), tmp_path)
    assert "<details>" not in text
    assert "## ✅ " in text


@pytest.mark.parametrize("limit", [0, 300, 2_000, 9_000, LIMIT_BYTES])
@pytest.mark.parametrize("hostile", [False, True])
def test_it_is_cut_by_bytes_without_breaking_a_tag(limit: int, hostile: bool) -> None:
    run = synthetic_run(60, 4, answer_chars=4000, hostile=hostile)
    wide = tuple(replace(cell, case="世" * 200 + cell.case) for cell in run.cells)
    text = render(compare(replace(run, cells=wide)), limit)
    assert len(text.encode()) <= max(limit, 1)
    own = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert own.count("<details>") == own.count("</details>")
    assert own.count("<summary>") == own.count("</summary>")


def test_hundreds_of_providers_still_fit(tmp_path: Path) -> None:
    text = write(synthetic_run(1, 700, rich=False), tmp_path)
    assert len(text.encode()) <= LIMIT_BYTES
    assert "further providers: see the HTML report." in text


def test_hostile_text_makes_no_image_link_mention_or_tag(tmp_path: Path) -> None:
    rendered = html(write(synthetic_run(40, 4, hostile=True), tmp_path))
    tags = set(re.findall(r"<(\w+)", re.sub(r"<!--.*?-->", "", rendered)))
    known = "h2 p strong table thead tbody tr th td details summary pre code br"
    assert tags <= set(known.split())
    outside = re.sub(r"<pre>.*?</pre>", "", rendered, flags=re.DOTALL)
    assert not re.search(r"@\w", outside)
    assert not re.search(r"#\d", outside)
    assert "://" not in outside


@pytest.mark.parametrize("text", HOSTILE)
def test_inline_text_means_nothing_but_itself(text: str) -> None:
    rendered = html(f"before {inline(text)} after")
    assert re.fullmatch(r"<p>before [^<>]* after</p>\n", rendered)


def test_inline_text_is_one_short_line() -> None:
    assert inline("a\n\n  b\tc") == "a b c"
    assert len(inline("x" * 5000)) <= 300


@pytest.mark.parametrize("inside", ["```", "`````", "~~~", "a `b` c"])
def test_a_fence_is_longer_than_any_inside_it(inside: str) -> None:
    block = fenced(f"{inside}\n# not a heading\n</details>")
    assert html(block).count("<pre>") == 1
    assert "<h1>" not in html(block)
    assert block.splitlines()[0].count("`") > inside.count("`") or "~" in inside or " " in inside


def test_it_is_added_to_the_summary_of_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("from another step\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    report = MarkdownReporter().write(synthetic_run(5, 2), tmp_path)
    assert report.note == "added to the job's summary"
    expected = "from another step\n\n" + report.path.read_text(encoding="utf-8")
    assert summary.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize(("used", "added"), [(1 << 20, False), ((1 << 20) - 5000, True)])
def test_the_summary_of_the_job_stays_under_its_limit(
    used: int, added: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_bytes(b"x" * used)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    report = MarkdownReporter().write(synthetic_run(60, 3, answer_chars=2000), tmp_path)
    assert summary.stat().st_size <= 1 << 20
    assert (summary.stat().st_size > used) is added
    full = "the job's summary is full (1 MiB), so it was not added there"
    assert report.note == ("added to the job's summary" if added else full)


def test_arenas_that_have_a_name_or_a_description_show_them(tmp_path: Path) -> None:
    run = synthetic_run(2, 1)
    named = {"file": "a.yaml", "name": "Refunds", "description": "What *we* say."}
    info = replace(run.info, options={"arenas": [named, {"file": "b.yaml", "name": None}]})
    text = write(replace(run, info=info), tmp_path)
    assert "\n\n**Refunds** What \\*we\\* say.\n\n" in text


def test_expected_failures_are_counted_apart_and_not_told_as_failures(tmp_path: Path) -> None:
    run = synthetic_run(3, 1)
    cells = tuple(replace(cell, verdict="failed", xfail="known") for cell in run.cells)
    text = write(replace(run, cells=cells), tmp_path)
    assert text.startswith(f"{MARKER}\n## ✅")
    assert ", 0 failed, 0 errors, 3 xfailed" in text
    assert "failed or reached no verdict</summary>" not in text


def test_the_table_s_counts_add_up(tmp_path: Path) -> None:
    run = synthetic_run(7, 1, rich=False)
    verdicts: tuple[Verdict, ...] = ("passed",) * 3 + ("failed", "failed", "error", "skipped")
    cells = [
        replace(cell, provider="m", variant=None, verdict=verdict)
        for cell, verdict in zip(run.cells, verdicts, strict=True)
    ]
    cells[4] = replace(cells[4], xfail="known")
    text = write(replace(run, cells=tuple(cells)), tmp_path)
    assert "| passed | failed | errors | skipped | xfailed | p50 |" in text
    assert re.search(r"\| m \| 60 % [^|]+\| 3 \| 1 \| 1 \| 1 \| 1 \|", text)
    headings, rule, row = text[text.index("| provider |") :].splitlines()[:3]
    assert headings.count("|") == rule.count("|") == row.count("|")
    passed = write(replace(run, cells=tuple(cells[:3])), tmp_path)
    assert "| passed | failed | errors | p50 |" in passed


def test_a_cost_that_is_not_all_is_told_as_such(tmp_path: Path) -> None:
    run = synthetic_run(2, 2, rich=False)
    known = tuple(answered(cell, cost_usd=0.25) for cell in run.cells)
    assert " · $1.00 · " in write(replace(run, cells=known), tmp_path)
    lacking = (answered(known[0], cost_usd=None), *known[1:])
    text = write(replace(run, cells=lacking), tmp_path)
    assert " · $0.750+ (some answers have no known price) · " in text


def test_answers_that_this_run_did_not_pay_are_told(tmp_path: Path) -> None:
    run = synthetic_run(2, 2, rich=False)
    paid = tuple(answered(cell, cost_usd=0.25, source="call") for cell in run.cells)
    assert "came from" not in write(replace(run, cells=paid), tmp_path)
    kept = (answered(paid[0], source="cache"), answered(paid[1], source="recording"), *paid[2:])
    text = write(replace(run, cells=kept), tmp_path)
    assert (
        "2 answers came from a recording or a cache: $0.500 of the cost is theirs, which this run "
        "did not pay."
    ) in text


def answered(cell: Cell, **facts: Any) -> Cell:
    """Return a cell whose answers have these facts."""
    trials = [
        replace(trial, responses=tuple(replace(one, **facts) for one in trial.responses))
        for trial in cell.trials
    ]
    return replace(cell, trials=tuple(trials))


def test_cases_that_not_every_column_passed_stand_in_a_table(tmp_path: Path) -> None:
    run = synthetic_run(4, 2, rich=False)
    verdicts = ("passed", "passed", "passed", "failed", "error", "skipped", "failed", "passed")
    cells = [
        replace(cell, case=f"Case {i // 2}", provider="ab"[i % 2], verdict=verdict, variant=None)
        for i, (cell, verdict) in enumerate(zip(run.cells, verdicts, strict=True))
    ]
    cells[6] = replace(cells[6], xfail="known")
    text = write(replace(run, cells=tuple(cells)), tmp_path)
    assert (
        "| not all green | a | b |\n|---|:-:|:-:|\n"
        "| Case 1 | ✅ | ❌ |\n| Case 2 | ⚠️ error | skipped |\n\n"
    ) in text
    assert "Case 3" not in text


def test_a_run_that_is_all_green_has_no_such_table(tmp_path: Path) -> None:
    run = synthetic_run(4, 2)
    cells = tuple(replace(cell, verdict="passed") for cell in run.cells)
    assert "not all green" not in write(replace(run, cells=cells), tmp_path)
