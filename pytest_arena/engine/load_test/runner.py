"""A load case while it runs: users who ask, wait for the answer, and ask again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import field, replace
from pathlib import Path

from pytest_arena.assertions.evaluate import needs_loop
from pytest_arena.engine.calling.client import Call, ProviderClient
from pytest_arena.engine.calling.provider_state import DEFAULT_RETRY_FOR_S
from pytest_arena.engine.calling.retries import pause_before
from pytest_arena.engine.trial_checks import checks
from pytest_arena.errors import LASTING, BudgetSpent, ErrorKind, ProviderError, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.load_tests import MOST_MESSAGES
from pytest_arena.loading.plans import CellPlan, LoadTestPlan
from pytest_arena.results.request_response import Request, Response
from pytest_arena.results.trial import Trial
from pytest_arena.text.folding import bare_ends

MOST_JUDGED = 1000
"""Conversations that are held whole and judged; fewer where each asks a judge."""
MOST_KEPT = 200
"""Of the trials, in the results."""
MOST_ERRORS = 50
FASTEST_REPLAY_S = 0.01
"""The least time between two messages of a user whose answers come from no provider."""
_HOPELESS = LASTING | {
    ErrorKind.CONFIGURATION,
    ErrorKind.MISSING_KEY,
    ErrorKind.NOT_FOUND,
    ErrorKind.OPEN_FILES,
    ErrorKind.PROVIDER_DOWN,
}
_DOWN_IN_A_ROW = 3
"""Calls for each user that fail in a row, rate limits aside, before the load is given up."""

Talk = Callable[[int, Call], Awaitable[Trial]]
"""Run the n-th conversation with these calls."""


@dataclass(slots=True)
class EvenSample:
    """A sample of at most so many of the trials that come, spread evenly over all of them."""

    most: int
    trials: list[Trial] = field(default_factory=list)
    _step: int = 1
    _seen: int = 0

    def add(self, trial: Trial) -> None:
        if self._seen % self._step == 0:
            self.trials.append(trial)
            # every second one goes and only every second comes from now on: what is kept stays even
            # over the whole load, whose length nobody knows beforehand
            if len(self.trials) > self.most:
                del self.trials[1::2]
                self._step *= 2
        self._seen += 1


@dataclass(frozen=True, slots=True)
class CallEnd:
    """When a call ended, in seconds since the load began, and what came of it."""

    at_s: float
    latency_ms: float | None
    failed: bool


@dataclass(slots=True)
class LoadTestRun:
    """What came of a load; of one that was not made, only that it was not.

    `trials` are all conversations without their texts, `sample` some of those with an answer,
    whole, and `errors` some of those without. `broken_off` says why the load was not made as it
    was asked for.
    """

    load: LoadTestPlan
    sample: list[Trial] = field(default_factory=list)
    errors: list[Trial] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    ends: list[CallEnd] = field(default_factory=list)
    elapsed_s: float = 0.0
    broken_off: str | None = None
    over_budget: str | None = None
    """The budget that ended it."""
    only_replayed: bool = False
    """Whether it was not made, since the run only replays what was recorded."""


def most_judged(plan: CellPlan, root: Path) -> int:
    """Return how many trials of a load are judged: fewer where each asks another model."""
    every = [
        (check, turn)
        for dialogue in range(len(plan.case.dialogues))
        for check, turn in checks(plan.case, dialogue)
    ]
    asks = any(needs_loop(check, root) for check, turn in every)
    # what a judge was paid for is kept, beside the errors
    return MOST_KEPT - MOST_ERRORS if asks else MOST_JUDGED


class VirtualUsers:
    """The users of one load case; lives on the event loop.

    At most `most_judged` trials are held whole. `now` and `sleep` are the loop's own unless given.
    """

    def __init__(
        self,
        plan: CellPlan,
        load: LoadTestPlan,
        talk: Talk,
        client: ProviderClient,
        *,
        most_judged: int = MOST_JUDGED,
        now: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._plan = plan
        self._load = load
        self._talk = talk
        self._client = client
        self._now = now or asyncio.get_running_loop().time
        self._sleep = sleep
        self._begin = 0.0
        self._longest_pause_s = plan.provider.retry_for or DEFAULT_RETRY_FOR_S
        self._sample = EvenSample(most_judged)
        self._errors = EvenSample(MOST_ERRORS)
        self._trials: list[Trial] = []
        self._ends: list[CallEnd] = []
        self._number = 0
        self._failed_in_a_row = 0
        self._broken_off: str | None = None
        self._over_budget: str | None = None

    async def run(self) -> LoadTestRun:
        """Let all users talk until the load has been made; cancelled where the run is stopped."""
        self._begin = self._now()
        async with asyncio.TaskGroup() as group:
            users = [group.create_task(self._user()) for _ in range(self._load.users)]
        # a load that was cut short by the end of the run measured something else
        if self._client.closing or any(user.cancelled() for user in users):
            raise asyncio.CancelledError
        # not the time of now: the last pauses of users are no part of the load
        end = max((each.at_s for each in self._ends), default=0.0)
        return LoadTestRun(
            self._load,
            self._sample.trials,
            self._errors.trials,
            self._trials,
            self._ends,
            end,
            self._broken_off,
            self._over_budget,
        )

    async def _user(self) -> None:
        turns = len(self._plan.case.dialogues[0])
        sent = failures = 0
        while self._goes_on(sent):
            began = self._now()
            sent += turns
            try:
                trial, error = await self._send(self._next())
            except BudgetSpent as spent:
                self._over_budget = str(spent)
                self._give_up(f"budget: {spent}")
                return
            self._take(trial, error)
            failures = failures + 1 if trial.error is not None else 0
            # asked again, so that nobody sleeps past the end
            if self._goes_on(sent):
                await self._sleep(self._pause(trial, error, failures, self._now() - began))

    def _goes_on(self, sent: int) -> bool:
        if self._broken_off is not None or self._client.closing:
            return False
        load = self._load
        if load.duration_s is not None:
            return self._now() - self._begin < load.duration_s
        return load.messages is None or sent < load.messages

    def _next(self) -> int:
        self._number += 1
        return self._number - 1

    async def _send(self, number: int) -> tuple[Trial, ProviderError | None]:
        """Run one conversation; return it, and the failure of a call that ended it."""
        failure: ProviderError | None = None

        async def call(request: Request) -> Response:
            nonlocal failure
            try:
                response = await self._client.call_once(self._plan.provider, request)
            except ProviderError as error:
                failure = error
                self._ends.append(CallEnd(self._now() - self._begin, None, True))
                raise
            self._ends.append(CallEnd(self._now() - self._begin, response.latency_ms, False))
            return response

        trial = await self._talk(number, call)
        return trial, failure

    def _take(self, trial: Trial, error: ProviderError | None) -> None:
        self._trials.append(_without_texts(trial))
        if trial.error is None:
            self._sample.add(trial)
        else:
            self._errors.add(trial)
        self._watch(trial, error)

    def _watch(self, trial: Trial, error: ProviderError | None) -> None:
        """Give up what cannot succeed: no call at all, a provider that is down, or too many."""
        if trial.error is None:
            self._failed_in_a_row = 0
            if not trial.responses:
                self._give_up("no call was made: a guardrail blocked the input")
        elif error is not None and error.kind is not ErrorKind.RATE_LIMIT:
            self._failed_in_a_row += 1
            row = self._failed_in_a_row
            if error.kind in _HOPELESS:
                self._give_up(f"no call can succeed: {shorten(error.message)}")
            elif row >= _DOWN_IN_A_ROW * self._load.users:
                self._give_up(f"{row:,} calls in a row failed; the last one said: {error.message}")
        # no call failed: a guardrail could not look, and will not be able to the next time
        elif error is None:
            self._give_up(trial.error.message)
        elif self._load.duration_s is None and (error.retry_after_s or 0) > self._longest_pause_s:
            wait = f"{error.retry_after_s:g} s"
            self._give_up(f"the provider asks to wait {wait} before another call")
        if len(self._ends) >= MOST_MESSAGES and self._load.duration_s is not None:
            self._give_up(f"{len(self._ends):,} calls were made, which is the most there may be")

    def _give_up(self, why: str) -> None:
        if self._broken_off is None:
            self._broken_off = f"the load was broken off: {why}"

    def _pause(
        self, trial: Trial, error: ProviderError | None, failures: int, took_s: float
    ) -> float:
        """Return how long a user waits: not at all after an answer, as a client does after an
        error."""
        if error is not None:
            pause = pause_before(failures - 1, error.retry_after_s)
            if self._load.duration_s is None:
                return pause
            return min(pause, max(0.0, self._begin + self._load.duration_s - self._now()))
        if trial.source != "call":
            return max(0.0, FASTEST_REPLAY_S - took_s)
        return 0.0


def _without_texts(trial: Trial) -> Trial:
    """Return what figures need of a trial: thousands of them are held."""
    return Trial(
        messages=(),
        responses=tuple(_without_text(response) for response in trial.responses),
        verdict="passed" if trial.error is None else "error",
        guardrails=tuple(replace(event, original=None) for event in trial.guardrails),
        error=trial.error,
        index=trial.index,
        dialogue=trial.dialogue,
    )


def _without_text(response: Response) -> Response:
    # what is left tells an empty answer from one with a text
    if bare_ends(response.output):
        return replace(response, output="…", tool_calls=())
    return replace(response)
