"""Ask judges about one trial: the same question once, at temperature 0, as JSON where that is."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence

from pytest_arena.engine.calling.client import ProviderClient
from pytest_arena.engine.own_answers import own_mock, own_responses
from pytest_arena.errors import BudgetSpent, ErrorKind, ProviderError
from pytest_arena.loading.plans import CellPlan
from pytest_arena.providers.embeddings import vectors_from
from pytest_arena.results.request_response import Message, Request, Response
from pytest_arena.results.trial import Trial
from pytest_arena.running.timed_loop import TimedLoop
from pytest_arena.schema import JudgeReply, ProviderSpec

_NO_JSON = re.compile(r"response_format|json_object|json mode", re.IGNORECASE)
_NO_TEMPERATURE = re.compile(r"temperature", re.IGNORECASE)


class JudgeClient:
    """A client of the judges for one trial of a cell; lives on the event loop.

    `unknown` keeps, for all desks of a process, what a judge's endpoint has refused: `json` or
    `temperature`, by the identity of its spec.
    """

    def __init__(
        self,
        client: ProviderClient,
        plan: CellPlan,
        trial: int,
        unknown: dict[int, set[str]],
        rival: Callable[[str], Awaitable[Trial]],
        timed_loop: TimedLoop | None = None,
    ) -> None:
        self.rival = rival
        self.timed_loop = timed_loop
        self.trial = trial
        self._client = client
        self._plan = plan
        self._trial = trial
        self._unknown = unknown
        self._asked: dict[tuple[int, str], asyncio.Future[Response]] = {}

    async def __call__(
        self, spec: ProviderSpec, messages: list[Message], *, turn: int = 0
    ) -> JudgeReply:
        """Return the judge's reply; an equal question is asked only once."""
        key = (id(spec), json.dumps(messages, sort_keys=True))
        known = self._asked.get(key)
        if known is not None:
            return JudgeReply(await asyncio.shield(known), again=True)
        future = self._asked[key] = asyncio.get_running_loop().create_future()
        try:
            response = await self._ask(spec, messages, turn)
        except (ProviderError, BudgetSpent) as error:
            future.set_exception(error)
            # nobody else may have asked, and asyncio complains of what nobody looked at
            future.exception()
            raise
        except BaseException:
            future.cancel()
            raise
        future.set_result(response)
        return JudgeReply(response)

    async def embed(self, spec: ProviderSpec, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """Return the vectors of texts, in their order."""
        request = Request(
            file=self._plan.file,
            messages=[{"role": "user", "content": text} for text in texts],
            params=dict(spec.params),
            timeout_s=spec.longest_s,
            case=self._plan.case.name,
            provider=spec.name,
            trial=self._trial,
            dialogues=len(self._plan.case.dialogues),
            purpose="embedding",
        )
        return vectors_from(await self._client.call(spec, request), len(texts))

    async def _ask(self, spec: ProviderSpec, messages: list[Message], turn: int) -> Response:
        """Ask, and once more without what the endpoint says that it does not know."""
        unknown = self._unknown.setdefault(id(spec), set())
        while True:
            request = self._request(spec, messages, turn, unknown)
            try:
                return await self._client.call(spec, request)
            except ProviderError as error:
                refused = _refused(request, error.message)
                if error.kind is not ErrorKind.BAD_REQUEST or refused is None:
                    raise
                unknown.add(refused)

    def _request(
        self, spec: ProviderSpec, messages: list[Message], turn: int, unknown: set[str]
    ) -> Request:
        params = dict(spec.params)
        params.pop("temperature", None)
        if "temperature" not in unknown:
            params["temperature"] = 0
        case = self._plan.case
        return Request(
            file=self._plan.file,
            messages=messages,
            params=params,
            timeout_s=spec.longest_s,
            case=case.name,
            provider=spec.name,
            trial=self._trial,
            dialogues=len(case.dialogues),
            turn=turn,
            turns=turn + 1,
            mock=own_mock(case.mock, spec.name),
            mock_responses=own_responses(self._plan.mock_responses, spec.name),
            files=case.files,
            purpose="judge",
            json_only="json" not in unknown,
        )


def _refused(request: Request, message: str) -> str | None:
    """Return which part of a request a refusal names, of those that can be left out."""
    if request.json_only and _NO_JSON.search(message):
        return "json"
    if "temperature" in request.params and _NO_TEMPERATURE.search(message):
        return "temperature"
    return None
