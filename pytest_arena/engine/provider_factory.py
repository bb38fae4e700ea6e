"""Make the provider of a spec, and import early what the first call will need."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from threading import Thread

from pytest_arena._garbage import no_collection
from pytest_arena.errors import InternalError, Problem
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.registry import Registry
from pytest_arena.schema import ProviderSpec
from pytest_arena.schema.variables import asking_texts, variables_in
from pytest_arena.text.nested_texts import texts_in

DEFAULT_KIND = "litellm"


def provider_class(registry: Registry, spec: ProviderSpec) -> type[Provider]:
    """Return the class that answers for a spec; loading has refused unknown ones already."""
    found = registry.providers.get(spec.provider or DEFAULT_KIND)
    if found is None:
        raise InternalError(f"no provider class for {spec.provider!r}")
    return found


def provider_factory(
    registry: Registry, environment: ProviderEnvironment, *, mock: bool
) -> Callable[[ProviderSpec], Provider]:
    """Return what makes providers; with `mock` each that asks somebody is the mock."""

    def make(spec: ProviderSpec) -> Provider:
        cls = provider_class(registry, spec)
        if mock and not cls.asks_nobody:
            found = registry.providers.get("mock")
            if found is None:
                raise InternalError("no provider class for 'mock'")
            return found(spec, environment)
        if spec.endpoints and not cls.offline:
            from pytest_arena.engine.calling.load_balancer import LoadBalancer

            return LoadBalancer(spec, environment, make)
        return cls(spec, environment)

    return make


def open_files_of(registry: Registry, *, mock: bool) -> Callable[[ProviderSpec], int]:
    """Return what tells how many files a call of a provider holds open."""

    def files(spec: ProviderSpec) -> int:
        cls = provider_class(registry, spec)
        return 0 if cls.offline or mock else cls.open_files(spec)

    return files


def configuration_problems(
    registry: Registry, specs: Iterable[ProviderSpec], variables: Mapping[str, str]
) -> list[Problem]:
    """Return the mistakes with which providers could not be called, each once."""
    from pytest_arena.engine.calling.load_balancer import specs_of

    found: dict[str, Problem] = {}
    for spec in {id(spec): spec for spec in specs}.values():
        cls = provider_class(registry, spec)
        for place in specs_of(spec) if spec.endpoints and not cls.offline else [spec]:
            for problem in cls.problems(place, variables):
                found.setdefault(problem.what, problem)
    return list(found.values())


def retirement_notes(registry: Registry, specs: Iterable[ProviderSpec]) -> list[str]:
    """Say which models are switched off, or will be soon."""
    from pytest_arena.providers.model_params import retirement_note

    called = [
        spec
        for spec in {id(spec): spec for spec in specs}.values()
        if not provider_class(registry, spec).offline
    ]
    if not called:
        return []
    today = date.today()  # a day told for no zone in particular
    found = [retirement_note(spec, today) for spec in called]
    return list(dict.fromkeys(note for note in found if note is not None))


def variables_of(specs: Iterable[ProviderSpec]) -> list[str]:
    """Return the environment variables that the entries of `providers:` name."""
    found = []
    for spec in specs:
        texts = [*asking_texts(spec), *spec.headers.values()]
        if spec.system is not None:
            texts += texts_in(spec.system.model_dump(include={"headers"}))
        found += variables_in(texts)
        if spec.api_key_env:
            found.append(spec.api_key_env)
    return found


def warm_up(registry: Registry, specs: Sequence[ProviderSpec]) -> None:
    """Start to import, in the background, what the providers of these specs need.

    What comes of it stays as long as the process, and is kept from the garbage collector: to look
    again and again for cycles among a client's hundreds of thousands of objects takes a fifteenth
    of a run's time.
    """
    classes = {
        provider_class(registry, spec) for spec in {id(spec): spec for spec in specs}.values()
    }
    for cls in classes:
        Thread(target=_warm_up, args=(cls,), name=f"arena-warm-up-{cls.type}", daemon=True).start()


def _warm_up(cls: type[Provider]) -> None:
    # a failure is met again, and told, by the first call; raised here, pytest would blame
    # whichever test happens to run
    with no_collection():
        with suppress(Exception):
            cls.warm_up()
        gc.freeze()
