"""The calls of tools in one conversation, of which none is made again that had been made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pytest_arena.loading.agent_plans import ToolPlan
from pytest_arena.recording.call_journal import call_key
from pytest_arena.recording.trial_calls import Place, TrialCalls, not_again
from pytest_arena.results.request_response import ToolCall
from pytest_arena.tools import ToolContext, ToolResult
from pytest_arena.tools.mcp import ConversationTools

_LONGEST_STATE = 1_000_000
"""Characters of JSON; more would be written again at each call."""


class Ended(NamedTuple):
    """What a call of a tool gave, and how long it took."""

    result: ToolResult
    latency_ms: float


class KeptTools:
    """Runs the tools of a conversation, and keeps what each call gave and did to their state.

    Without `calls`, nothing is kept.
    """

    def __init__(
        self,
        toolbox: ConversationTools,
        calls: TrialCalls | None,
        context: ToolContext,
        clock: Callable[[], float],
    ) -> None:
        self._toolbox = toolbox
        self._calls = calls
        self._context = context
        self._clock = clock
        self._facts: dict[str, tuple[ToolPlan | None, str]] = {}
        self._state: str | None = "{}"
        self._restored = -1

    def finished(self, call: ToolCall, at: Place) -> Ended | None:
        """Return what a call gave before the run was interrupted, its state restored; None where
        it must be made."""
        if self._calls is None:
            return None
        found = self._calls.taken(at, self._key(call))
        if found is None or found.given is None:
            return None
        given = dict(found.given)
        if "state" in given and found.number > self._restored:
            state = given.pop("state")
            if state is None:
                if call.irreversible:
                    why = "what it left in the tools' state is no JSON, and was not kept"
                    raise not_again(call.name, f"the interrupted run had made it, and {why}")
                return None
            self._restored, self._state = found.number, json.dumps(state)
            self._context.state.clear()
            self._context.state.update(state)
        result = ToolResult(given.get("value"), given.get("error"), given.get("planted", ""))
        return Ended(result, given["latency_ms"])

    async def run(self, call: ToolCall, at: Place, context: ToolContext) -> Ended:
        """Make a call, and keep what came of it."""
        if self._calls is None:
            return await self._timed(call, context)
        key = self._key(call)
        if call.irreversible:
            self._calls.begin(at, key, call.name)
        ended = await self._timed(call, context)
        plan = self._toolbox.plan(call.name)
        changed = self._changed_state() if plan is not None and plan.takes_state else {}
        given = {**_given(ended), **changed}
        self._calls.end(at, key, given, call.name, irreversible=call.irreversible)
        return ended

    async def _timed(self, call: ToolCall, context: ToolContext) -> Ended:
        began = self._clock()
        result = await self._toolbox.run(call.name, call.arguments, context)
        return Ended(result, (self._clock() - began) * 1000)

    def _key(self, call: ToolCall) -> str:
        plan = self._toolbox.plan(call.name)
        known = self._facts.get(call.name)
        if known is None or known[0] is not plan:
            facts = plan and [plan.offered, plan.facts(self._context.variables)]
            known = self._facts[call.name] = (plan, call_key(call.name, facts))
        return call_key("tool", known[1], call.arguments)

    def _changed_state(self) -> dict[str, Any]:
        """Return the state of the tools where it is not as it was; None for one that no file
        holds."""
        text = _state_as_json(self._context.state)
        if text is not None and text == self._state:
            return {}
        self._state = text
        return {"state": None if text is None else json.loads(text)}


def _given(ended: Ended) -> dict[str, Any]:
    result = ended.result
    given = {"value": result.value, "error": result.error, "planted": result.planted or None}
    told = {name: value for name, value in given.items() if value is not None}
    return {**told, "latency_ms": round(ended.latency_ms, 3)}


def _state_as_json(state: Mapping[str, Any]) -> str | None:
    """Return the state as JSON; None where it could not be the same again."""
    try:
        text = json.dumps(dict(state), allow_nan=False)
        same = len(text) <= _LONGEST_STATE and _is_plain(dict(state))
    except (TypeError, ValueError, RecursionError, RuntimeError):
        # no JSON, or changed at this very moment by a tool that runs beside
        return None
    return text if same else None


def _is_plain(value: Any) -> bool:
    """Return whether a value is what JSON would make of it again, and no relative of that."""
    if type(value) is dict:
        return all(type(key) is str and _is_plain(one) for key, one in value.items())
    if type(value) is list:
        return all(map(_is_plain, value))
    return value is None or type(value) in (str, int, float, bool)
