"""A data file whose rows become cases, and how it is read."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.base import ArenaModel

Separator = Annotated[str, StringConstraints(min_length=1)]


class DataSpec(ArenaModel):
    """A data file whose rows become cases, and how it is read."""

    file: str
    """A CSV, TSV, JSON, JSONL, YAML or Parquet file beside the arena file."""
    records: str | None = None
    """In JSON and YAML, where the list of rows stands, like `data.items` (default: the file is
    that list)."""
    delimiter: str | None = None
    """In CSV, the character between two values (default: a comma, or what the header has instead:
    `;`, a tab, or `|`)."""
    columns: dict[str, Any] = Field(default_factory=dict)
    """Values of columns where a row has none: no such key, null, or an empty cell."""
    split: dict[str, Separator] = Field(default_factory=dict)
    """Columns whose texts are lists, each with what stands between two entries, like `"|"`."""

    @field_validator("delimiter")
    @classmethod
    def _is_one_character(cls, value: str | None) -> str | None:
        if value is not None and (len(value) != 1 or value in '"\r\n '):
            raise PydanticCustomError(
                "delimiter",
                "{given} cannot stand between values",
                {
                    "given": repr(value),
                    "expected": "one character, but no quote, blank or line break",
                    "fix": 'write it like delimiter: ";", or "\\t" for a tab',
                },
            )
        return value
