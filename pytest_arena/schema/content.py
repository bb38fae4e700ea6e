"""What a prompt or a message says: a text, or parts of which some are files."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticKnownError

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.attached_file import AttachedFile
from pytest_arena.results.content import Said
from pytest_arena.schema.base import ArenaModel
from pytest_arena.text.folding import without_only_final_break


@dataclass(frozen=True, slots=True)
class Content:
    """What is said in parts, and the files that these refer to."""

    said: Said
    files: tuple[AttachedFile, ...] = ()


class PartSpec(ArenaModel):
    """One part of a prompt or a message: a text, or a file beside the arena file."""

    text: str | None = None
    """A text; `{{ name }}` stands for a variable."""
    image: str | None = None
    """A picture: PNG, JPEG, GIF or WebP."""
    pdf: str | None = None
    """A PDF document."""
    audio: str | None = None
    """A recording: WAV, MP3, FLAC or Ogg."""
    file: str | None = None
    """A file of any of these kinds, or of text, which is sent as the text that it is."""
    detail: Literal["low", "high", "auto"] | None = None
    """How closely OpenAI looks at a picture."""


def _content(value: object) -> object:
    if isinstance(value, Content):
        return value
    if isinstance(value, str):
        return without_only_final_break(value)
    raise PydanticKnownError("string_type")


PromptContent = Annotated[
    str | Content, PlainValidator(_content), WithJsonSchema({"type": "string"})
]
"""A text that is sent to a model, or its parts, which loading builds."""


def said_in(content: str | Content) -> Said:
    """Return what is said, whichever way it was written."""
    return content.said if isinstance(content, Content) else content


def files_of(content: str | Content | None) -> Mapping[str, AttachedFile]:
    """Return the files that a content refers to, by their hashes."""
    files = content.files if isinstance(content, Content) else ()
    return {file.sha256: file for file in files}
