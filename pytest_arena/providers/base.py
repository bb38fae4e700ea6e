"""The base of every provider: one method that sends a request and returns a response."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from pytest_arena.errors import ErrorKind, Location, Problem, ProviderError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.request_response import Request, Response
from pytest_arena.running.process_guard import ProcessGuard
from pytest_arena.span_receiver import SpanReceiver

if TYPE_CHECKING:
    from pytest_arena.providers.prices import Price
    from pytest_arena.providers.usage import Usage
    from pytest_arena.schema.base import ArenaModel
    from pytest_arena.schema.provider import ProviderSpec

OptionsModel: TypeAlias = "type[ArenaModel] | None"


@dataclass(frozen=True, slots=True)
class ProviderEnvironment:
    """What a provider may need from outside: variables, a place to report secrets, a guard.

    Every value given to `add_secret` is kept out of all that is written. What is given to
    `add_note` stands in the run's notes, the first note of each key alone.
    `process_guard` kills what programs are left if this process dies, `span_receiver` receives
    what applications trace.
    """

    variables: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    add_secret: Callable[[str], None] = lambda _secret: None
    add_note: Callable[[str, str], None] = lambda _key, _note: None
    process_guard: ProcessGuard = field(default_factory=ProcessGuard, repr=False)
    span_receiver: SpanReceiver = field(default_factory=SpanReceiver, repr=False)

    def fill(self, text: str, spec: ProviderSpec) -> str:
        """Replace `${NAME}` by the variable; a missing one is a `ProviderError`."""
        return self.filled(text, f"provider {spec.name!r}", spec.place)

    def filled(self, text: str, owner: str, place: Location | None) -> str:
        """Replace `${NAME}` in a text of an `owner` that stands at a place."""
        # a process that makes no calls knows of providers, and needs no model of a file
        from pytest_arena.schema.http import VARIABLE

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name not in self.variables:
                where = f"{place}: " if place else ""
                raise ProviderError(
                    ErrorKind.CONFIGURATION,
                    f"{where}{owner} needs the environment variable {name}\n"
                    f"  expected: {name} to be set, since ${{{name}}} is used\n"
                    f"  fix: export {name}=…",
                )
            self.add_secret(self.variables[name])
            return self.variables[name]

        return VARIABLE.sub(value, text)


class Provider:
    """What answers for one entry of `providers:`; subclass it and write `complete`.

    One instance serves a whole process; all its methods run on the engine's event loop, many
    calls at once. Limits, timeouts, retries and hooks are the engine's.
    """

    type: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    Options: ClassVar[OptionsModel] = None
    """A model of the YAML keys that this kind of provider alone understands."""
    vendor: ClassVar[bool] = False
    """True where a vendor's model answers alone, unless an endpoint of one's own is named."""
    offline: ClassVar[bool] = False
    """True where no call leaves the process."""
    asks_nobody: ClassVar[bool] = False
    """True where the answers are there already: `--arena-mock` has nothing to stand in for, no load
    can be put on it, and keys that say how a model is called are refused."""
    needs_model: ClassVar[bool] = True
    """False where `model` may be left out; never asked of an offline provider."""

    def __init__(self, spec: ProviderSpec, environment: ProviderEnvironment) -> None:
        self.spec = spec
        self.environment = environment

    @classmethod
    def price(cls, spec: ProviderSpec) -> Price | None:
        """Return what the tokens of a model cost, as far as that is known before a call."""
        from pytest_arena.providers.prices import price_of

        further = spec.full_model.partition("/")[2]
        names = [f"{cls.type}/{further}", *([further] if "/" in further else ())]
        return price_of(spec, names)

    @property
    def own_price(self) -> Price | None:
        """What the tokens of this provider's model cost, where that is known before a call."""
        return type(self).price(self.spec)

    @classmethod
    def problems(cls, spec: ProviderSpec, variables: Mapping[str, str]) -> list[Problem]:
        """Return the mistakes in an entry, and in the variables that it reads, with which no call
        could be made; looked for before a run."""
        return []

    @classmethod
    def open_files(cls, spec: ProviderSpec) -> int:
        """Return how many files a call in flight holds open: a connection is one. Not asked of an
        offline provider."""
        return 1

    def note_usage(self, usage: Usage | None) -> None:
        """Put counts that cannot be believed into the run's notes, the first of a provider."""
        if usage is not None and usage.problem:
            said = f"provider {self.spec.name!r} reports a usage that cannot be ({usage.problem})"
            note = f"{said}; such tokens and their cost count as unknown"
            self.environment.add_note(f"usage {self.spec.name}", note)

    @classmethod
    def warm_up(cls) -> None:
        """Import what the first call needs; called once, in a thread, while collection goes on."""

    async def start(self) -> None:
        """Do what calls need once (imports, keys, a client), outside any call's time limit.

        Awaited before every call, so that it must be quick when it is done; a failure is a
        `ProviderError`.
        """

    async def complete(self, request: Request) -> Response:
        """Send one request once and return the answer; a failure is a `ProviderError`.

        `latency_ms` is the call's own time; `first_token_ms` is set when `request.stream` is.
        """
        raise NotImplementedError(f"{type(self).__name__} has no complete()")

    async def embed(self, request: Request) -> Response:
        """Embed the texts of a request once (see `providers.embeddings`)."""
        who = f"provider {self.spec.name!r} ({self.type})"
        raise ProviderError(ErrorKind.CONFIGURATION, f"{who} gives no embeddings")

    async def forget(self, session: str) -> None:
        """Let go of what belongs to a dialogue that has ended, however it did."""

    async def close(self) -> None:
        """Free connections; called once, on the loop, when the run ends."""
