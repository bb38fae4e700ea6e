"""What a run of arena files will take, before any call: calls, tokens, dollars, minutes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from pytest_arena.engine.calling.provider_state import GUESSED_OUTPUT, input_tokens, output_bound
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.plans import Arena, CasePlan, CellPlan, TurnPlan, every_assertion
from pytest_arena.registry import Registry
from pytest_arena.results.cell import column_name
from pytest_arena.results.content import content_of
from pytest_arena.results.request_response import Message, Request
from pytest_arena.schema import ProviderSpec

GUESSED_LATENCY_S = 2.0
"""One call, where nothing is known of the provider."""


@dataclass(slots=True)
class RunEstimate:
    """The sum of what one provider will be asked, or one judge (`judges`).

    `calls` are the most of them, and all other figures are for so many; `least_calls` are fewer
    where the answers decide whether a judge is asked. `most_output_tokens` is the bound that the
    parameters set, the guess where they set none; `cost_usd` and `most_cost_usd` are None where
    the price is not known. Load cases that last for a time, rather than for so many messages, are
    counted by `GUESSED_LATENCY_S`.
    """

    provider: str
    model: str
    calls: float = 0.0
    input_tokens: float = 0.0
    output_tokens: float = 0.0
    most_output_tokens: float = 0.0
    cost_usd: float | None = 0.0
    most_cost_usd: float | None = 0.0
    seconds: float = 0.0
    by_limit: str = ""
    """The limit that decides how long it takes."""
    least_calls: float = 0.0
    judges: bool = False
    plays: bool = False
    """Whether it is asked what simulated users say."""


def estimate(
    arenas: Iterable[Arena],
    registry: Registry,
    *,
    concurrency: int,
    trials: int | None = None,
    latency_s: float = GUESSED_LATENCY_S,
) -> list[RunEstimate]:
    """Return one estimate a provider, in the order of the files, and then one a judge.

    One whose answers are there already is none of them. Further attempts after failures, second
    calls of judges, embeddings, what tools send, what assertions of plug-ins ask and kept answers
    are not counted.
    """
    rows = _Rows(trials, latency_s)
    for arena in arenas:
        for plan in (*arena.cells, *_rivals_without_cells(arena)):
            if plan.skip is None and not plan.provider.asks_nobody:
                rows.count(plan)
        for plan in arena.cells:
            if plan.skip is None:
                rows.count_personas(plan)
                rows.count_judges(plan)
    for row, spec in rows.every():
        _price(row, spec, registry)
        _time(row, spec, concurrency, latency_s)
    return [row for row, _ in rows.every()]


def total_seconds(rows: Sequence[RunEstimate], concurrency: int, latency_s: float) -> float:
    """Return how long all take together: the slowest of them, or all calls at the limit over all
    of them. One that both answers and judges does so within the same limits."""
    together: dict[tuple[str, str], float] = {}
    for row in rows:
        who = (row.provider, row.model)
        together[who] = together.get(who, 0.0) + row.seconds
    return max([sum(row.calls for row in rows) * latency_s / concurrency, *together.values()])


class _Rows:
    """The rows of an estimate, providers before judges."""

    def __init__(self, trials: int | None, latency_s: float) -> None:
        self._trials = trials
        self._latency_s = latency_s
        self._providers: dict[str, tuple[RunEstimate, ProviderSpec]] = {}
        self._personas: dict[tuple[str, str], tuple[RunEstimate, ProviderSpec]] = {}
        self._judges: dict[tuple[str, str], tuple[RunEstimate, ProviderSpec]] = {}

    def every(self) -> list[tuple[RunEstimate, ProviderSpec]]:
        asked = (self._providers, self._personas, self._judges)
        return [row for rows in asked for row in rows.values()]

    def count(self, plan: CellPlan) -> None:
        """Add the calls of a cell's own provider."""
        spec = plan.provider
        row = RunEstimate(spec.name, spec.full_model)
        row, _ = self._providers.setdefault(spec.name, (row, spec))
        _add(row, plan, self._trials, self._latency_s)

    def count_judges(self, plan: CellPlan) -> None:
        """Add the calls of those who judge a cell's answers."""
        if not any(assertion.asks(plan.case.judge) for assertion in every_assertion(plan.case)):
            return
        from pytest_arena.engine.estimate_judges import judge_calls, judged_rounds

        likely, _ = _answer_tokens(_params(plan))
        rounds = [
            _rounds(plan, self._trials, self._latency_s, len(dialogue))
            for dialogue in plan.case.dialogues
        ]
        load = plan.case.load is not None
        for place, count in enumerate(rounds):
            least, most = judged_rounds(count, sum(rounds), load=load)
            for call in judge_calls(plan, place, likely):
                row = self._judge(call.spec)
                replied, most_replied = _answer_tokens(call.spec.params)
                row.calls += most
                row.least_calls += least if call.surely else 0.0
                row.input_tokens += most * call.input_tokens
                row.output_tokens += most * replied
                row.most_output_tokens += most * most_replied

    def count_personas(self, plan: CellPlan) -> None:
        """Add the calls of the models that play the users of a cell's conversations."""
        for persona in plan.case.personas:
            spec, trials = persona.provider, self._trials or plan.case.trials
            row = RunEstimate(spec.name, spec.full_model, plays=True)
            row, _ = self._personas.setdefault((spec.name, spec.full_model), (row, spec))
            likely, most = _answer_tokens(spec.params)
            told = input_tokens(Request([{"role": "system", "content": persona.instructions}]))
            answered, _ = _answer_tokens(_params(plan))
            calls = trials * persona.longest
            row.calls += calls
            row.least_calls += trials * min(persona.least, persona.longest)
            row.input_tokens += calls * (told + (persona.longest - 1) / 2 * (answered + likely))
            row.output_tokens += calls * likely
            row.most_output_tokens += calls * most

    def _judge(self, spec: ProviderSpec) -> RunEstimate:
        row = RunEstimate(spec.name, spec.full_model, judges=True)
        row, _ = self._judges.setdefault((spec.name, spec.full_model), (row, spec))
        return row


def _rivals_without_cells(arena: Arena) -> Iterator[CellPlan]:
    """Yield what is called only to be compared with, each once."""
    known = {(plan.case.name, plan.column) for plan in arena.cells}
    for plan in arena.cells:
        for name, (rival, *fallbacks) in plan.rivals.items():
            place = (plan.case.name, column_name(name, plan.variant))
            if place not in known:
                known.add(place)
                yield replace(plan, provider=rival, fallbacks=tuple(fallbacks))


def _params(plan: CellPlan) -> dict[str, Any]:
    """Return the parameters that a cell's calls are made with."""
    return plan.case.params_for(plan.provider)


def _answer_tokens(params: dict[str, Any]) -> tuple[float, float]:
    """Return the tokens of one answer under these parameters: likely, and at most."""
    bound = output_bound(params)
    likely = GUESSED_OUTPUT if bound is None else min(bound, GUESSED_OUTPUT)
    return likely, likely if bound is None else bound


def _add(row: RunEstimate, plan: CellPlan, trials: int | None, latency_s: float) -> None:
    case = plan.case
    likely, most = _answer_tokens(_params(plan))
    tools = case.tools_for(plan.provider)
    for dialogue in case.dialogues:
        rounds = _rounds(plan, trials, latency_s, len(dialogue))
        said: list[Message] = []
        if case.system is not None:
            said.append({"role": "system", "content": case.system})
        for number, (turn, surely, played) in enumerate(_asked_turns(dialogue)):
            said += [*turn.before, {"role": "user", "content": content_of(turn.user)}]
            calls = _most_calls(case, number)
            row.calls += rounds * calls
            row.least_calls += rounds * min(calls, 1) * surely
            # the answers so far are sent again, and what personas have said
            sent = input_tokens(Request(said, tools=tools)) + played
            before = number * likely + (calls - 1) * likely / 2
            row.input_tokens += rounds * calls * (sent + before)
            row.output_tokens += rounds * calls * likely
            row.most_output_tokens += rounds * calls * most


def _asked_turns(dialogue: Sequence[TurnPlan]) -> Iterator[tuple[TurnPlan, bool, float]]:
    """Yield what is asked at most, a turn for each message of a persona: whether it is asked in any
    case, and the tokens that personas have said so far."""
    played = 0.0
    for turn in dialogue:
        persona = turn.persona
        for nth in range(turn.most_answers):
            if persona is not None:
                played += _answer_tokens(persona.provider.params)[0]
            yield turn, persona is None or nth < persona.least, played


def _most_calls(case: CasePlan, turn: int) -> int:
    """Return the most calls of the model in a turn: several where an agent works at it."""
    if case.chain is not None:
        return case.chain.most_calls
    if case.workflow is not None:
        return case.workflow.most_calls
    if case.agent is None:
        return 1
    most, of_trial = case.agent.max_llm_turns, case.agent.limits.llm_turns
    # what earlier turns may have used is left to the later ones
    return most if of_trial is None else max(min(most, of_trial - turn * most), 0)


def _rounds(plan: CellPlan, trials: int | None, latency_s: float, turns: int) -> float:
    """Return how often a dialogue is held."""
    load = plan.case.load
    if load is None:
        return trials or plan.case.trials
    if load.messages is not None:
        every = load.users * load.messages / turns
    else:
        every = load.users * (load.duration_s or 0.0) / (latency_s * turns)
    return every / len(plan.case.dialogues)


def _price(row: RunEstimate, spec: ProviderSpec, registry: Registry) -> None:
    from pytest_arena.providers.usage import Usage

    cls = registry.providers.get(spec.provider)
    if spec.system is not None:
        # known from its answers alone
        row.cost_usd = row.most_cost_usd = None
        return
    price = cls.price(spec) if cls is not None else None
    if price is None:
        offline = cls is not None and cls.offline
        row.cost_usd = row.most_cost_usd = 0.0 if offline else None
        return
    # by the mean call, since longer prompts may have another price
    calls = row.calls or 1.0
    tokens_in = round(row.input_tokens / calls)
    for name, tokens in (
        ("cost_usd", row.output_tokens),
        ("most_cost_usd", row.most_output_tokens),
    ):
        cost = price.cost(Usage(tokens_in, round(tokens / calls))) or 0.0
        setattr(row, name, cost * row.calls)


def _time(row: RunEstimate, spec: ProviderSpec, concurrency: int, latency_s: float) -> None:
    places = min(spec.concurrency or concurrency, concurrency)
    times = {f"{places} at once": row.calls * latency_s / places}
    rate = spec.rate_limit
    if rate is not None and rate.requests_per_minute is not None:
        limit = rate.requests_per_minute
        times[f"{limit:g} requests a minute"] = row.calls / limit * 60
    if rate is not None and rate.tokens_per_minute is not None:
        tokens = row.input_tokens + row.output_tokens
        limit = rate.tokens_per_minute
        times[f"{limit:g} tokens a minute"] = tokens / limit * 60
    row.by_limit = max(times, key=lambda name: times[name])
    row.seconds = times[row.by_limit]
