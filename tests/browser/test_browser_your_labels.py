"""What people say of answers, in Chromium: labels, blind reading, and votes on pairs."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from answers import answered
from test_browser_case import case_address

from pytest_arena import run_arena
from pytest_arena.assertions.text import Contains
from pytest_arena.cli.labels import read_labels
from pytest_arena.results import Finding, RunResult
from pytest_arena.results.judging import Judging, Vote

Open = Callable[..., Any]

ODD = 'She said "no",\n=1+1, and left'


def bar(opened: Any) -> str:
    opened.settle()
    return str(opened.page.inner_text("#label-bar"))


def thumb(opened: Any, words: str) -> Any:
    return opened.page.get_by_role("button", name=re.compile(f"^{re.escape(words)}"))


def saved(opened: Any, folder: Path, scope: str) -> Path:
    with opened.page.expect_download() as download:
        opened.page.locator(f"{scope} button", has_text="Save as CSV").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def judged(run: RunResult, *verdicts: str) -> RunResult:
    """Return a run with these verdicts, which a judge gave the other way round."""
    other = {"passed": "failed", "failed": "passed"}
    cells = []
    for cell, verdict in zip(run.cells, verdicts, strict=True):
        judging = Judging("tone/1", "key", (Vote("critic", other[verdict], "so"),))
        finding = Finding("tone", other[verdict], 0.5, "so", 3, judge=judging)
        trial = replace(cell.trials[0], verdict=verdict, assertions=(finding,))
        cells.append(replace(cell, verdict=verdict, trials=(trial,)))
    return replace(run, cells=tuple(cells))


def test_labels_are_kept_and_agreement_is_told(open_report: Open) -> None:
    run = judged(answered([("a", "b"), ("c", "d")]), "passed", "failed", "passed", "passed")
    opened = open_report(run, "#cells")
    assert opened.page.locator(".thumb").count() == 0
    opened.page.get_by_label("Your labels").check()
    thumb(opened, f"good: haiku, {run.cells[0].case}").click()
    thumb(opened, f"bad: gpt-mini, {run.cells[0].case}").click()
    thumb(opened, f"bad: haiku, {run.cells[2].case}").click()
    assert bar(opened).startswith("3 labels: 1 good, 2 bad.")
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=all]")
    assert bar(opened).startswith("3 labels: 1 good, 2 bad.")
    rows = opened.page.locator("#label-bar tbody tr").all_inner_texts()
    assert [" ".join(row.split()) for row in rows] == [
        "The verdict 2 of 3 0.40 1 0",
        "tone, by critic 1 of 3 -0.50 1 1",
    ]
    thumb(opened, f"bad: haiku, {run.cells[2].case}").click()
    assert bar(opened).startswith("2 labels: 1 good, 1 bad.")
    assert opened.complaints == []


def test_saved_labels_are_what_calibrate_and_outputs_read(
    open_report: Open, tmp_path: Path
) -> None:
    run = answered([(ODD, "b"), ("c", "d")])
    opened = open_report(run, f"{case_address(run.cells[0])}&labels=1")
    thumb(opened, "good: haiku").click()
    opened.page.get_by_label("Note on haiku").fill("as it should be")
    opened.page.get_by_label("Note on haiku").press("Enter")
    opened.page.get_by_label("Note on gpt-mini").fill("only a note")
    opened.page.get_by_label("Note on gpt-mini").press("Enter")
    opened.go("#cells?labels=1")
    thumb(opened, f"bad: haiku, {run.cells[2].case}").click()
    assert "1 note without a label will not be in the file." in bar(opened)
    path = saved(opened, tmp_path, "#label-bar")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["case"], r["provider"], r["output"], r["label"], r["note"]) for r in rows] == [
        (run.cells[0].case, "haiku", ODD, "pass", "as it should be"),
        (run.cells[2].case, "haiku", "c", "fail", ""),
    ]
    labels = read_labels(path, Contains(value="c"))
    assert [(one.output, one.label) for one in labels] == [(ODD, True), ("c", False)]
    assert labels[0].prompt == run.cells[0].trials[0].messages[-1]["content"]
    (tmp_path / "again.arena.yaml").write_text(
        f"providers: [{{name: then, provider: outputs, path: {path.name}}}]\n"
        f"tests: [{{name: {run.cells[0].case}, prompt: x,\n"
        "  assertions: [{type: contains, value: and left}]}]\n",
        encoding="utf-8",
    )
    again = run_arena(tmp_path / "again.arena.yaml")
    assert [cell.verdict for cell in again.cells] == ["passed"]


FORMULAS = (
    "=1+1",
    "+49 30",
    "-5 °C",
    "@SUM(A1)",
    "\ttab",
    "\nline",
    "＝1",
    "'=kept",
    "'-v' is it",
    "n",
)


def test_no_saved_text_is_a_formula_and_each_is_read_back_as_it_was(
    open_report: Open, tmp_path: Path
) -> None:
    run = answered([(text, "b") for text in FORMULAS])
    opened = open_report(run, "#cells?labels=1&column=haiku")
    given = {f"{cell.id}#1": {"label": "pass", "note": "=cmd"} for cell in run.cells}
    opened.page.evaluate(
        "([run, labels]) => localStorage.setItem(`pytest-arena labels ${run}`, labels)",
        [run.info.run_id, json.dumps({"labels": given})],
    )
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=all]")
    path = saved(opened, tmp_path, "#label-bar")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["output"] for row in rows] == [
        *(f"'{text}" for text in FORMULAS[:7]),
        *FORMULAS[7:],
    ]
    assert {row["note"] for row in rows} == {"'=cmd"}
    assert {row["apostrophe"] for row in rows} == {"output note", "note"}
    labels = read_labels(path, Contains(value="c"))
    assert tuple(label.output for label in labels) == FORMULAS


def test_only_labels_of_shown_columns_are_saved(open_report: Open, tmp_path: Path) -> None:
    run = answered([("a", "b")])
    opened = open_report(run, "#cells?labels=1")
    thumb(opened, "good: haiku").click()
    thumb(opened, "bad: gpt-mini").click()
    opened.go("#cells?labels=1&column=gpt-mini")
    path = saved(opened, tmp_path, "#label-bar")
    with path.open(encoding="utf-8", newline="") as file:
        assert [row["provider"] for row in csv.DictReader(file)] == ["gpt-mini"]


def test_blind_reading_hides_names_and_verdicts_and_mixes_columns(open_report: Open) -> None:
    texts = [(f"{n} one", f"{n} two", f"{n} three") for n in range(12)]
    run = judged(answered(texts), *["passed", "failed"] * 18)
    opened = open_report(run, "#cells?density=full")
    opened.page.get_by_label("Blind").check()

    def orders() -> list[list[str]]:
        rows = opened.page.locator(".grid .row").all()
        return [row.locator(".text").all_inner_texts() for row in rows]

    before = orders()
    assert len({tuple(text.split()[1] for text in row) for row in before}) > 1
    assert [sorted(row) for row in before] == [sorted(row) for row in texts[: len(before)]]
    shown = opened.page.inner_text("#list")
    for told in ("haiku", "gpt-mini", "sonnet", "passed", "failed", "critic"):
        assert told not in shown
    for told in ("haiku", "passed", "failed"):
        assert told not in opened.page.locator("#list").inner_html()
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=all]")
    assert orders() == before
    opened.page.locator(".row .title").first.click()
    opened.page.wait_for_selector("#case h1")
    assert opened.page.locator(".said-row td").all_inner_texts() == before[0]
    for told in ("haiku", "passed", "failed", "critic"):
        assert told not in opened.page.locator("#case").inner_html()
    assert "Answer A" in opened.page.inner_text("#case")
    assert opened.complaints == []


def test_a_browser_that_keeps_nothing_says_so(open_report: Open, browser: Any) -> None:
    opened = open_report(answered([("a", "b")]), "#cells?labels=1", alone=True)
    opened.page.add_init_script(
        "Object.defineProperty(self, 'localStorage', { get() { throw new Error('no') } })"
    )
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=all]")
    thumb(opened, "good: haiku").click()
    assert bar(opened).startswith("1 label: 1 good, 0 bad.")
    assert "This browser keeps nothing: save before you leave." in bar(opened)
    assert opened.complaints == []


def test_what_others_left_in_the_browser_is_no_label(open_report: Open) -> None:
    run = answered([("a", "b")])
    opened = open_report(run, "#cells?labels=1")
    opened.page.evaluate(
        'run => localStorage.setItem(`pytest-arena labels ${run}`, \'{"labels": 5, "x\')',
        run.info.run_id,
    )
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=all]")
    thumb(opened, "good: haiku").click()
    assert bar(opened).startswith("1 label: 1 good, 0 bad.")


def test_pairs_are_voted_on_without_names(open_report: Open, tmp_path: Path) -> None:
    run = judged(answered([("a", "b"), ("same", "same"), ("c", "d")]), *["passed", "failed"] * 3)
    preferred = Judging("preferred/1", "key", (Vote("critic", "passed", "so"),), rival="gpt-mini")
    finding = Finding(
        "preferred_over", "passed", 1.0, "so", 3, judge=replace(preferred, preferred=1.0)
    )
    first = replace(run.cells[0].trials[0], assertions=(finding,))
    run = replace(run, cells=(replace(run.cells[0], trials=(first,)), *run.cells[1:]))
    opened = open_report(run, "#cells?labels=1")
    opened.page.get_by_role("link", name="Compare pairs").click()
    opened.settle()
    assert "0 of 2 pairs voted." in opened.page.inner_text("#pairs")
    assert "haiku" not in opened.page.locator("#pairs").inner_html()
    for _ in range(2):
        left = opened.page.locator(".ballot section").first.inner_text()
        opened.page.keyboard.press("1" if left.endswith(("a", "d")) else "3")
        opened.settle()
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=all]")
    told = " ".join(opened.page.inner_text("#pairs").split())
    assert "2 of 2 pairs voted." in told
    assert "haiku against gpt-mini 1 0 1" in told
    assert "Where one passed and one failed, you agree with the verdicts on 1 of 2." in told
    assert "You agree with the judge (preferred_over) on 1 of 1." in told
    path = saved(opened, tmp_path, "#pairs")
    with path.open(encoding="utf-8", newline="") as file:
        assert {row["preferred"] for row in csv.DictReader(file)} == {"haiku", "gpt-mini"}
    assert opened.complaints == []


def test_a_pair_can_be_skipped_and_called_alike(open_report: Open) -> None:
    opened = open_report(answered([("a", "b"), ("c", "d")]), "#pairs")
    first = opened.page.inner_text(".ballot")
    opened.page.keyboard.press("4")
    opened.settle()
    assert opened.page.inner_text(".ballot") != first
    opened.page.get_by_role("button", name="Both alike").click()
    opened.settle()
    assert "1 of 2 pairs voted." in opened.page.inner_text("#pairs")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_labelling_is_accessible_and_as_wide_as_the_screen(
    open_report: Open, run: RunResult, axe: str, width: int, scheme: str
) -> None:
    opened = open_report(run, viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened.page.evaluate(axe)
    opened.go("#cells?labels=1")
    thumb(opened, f"good: haiku, {run.cells[0].case}").click()
    for view in ("#cells?labels=1", "#cells?labels=1&blind=1", "#pairs"):
        opened.go(view)
        if view == "#pairs":
            opened.page.keyboard.press("1")
        opened.settle()
        assert opened.flaws() == [], view
        assert opened.width == width, view
    assert opened.complaints == []
