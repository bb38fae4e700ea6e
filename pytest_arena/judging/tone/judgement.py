"""What is said of a text: a verdict on a tone, or its sentiment, with the cues that drove it."""

from __future__ import annotations

from typing import NamedTuple

from pytest_arena.judging.tone.analysis import Reading, read
from pytest_arena.judging.tone.applicability import why_not
from pytest_arena.judging.tone.explanations import Driver, explain
from pytest_arena.judging.tone.scales import weigh
from pytest_arena.judging.tone.verdicts import Answer, Evidence, lean

MOST_CHARACTERS = 20_000
"""What is read of a text; a tone is told by less."""


class Judgement(NamedTuple):
    """Whether a text has a tone: `yes`, `no` or `unsure`, with a score and what drove it.

    Scores from 0.7 are a yes, to 0.3 a no, between them unsure; None where the text cannot be
    judged at all, for the reason in `obstacle`.
    """

    answer: Answer
    score: float | None
    drivers: tuple[Driver, ...] = ()
    obstacle: str | None = None

    @property
    def evidence(self) -> str:
        """The cues for and against, each with its words; or why there are none."""
        if self.obstacle is not None:
            return self.obstacle
        from pytest_arena.judging.detectors.messages import quoted

        sides = {
            "for": [driver for driver in self.drivers if driver.weight > 0],
            "against": [driver for driver in self.drivers if driver.weight < 0],
        }
        told = [
            f"{side}: " + ", ".join(f"{one.label} {quoted(one.text, 40)}" for one in drivers)
            for side, drivers in sides.items()
            if drivers
        ]
        return "; ".join(told) or "no single cue stands out, only wording and length"


class Mood(NamedTuple):
    """How a text feels, from -1 to 1; `doubt` says why it could be otherwise."""

    value: float
    judgement: Judgement
    doubt: str | None = None


def judge_tone(text: str, tone: str) -> Judgement:
    """Return whether an English text has one of the tones of `TONES`."""
    reading, obstacle = _read(text)
    if obstacle is not None:
        return Judgement("unsure", None, obstacle=obstacle)
    leaning = lean(reading, tone)
    return Judgement(leaning.answer, round(leaning.score, 4), explain(reading, tone))


def judge_mood(text: str) -> Mood:
    """Return the sentiment of an English text."""
    reading, obstacle = _read(text)
    if obstacle is not None:
        return Mood(0.0, Judgement("unsure", None, obstacle=obstacle), obstacle)
    evidence = Evidence(reading, weigh(reading))
    value, doubt = evidence.valence, None
    if evidence.hostile:
        value = min(value, -0.5)
    elif evidence.hard and value > 0:
        doubt = "kind words stand beside unkind phrases, as in sarcasm"
    tone = "positive" if value >= 0 else "negative"
    drivers = explain(reading, tone)
    if value < 0:
        drivers = tuple(driver._replace(weight=-driver.weight) for driver in drivers)
    return Mood(round(value, 4), Judgement("unsure", None, drivers), doubt)


def _read(text: str) -> tuple[Reading, str | None]:
    reading = read(text[:MOST_CHARACTERS])
    return reading, why_not(reading)
