"""The one place that imports litellm: lazily, off the network, silent, without its own logs."""

from __future__ import annotations

import datetime
import inspect
import logging
import os
import random
import re
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from typing import Any

from pytest_arena._garbage import no_collection
from pytest_arena.results.request_response import Request

_AT_IMPORT = {
    # Its price map and header lists come from its own files, not from the network.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    # It would read a .env file into the environment of the tests.
    "LITELLM_MODE": "PRODUCTION",
    # Limits are the engine's.
    "AIOHTTP_CONNECTOR_LIMIT": "4096",
    "AIOHTTP_CONNECTOR_LIMIT_PER_HOST": "4096",
}
_GENERATION = frozenset(
    {"temperature", "top_p", "n", "stop", "seed", "max_tokens", "max_completion_tokens"}
    | {"presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs"}
    | {"reasoning_effort"}
)
_IMPORTING = threading.Lock()
_NOT_OURS = re.compile(r"(litellm|pydantic|aiohttp|httpx)\b")


def load_litellm() -> Any:
    """Import litellm, which takes seconds the first time; it opens no connection and is silent."""
    with _IMPORTING:
        ignore_warnings()
        return _import_litellm()


def prime_litellm() -> None:
    """Import what litellm puts off until its first call, which would stand in that call's latency.

    A sixth of a second to a whole one, on top of `load_litellm`; no connection is opened.
    """
    litellm = load_litellm()
    with _IMPORTING:
        _call_nobody(litellm)


@cache
def _call_nobody(litellm: Any) -> None:
    """Make a call that litellm answers by itself, which but for the sending goes the usual way."""
    request = Request([{"role": "user", "content": "hi"}])
    model = "anthropic/claude-haiku-4-5"
    # Only the first latency depends on it: where a version fails here, its calls tell why.
    with suppress(Exception), no_collection():
        _ = litellm.encoding  # read from a file at its first use
        litellm.completion(
            model=model,
            messages=request.messages,
            mock_response="hi",
            api_key="none",
            litellm_logging_obj=new_log(model, request),
        )


async def close_clients() -> None:
    """Close the connections that litellm keeps for the whole process."""
    litellm = load_litellm()
    await litellm.close_litellm_async_clients()
    # A closed client must not be found again by a later run on the same loop.
    litellm.in_memory_llm_clients_cache.flush_cache()
    # This one stands outside the cache; its transport opens a new session when it needs one.
    shared = getattr(litellm, "module_level_aclient", None)
    transport = getattr(getattr(shared, "client", None), "_transport", None)
    if transport is not None:
        await transport.aclose()


def ignore_warnings() -> None:
    """Ignore what litellm's code warns of, so that `-W error` does not break its calls.

    pytest puts its own filters in place for each test, so this is looked after at every call;
    saving and restoring them here would race with pytest, which runs in another thread.
    """
    # the first filter that fits decides: behind a user's `error` ours would be none
    if not warnings.filters or warnings.filters[0][3] != _NOT_OURS:
        warnings.filterwarnings("ignore", module=_NOT_OURS.pattern)


@cache
def _import_litellm() -> Any:
    with _environment(_AT_IMPORT), no_collection():
        module: Any = import_module("litellm")
        import_module("litellm.main")
        # Versions without that list have nothing to fetch.
        with suppress(ImportError, AttributeError):
            # Read now, while the environment says that its own file will do.
            import_module("litellm.anthropic_beta_headers_manager").reload_beta_headers_config()
    module.suppress_debug_info = True
    if not os.environ.get("LITELLM_LOG"):
        for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return module


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """Set the variables that the user has not set, for a while."""
    added = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def key_variables(model: str, api_base: str | None) -> list[str]:
    """Return the variables with keys that litellm misses for a model, the likeliest first."""
    checked = load_litellm().validate_environment(model=model, api_base=api_base)
    endings = ("_API_KEY", "_API_TOKEN", "_APIKEY")
    missing = [name for name in checked["missing_keys"] if name.endswith(endings)]
    own = model.partition("/")[0].upper()
    return sorted(missing, key=lambda name: not name.startswith(own))


@cache
def unsupported_params(model: str) -> frozenset[str]:
    """Return which of OpenAI's generation parameters the provider of a model does not know."""
    known = load_litellm().get_supported_openai_params(model=model)
    return frozenset() if known is None else _GENERATION - set(known)


@cache
def takes_user(model: str) -> bool:
    """Return whether a provider knows the parameter `user`."""
    known = load_litellm().get_supported_openai_params(model=model)
    return "user" in (known or ())


@cache
def takes_response_format(model: str) -> bool:
    """Return whether a provider can be asked for JSON alone."""
    known = load_litellm().get_supported_openai_params(model=model)
    return "response_format" in (known or ())


@cache
def knows_mcp_switch() -> bool:
    """Return whether this litellm lets a call go round its MCP gateway."""
    completion = inspect.unwrap(load_litellm().main.completion)
    return "_skip_mcp_handler" in completion.__code__.co_consts


@cache
def _quiet_log_class() -> Callable[..., Any] | None:
    """Derive a logging object that logs nothing and prices nothing: two fifths of a call's CPU."""
    try:
        base = import_module("litellm.litellm_core_utils.litellm_logging").Logging
    except (ImportError, AttributeError):
        # Only its speed depends on this class; litellm makes its own without it.
        return None

    async def nothing_later(_self: object, *_args: object, **_kwargs: object) -> None:
        return None

    def nothing(_self: object, *_args: object, **_kwargs: object) -> None:
        return None

    def no(_self: object, *_args: object, **_kwargs: object) -> bool:
        return False

    methods = {
        "response_cost_calculator": nothing,
        "_response_cost_calculator": nothing,
        "success_handler": nothing,
        "failure_handler": nothing,
        "async_success_handler": nothing_later,
        "async_failure_handler": nothing_later,
        "handle_sync_success_callbacks_for_async_calls": nothing,
        "claim_async_success_log": no,
    }
    made: Callable[..., Any] = type("QuietLog", (base,), methods)
    return made


def _call_id() -> str:
    """Return an id that no other call has; random bytes of the system would cost each call one."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def new_log(model: str, request: Request) -> Any:
    """Make the log of one call, or None where this litellm wants to make it itself."""
    quiet = _quiet_log_class()
    if quiet is None:
        return None
    try:
        log = quiet(
            model=model,
            messages=request.messages,
            stream=request.stream,
            call_type="acompletion",
            start_time=datetime.datetime.now(),
            litellm_call_id=_call_id(),
            function_id="",
        )
        # A stream asks its log whether to hand on the usage.
        log.update_environment_variables(
            model=model,
            user="",
            optional_params={},
            litellm_params={"api_base": ""},
            stream_options={"include_usage": True} if request.stream else None,
        )
    except TypeError:
        # A version whose logging object is made in another way makes it itself.
        return None
    return log
