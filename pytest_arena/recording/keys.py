"""What makes two requests the same: the facts of a request, and their key."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from pytest_arena.errors import ErrorKind, ProviderError, shorten
from pytest_arena.results.cleaning import clean_value
from pytest_arena.results.content import files_in, what_is_asked
from pytest_arena.results.request_response import Message, Request
from pytest_arena.schema import ProviderSpec, SystemOptions

SCHEME = 1
"""The version of the keys. Entries hold the facts, so that a later scheme can key them anew."""
JUDGE = "judge"
PERSONA = "persona"
_HOW_IT_IS_SENT = frozenset(
    {
        "api_key",
        "extra_headers",
        "headers",
        "max_retries",
        "num_retries",
        "request_timeout",
        "stream",
        "stream_options",
        "timeout",
    }
)
"""Parameters that say how a request is sent, not what is asked."""


def request_facts(spec: ProviderSpec, request: Request) -> dict[str, Any]:
    """Return what an answer depends on, without keys, headers and times.

    `params` hold the response format that a file asks for, and the session as `user`. `trial`
    counts how often the same dialogue was sent, so that the trials of a cell keep answers of
    their own.
    """
    cleaned: dict[str, Any] = clean_value(asked_facts(spec, request))
    return cleaned


def asked_facts(spec: ProviderSpec, request: Request) -> dict[str, Any]:
    """Return the same facts as they are, for a hash, with which nothing is written."""
    if spec.system is not None:
        return _facts_of_system(spec, spec.system, request)
    params = {name: value for name, value in request.params.items() if name not in _HOW_IT_IS_SENT}
    if request.session_id is not None:
        params.setdefault("user", request.session_id)
    facts: dict[str, Any] = {
        "provider": spec.provider,
        "host": spec.host,
        "model": spec.full_model,
        "messages": _asked(request),
        "params": params,
        "trial": request.trial // request.dialogues,
    }
    if request.tools:
        facts["tools"] = request.tools
    if request.purpose == JUDGE:
        # an endpoint that refuses one of these is asked again without; a replay need not learn it
        params.pop("temperature", None)
    elif request.json_only:
        facts["response_format"] = "json"
    if request.purpose:
        facts["purpose"] = request.purpose
    return facts


def is_kept(spec: ProviderSpec) -> bool:
    """Return whether answers may be kept: an application's only under a version, since nobody
    would see that its code has changed."""
    return spec.system is None or spec.system.version is not None


def _facts_of_system(spec: ProviderSpec, system: SystemOptions, request: Request) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "provider": spec.provider,
        "system": system.facts(),
        "messages": _asked(request),
        "variables": dict(request.variables),
        "case": request.case,
        "trial": request.trial // request.dialogues,
    }
    if request.purpose:
        facts["purpose"] = request.purpose
    return facts


def _asked(request: Request) -> list[Message]:
    return [
        {**message, "content": what_is_asked(message.get("content"))}
        if files_in(message.get("content"))
        else message
        for message in request.messages
    ]


def key_of(facts: dict[str, Any]) -> str:
    """Return the SHA-256 of the facts as canonical JSON, with the scheme's version.

    What JSON cannot hold is a `ProviderError`.
    """
    try:
        text = json.dumps([SCHEME, facts], sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ProviderError(
            ErrorKind.CONFIGURATION,
            f"the request cannot be recorded: it is not JSON ({shorten(str(error))})\n"
            "  expected: messages, params and tools of texts, numbers, lists and mappings\n"
            "  fix: change what a hook or a file puts into them, or run with --arena-record off",
        ) from error
    return sha256(text.encode()).hexdigest()
