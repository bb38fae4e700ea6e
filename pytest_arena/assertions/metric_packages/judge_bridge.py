"""A judge of the arena as the model of another package's metric, asked from the metric's thread."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from typing import Any

from pytest_arena.errors import ArenaError, BudgetSpent, ProviderError, shorten
from pytest_arena.json_schema import mismatches
from pytest_arena.judging.llm.panel import NO_ENGINE, NO_JUDGE, repair
from pytest_arena.results.request_response import Message
from pytest_arena.schema import Asking, JudgeReply, ProviderSpec
from pytest_arena.text.json_text import NotJsonError, UnreadableJsonError, json_choices

Fault = Callable[[dict[str, Any]], str | None]
"""Say what is wrong with an object; None: nothing."""
_AS_JSON = "Answer with one JSON object and nothing else. It fits this JSON Schema:\n{schema}"


class NoReplyError(ArenaError):
    """The judge gave nothing that the metric could go on with."""


class JudgeBridge:
    """A judge, asked in the words of a metric; it keeps what it replied, and why it did not.

    A package may catch what is raised here and go on with something made up: `problem` and
    `stopped` say afterwards that no verdict was reached.
    """

    def __init__(
        self,
        spec: ProviderSpec | None,
        ask: Asking | None,
        loop: asyncio.AbstractEventLoop,
        metric: str,
    ) -> None:
        self.name = spec.name if spec is not None else "judge"
        self.replies: list[JudgeReply] = []
        self.failed_attempts = 0
        self.unreached = False
        """Whether the judge could not be asked, rather than replied with nothing of use."""
        self.problem = ""
        self.stopped: BaseException | None = None
        """What ends the trial, such as a budget that is spent."""
        self._spec = spec
        self._ask = ask
        self._loop = loop
        self._metric = metric

    @property
    def was_asked(self) -> bool:
        """Whether the metric wanted a judge."""
        return bool(self.replies or self.problem or self.stopped)

    def text(self, messages: list[Message]) -> str:
        """Return the judge's reply."""
        return self._reply(messages, 0).response.output

    def value(self, messages: list[Message], fault: Fault) -> dict[str, Any]:
        """Return a JSON object without a `fault`; a reply that has none is asked for once more."""
        asked = messages
        for turn in range(2):
            response = self._reply(asked, turn).response
            found, problem = _faultless(response.output, fault)
            if found is not None:
                return found
            self.problem = problem
            asked = [*asked, *repair(response, problem)]
        raise self._give_up(
            f"judge {self.name!r} gave no usable judgement, not even when asked again: "
            f"{self.problem}"
        )

    def of_schema(self, messages: list[Message], schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return a JSON object that fits a schema, which the judge is told of."""
        *before, last = messages
        told = _AS_JSON.format(schema=json.dumps(schema, ensure_ascii=False))
        asked = [*before, {**last, "content": f"{last['content']}\n\n{told}"}]
        return self.value(asked, lambda value: mismatches(value, schema))

    def refuse(self, what: str) -> NoReplyError:
        """Return the error for something that a judge is not there for."""
        return self._give_up(f"{self._metric} {what}")

    def _reply(self, messages: list[Message], turn: int) -> JudgeReply:
        if self.stopped is not None:
            raise NoReplyError(str(self.stopped))
        if self._spec is None:
            raise self._give_up(NO_JUDGE.format(type=self._metric))
        if self._ask is None:
            raise self._give_up(NO_ENGINE)
        future = asyncio.run_coroutine_threadsafe(
            self._asking(self._ask, self._spec, messages, turn), self._loop
        )
        try:
            reply = future.result()
        except ProviderError as error:
            self.failed_attempts += error.attempts
            self.unreached = True
            raise self._give_up(
                f"judge {self.name!r} gave no judgement: {error.message}"
            ) from error
        except (BudgetSpent, CancelledError) as error:
            self.stopped = error
            raise NoReplyError(str(error)) from error
        self.replies.append(reply)
        self.problem = ""
        return reply

    @staticmethod
    async def _asking(
        ask: Asking, spec: ProviderSpec, messages: list[Message], turn: int
    ) -> JudgeReply:
        return await ask(spec, messages, turn=turn)

    def _give_up(self, problem: str) -> NoReplyError:
        self.problem = problem
        return NoReplyError(problem)


def _faultless(text: str, fault: Fault) -> tuple[dict[str, Any] | None, str]:
    """Return the first object of a reply without a fault, or None and what is wrong."""
    problem = "it has no JSON object"
    try:
        found = json_choices(text, extract=True)
    except (NotJsonError, UnreadableJsonError) as error:
        return None, f"it is not a JSON object ({error})"
    for value in found:
        if isinstance(value, dict):
            wrong = fault(value)
            if wrong is None:
                return value, ""
            problem = f"its JSON does not fit: {shorten(wrong, 300)}"
    return None, problem
