"""A form with files in it, as browsers send it (RFC 7578)."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from uuid import uuid4

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.prompts.templates import as_text, fill_template
from pytest_arena.providers.message_content import last_user_content
from pytest_arena.results.content import files_in, label
from pytest_arena.results.request_response import Request

FILES = "files"
"""What a field's template names to be the files of the turn."""
_SIGNS = {'"': "%22", "\r": "%0D", "\n": "%0A"}


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as a form holds it."""

    name: str
    media_type: str
    content: bytes


def files_of(request: Request) -> list[SentFile]:
    """Read the files that the user's last message sends."""
    found = []
    for part in files_in(last_user_content(request)):
        file = request.files.get(str(part["sha256"]))
        if file is None:
            said = f"{label(part)} cannot be sent: the case does not hold it"
            raise ProviderError(ErrorKind.CONFIGURATION, said)
        ending = mimetypes.guess_extension(file.media_type) or ""
        name = PurePosixPath(file.name).name or f"{file.kind}{ending}"
        found.append(SentFile(name, file.media_type, file.read()))
    return found


def filled_fields(
    fields: Mapping[str, str], given: Mapping[str, Any]
) -> Iterator[tuple[str, str | SentFile]]:
    """Yield the fields of a form with their templates filled; files are one field each."""
    for name, template in fields.items():
        value = fill_template(template, given)
        if isinstance(value, list) and all(isinstance(one, SentFile) for one in value):
            yield from ((name, one) for one in value)
        else:
            yield name, as_text(value)


def multipart_content(fields: Iterable[tuple[str, str | SentFile]]) -> tuple[bytes, str]:
    """Return fields as the body of a form, with its type."""
    boundary = uuid4().hex
    parts = []
    for name, value in fields:
        head = f'Content-Disposition: form-data; name="{_quoted(name)}"'
        if isinstance(value, SentFile):
            head += f'; filename="{_quoted(value.name)}"\r\nContent-Type: {value.media_type}'
            body = value.content
        else:
            body = value.encode("utf-8", "replace")
        parts.append(f"--{boundary}\r\n{head}\r\n\r\n".encode("utf-8", "replace") + body + b"\r\n")
    kind = f"multipart/form-data; boundary={boundary}"
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), kind


def _quoted(name: str) -> str:
    return "".join(_SIGNS.get(sign, sign) for sign in name)
