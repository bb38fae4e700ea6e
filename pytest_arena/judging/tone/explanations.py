"""Which cues drove a verdict: the strongest for it and against it, as they stand in the text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pytest_arena.judging.tone.analysis import Cue, Reading
from pytest_arena.judging.tone.verdicts import CASUAL, HARD, WARM
from pytest_arena.judging.tone.weights import load

_UNTOLD = frozenset(("i", "i_first", "we", "you", "vague", "joined_first", "hedge", "amends"))
"""They count, and say nothing to a reader who asks why."""
_MOST = 3
_LEAST = 0.1
# How much each scale speaks for a tone; hostility speaks against most of them.
_SCALES: Mapping[str, Mapping[str, float]] = {
    "professional": {"formality": 1, "courtesy": 0.5, "hostility": -1, "contempt": -1},
    "polite": {"courtesy": 1, "hostility": -0.5},
    "formal": {"formality": 1},
    "casual": {"formality": -1},
    "friendly": {"courtesy": 0.3, "hostility": -0.5},
    "empathetic": {"hostility": -0.3},
    "apologetic": {},
    "neutral": {"hostility": -0.5},
    "positive": {"hostility": -0.5},
    "negative": {"hostility": 1},
}
_OWN: Mapping[str, Mapping[str, float]] = {
    "professional": {cue: -weight for cue, weight in CASUAL.items()},
    "casual": CASUAL,
    "friendly": WARM,
    "empathetic": {"empathy": 3, "feeling": 0.5},
    "apologetic": {"apology": 3},
    "neutral": {"exclamation": -1, "emoji": -1, "empathy": -1, "apology": -1},
}


class Driver(NamedTuple):
    """A cue that counts for a tone (weight over 0) or against it, and where it stands."""

    label: str
    text: str
    start: int
    end: int
    weight: float


def explain(reading: Reading, tone: str) -> tuple[Driver, ...]:
    """Return the cues that count most, at most three for the tone and three against it."""
    found = [*_cues(reading, tone), *_feelings(reading, tone)]
    ordered = sorted(found, key=lambda driver: (-abs(driver.weight), driver.start, driver.label))
    kept = [
        *[driver for driver in ordered if driver.weight >= _LEAST][:_MOST],
        *[driver for driver in ordered if driver.weight <= -_LEAST][:_MOST],
    ]
    return tuple(kept)


def _cues(reading: Reading, tone: str) -> Iterable[Driver]:
    first: dict[str, Cue] = {}
    for cue in reading.cues:
        if cue.name not in _UNTOLD:
            first.setdefault(cue.name, cue)
    for name, cue in first.items():
        weight = _weight(name, tone) * reading.whole.features[name]
        yield _driver(reading, name, cue.start, cue.end, weight)


def _weight(cue: str, tone: str) -> float:
    models = load().models
    weight = sum(
        share * models[scale].slope * models[scale].weights.get(cue, 0.0)
        for scale, share in _SCALES[tone].items()
    )
    if cue in HARD:
        weight -= (-1 if tone == "negative" else 1) * 1.5
    return weight + _OWN.get(tone, {}).get(cue, 0.0)


def _feelings(reading: Reading, tone: str) -> Iterable[Driver]:
    if tone not in ("positive", "negative", "neutral"):
        return
    for _, start, end, value in reading.feeling.words:
        weight = -abs(value) / 2 if tone == "neutral" else value * (1 if tone == "positive" else -1)
        yield _driver(reading, "good word" if value > 0 else "bad word", start, end, weight)


def _driver(reading: Reading, name: str, start: int, end: int, weight: float) -> Driver:
    text = " ".join(reading.text[start:end].split())
    return Driver(name.replace("_", " "), text, start, end, weight)
