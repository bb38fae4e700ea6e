"""Which files a model takes, as far as that is known: it is never asked without one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import ErrorKind, Problem, ProviderError
from pytest_arena.providers.model_params import known_entry
from pytest_arena.results.content import is_file, label
from pytest_arena.results.request_response import Request
from pytest_arena.schema.provider import ProviderSpec

_FLAGS = {
    "image": "supports_vision",
    "pdf": "supports_pdf_input",
    "audio": "supports_audio_input",
}
_NAMES = {"image": "pictures", "pdf": "PDF documents", "audio": "recordings"}
_NEVER = {
    "anthropic": frozenset({"audio"}),
    "ollama": frozenset({"pdf", "audio"}),
    "ollama_chat": frozenset({"pdf", "audio"}),
}
"""What a vendor's API has no place for, whatever the model."""
_WELL_KNOWN = frozenset({"openai", "anthropic", "ollama", "ollama_chat"})
"""Vendors whose models litellm's map describes so well that what it does not say is not so."""
_PROBE = 120
"""So many characters of base64 stand nowhere by chance."""
_OPENAI_SOUNDS = frozenset({"audio/wav", "audio/mpeg"})


def check_files(spec: ProviderSpec, full_model: str, request: Request) -> None:
    """Raise a `ProviderError` where a model does not take a file that the request sends.

    An endpoint of one's own that speaks OpenAI's format is asked: nobody knows its models.
    """
    family = full_model.partition("/")[0]
    own = family == "openai" and bool(spec.api_base or spec.endpoints)
    for part in request.file_parts:
        kind = str(part["type"])
        if kind in _NEVER.get(family, ()) or (not own and _lacks(full_model, family, kind)):
            why = f"{full_model} takes no {_NAMES[kind]}"
        elif family == "openai" and not own and _is_no_openai_sound(part.get("media_type")):
            why = f"OpenAI takes recordings as WAV or MP3, not as {part.get('media_type')}"
        else:
            continue
        problem = Problem(
            f"provider {spec.name!r} cannot be sent {label(part)}: {why}",
            spec.place,
            expected="a model that takes all files of the case",
            fix="name another model, or the case's providers: without this one",
        )
        raise ProviderError(ErrorKind.BAD_REQUEST, str(problem))


def lost_files(request: Request, sent: bytes) -> str | None:
    """Return how the first file is called that a body does not hold in base64; None: it has all.

    A library between may leave out what it knows no place for.
    """
    pairs = zip(request.messages, request.openai_messages, strict=True)
    for message, whole in pairs if request.file_parts else ():
        for part, full in zip(message["content"], whole["content"], strict=False):
            if not is_file(part):
                continue
            # the beginnings of two pictures may be the same
            text = _encoded(full)
            middle = text[len(text) // 2 :][:_PROBE].encode()
            if middle not in sent:
                return label(part)
    return None


def _encoded(part: Mapping[str, Any]) -> str:
    """Return the base64 in a part of OpenAI's form."""
    inner = part[str(part["type"])]
    return str(inner.get("data") or inner.get("url") or inner.get("file_data")).rpartition(",")[2]


def _lacks(full_model: str, family: str, kind: str) -> bool:
    entry = known_entry(full_model.replace("ollama_chat/", "ollama/").removesuffix(":latest"))
    if entry is None:
        return False
    told = entry.get(_FLAGS[kind])
    return told is False or (told is None and family in _WELL_KNOWN)


def _is_no_openai_sound(media_type: object) -> bool:
    return str(media_type).startswith("audio/") and media_type not in _OPENAI_SOUNDS
