"""The Markdown report: a comment for a pull request, and the summary of a CI job."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.comparison import Comparison, compare
from pytest_arena.comparison.gate.summary import is_regressed
from pytest_arena.comparison.summary import ProviderSummary
from pytest_arena.reporting.base import Report, Reporter
from pytest_arena.reporting.marker import MARKER
from pytest_arena.results import Cell, RunResult
from pytest_arena.results.call_runs import trajectory
from pytest_arena_reporters import (
    coverage_lines,
    figures,
    load_lines,
    markdown_baseline,
    markdown_labels,
    markdown_matrix,
    variant_lines,
)
from pytest_arena_reporters.failures import answer, telling_trial, unpassed, why
from pytest_arena_reporters.markdown_text import LIMIT_BYTES, Page, fenced, inline
from pytest_arena_reporters.named_arenas import named_arenas
from pytest_arena_reporters.thresholds import limits_of
from pytest_arena_reporters.writing import encode, write_atomically

if TYPE_CHECKING:
    from pytest_arena.comparison.two_runs import TwoRuns

SUMMARY_LIMIT_BYTES = 1 << 20
MOST_FAILURES = 20
MOST_ARENAS = 5


class MarkdownReporter(Reporter):
    """Writes `report.md`, and append it to the file that `$GITHUB_STEP_SUMMARY` names."""

    format = "markdown"

    def write(self, run: RunResult, directory: Path) -> Report:
        """Write the report and say where."""
        comparison = compare(run)
        content = encode(render(comparison))
        path = directory / "report.md"
        write_atomically(path, content)
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        return Report(path, _append(Path(summary), comparison, content) if summary else "")

    def compare(self, runs: TwoRuns, *, width: int, color: bool) -> list[str]:
        """Return two runs side by side as Markdown, which knows neither width nor colour."""
        from pytest_arena_reporters.markdown_two_runs import render_two_runs

        return render_two_runs(runs).splitlines()


def render(comparison: Comparison, limit: int = LIMIT_BYTES) -> str:
    """Return the report, at most `limit` bytes long in UTF-8; whole blocks are left out."""
    page = Page(limit)
    page.add(f"{MARKER}\n## {_title(comparison)}\n\n")
    for arena in islice(named_arenas(comparison.run), MOST_ARENAS):
        name = f"**{inline(arena.name)}** " if arena.name else ""
        page.add(f"{name}{inline(arena.description)}\n\n")
    for reason in comparison.conclusion.reasons:
        page.add(f"{inline(reason)}\n")
    page.add(f"\n{_facts(comparison)}\n\n")
    for beside in (
        figures.replays(comparison.run),
        figures.personas(comparison.personas),
        figures.judging(comparison.judges),
    ):
        if beside:
            page.add(f"{inline(beside, 600)}\n\n")
    before, others = comparison.since_baseline, unpassed(comparison.run)
    if before is not None:
        markdown_baseline.add(page, before, MOST_FAILURES)
        others = [cell for cell in others if not is_regressed(cell)]
    _add_limits(page, comparison.run)
    if comparison.summaries:
        _add_table(page, comparison)
        _add_variants(page, comparison)
        markdown_labels.add(page, comparison)
        _add_repeats(page, comparison)
    markdown_matrix.add(page, comparison.matrix)
    _add_loads(page, comparison.run)
    _add_coverage(page, comparison)
    told = min(len(before.regressed), MOST_FAILURES) if before else 0
    _add_failures(page, others, MOST_FAILURES - told)
    for note in comparison.run.notes:
        page.add(f"{inline(note, 500)}\n\n")
    return page.text


def _title(comparison: Comparison) -> str:
    counts, before = comparison.counts, comparison.since_baseline
    incomplete = counts.error or any(cell.over_budget for cell in comparison.run.cells)
    mark = "❌" if counts.failed else "⚠️" if incomplete else "✅"
    if before is not None:
        mark = "❌" if before.failed else "✅" if before.clear and not incomplete else "⚠️"
    run = comparison.run
    fails_on_any = counts.failed and run.info.options.get("fail_on") == "any"
    if fails_on_any or any(limit.fails for limit in run.limits) or run.other_failures:
        mark = "❌"
    return f"{mark} {inline(comparison.conclusion.headline)}"


def _facts(comparison: Comparison) -> str:
    counts, info = comparison.counts, comparison.run.info
    parts = [
        f"**{figures.plural(counts.cells, 'cell')}**: {counts.passed:,} passed, "
        f"{counts.failed:,} failed, {figures.plural(counts.error, 'error')}"
        + (f", {counts.skipped:,} skipped" if counts.skipped else "")
        + (f", {counts.xfailed:,} xfailed" if counts.xfailed else "")
    ]
    if cost := figures.whole_cost(comparison.summaries):
        partly = figures.is_cost_partly_known(comparison.summaries)
        parts.append(cost + (" (some answers have no known price)" if partly else ""))
    commit = str(info.git.get("commit") or "")
    if commit:
        parts.append(f"commit {inline(commit[:12])}")
    return " · ".join(parts)


def _add_limits(page: Page, run: RunResult) -> None:
    limits = limits_of(run)
    if not limits:
        return
    page.add("**Gates**\n\n")
    left_out = 0
    for limit in limits:
        mark = "✅" if limit.verdict == "passed" else "❌" if limit.fails else "⚠️"
        line = f"- {mark} {inline(limit.reason, 300)} ({inline(limit.file, 120)})\n"
        if left_out or not page.add(line, keep=4000):
            left_out += 1
    if left_out:
        page.add(f"- {figures.plural(left_out, 'further gate')}: see the HTML report.\n")
    page.add("\n")


def _add_table(page: Page, comparison: Comparison) -> None:
    since = comparison.since_baseline is not None
    under_attack = _under_attack(comparison)
    rarer = _rarer_counts(comparison)
    page.add(
        "| provider | pass rate (95 %) | passed | failed | errors "
        f"{''.join(f'| {name} ' for name in rarer)}| p50 | p95 | cost a case "
        f"| against the best |{' attacks that succeeded (95 %) |' if under_attack else ''}"
        f"{' since the baseline |' if since else ''}\n"
        f"|---|---|--:|--:|--:|{'--:|' * len(rarer)}--:|--:|--:|---|"
        f"{'---|' * (under_attack + since)}\n"
    )
    summaries = {summary.provider: summary for summary in comparison.summaries}
    best = comparison.standings[0].provider
    left_out = 0
    for standing in comparison.standings:
        row = _table_row(summaries[standing.provider], best, comparison)
        if left_out or not page.add(row, keep=2000):
            left_out += 1
    if left_out:
        page.add(f"\n{figures.plural(left_out, 'further provider')}: see the HTML report.\n")
    page.add("\n")


def _table_row(summary: ProviderSummary, best: str, comparison: Comparison) -> str:
    counts = summary.counts
    cells = [
        inline(summary.provider, 80),
        figures.rate_with_interval(counts.pass_rate),
        f"{counts.passed:,}",
        f"{counts.failed:,}",
        f"{counts.error:,}",
        *(f"{getattr(counts, name):,}" for name in _rarer_counts(comparison)),
        figures.timing(summary.latency.p50),
        figures.timing(summary.latency.p95),
        figures.case_cost(summary.spending),
        figures.against(best, summary.provider, comparison.differences),
    ]
    if _under_attack(comparison):
        cells.append(figures.attacks(summary.attacks))
    if comparison.since_baseline is not None:
        mean = comparison.since_baseline.by_provider.get(summary.provider)
        cells.append(figures.difference(mean) if mean else figures.NONE)
    # A pair of `~`, which marks quantiles from few samples, would strike out what is between.
    return f"| {' | '.join(cells)} |\n".replace("~", "\\~").replace("\\\\~", "\\~")


def _rarer_counts(comparison: Comparison) -> list[str]:
    """Return the counts that have a column where they are not 0 everywhere."""
    counts = comparison.counts
    return [name for name in ("skipped", "xfailed") if getattr(counts, name)]


def _under_attack(comparison: Comparison) -> bool:
    return any(summary.attacks.judged for summary in comparison.summaries)


def _add_variants(page: Page, comparison: Comparison) -> None:
    lines = [f"- {inline(sentence, 600)}\n" for sentence in variant_lines.sentences(comparison)]
    if lines:
        page.add("".join([*lines, "\n"]))


def _add_repeats(page: Page, comparison: Comparison) -> None:
    found = load_lines.repeats(comparison.summaries)
    if not found:
        return
    shown = [f"{inline(name, 80)} {words}" for name, words in found[: load_lines.MOST_PROVIDERS]]
    more = len(found) - len(shown)
    ending = f"; {figures.plural(more, 'further provider')}: see the HTML report" if more else ""
    page.add(f"Repeated trials: {'; '.join(shown)}{ending}.\n\n")


def _add_loads(page: Page, run: RunResult) -> None:
    if not any(cell.load is not None for cell in run.cells):
        return
    found = load_lines.loads(run)
    lines = [
        f"- load **{inline(cell.case, 120)}** × {inline(cell.column, 80)} ({cell.verdict}): "
        f"{inline(words)}\n"
        for cell, words in found[: load_lines.MOST_LOADS]
    ]
    more = len(found) - len(lines)
    if more:
        lines.append(f"- … and {more:,} more: see the HTML report.\n")
    page.add("".join(lines) + "\n")


def _add_coverage(page: Page, comparison: Comparison) -> None:
    if not comparison.coverage:
        return
    page.add("**Coverage**\n\n")
    left_out = 0
    for file, row in coverage_lines.rows(comparison.coverage):
        of = f" ({inline(file, 120)})" if len(comparison.coverage) > 1 else ""
        never = f"; never: {inline(row.never, 300)}" if row.never else ""
        line = f"- {row.counted}{never}{of}\n"
        if left_out or not page.add(line, keep=4000):
            left_out += 1
    if left_out:
        page.add(f"- {figures.plural(left_out, 'further line')}: see the HTML report.\n")
    if part := coverage_lines.of_a_part(comparison.coverage):
        page.add(f"\n{inline(part)}\n")
    page.add("\n")


def _add_failures(page: Page, cells: list[Cell], most: int) -> None:
    if not cells:
        return
    title = figures.plural(len(cells), "other cell" if most < MOST_FAILURES else "cell")
    if not most:
        page.add(f"{title} failed or reached no verdict: see the HTML report.\n\n")
        return
    closing = 500
    opening = f"<details>\n<summary>{title} failed or reached no verdict</summary>\n\n"
    if not page.add(opening, keep=closing):
        return
    shown = 0
    for cell in cells[:most]:
        if not page.add(_failure(cell), keep=closing):
            break
        shown += 1
    if shown < len(cells):
        page.add(f"… and {len(cells) - shown:,} more: see the HTML report.\n\n")
    page.add("</details>\n\n")


def _failure(cell: Cell) -> str:
    head = (
        f"**{inline(cell.case, 120)}** × {inline(cell.column, 80)} ({cell.verdict})  \n"
        f"{inline(why(cell), 600)}\n\n"
    )
    shown = telling_trial(cell)
    did = trajectory(shown.tool_calls) if shown is not None else ""
    called = f"called: {inline(did, 600)}\n\n" if did else ""
    said = answer(cell)
    return head + called + (f"{fenced(said)}\n\n" if said else "")


def _append(path: Path, comparison: Comparison, content: bytes) -> str:
    """Append to the job's summary as far as its limit allows; return what to say of it."""
    used = path.stat().st_size if path.exists() else 0
    room = SUMMARY_LIMIT_BYTES - used - 1
    if len(content) > room:
        content = encode(render(comparison, max(room, 0)))
    if len(content) > room or room < 2000:
        return "the job's summary is full (1 MiB), so it was not added there"
    with path.open("ab") as file:
        file.write(b"\n" + content if used else content)
    return "added to the job's summary"
