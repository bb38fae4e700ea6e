"""The comparison tables as pandas DataFrames; the only module that imports pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pytest_arena.comparison.breakdown import Breakdown
from pytest_arena.comparison.comparison import Comparison
from pytest_arena.comparison.trial_rows import COLUMNS, trial_rows
from pytest_arena.results import RunResult, read_run

if TYPE_CHECKING:
    from pytest_arena.comparison.differences import Difference
    from pytest_arena.comparison.stats.classification import Classification, LabelFigures
    from pytest_arena.comparison.stats.intervals_and_tests import Estimate
    from pytest_arena.comparison.stats.quantiles import Quantile

_DTYPES = {
    "text": "string",
    "integer": "Int64",
    "number": "Float64",
    "boolean": "boolean",
    "list": "object",
}


def load_results(path: str | Path) -> pd.DataFrame:
    """Read a `results.jsonl` into a DataFrame with one row a trial.

    Times are in milliseconds, costs in US dollars. A cell without a trial (skipped) has one row
    with empty trial columns. A file that is no results file is a `UserError`.
    """
    return trials_table(read_run(path))


def trials_table(run: RunResult) -> pd.DataFrame:
    """Return one row a trial."""
    return _frame(list(trial_rows(run)), {name: _DTYPES[kind] for name, kind in COLUMNS.items()})


def provider_table(comparison: Comparison) -> pd.DataFrame:
    """Return one row a provider, best first: verdicts, pass rate, rating, latency, cost."""
    summaries = {summary.provider: summary for summary in comparison.summaries}
    rows = []
    for standing in comparison.standings:
        summary = summaries[standing.provider]
        counts, spending = summary.counts, summary.spending
        rows.append(
            {
                "provider": summary.provider,
                "model": summary.model,
                "rank": standing.rank,
                **_bounds("rating", comparison.ratings.get(standing.provider)),
                "pareto": standing.pareto,
                "passed": counts.passed,
                "failed": counts.failed,
                "error": counts.error,
                "skipped": counts.skipped,
                "xfailed": counts.xfailed,
                **_bounds("pass_rate", counts.pass_rate),
                **_quantiles(
                    "latency", (summary.latency.p50, summary.latency.p95, summary.latency.p99)
                ),
                **_quantiles(
                    "first_token",
                    (summary.first_token.p50, summary.first_token.p95, summary.first_token.p99),
                ),
                "input_tokens": summary.input_tokens,
                "output_tokens": summary.output_tokens,
                "cost_usd": spending.total_usd,
                "cost_per_case_usd": spending.per_case_usd,
                "cost_per_passed_usd": spending.per_passed_usd,
                "unknown_costs": spending.unknown,
            }
        )
    return pd.DataFrame(rows)


def matrix_table(comparison: Comparison) -> pd.DataFrame:
    """Return the verdicts as case × provider, indexed by file and case."""
    table = comparison.matrix
    return pd.DataFrame(
        [[cell.verdict if cell else None for cell in row.cells] for row in table.rows],
        columns=list(table.providers),
        index=pd.MultiIndex.from_tuples(
            [(row.file, row.case) for row in table.rows] or [], names=["file", "case"]
        )
        if table.rows
        else pd.MultiIndex.from_arrays([[], []], names=["file", "case"]),
    )


def differences_table(comparison: Comparison) -> pd.DataFrame:
    """Return one row a pair of providers: the paired difference, its interval and p-values."""
    return pd.DataFrame(
        [_pair(pair, "cases") for pair in comparison.differences],
        columns=None if comparison.differences else ["first", "second", "difference"],
    )


def _pair(pair: Difference, counted: str) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        **_bounds("difference", pair.estimate),
        counted: pair.estimate.n,
        "only_first": pair.only_first,
        "only_second": pair.only_second,
        "ties": pair.ties,
        "p_value": pair.p_value,
        "p_adjusted": pair.p_adjusted,
        "better": pair.better,
    }


def variants_table(comparison: Comparison) -> pd.DataFrame:
    """Return one row a pair of variants: the paired difference over all providers, its interval
    and p-values."""
    rows = [
        {**_pair(one.pair, "pairs"), "units": one.units, "providers": len(one.by_provider)}
        for one in comparison.variants
    ]
    return pd.DataFrame(rows, columns=None if rows else ["first", "second", "difference"])


def labels_table(comparison: Comparison) -> pd.DataFrame:
    """Return one row a file, column and label: precision, recall and F1 with their intervals.

    The rows without a label hold accuracy and the macro means.
    """
    rows = []
    for summary in comparison.labels:
        found = summary.figures
        own = {"file": summary.file, "column": summary.column}
        if found is not None:
            rows.append(
                {
                    **own,
                    "label": None,
                    "answers": summary.answers,
                    **_bounds("accuracy", found.accuracy),
                    **_label_bounds(found),
                }
            )
            rows += [
                {**own, "label": one.label, "answers": one.support, **_label_bounds(one)}
                for one in found.labels
            ]
    return pd.DataFrame(rows, columns=None if rows else ["file", "column", "label", "answers"])


def _label_bounds(found: Classification | LabelFigures) -> dict[str, float | None]:
    return {
        **_bounds("precision", found.precision),
        **_bounds("recall", found.recall),
        **_bounds("f1", found.f1),
    }


def confusion_table(comparison: Comparison) -> pd.DataFrame:
    """Return one row a file, column, right label and given one: how many answers gave it."""
    rows = [
        {
            "file": summary.file,
            "column": summary.column,
            "label": right,
            "predicted": given,
            "answers": count,
        }
        for summary in comparison.labels
        if summary.figures is not None
        for (right, given), count in sorted(summary.figures.counts.items())
    ]
    columns = ["file", "column", "label", "predicted", "answers"]
    return pd.DataFrame(rows, columns=columns)


def tag_table(comparison: Comparison) -> pd.DataFrame:
    """Return one row a tag and provider."""
    return _breakdown_table("tag", comparison, comparison.by_tag)


def assertion_table(comparison: Comparison) -> pd.DataFrame:
    """Return one row an assertion type and provider."""
    return _breakdown_table("assertion", comparison, comparison.by_assertion)


def _breakdown_table(
    name: str, comparison: Comparison, groups: Sequence[Breakdown]
) -> pd.DataFrame:
    rows = []
    for group in groups:
        for provider, counts in zip(comparison.matrix.providers, group.counts, strict=True):
            if counts.cells:
                rows.append(
                    {
                        name: group.name,
                        "provider": provider,
                        "passed": counts.passed,
                        "failed": counts.failed,
                        "error": counts.error,
                        "skipped": counts.skipped,
                        "xfailed": counts.xfailed,
                        **_bounds("pass_rate", counts.pass_rate),
                    }
                )
    return pd.DataFrame(rows)


def _bounds(name: str, estimate: Estimate | None) -> dict[str, float | None]:
    return {
        name: estimate.value if estimate else None,
        f"{name}_low": estimate.low if estimate else None,
        f"{name}_high": estimate.high if estimate else None,
    }


def _quantiles(name: str, found: Sequence[Quantile | None]) -> dict[str, float | None]:
    return {
        f"{name}_{label}_ms": quantile.value if quantile else None
        for label, quantile in zip(("p50", "p95", "p99"), found, strict=True)
    }


def _frame(rows: Sequence[Mapping[str, Any]], dtypes: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series([row[name] for row in rows], dtype=dtype)
            for name, dtype in dtypes.items()
        }
    )
