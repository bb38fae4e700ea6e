"""Figures of labels as texts: a sentence and a table a column, for every report."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_arena.comparison import Comparison
from pytest_arena.comparison.labels import NO_LABEL, OTHER_LABEL, LabelSummary
from pytest_arena.comparison.stats.classification import LabelFigures
from pytest_arena.light_dataclass import dataclass
from pytest_arena_reporters import figures

_MOST_CONFUSED = 5
FIGURES = ("label", "answers", "precision", "recall", "F1 (95 %)")
"""The titles of a table's first columns; those of the confusion matrix follow."""


@dataclass(frozen=True, slots=True)
class LabelTable:
    """One column's labels, a row each: its figures, and what its answers were taken for.

    `given` are the labels of the confusion matrix, empty where there are too many; `right` is the
    place of each row's own label among them. Names are as they came.
    """

    title: str
    words: str
    given: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int | None, ...]
    confused: str
    left_out: int


def label_tables(comparison: Comparison, most: int) -> list[LabelTable]:
    """Return a table for each column, best first; of more than `most` labels those with the
    lowest F1, without a matrix."""
    place = {standing.provider: i for i, standing in enumerate(comparison.standings)}
    found = sorted(comparison.labels, key=lambda one: (one.file, place[one.column]))
    several = len({one.file for one in found}) > 1
    return [_table(one, most, several) for one in found]


def _table(summary: LabelSummary, most: int, several_files: bool) -> LabelTable:
    own = summary.figures.labels if summary.figures else ()
    whole = len(summary.labels) <= most
    shown = own if whole else sorted(own, key=lambda one: (one.f1.value, one.label))[:most]
    further = [name for name in (OTHER_LABEL, NO_LABEL) if summary.given(name)]
    given = (*summary.labels, *further) if whole and own else ()
    counts = summary.figures.counts if summary.figures else {}
    return LabelTable(
        title=summary.column + (f" in {summary.file}" if several_files else ""),
        words=_words(summary),
        given=given,
        rows=tuple(
            (*_figures(one), *(f"{counts.get((one.label, name), 0):,}" for name in given))
            for one in shown
        ),
        right=tuple(given.index(one.label) if given else None for one in shown),
        confused=_confused(summary),
        left_out=len(own) - len(shown),
    )


def _words(summary: LabelSummary) -> str:
    unjudged = figures.plural(summary.unjudged, "trial")
    without = f"{unjudged} reached no verdict" if summary.unjudged else ""
    found = summary.figures
    if found is None:
        return f"no answer was judged; {without}" if without else "no answer was judged"
    parts = [
        f"accuracy {figures.rate_with_interval(found.accuracy)}, "
        f"macro F1 {figures.rate_with_interval(found.f1)} "
        f"over {figures.plural(len(found.labels), 'label')}, "
        f"{figures.plural(summary.answers, 'answer')}"
    ]
    if summary.without_label:
        parts.append(f"{summary.without_label:,} gave no label")
    return "; ".join([*parts, without] if without else parts)


def _figures(one: LabelFigures) -> tuple[str, ...]:
    return (
        one.label,
        f"{one.support:,}",
        figures.rate(one.precision),
        figures.rate(one.recall),
        figures.rate_with_interval(one.f1),
    )


def _confused(summary: LabelSummary) -> str:
    """Say what was taken for what most often: `refund as billing (7)`."""
    pairs: Sequence[tuple[str, str, int]] = summary.confusions[:_MOST_CONFUSED]
    return ", ".join(f"{right} as {given} ({count:,})" for right, given, count in pairs)
