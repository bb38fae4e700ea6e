"""What runs of several steps have alike: chains, workflows, and chains of tasks."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Protocol

from pytest_arena.errors import BudgetSpent, ProviderError, first_line
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.request_response import Message, Request, Response, Tool
from pytest_arena.results.step import Step, StepKind
from pytest_arena.schema import ProviderSpec
from pytest_arena.targets.agent import AgentRun
from pytest_arena.targets.agent.turn_record import TurnRecord

NO_PARAMS: Mapping[str, Any] = MappingProxyType({})


class AskStep(Protocol):
    """Ask a model once, as an agent's `Ask` does: `by` in place of the column's, with `params`
    under those of its provider."""

    async def __call__(
        self,
        messages: list[Message],
        turn: int,
        step: int,
        further: Sequence[Tool],
        by: ProviderSpec | None = None,
        *,
        params: Mapping[str, Any] = NO_PARAMS,
    ) -> tuple[Request, Response]: ...


@dataclass(slots=True)
class Taken:
    """What one step of a turn came to."""

    text: str = ""
    event: str = ""
    next: str = ""
    final: bool = False
    response: Response | None = None
    """What a model and its tools did in it, where an agent worked at it."""
    part: TurnRecord | None = None
    """The same where its calls are recorded one by one."""
    error: str | None = None
    """Why it failed, where the run goes on after that."""


def _nothing() -> Response | None:
    return None


class StepsRun(ABC):
    """A run that takes several steps at a turn of the user's, with an agent for each that asks a
    model."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._record: TurnRecord | None = None
        """What is done at the turn at hand."""
        self._runs: Mapping[Any, AgentRun] = {}

    @abstractmethod
    async def answer(self, messages: list[Message], turn: int) -> tuple[Request, Response]:
        """Answer a turn; return the conversation, and the turn as one response."""

    @property
    def unfinished(self) -> Response | None:
        """What a turn that was broken off had come to; None where there is nothing of it."""
        record = self._record
        return self._whole(record) if record is not None and record.has_begun else None

    async def close(self) -> None:
        """Let the tools go of what is this dialogue's."""
        await asyncio.gather(*(run.close() for run in self._runs.values()))

    def _whole(self, record: TurnRecord) -> Response:
        """Return a turn as one response."""
        return record.response(None)

    @contextmanager
    def _taking(
        self,
        record: TurnRecord,
        kind: StepKind,
        name: str,
        unfinished: Callable[[], Response | None] = _nothing,
    ) -> Iterator[Taken]:
        """Record a step when it ends: what it came to, or why it failed and what it had done."""
        taken, began_ms = Taken(), record.now_ms()

        def step(error: str | None = None) -> Step:
            return Step(
                kind,
                round(began_ms, 3),
                round(record.now_ms() - began_ms, 3),
                name,
                "" if error is not None else taken.text,
                event=taken.event,
                next=taken.next,
                final=taken.final and error is None,
                error=error,
            )

        def add(step: Step, response: Response | None) -> None:
            if taken.part is not None:
                record.add_part(step, taken.part)
            else:
                record.add_instruction(step, response)

        try:
            yield taken
        except (ProviderError, BudgetSpent) as error:
            add(step(first_line(str(error))), unfinished())
            raise
        add(step(taken.error), taken.response)


def in_step(error: ProviderError, where: str) -> ProviderError:
    """Return an error that says in which step it happened."""
    told = ProviderError(
        error.kind,
        f"{where}: {error.message}",
        status=error.status,
        retry_after_s=error.retry_after_s,
        attempts=error.attempts,
    )
    told.elsewhere = error.elsewhere
    return told


def with_output(response: Response, output: str) -> Response:
    """Return a turn whose text is what its last step gave, which no model need have said."""
    if output == response.output:
        return response
    return replace(response, output=output, refusal=None, first_token_ms=None)
