"""The terminal summary: one line a provider, then what the comparison says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_arena.comparison import Comparison, compare
from pytest_arena.comparison.gate.summary import SinceBaseline
from pytest_arena.comparison.summary import ProviderSummary
from pytest_arena.light_dataclass import dataclass
from pytest_arena.reporting.base import TerminalSummary
from pytest_arena.results import RunResult
from pytest_arena_reporters import (
    coverage_lines,
    figures,
    load_lines,
    terminal_baseline,
    terminal_labels,
    variant_lines,
)
from pytest_arena_reporters.terminal_text import (
    BOLD,
    DIM,
    GREEN,
    RED,
    YELLOW,
    cut_to,
    one_line,
    padded,
    styled,
    text_width,
    wrapped,
)
from pytest_arena_reporters.thresholds import limits_of, told

if TYPE_CHECKING:
    from pytest_arena.comparison.two_runs import TwoRuns
    from pytest_arena.results.trend import Trend

_GAP = "  "
_NARROWEST_NAME = 20


@dataclass(frozen=True, slots=True)
class _Column:
    """One column; those with the highest `spare` go first where the line is too short."""

    title: str
    texts: tuple[str, ...]
    spare: int = 0
    styles: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return max(text_width(text) for text in (self.title, *self.texts))


class TerminalReporter(TerminalSummary):
    """The summary that ends a run on the terminal."""

    def render(self, run: RunResult, *, width: int, color: bool) -> list[str]:
        """Return the summary's lines, none wider than `width` columns where that is 40 or more."""
        width = max(width, 40)
        if not run.cells:
            return [*wrapped("arena: no cell was run", width), *_notes(run, width)]
        comparison = compare(run)
        lines = _table(comparison, width, color)
        lines.append("")
        headline = wrapped(comparison.conclusion.headline, width)
        lines += [styled(line, BOLD, color) for line in headline]
        if comparison.since_baseline is not None:
            lines += terminal_baseline.render(comparison.since_baseline, width, color)
        lines += wrapped(" ".join(comparison.conclusion.reasons), width)
        for sentence in variant_lines.sentences(comparison):
            lines += wrapped(one_line(sentence), width)
        lines += terminal_labels.render(comparison, width, color)
        for beside in (
            figures.personas(comparison.personas),
            figures.judging(comparison.judges),
            coverage_lines.sentence(comparison.coverage),
        ):
            lines += wrapped(one_line(beside), width) if beside else []
        for limit in limits_of(run):
            style = RED if limit.fails else "" if limit.verdict == "passed" else YELLOW
            lines += [styled(line, style, color) for line in wrapped(told(limit), width)]
        lines += _repeated(comparison, width)
        lines += _under_load(run, width)
        lines += _footnotes(comparison, lines[0], width, color)
        return lines + _notes(run, width)

    def answers(self, run: RunResult, *, width: int, color: bool) -> list[str]:
        """Return the answers side by side, a column for each provider, case by case."""
        from pytest_arena_reporters import terminal_answers

        return terminal_answers.render(run, max(width, 40), color)

    def trend(self, trend: Trend, *, width: int, color: bool) -> list[str]:
        """Return how columns do from run to run, a table for each."""
        from pytest_arena_reporters import terminal_trend

        return terminal_trend.render(trend, max(width, 40), color)

    def compare(self, runs: TwoRuns, *, width: int, color: bool) -> list[str]:
        """Return two runs side by side: figures by provider, then the cells that flipped."""
        from pytest_arena_reporters import terminal_two_runs

        return terminal_two_runs.render(runs, max(width, 40), color)


def _table(comparison: Comparison, width: int, color: bool) -> list[str]:
    by_name = {summary.provider: summary for summary in comparison.summaries}
    ranked = [by_name[standing.provider] for standing in comparison.standings]
    names = [one_line(summary.provider) for summary in ranked]
    longest = max(text_width(name) for name in ("provider", *names))
    columns = _fitting(
        _figure_columns(ranked, comparison.since_baseline),
        width - min(longest, _NARROWEST_NAME, width // 4),
    )
    room = width - sum(column.width + len(_GAP) for column in columns)
    name_width = min(room, longest)
    lines = [styled(_row("provider", name_width, columns, -1, False).rstrip(), DIM, color)]
    lines += [_row(name, name_width, columns, i, color).rstrip() for i, name in enumerate(names)]
    return lines


def _figure_columns(
    ranked: Sequence[ProviderSummary], before: SinceBaseline | None
) -> list[_Column]:
    counts = [summary.counts for summary in ranked]

    def column(title: str, texts: Sequence[str], spare: int, style: str = "") -> _Column:
        styles = tuple(style if text not in ("0", figures.NONE) else DIM for text in texts)
        return _Column(title, tuple(texts), spare, styles)

    columns = [
        column("passed", [f"{c.passed:,}" for c in counts], 0, GREEN),
        column("failed", [f"{c.failed:,}" for c in counts], 0, RED),
        column("error", [f"{c.error:,}" for c in counts], 0, YELLOW),
        column("skipped", [f"{c.skipped:,}" for c in counts], 1),
        column("xfailed", [f"{c.xfailed:,}" for c in counts], 1),
        column("pass rate", [figures.rate(c.pass_rate) for c in counts], 0, BOLD),
        column("95 %", [figures.bounds(c.pass_rate) for c in counts], 4),
        column("change", [_change(s.provider, before) for s in ranked], 4),
        column("attacks", [figures.rate(s.attacks.success_rate) for s in ranked], 1, RED),
        column("p50", [figures.timing(s.latency.p50) for s in ranked], 2),
        column("p95", [figures.timing(s.latency.p95) for s in ranked], 5),
        column("tokens", [figures.count(figures.tokens(s)) for s in ranked], 6),
        column("cost", [figures.spent(s.spending) for s in ranked], 3),
    ]
    if not any(s.attacks.judged for s in ranked):
        columns = [c for c in columns if c.title != "attacks"]
    if not any(c.skipped for c in counts):
        columns = [c for c in columns if c.title != "skipped"]
    if not any(c.xfailed for c in counts):
        columns = [c for c in columns if c.title != "xfailed"]
    return columns if before is not None else [c for c in columns if c.title != "change"]


def _fitting(columns: list[_Column], width: int) -> list[_Column]:
    while columns and sum(column.width + len(_GAP) for column in columns) > width:
        columns = [c for c in columns if c is not max(columns, key=lambda c: c.spare)]
    return columns


def _row(name: str, name_width: int, columns: list[_Column], index: int, color: bool) -> str:
    line = padded(cut_to(name, name_width), name_width)
    for column in columns:
        text = column.title if index < 0 else column.texts[index]
        padding = " " * (column.width - text_width(text))
        style = column.styles[index] if index >= 0 else ""
        line += _GAP + padding + styled(text, style, color)
    return line


def _repeated(comparison: Comparison, width: int) -> list[str]:
    by_name = {summary.provider: summary for summary in comparison.summaries}
    found = load_lines.repeats([by_name[standing.provider] for standing in comparison.standings])
    if not found:
        return []
    shown = [f"{one_line(name)} {words}" for name, words in found[: load_lines.MOST_PROVIDERS]]
    more = len(found) - len(shown)
    ending = f"; and {figures.plural(more, 'more provider')}" if more else ""
    return wrapped(f"Repeated trials: {'; '.join(shown)}{ending}.", width)


def _under_load(run: RunResult, width: int) -> list[str]:
    if not any(cell.load is not None for cell in run.cells):
        return []
    found = load_lines.loads(run)
    lines = []
    for cell, words in found[: load_lines.MOST_LOADS]:
        text = f"Load {one_line(cell.case)} [{one_line(cell.column)}] {cell.verdict}: {words}"
        lines += wrapped(text, width)
    more = len(found) - load_lines.MOST_LOADS
    return lines + ([f"and {figures.plural(more, 'more load case')}"] if more > 0 else [])


def _footnotes(comparison: Comparison, shown: str, width: int, color: bool) -> list[str]:
    notes = []
    if "change" in shown:
        notes.append("change: of the pass rate since the baseline, in points, on the same cells.")
    if "attacks" in shown:
        notes.append("attacks: the share that succeeded, of those that were judged.")
    if any(s.latency.p95 and s.latency.p95.thin for s in comparison.summaries):
        notes.append("~ from too few samples to be sure of (p95: under 59).")
    if any(s.spending.is_lower_bound for s in comparison.summaries):
        notes.append("+ some answers have no known price: the cost is a lower bound.")
    if any(s.replayed for s in comparison.summaries):
        notes.append("Some latencies are those of replayed answers.")
    return [styled(line, DIM, color) for line in (wrapped(" ".join(notes), width) if notes else [])]


def _notes(run: RunResult, width: int) -> list[str]:
    return [line for note in run.notes for line in wrapped(note, width)]


def _change(provider: str, before: SinceBaseline | None) -> str:
    mean = before.by_provider.get(provider) if before else None
    return figures.points(mean.value) if mean else figures.NONE
