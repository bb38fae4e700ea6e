"""Labels that answers give, beside those that are right: what each column makes of a file's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

from pytest_arena.comparison.matrix import unit_of
from pytest_arena.comparison.stats.classification import Classification, Observation, classify
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, Trial
from pytest_arena.text.labels import label_key

NO_LABEL = "(none)"
"""Stands for the label of an answer that gives none."""
OTHER_LABEL = "(other)"
"""Stands for a label that no case of the file has."""


@dataclass(frozen=True, slots=True)
class LabelledCell:
    """The labels that the answers of one cell gave, an empty one where an answer gave none."""

    label: str
    predicted: Mapping[str, int]
    unit: Hashable


@dataclass(frozen=True, slots=True)
class LabelSummary:
    """What one column made of the labels of one file.

    `figures` are None where no answer was judged; `unjudged` counts trials without a verdict on
    their label, which count in no figure. `labels` are all that the file's cases have.
    """

    file: str
    column: str
    labels: tuple[str, ...]
    figures: Classification | None
    unjudged: int

    @property
    def answers(self) -> int:
        return self.figures.accuracy.n if self.figures else 0

    @property
    def without_label(self) -> int:
        """How many answers gave no label."""
        return self.given(NO_LABEL)

    def given(self, predicted: str) -> int:
        """Return how many answers gave a label."""
        counts = self.figures.counts if self.figures else {}
        return sum(count for (_, given), count in counts.items() if given == predicted)

    @property
    def confusions(self) -> tuple[tuple[str, str, int], ...]:
        """What was taken for what, and how often, the most frequent first."""
        counts = self.figures.counts if self.figures else {}
        wrong = [(right, given, n) for (right, given), n in counts.items() if right != given]
        return tuple(sorted(wrong, key=lambda each: (-each[2], each[0], each[1])))


def label_summaries(cells: Iterable[Cell]) -> tuple[LabelSummary, ...]:
    """Return a summary of each file's labels for each column, in the order of collection."""
    found: dict[tuple[str, str], list[Cell]] = {}
    files: dict[str, dict[str, str]] = {}
    for cell in cells:
        if cell.label is not None and cell.verdict != "skipped":
            found.setdefault((cell.file, cell.column), []).append(cell)
            files.setdefault(cell.file, {}).setdefault(label_key(cell.label), cell.label)
    return tuple(
        LabelSummary(
            file,
            column,
            tuple(sorted(files[file].values())),
            classify(observations([_labelled(cell) for cell in own], files[file])),
            sum(_is_unjudged(trial) for cell in own for trial in cell.trials),
        )
        for (file, column), own in found.items()
    )


def observations(
    cells: Iterable[LabelledCell], names: Mapping[str, str] | None = None
) -> list[Observation]:
    """Return an observation for each answer; `names` are the labels there are, by their keys."""
    cells = list(cells)
    known = names or {label_key(cell.label): cell.label for cell in reversed(cells)}
    found = []
    for cell in cells:
        right = known[label_key(cell.label)]
        for text, count in sorted(cell.predicted.items()):
            given = known.get(label_key(text), OTHER_LABEL) if text else NO_LABEL
            found += [Observation(right, given, cell.unit)] * count
    return found


def predicted_labels(trials: Sequence[Trial]) -> dict[str, int]:
    """Return how often each label was given, an empty one where an answer gave none."""
    found: Counter[str] = Counter()
    for trial in trials:
        for finding in trial.assertions:
            if finding.type == "label" and finding.verdict in ("passed", "failed"):
                found[finding.predicted or ""] += 1
    return dict(found)


def _labelled(cell: Cell) -> LabelledCell:
    unit = unit_of(cell.file, cell.case, cell.cluster)
    return LabelledCell(cell.label or "", predicted_labels(cell.trials), unit)


def _is_unjudged(trial: Trial) -> bool:
    """Return whether a trial says nothing of its label, though nobody left it out on purpose."""
    verdicts = [finding.verdict for finding in trial.assertions if finding.type == "label"]
    return "error" in verdicts or (not verdicts and trial.verdict == "error")
