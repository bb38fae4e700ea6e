"""What a baseline keeps of the findings of a cell's assertions: how many held, and their scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pytest_arena.results import Finding, Trial

_SURPRISES = ("guardrail", "answer", "evaluation")
_PLAIN = {"passed": 1.0, "failed": 0.0}


def is_whole(trial: Trial) -> bool:
    """Return whether nothing stopped an answer: no failure, no guardrail, no content filter."""
    blocked = any(event.action == "block" for event in trial.guardrails)
    cut = any(response.is_cut_by_filter for response in trial.responses)
    return trial.error is None and not blocked and not cut


def places(findings: Sequence[Finding], way: str = "") -> Iterator[tuple[str, Finding]]:
    """Yield findings with the places of their assertions: the number in the case, and the type.

    What no assertion asked for (`guardrail`, `answer`, `evaluation`) has no number.
    """
    for number, finding in enumerate(findings):
        place = finding.type if finding.type in _SURPRISES else f"{number}:{finding.type}"
        yield way + place, finding
        yield from places(finding.group, f"{way}{place}/")


def assertion_counts(
    trials: Iterable[Trial], over_all: Sequence[Finding]
) -> dict[str, tuple[int, int]]:
    """Return how often each assertion held, and how often it was judged, by its place."""
    counts: dict[str, tuple[int, int]] = {}
    found = [pair for trial in trials for pair in places(trial.assertions)]
    for place, finding in [*found, *places(over_all, "all/")]:
        if finding.verdict in ("passed", "failed"):
            held, judged = counts.get(place, (0, 0))
            counts[place] = (held + (finding.verdict == "passed"), judged + 1)
    return counts


def metric_counts(
    trials: Iterable[Trial], over_all: Sequence[Finding]
) -> dict[str, tuple[int, int]]:
    """Return how often what a file calls by a name held, and how often it was judged, by name.

    Members of groups count, too. Findings over all trials do where the trials have none.
    """
    in_trials = [f for trial in trials for _, f in places(trial.assertions) if f.metric]
    named = {finding.metric for finding in in_trials}
    whole = [f for _, f in places(over_all) if f.metric and f.metric not in named]
    counts: dict[str, tuple[int, int]] = {}
    for finding in [*in_trials, *whole]:
        if finding.metric is not None and finding.verdict in ("passed", "failed"):
            held, judged = counts.get(finding.metric, (0, 0))
            counts[finding.metric] = (held + (finding.verdict == "passed"), judged + 1)
    return counts


def mean_scores(trials: Iterable[Trial]) -> dict[str, float]:
    """Return the means of what scores measure by name, by turn and measure."""
    found: dict[str, list[float]] = {}
    for trial in trials:
        for _, finding in places(trial.assertions):
            if finding.measure is not None and finding.score is not None:
                turn = "" if finding.turn is None else finding.turn
                found.setdefault(f"{turn}/{finding.measure}", []).append(finding.score)
    # sorted, so that the order of trials leaves no trace in the last digit
    return {name: round(sum(sorted(each)) / len(each), 4) for name, each in sorted(found.items())}


def graded_scores(trials: Iterable[Trial]) -> dict[str, tuple[float, ...]]:
    """Return the scores of each assertion by its place, in the order of the trials.

    Left out are assertions whose scores are 1 where they held and 0 where not, of which the counts
    say as much, and the members of groups, whose scores are the group's own business.
    """
    found: dict[str, list[float]] = {}
    graded: set[str] = set()
    for trial in trials:
        for place, finding in places(trial.assertions):
            if "/" in place or finding.score is None or finding.verdict in ("error", "skipped"):
                continue
            score = round(finding.score, 4)
            found.setdefault(place, []).append(score)
            if score != _PLAIN.get(finding.verdict):
                graded.add(place)
    return {place: tuple(found[place]) for place in sorted(graded)}
