"""Who handed over to whom: found in tool calls, in the agents of steps, and in those of spans."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.trace import Span
from pytest_arena.text.folding import fold
from pytest_arena.text.tool_names import means_tool
from pytest_arena.text.wildcards import fits, stands_for

_AGENT_OF_SPAN = "gen_ai.agent.name"
_OPERATION = "gen_ai.operation.name"
_BY_NAME = re.compile(
    r"(?:.*[.-]|mcp_\w*?_)?(?:transfer|hand_?off|delegate(?:_task|_work)?)(?:_back)?_to_(?P<agent>.+)"
)
"""`transfer_to_billing`, as the SDKs of OpenAI, LangGraph and AutoGen name it, and its kin."""
_BY_ARGUMENT = re.compile(
    r"(?:.*[.-])?(?:transfer_to_agent|switch_agent|hand_?off(?:_to_agent)?|"
    r"delegate(?:_task|_work)?(?:_to_(?:agent|coworker))?)"
)
"""`transfer_to_agent(agent_name=…)`, as those of Google, LlamaIndex and CrewAI do."""
_ARGUMENTS = [
    "agent_name",
    "to_agent",
    "target_agent",
    "coworker",
    "agent",
    "recipient",
    "destination",
    "target",
    "to",
    "name",
]
_SUBAGENT = "subagent_type"
"""The argument by which Claude's `Task`, and `task` of others, name whom they start."""


@dataclass(frozen=True, slots=True)
class Handoff:
    """One agent's work given to another; `giver` is None where nobody told whose it was."""

    giver: str | None
    taker: str
    answer: int
    """In which answer of the conversation, from 0."""

    def __str__(self) -> str:
        return f"{self.giver or 'an agent'} → {self.taker}"


def plain_name(name: str) -> str:
    """Return an agent's name as tools are named after it: `Billing Agent` is `billing_agent`."""
    return re.sub(r"[^\w*]+", "_", fold(name)).strip("_")


def means_agent(wanted: str, name: str) -> bool:
    """Return whether a written name, in which `*` stands for any text, means an agent."""
    return fits(plain_name(wanted), plain_name(name))


def handoffs(answers: Sequence[Response], tools: Sequence[str] = ()) -> list[Handoff]:
    """Return the handoffs of a conversation in their order.

    Of an answer, the spans of its trace tell them where they name several agents, else its steps,
    else its tool calls: those that frameworks have for it, and each call within which others were
    made, as of an agent that is called as a tool. Where `tools` are given, their calls do.
    """
    found: list[Handoff] = []
    at_work: str | None = None
    for number, answer in enumerate(answers):
        named = _Named.of_spans(answer) or _Named.of_steps(answer)
        if named is not None and named.pairs and not tools:
            found += [Handoff(giver, taker, number) for giver, taker in named.pairs]
            at_work = named.last
        else:
            calls = _Calls(answer.tool_calls, tools, at_work if named is None else named.first)
            found += [Handoff(giver, taker, number) for giver, taker in calls.pairs()]
            at_work = calls.at_work
    return found


def names_agents(answer: Response) -> bool:
    """Return whether an answer tells by name which agents took part."""
    return (_Named.of_spans(answer) or _Named.of_steps(answer)) is not None


@dataclass(frozen=True, slots=True)
class _Named:
    """The agents that an answer names: what one gave to another, and who had it in the end."""

    pairs: tuple[tuple[str, str], ...]
    first: str
    last: str

    @classmethod
    def of_spans(cls, answer: Response) -> _Named | None:
        """Take an agent within another as handed to by that one, else by the one before it."""
        spans = answer.trace.spans if answer.trace is not None else ()
        by_id = {span.id: span for span in spans if span.id}
        return cls._in_order(
            [(agent, _around(span, by_id), span) for span in spans if (agent := _agent_of(span))]
        )

    @classmethod
    def of_steps(cls, answer: Response) -> _Named | None:
        return cls._in_order([(step.agent, None, None) for step in answer.steps if step.agent])

    @classmethod
    def _in_order(cls, named: Sequence[tuple[str, Span | None, Span | None]]) -> _Named | None:
        pairs: list[tuple[str, str]] = []
        before: dict[str | None, str] = {}
        for agent, around, span in named:
            within = around.id if around is not None else None
            outer = _agent_of(around) if around is not None else None
            giver = outer or before.get(None)
            goes_on = _is_same(before.get(within), agent) and not _begins_anew(span)
            if giver is not None and not _is_same(giver, agent) and not goes_on:
                pairs.append((giver, agent))
            before[within] = agent
        if not named:
            return None
        return cls(tuple(pairs), named[0][0], before.get(None, named[0][0]))


def _is_same(one: str | None, other: str) -> bool:
    return one is not None and plain_name(one) == plain_name(other)


def _begins_anew(span: Span | None) -> bool:
    """Return whether a span is a run of an agent, rather than a model's call in one."""
    return span is not None and span.attributes.get(_OPERATION) == "invoke_agent"


def _agent_of(span: Span) -> str | None:
    agent = span.attributes.get(_AGENT_OF_SPAN)
    return agent.strip() or None if isinstance(agent, str) else None


def _around(span: Span, by_id: Mapping[str, Span]) -> Span | None:
    """Return the nearest span of an agent within which a span ran."""
    seen: set[str] = set()
    while span.parent is not None and span.parent not in seen and span.parent in by_id:
        seen.add(span.parent)
        span = by_id[span.parent]
        if _agent_of(span) is not None:
            return span
    return None


class _Calls:
    """The calls of one answer, read as handoffs."""

    def __init__(
        self, calls: Sequence[ToolCall], tools: Sequence[str], at_work: str | None
    ) -> None:
        self._calls = calls
        self._tools = tools
        self.at_work = at_work
        around = {call.parent for call in calls if call.parent}
        self._agents = {
            call.id: taker_of(call, tools) or call.name for call in calls if call.id in around
        }
        """Agents that were called as tools, by the call's id: others were made within it."""

    def pairs(self) -> Iterator[tuple[str | None, str]]:
        """Yield who gave to whom; afterwards `at_work` is who goes on."""
        inside = dict(self._agents)
        for call in self._calls:
            taker = taker_of(call, self._tools)
            if taker is None and not self._tools:
                taker = self._agents.get(call.id)
            if taker is None or call.error is not None:
                continue
            parent = call.parent
            yield self.at_work if parent is None else inside.get(parent), taker
            if call.id in self._agents:
                # who is called as a tool answers its caller, who goes on
                continue
            if parent is None:
                self.at_work = taker
            else:
                inside[parent] = taker


def taker_of(call: ToolCall, tools: Sequence[str] = ()) -> str | None:
    """Return the agent that a call hands over to; None of a call that does not."""
    if tools:
        meant = next((tool for tool in tools if means_tool(tool, call.name)), None)
        if meant is None:
            return None
        return stands_for(meant, call.name) or _argument(call, *_ARGUMENTS, _SUBAGENT) or call.name
    name = re.sub(r"\s+", "_", call.name.strip()).lower()
    if _BY_ARGUMENT.fullmatch(name):
        agent = _argument(call, *_ARGUMENTS)
    else:
        agent = _argument(call, _SUBAGENT) if name == "task" else None
    by_name = _BY_NAME.fullmatch(name)
    return agent or (by_name["agent"] if by_name else None)


def _argument(call: ToolCall, *names: str) -> str | None:
    given = call.arguments if isinstance(call.arguments, Mapping) else {}
    values = (given.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value.strip()), None)
