"""The HTML report: one file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.comparison import Comparison, compare
from pytest_arena.reporting.base import Report, Reporter
from pytest_arena.results import RunResult
from pytest_arena_reporters import beside_baseline, figures
from pytest_arena_reporters.html import (
    baseline_view,
    coverage_view,
    label_view,
    provider_charts,
    run_page,
    trend_view,
    view,
)
from pytest_arena_reporters.html.payload import Payload, build_payload
from pytest_arena_reporters.named_arenas import named_arenas
from pytest_arena_reporters.thresholds import MARKS, limits_of
from pytest_arena_reporters.writing import encode, write_atomically

if TYPE_CHECKING:
    from jinja2 import Template

MAX_MB = 5.0
_SCRIPTS = (
    *("data", "dom", "state", "markup", "rows", "blind", "grid", "columns", "list"),
    *("diff", "since", "load", "trace", "timeline", "cell", "turns", "matrix", "case"),
    *("labels", "agreement", "pairs", "main"),
)
_STYLES = ("report", "grid", "case", "labels", "timeline")
_ROOM_FOR_THE_PAGE = 200_000


class HtmlReporter(Reporter):
    """Writes `report.html`: verdict, leaderboard, failures, charts, and every cell's page.

    It needs no network and no other file. Above the run's option `report_max_mb` (5) the answers
    of passing cells are cut first, and the report says so.
    """

    format = "html"

    def write(self, run: RunResult, directory: Path) -> Report:
        """Write the report and say where."""
        comparison = compare(run)
        given = run.info.options.get("report_max_mb")
        limit_mb = float(given) if isinstance(given, (int, float)) and given else MAX_MB
        most_bytes = int(limit_mb * 1_000_000) - _ROOM_FOR_THE_PAGE
        here = Path.cwd()
        payload = build_payload(
            comparison, most_bytes, (here, *here.parents, directory, *directory.parents)
        )
        path = directory / "report.html"
        content = encode(render(comparison, payload))
        write_atomically(path, content)
        note = "" if payload.cut == (None, None) else _cut_note(payload, limit_mb)
        return Report(path, note)


def render(comparison: Comparison, payload: Payload) -> str:
    """Return the whole page."""
    from markupsafe import Markup

    script = _script()
    style = "".join(_asset(f"{name}.css") for name in _STYLES)
    context = _context(comparison, payload)
    for name in ("latency_chart", "cost_chart"):
        context[name] = Markup(context[name]) if context[name] else None  # noqa: S704  our own SVG
    return _template().render(
        script=Markup(script),  # noqa: S704  our own file, named by its hash in the policy
        style=Markup(style),  # noqa: S704  the same
        policy=_policy(script, style, pictures=bool(payload.pictures)),
        markup=Markup,
        **context,
    )


@cache
def _template() -> Template:
    """Return the page's template; compiling it takes longer than writing a small report."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pytest_arena_reporters.html", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.jinja")


def _context(comparison: Comparison, payload: Payload) -> dict[str, Any]:
    run = comparison.run
    failures, unpassed = view.failure_rows(run)
    pairs, all_pairs = view.pair_rows(comparison)
    variants, all_variants = view.variant_rows(comparison)
    judges, all_judges = view.judge_rows(comparison)
    tags, all_tags = view.group_rows(comparison, comparison.by_tag)
    checks, all_checks = view.group_rows(comparison, comparison.by_assertion)
    return {
        "headline": view.text(comparison.conclusion.headline),
        "reasons": [view.text(reason) for reason in comparison.conclusion.reasons],
        "counts": comparison.counts,
        "cost": figures.whole_cost(comparison.summaries),
        "started": view.text(run_page.moment(run.info.started_at)),
        "commit": view.text(str(run.info.git.get("commit") or ""))[:12],
        "places": view.leaderboard(comparison),
        "some_beaten": not all(standing.pareto for standing in comparison.standings),
        "several": len(comparison.summaries) > 1,
        "under_attack": any(summary.attacks.judged for summary in comparison.summaries),
        "first_tokens": any(summary.first_token.n for summary in comparison.summaries),
        "footnotes": view.footnotes(comparison),
        "since": _since_baseline(comparison),
        "limits": [
            (MARKS[limit.verdict], limit, view.text(limit.reason, 600), view.text(limit.file, 200))
            for limit in limits_of(run)
        ],
        "failures": failures,
        "unpassed": unpassed,
        "pairs": pairs,
        "all_pairs": all_pairs,
        "variants": variants,
        "all_variants": all_variants,
        "coverage": coverage_view.table(comparison.coverage),
        "labels": label_view.tables(comparison),
        "personas": view.text(figures.personas(comparison.personas), 600),
        "judges": judges,
        "all_judges": all_judges,
        "groups": [
            ("Pass rate by tag", "tag", tags, all_tags),
            ("Pass rate by check", "check", checks, all_checks),
        ],
        "providers": [view.text(name, 60) for name in comparison.matrix.providers],
        "timed": provider_charts.timed_providers(comparison),
        "latency_chart": provider_charts.latency_chart(comparison),
        "cost_chart": provider_charts.cost_chart(comparison),
        "trend": trend_view.page(run.trend, comparison.matrix.providers),
        "facts": run_page.facts(run),
        "files": run_page.file_rows(run),
        "named": [
            (view.text(arena.name, 160), view.text(arena.description, 600))
            for arena in islice(named_arenas(run), view.MOST_GROUPS)
        ],
        "notes": [view.text(note, 600) for note in run.notes],
        "cut": _cut_words(payload),
        "payload": payload,
        "plural": figures.plural,
    }


def _since_baseline(comparison: Comparison) -> dict[str, Any] | None:
    found = comparison.since_baseline
    if found is None:
        return None
    return {
        "baseline": view.text(found.baseline, 120),
        "statuses": baseline_view.status_rows(found),
        "regressions": baseline_view.regression_rows(found),
        "regressed": len(found.regressed),
        "unfolded": baseline_view.UNFOLDED,
        "removed": baseline_view.removed_rows(found),
        "took": [
            (view.text(name, 60), words)
            for name, words in beside_baseline.took(found)[: view.MOST_GROUPS]
        ],
        "all_removed": len(found.removed),
    }


def _policy(script: str, style: str, *, pictures: bool) -> str:
    """Return the Content-Security-Policy: nothing may load but pictures that the page holds, only
    our own script may run."""
    images = "img-src data:; " if pictures else ""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; {images}"
        "base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _script() -> str:
    parts = "".join(_asset(f"{name}.js") for name in _SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


@cache
def _asset(name: str) -> str:
    return files("pytest_arena_reporters.html").joinpath(name).read_text(encoding="utf-8")


def _cut_note(payload: Payload, limit_mb: float) -> str:
    return f"{_cut_words(payload)} to stay under {limit_mb:g} MB"


def _cut_words(payload: Payload) -> str:
    passing, others = payload.cut
    if passing is None:
        return ""
    words = f"answers of passed cells are cut to {passing:,} characters"
    return words if others is None else f"{words}, those of all others to {others:,}"
