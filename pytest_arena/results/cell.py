"""One case × provider: its trials, its verdict, and how it stands beside a baseline."""

from collections.abc import Mapping
from dataclasses import field

from pydantic import NonNegativeFloat, NonNegativeInt

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.judging import Judging
from pytest_arena.results.load_test import LoadTestResult
from pytest_arena.results.trial import Finding, Trial, Verdict

CODE = "code"
"""The state of the project's code, where a cell goes by some (of a Python test also how many cells
it has): beside the hashes, for the run that takes up an interrupted one."""
MOCK = "mock"
"""What the mock may answer with: beside the hashes, for the same run."""
PRICES = "prices"
"""What the file says that tokens cost, of whoever it names: beside the hashes, for the same run."""
VARIABLES = "variables"
"""What the environment variables stand for by which the file says whom it asks, and what: beside
the hashes, for the same run."""
OF_RESUMING = (CODE, MOCK, PRICES, VARIABLES)
"""What no baseline keeps, since it says nothing of what is compared."""
MARKED = "marked xfail"
"""Why a cell is expected to fail, where a mark says so and nothing more."""


@dataclass(frozen=True, slots=True)
class Count:
    """The number of trials that reached a verdict, and those of them that passed."""

    passed: NonNegativeInt
    judged: NonNegativeInt


@dataclass(frozen=True, slots=True)
class Took:
    """The median latency of a trial in milliseconds and its mean cost in US dollars; None where
    that is not known."""

    latency_ms: NonNegativeFloat | None = None
    cost_usd: NonNegativeFloat | None = None


@dataclass(frozen=True, slots=True)
class GateFinding:
    """How a cell stands beside the baseline: its status, the reason, and what changed.

    `status` is one of `regressed`, `error`, `blind`, `suspected`, `drifted`, `insufficient data`,
    `incomparable`, `flaky`, `fixed`, `xfailed`, `still failing`, `still passing`, `new`. `fresh`
    and `old` count the trials that were asked after the run: of this version, and of the
    baseline's.
    `changed` names which of prompt, provider, assertions and judge differ; `prompt_diff` holds
    the lines of a unified diff, `differences` a line for each other thing that is not as it was
    (`params.temperature: 0.5 → 0.9`).
    """

    status: str
    reason: str
    before: Count | None = None
    now: Count | None = None
    fresh: Count | None = None
    p_value: NonNegativeFloat | None = None
    changed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    prompt_diff: tuple[str, ...] = ()
    output_before: str | None = None
    renamed_from: str | None = None
    old: Count | None = None
    evidence: NonNegativeFloat | None = None
    differences: tuple[str, ...] = ()
    took_before: Took | None = None
    took: Took | None = None
    """Where the cell is compared: what a trial took in the baseline, and what it takes now."""


@dataclass(frozen=True, slots=True)
class HunkTrials:
    """The trials of the old version with one change alone (`--arena-bisect`)."""

    name: str
    trials: tuple[Trial, ...] = ()


LONGEST_VARIABLE = 200
"""The most characters of a variable's value that a cell keeps."""


def column_name(provider: str, variant: str | None) -> str:
    """Return the name of a column: a provider's, or `provider/variant`."""
    return f"{provider}/{variant}" if variant else provider


@dataclass(frozen=True, slots=True)
class Cell:
    """One case × column: one pytest item, one row of the results.

    The column is the `provider`, or the provider under a `variant`.
    """

    id: str
    file: str
    case: str
    provider: str
    model: str | None
    verdict: Verdict
    trials: tuple[Trial, ...] = ()
    tags: tuple[str, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    line: NonNegativeInt | None = None
    defined_in: str | None = None
    """The file that the lines count in, where an include brought the case from another one."""
    reason: str | None = None
    assertions: tuple[Finding, ...] = ()
    """Findings over all trials (consistency, success_rate, …)."""
    confirmation: tuple[Trial, ...] = ()
    """Fresh trials of a cell that looked bad; only they decide about it."""
    confirmation_old: tuple[Trial, ...] = ()
    """Trials of the baseline's version, each the pair of a fresh trial with its number."""
    sample: tuple[Trial, ...] = ()
    """Fresh trials for the test over the suite, which saw a fall and no cell that explains it."""
    sample_old: tuple[Trial, ...] = ()
    """Their pairs of the baseline's version."""
    hunks: tuple[HunkTrials, ...] = ()
    """Each of several changes alone, where one was looked for that made the cell worse."""
    hunks_old: tuple[Trial, ...] = ()
    """Trials of the baseline's version beside them, each the pair of those with its number."""
    old_version: str | None = None
    """The hashes of the baseline's version, where it is another one and can still be asked."""
    model_alone: bool = False
    """Whether answers come from a vendor's model, with no code of ours behind the call."""
    standing: GateFinding | None = None
    """How it stands beside the baseline, where there is one."""
    over_budget: str | None = None
    """The budget that kept trials of the cell from running."""
    trials_not_run: NonNegativeInt = 0
    """Trials that were not started, since the cell's outcome could not change any more."""
    cluster: str | None = None
    """The family of prompts that the case is of, in its file."""
    load: LoadTestResult | None = None
    """The figures of a load case; `trials` are then some of its calls, failed ones first."""
    variant: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the case, its row or its matrix sets, as text; long values are cut in the middle."""
    label: str | None = None
    """The label that a right answer gives, where the case has one."""
    prompt: str | None = None
    """The entry of `prompts:` that stands around what it says."""
    target: str | None = None
    """The agent, the chain or the workflow that works at it, as `targets:` calls that."""
    xfail: str | None = None
    """Why it is expected to fail, as the case says; pytest counts a failure as xfailed."""
    test: str | None = None
    """The node id of the Python test that made it, where no arena file did."""

    @property
    def is_xfailed(self) -> bool:
        """Whether it failed, as its case says that it will."""
        return self.verdict == "failed" and self.xfail is not None

    @property
    def column(self) -> str:
        """What is compared: the provider's name, or `provider/variant`."""
        return column_name(self.provider, self.variant)

    @property
    def judgings(self) -> tuple[Judging, ...]:
        """All judgements of the cell: of its trials, fresh ones too, and over all of them."""
        trials = (*self.trials, *self.extra_trials)
        found = [judging for trial in trials for judging in trial.judgings]
        return (*found, *(j for finding in self.assertions for j in finding.judgings))

    @property
    def extra_trials(self) -> tuple[Trial, ...]:
        """The trials that were asked after the run, to tell change from chance."""
        hunks = (trial for hunk in self.hunks for trial in hunk.trials)
        asked = (*self.confirmation, *self.confirmation_old, *self.sample, *self.sample_old)
        return (*asked, *hunks, *self.hunks_old)

    @property
    def flaky(self) -> bool:
        """Whether some of the trials passed and some failed; a load is judged as a whole."""
        if self.load is not None:
            return False
        verdicts = {trial.verdict for trial in self.trials}
        return {"passed", "failed"} <= verdicts
