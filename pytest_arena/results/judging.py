"""What a judge said of an answer, what it cost to ask, and how far it can be trusted."""

from collections.abc import Iterable
from typing import Literal

from pydantic import NonNegativeFloat, NonNegativeInt

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.request_response import Source

CALIBRATIONS = "calibrations"
"""The folder beside an arena file that keeps the calibrations of its judges."""
BASELINE = "the baseline"
"""Stands for a rival's name where an answer was compared with the one that a baseline keeps."""
VoteVerdict = Literal["passed", "failed", "error"]


@dataclass(frozen=True, slots=True)
class Vote:
    """One judge's word: its verdict, score and reason, and the passages that it quoted.

    Latency (milliseconds), tokens and cost (US dollars) cover all calls that it took; cost and
    tokens are None where they are not known. `calls` is 0 where an equal question of the same
    trial had been answered already: its price stands with the first one.
    """

    judge: str
    verdict: VoteVerdict
    reason: str
    score: float | None = None
    quotes: tuple[str, ...] = ()
    model: str | None = None
    calls: NonNegativeInt = 0
    latency_ms: NonNegativeFloat | None = None
    input_tokens: NonNegativeInt | None = None
    output_tokens: NonNegativeInt | None = None
    cost_usd: NonNegativeFloat | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well a judge agreed with labels: `kappa` is Cohen's, with its 95 % interval.

    `false_passes` are answers labelled as failing that it passed, `false_fails` the reverse;
    `undecided` got no verdict. Kappa and its bounds are None where they are not defined.
    """

    labels: NonNegativeInt
    accuracy: NonNegativeFloat | None
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    false_passes: NonNegativeInt
    false_fails: NonNegativeInt
    undecided: NonNegativeInt = 0
    date: str | None = None

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why this calibration does not say much, in words; empty where it does."""
        said = []
        judged = self.labels - self.undecided
        if judged < MOST_DOUBTED:
            said.append(f"only {judged} {'label was' if judged == 1 else 'labels were'} judged")
        if self.kappa_low is None:
            said.append("kappa has no interval")
        elif self.kappa_low < LEAST_KAPPA:
            said.append(f"kappa may be as low as {self.kappa_low:.2f}")
        return tuple(said)


MOST_DOUBTED = 100
"""With fewer labels than this a calibration says little."""
LEAST_KAPPA = 0.6
"""Below this lower bound of kappa a judge cannot be trusted (Landis and Koch 1977: moderate)."""


@dataclass(frozen=True, slots=True)
class Judging:
    """How a finding was judged: by which prompt (name and version), and each judge's vote.

    `key` identifies the judge as a whole (models, prompt, criteria), so that a calibration can be
    found again. `rival` is the provider whose answer this one was compared with, or `BASELINE`;
    `rival_output` is that answer, `preferred` 1 where this one is better, 0 where the rival's is,
    and 0.5 for a tie.
    """

    prompt: str
    key: str
    votes: tuple[Vote, ...] = ()
    calibration: Calibration | None = None
    rival: str | None = None
    rival_output: str | None = None
    preferred: NonNegativeFloat | None = None

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(vote.model or vote.judge for vote in self.votes))

    @property
    def calls(self) -> int:
        return sum(vote.calls for vote in self.votes)

    @property
    def cost_usd(self) -> float | None:
        """The price of all votes in US dollars; None where one of them is not known."""
        return total(vote.cost_usd for vote in self.votes if vote.calls)


def total(values: Iterable[float | None]) -> float | None:
    """Return the sum, 0 for nothing, or None where one of the values is not known."""
    found = sorted((value for value in values), key=lambda value: (value is None, value or 0.0))
    known = [value for value in found if value is not None]
    return sum(known) if len(known) == len(found) else None
