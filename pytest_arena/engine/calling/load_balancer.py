"""Several endpoints that answer for one provider: calls are dealt to those that work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pytest_arena.engine.calling.provider_state import DEFAULT_RETRY_FOR_S
from pytest_arena.errors import LASTING, ErrorKind, ProviderError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.prices import Price
from pytest_arena.real_time import real_time
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema import ProviderSpec

FIRST_REST_S = 5.0
LONGEST_REST_S = 60.0
_LASTING = LASTING | {ErrorKind.NOT_FOUND}


@dataclass(slots=True)
class _Endpoint:
    provider: Provider
    weight: float
    credit: float = 0.0
    rests_until: float = 0.0
    failures: int = 0


class LoadBalancer(Provider):
    """Deal calls to endpoints by smooth weighted round robin, as nginx does it.

    An endpoint that fails rests for a while (for good, where its key is refused or it does not
    know the model), and its call may be made again at once at another one (`elsewhere`). When all
    rest, the one that wakes first is asked.
    """

    type = "endpoints"

    def __init__(
        self,
        spec: ProviderSpec,
        environment: ProviderEnvironment,
        make: Callable[[ProviderSpec], Provider],
        *,
        clock: Callable[[], float] = real_time.monotonic,
    ) -> None:
        super().__init__(spec, environment)
        self._clock = clock
        self._all = [
            _Endpoint(make(one), endpoint.weight)
            for one, endpoint in zip(specs_of(spec), spec.endpoints, strict=True)
        ]

    @property
    def own_price(self) -> Price | None:
        return self._all[0].provider.own_price

    async def start(self) -> None:
        for endpoint in self._all:
            await endpoint.provider.start()

    async def complete(self, request: Request) -> Response:
        endpoint = self._next()
        try:
            response = await endpoint.provider.complete(request)
        except ProviderError as error:
            error.elsewhere = self._failed(endpoint, error)
            raise
        except asyncio.CancelledError:
            # mostly the time limit of the attempt
            self._rest(endpoint, FIRST_REST_S)
            raise
        endpoint.failures = 0
        return response

    async def close(self) -> None:
        for endpoint in self._all:
            await endpoint.provider.close()

    def _next(self) -> _Endpoint:
        awake = self._awake()
        if not awake:
            return min(self._all, key=lambda endpoint: endpoint.rests_until)
        for endpoint in awake:
            endpoint.credit += endpoint.weight
        chosen = max(awake, key=lambda endpoint: endpoint.credit)
        chosen.credit -= sum(endpoint.weight for endpoint in awake)
        return chosen

    def _awake(self) -> list[_Endpoint]:
        now = self._clock()
        return [endpoint for endpoint in self._all if endpoint.rests_until <= now]

    def _failed(self, endpoint: _Endpoint, error: ProviderError) -> bool:
        """Let an endpoint rest where it is to blame; return whether another one is awake."""
        if error.kind in _LASTING:
            endpoint.rests_until = float("inf")
        elif error.retryable:
            endpoint.failures += 1
            rest_s = min(FIRST_REST_S * 2 ** (endpoint.failures - 1), LONGEST_REST_S)
            self._rest(
                endpoint,
                min(error.retry_after_s or rest_s, self.spec.retry_for or DEFAULT_RETRY_FOR_S),
            )
        else:
            return False
        return bool(self._awake())

    def _rest(self, endpoint: _Endpoint, seconds: float) -> None:
        endpoint.rests_until = max(endpoint.rests_until, self._clock() + seconds)


def specs_of(spec: ProviderSpec) -> list[ProviderSpec]:
    """Return the provider as each of its endpoints has it."""
    found = []
    for endpoint in spec.endpoints:
        changes: dict[str, object] = {
            "endpoints": (),
            "load_balance": None,
            "headers": {**spec.headers, **endpoint.headers},
        }
        for name in ("api_base", "api_key_env", "model"):
            value = getattr(endpoint, name)
            if value is not None:
                changes[name] = value
        one = spec.model_copy(update=changes)
        one._place = endpoint.place or spec.place
        found.append(one)
    return found
