"""What an application is given of a request, and templates that are filled with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic_core import PydanticCustomError

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.prompts.templates import EveryKey, TemplateError, render_text
from pytest_arena.providers.message_content import last_user_text
from pytest_arena.providers.systems.portable.parameters import OFFERED
from pytest_arena.results.request_response import Request
from pytest_arena.schema.provider import ProviderSpec
from pytest_arena.schema.system import SystemOptions
from pytest_arena.schema.unseen import unseen


def offered(request: Request, options: SystemOptions, takes: Collection[str]) -> dict[str, Any]:
    """Return what an application may be given of a request, by name.

    `takes` are the names that it asks for. Raises a `ProviderError` where something that was said
    is in none of them.
    """
    missing = unseen(request.messages, request.turn, takes, options)
    if missing is not None:
        problem = missing.problem(f"provider {request.provider!r}", options)
        raise ProviderError(ErrorKind.BAD_REQUEST, str(problem))
    return {
        "prompt": last_user_text(request),
        "messages": [dict(message) for message in request.openai_messages],
        "variables": dict(request.variables),
        "case": {
            "name": request.case,
            "file": request.file,
            "provider": request.provider,
            "trial": request.trial,
            "turn": request.turn,
        },
        "session": request.session,
        "config": dict(options.config),
        "traceparent": request.traceparent,
        "otel_endpoint": request.otel_endpoint,
    }


def number_of(request: Request) -> str:
    """Return what identifies a call to a program that answers many."""
    return f"{request.case}/{request.provider}/{request.trial}/{request.turn}/{request.attempt}"


def is_last_turn(request: Request) -> bool:
    """Return whether no further turn of the conversation will come."""
    return request.turn + 1 >= request.turns


def checked_template(text: str) -> str:
    """Return a template of an entry's if it can be filled with what is offered; refused else."""
    known: dict[str, Any] = dict.fromkeys(OFFERED, "")
    known |= dict.fromkeys(("messages", "variables", "config"), EveryKey())
    known["case"] = dict.fromkeys(("name", "file", "provider", "trial", "turn"), "")
    try:
        render_text(text, known)
    except TemplateError as error:
        context = {"what": error.what, "expected": error.expected, "fix": error.fix}
        raise PydanticCustomError("template", "{what}", context) from None
    return text


@contextmanager
def template_failure(spec: ProviderSpec) -> Iterator[None]:
    """Tell a template that a case's variables do not fill."""
    try:
        yield
    except TemplateError as error:
        where = f"{spec.place}: " if spec.place else ""
        raise ProviderError(
            ErrorKind.CONFIGURATION,
            f"{where}provider {spec.name!r}: {error.what}\n"
            f"  expected: {error.expected}\n  fix: {error.fix}",
        ) from None
