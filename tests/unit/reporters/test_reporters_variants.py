"""Each report says how one variant did against another over all providers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from results_files import make_cell

from pytest_arena.comparison import compare
from pytest_arena.results import Cell, RunInfo, RunResult, Verdict
from pytest_arena_reporters import markdown, variant_lines
from pytest_arena_reporters.html.payload import build_payload
from pytest_arena_reporters.html.reporter import render
from pytest_arena_reporters.terminal import TerminalReporter


def run(v1: str = "v1", v2: str = "v2", small: str = "small") -> RunResult:
    """Return a run in which v2 is better under one of two providers."""

    def cell(case: int, provider: str, variant: str, verdict: Verdict) -> Cell:
        made = make_cell(f"case {case}", f"{provider}/{variant}", verdict)
        return replace(made, provider=provider, variant=variant)

    cells = []
    for case in range(6):
        before: Verdict = "passed" if case else "failed"
        cells += [cell(case, small, v1, "failed"), cell(case, small, v2, "passed")]
        cells += [cell(case, "large", v1, before), cell(case, "large", v2, before)]
    return RunResult(RunInfo("r", "2026-11-20T10:00:00Z", "0"), tuple(cells))


def terminal(given: RunResult, width: int = 300) -> list[str]:
    return TerminalReporter().render(given, width=width, color=False)


def test_the_terminal_says_it_in_a_sentence() -> None:
    (line,) = [line for line in terminal(run()) if line.startswith("v2 against v1")]
    assert line.startswith("v2 against v1, over 2 providers: better, +50 points")
    assert line.endswith("p = .031; 12 pairs on 6 independent cases; small +100, large ±0.")


def test_a_worse_variant_is_called_so() -> None:
    (line,) = [line for line in terminal(run("v2", "v1")) if line.startswith("v1 against v2")]
    assert ": better, +50" in line
    turned = run()
    names = {"v1": "v2", "v2": "v1"}
    cells = sorted(
        (replace(cell, variant=names[cell.variant or ""]) for cell in turned.cells),
        key=lambda cell: cell.variant or "",
    )
    (line,) = variant_lines.sentences(compare(replace(turned, cells=tuple(cells))))
    assert line.startswith("v2 against v1, over 2 providers: worse, −50 points")


def test_markdown_and_html_say_the_same() -> None:
    comparison = compare(run())
    page = markdown.render(comparison)
    assert "- v2 against v1, over 2 providers: better, \\+50 points" in page
    html = render(comparison, build_payload(comparison, 1_000_000))
    assert "<h2>Variant against variant</h2>" in html
    assert '<th scope="row">v2 <span class="dim">against</span> v1</th>' in html
    assert "<small>small +100, large ±0</small>" in html
    assert '<td class="n">6 of 12</td><td class="n">6</td><td class="n">.031</td>' in html


def test_a_run_without_variants_says_nothing_of_them() -> None:
    cells = (make_cell("A"), make_cell("A", "n"))
    comparison = compare(replace(run(), cells=cells))
    assert "Variant against" not in render(comparison, build_payload(comparison, 1_000_000))
    assert not any(" against " in line for line in terminal(replace(run(), cells=cells)))


@pytest.mark.parametrize("name", ["<b>x</b>", "a | b", "\x1b[31mred", "\n::error::x"])
def test_hostile_names_mean_nothing_but_themselves(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "1")
    comparison = compare(run(v2=name, small=name + "s"))
    assert not any("\x1b" in line or line.startswith("::") for line in terminal(comparison.run))
    html = render(comparison, build_payload(comparison, 1_000_000))
    assert "<b>x</b>" not in html
    page = markdown.render(comparison)
    assert "<b>" not in page
    assert "\n::error" not in page


def test_of_many_pairs_the_first_are_told_and_the_rest_counted() -> None:
    given = run()
    more = [
        replace(cell, id=f"{cell.id}{number}", variant=f"{cell.variant}{number}")
        for number in range(3)
        for cell in given.cells
    ]
    said = variant_lines.sentences(compare(replace(given, cells=tuple(more))))
    assert len(said) == variant_lines.MOST_PAIRS + 1
    assert said[-1] == "9 further pairs of variants: see the HTML report."
