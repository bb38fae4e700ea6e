"""A file that is sent with a message: known by its hash, read when it is sent."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import field
from hashlib import sha256
from pathlib import Path
from typing import Any

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.content import Part, is_file

_AUDIO_FORMATS = {"audio/mpeg": "mp3", "audio/wav": "wav"}


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """One picture, PDF or recording: what it is, and where its bytes are.

    Messages, results and recordings hold its `part` alone; a thousand cells that send it share
    this object.
    """

    kind: str
    """`image`, `pdf` or `audio`."""
    media_type: str
    size: int
    sha256: str
    name: str = ""
    """Its path from the root directory; empty for data that the arena file holds itself."""
    path: Path | None = field(default=None, compare=False)
    data: bytes | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(
        cls, kind: str, media_type: str, data: bytes, *, name: str = "", path: Path | None = None
    ) -> AttachedFile:
        """Return a file by what it holds; with a path, its bytes are read again from there."""
        kept = data if path is None else None
        return cls(kind, media_type, len(data), sha256(data).hexdigest(), name, path, kept)

    @property
    def part(self) -> dict[str, Any]:
        """How messages refer to it."""
        named = {"name": self.name} if self.name else {}
        return {
            "type": self.kind,
            **named,
            "media_type": self.media_type,
            "size": self.size,
            "sha256": self.sha256,
        }

    def read(self) -> bytes:
        """Return its bytes; where they are not those of the load any more, a `ProviderError`."""
        if self.data is not None:
            return self.data
        try:
            data = self.path.read_bytes() if self.path is not None else b""
        except OSError as error:
            raise _changed(self.name, str(error.strerror)) from None
        if sha256(data).hexdigest() != self.sha256:
            raise _changed(self.name, "it holds something else")
        return data


def openai_part(part: Part, file: AttachedFile) -> dict[str, Any]:
    """Return a file as chat completions take it, with its bytes in base64.

    Source: https://platform.openai.com/docs/api-reference/chat/create
    """
    encoded = base64.b64encode(file.read()).decode()
    if file.kind == "audio":
        sound = _AUDIO_FORMATS.get(file.media_type, file.media_type.rpartition("/")[2])
        return {"type": "input_audio", "input_audio": {"data": encoded, "format": sound}}
    url = f"data:{file.media_type};base64,{encoded}"
    if file.kind == "pdf":
        name = Path(file.name).name or "document.pdf"
        return {"type": "file", "file": {"filename": name, "file_data": url}}
    detail = {"detail": part["detail"]} if part.get("detail") else {}
    return {"type": "image_url", "image_url": {"url": url, **detail}}


def with_files(
    messages: list[dict[str, Any]], files: Mapping[str, AttachedFile]
) -> list[dict[str, Any]]:
    """Return messages in OpenAI's form, with what their files hold; reads them."""
    made: list[dict[str, Any]] = []
    known: dict[tuple[str, Any], dict[str, Any]] = {}
    for message in messages:
        content = message.get("content")
        if not isinstance(content, list):
            made.append(message)
            continue
        parts = []
        for part in content:
            if not is_file(part) or part["sha256"] not in files:
                parts.append(part)
                continue
            key = (part["sha256"], part.get("detail"))
            if key not in known:
                known[key] = openai_part(part, files[part["sha256"]])
            parts.append(known[key])
        made.append({**message, "content": parts})
    return made


def _changed(name: str, why: str) -> ProviderError:
    return ProviderError(
        ErrorKind.CONFIGURATION,
        f"the file {name!r} is not what it was when the arena was loaded: {why}\n"
        "  expected: files that stay as they are while the run goes on\n"
        "  fix: run again",
    )
