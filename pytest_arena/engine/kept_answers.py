"""What models said in a conversation, so that nobody is asked again what was answered."""

from __future__ import annotations

from pytest_arena.engine.calling.client import Call
from pytest_arena.loading.plans import CellPlan
from pytest_arena.recording.call_journal import CallJournal, call_key
from pytest_arena.recording.keys import asked_facts
from pytest_arena.recording.trial_calls import TrialCalls
from pytest_arena.results.request_response import Request, Response
from pytest_arena.results.serialize import record_of, response_from_record
from pytest_arena.schema import ProviderSpec


async def calls_of(journal: CallJournal | None, plan: CellPlan, number: int) -> TrialCalls | None:
    """Return the calls of a trial where they are kept: of all that works in steps, and of
    conversations.

    Those of an application are not: what it remembers of a conversation is not ours to restore.
    Neither is what Python code asks, which no hash tells from what it asked before.
    """
    case, spec = plan.case, plan.provider
    if journal is None or spec.system is not None or spec.asks_nobody or case.load is not None:
        return None
    turns = sum(turn.most_answers for turn in case.dialogues[number % len(case.dialogues)])
    if not plan.hashes or (not case.works_in_steps and turns == 1):
        return None
    return await journal.of_trial(plan.file, case.name, plan.column, number, plan.version)


def keeping(calls: TrialCalls, spec: ProviderSpec, call: Call) -> Call:
    """Return what makes calls of a trial that have not been made, and keeps the answers."""
    if not calls.keeps_answers:
        return call

    async def answer(request: Request) -> Response:
        at = (request.turn, request.step)
        key = call_key("model", asked_facts(spec, request))
        found = calls.taken(at, key)
        if found is not None and found.given is not None:
            return response_from_record(found.given)
        response = await call(request)
        calls.end(at, key, record_of(response), irreversible=False)
        return response

    return answer
