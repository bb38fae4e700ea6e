"""What simulated users said and cost stands apart in every report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_arena.comparison import compare
from pytest_arena.comparison.trial_rows import trial_rows
from pytest_arena.results import Cell, PersonaMessage, Response, RunInfo, RunResult, Trial
from pytest_arena_reporters import figures
from pytest_arena_reporters.html import HtmlReporter
from pytest_arena_reporters.markdown import render
from pytest_arena_reporters.terminal import TerminalReporter

SAID = PersonaMessage("buyer", "Hi", model="large", cost_usd=0.001)
DONE = replace(SAID, text="", turn=1, ended="done")


def run_of(*said: PersonaMessage) -> RunResult:
    answer = Response("Hello", cost_usd=0.5, latency_ms=10.0)
    messages = ({"role": "user", "content": "Hi"},)
    trial = Trial(messages, (answer,), verdict="passed", personas=said)
    cell = Cell("a::b[p]", "a", "b", "p", None, "passed", (trial,))
    return RunResult(RunInfo("r", "2026-01-01T00:00:00Z", "1"), (cell,), finished_at="x")


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ((), ""),
        (
            (SAID, DONE),
            "Personas: buyer (large) sent 1 message, 1× done; $0.00200, apart from the answers.",
        ),
        (
            (SAID, replace(SAID, persona="angry", model=None, provider="judge", ended="patience")),
            "Personas: buyer (large) sent 1 message; angry (judge) sent 1 message, "
            "1× out of patience; $0.00200, apart from the answers.",
        ),
        (
            (replace(SAID, ended="max_turns", cost_usd=None), SAID),
            "Personas: buyer (large) sent 2 messages, 1× at its limit; $0.00100+, apart from the "
            "answers.",
        ),
        (
            (replace(SAID, model=None, provider="buyer", cost_usd=None),),
            "Personas: buyer sent 1 message; at unknown cost, apart from the answers.",
        ),
    ],
)
def test_personas_in_words(said: tuple[PersonaMessage, ...], text: str) -> None:
    comparison = compare(run_of(*said))
    assert figures.personas(comparison.personas) == text
    for whole in (
        " ".join(TerminalReporter().render(comparison.run, width=400, color=False)),
        render(comparison).replace("\\", ""),
    ):
        assert text in whole
        assert ("Personas" in whole) == bool(text)


def test_what_personas_cost_is_in_no_figure_of_a_provider() -> None:
    run = run_of(SAID, DONE)
    (summary,) = compare(run).summaries
    assert summary.spending.total_usd == 0.5
    assert (run.totals["cost_usd"], run.totals["persona_cost_usd"]) == (0.5, 0.002)
    assert run.totals["persona_messages"] == 1
    (row,) = trial_rows(run)
    assert (row["cost_usd"], row["persona_cost_usd"], row["persona_messages"]) == (0.5, 0.002, 1)


def test_the_html_report_says_what_personas_cost(tmp_path: Path) -> None:
    HtmlReporter().write(run_of(SAID, DONE), tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "Personas: buyer (large) sent 1 message, 1× done" in page
