"""Cells as the report's script reads them: objects whose fields `payload.json` describes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from math import isfinite
from operator import attrgetter
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.results import Cell, LoadTestResult, Message
from pytest_arena.results.content import files_in, shown
from pytest_arena.results.load_test import load_in_words
from pytest_arena_reporters import figures
from pytest_arena_reporters.html.description import written_fields
from pytest_arena_reporters.html.texts import Texts

Record = dict[str, Any]
_Conversion = Callable[[Any], Any]
_Fields = tuple[Callable[[Any], tuple[Any, ...]], list[tuple[str, Any, _Conversion | None]]]
_AS_IS = frozenset((str, int, bool))
LONGEST_EXCERPT = 4_000
"""The most characters of an answer that another one was compared with."""


class CellWriter:
    """What makes the records of one chunk's cells, which share their texts.

    `limits` are the most characters of an answer: of a cell that passed, and of all others.
    """

    def __init__(self, texts: Texts, limits: tuple[int | None, int | None] = (None, None)) -> None:
        self._texts = texts
        self._limits = limits
        self._limit: int | None = None
        self._fields: dict[type, _Fields] = {}

    def cell(self, cell: Cell) -> Record:
        """Return the record of a cell."""
        passing, others = self._limits
        self._limit = passing if cell.verdict == "passed" else others
        return self._record(cell)

    def _record(self, value: Any) -> Record:
        kind = type(value)
        if kind not in self._fields:
            self._fields[kind] = self._fields_of(kind)
        read, described = self._fields[kind]
        made: Record = {
            # most values are plain, and stay what they are without a call
            name: held
            if convert is None and type(held) in _AS_IS
            else (convert or self._plain)(held)
            for (name, default, convert), held in zip(described, read(value), strict=True)
            if held is not None and held != default
        }
        if isinstance(value, LoadTestResult):
            made["words"] = load_in_words(value)
        return made

    def _fields_of(self, kind: type) -> _Fields:
        """Return what reads all written fields of a dataclass at once, and what becomes of each."""
        written = written_fields(kind)
        names = [one.name for one in written]
        # of a single one the getter would give the bare value
        several = attrgetter(*names) if len(names) > 1 else None
        conversions = self._conversions()
        described = [
            (one.name, None if one.always else one.default, conversions[one.written_as])
            for one in written
        ]
        return several or (lambda value: tuple(getattr(value, name) for name in names)), described

    def _conversions(self) -> Mapping[str | None, _Conversion | None]:
        """Return what makes of a value what scripts read, by the name that `as` has for it."""
        return {
            None: None,
            "calibration": figures.calibration,
            "count": len,
            "dollars": significant,
            "excerpt": lambda text: shorten(text, LONGEST_EXCERPT),
            "initial": lambda word: word[0],
            "json": json_text,
            "messages": lambda messages: [self._message(message) for message in messages],
            "milliseconds": rounded,
            "score": lambda score: round(score, 4),
            "significant": significant,
            "text": lambda text: self._texts.number(text, self._limit),
        }

    def _plain(self, value: Any) -> Any:
        """Return a value as JSON has it, with each dataclass in it as its record."""
        kind = type(value)
        if kind in _AS_IS:
            return value
        if kind in self._fields:
            return self._record(value)
        if isinstance(value, (tuple, list)):
            return [self._plain(item) for item in value]
        if isinstance(value, float):
            return value if isfinite(value) else None
        if is_dataclass(value):
            return self._record(value)
        if isinstance(value, Mapping):
            return {str(key): self._plain(item) for key, item in value.items()}
        return str(value)

    def _message(self, message: Message) -> Record:
        role = str(message.get("role", ""))
        # only answers are ever cut, never prompts
        limit = self._limit if role == "assistant" else None
        made: Record = {
            "role": role,
            "text": self._texts.number(shown(message.get("content")), limit),
        }
        if files := files_in(message.get("content")):
            made["pictures"] = [str(part["sha256"]) for part in files if part["type"] == "image"]
        calls = message.get("tool_calls")
        if isinstance(calls, Sequence) and calls:
            made["tool_calls"] = [_wire_call(call) for call in calls]
        return made


def _wire_call(call: Any) -> Record:
    """Return the record of a tool call as OpenAI's messages hold it."""
    function = call.get("function", call) if isinstance(call, Mapping) else {}
    if not isinstance(function, Mapping):
        function = {}
    return {
        "name": str(function.get("name", "")),
        "arguments": json_text(function.get("arguments", "")),
    }


def json_text(value: Any) -> str:
    """Return arguments as JSON; a text is what a model gave that is none, or JSON already."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def rounded(milliseconds: float | None) -> float | None:
    """Return a time with what a reader sees of it: whole milliseconds from 10 on."""
    if milliseconds is None:
        return None
    return round(milliseconds) if milliseconds >= 10 else round(milliseconds, 2)


def significant(value: float | None) -> float | None:
    """Return a number with four significant digits: what a reader sees, in half the bytes."""
    return float(f"{value:.4g}") if value else value
