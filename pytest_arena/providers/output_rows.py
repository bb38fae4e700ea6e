"""The rows of a file of answers: which case each is of, and what its columns say."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten, suggest
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.data_files import DataFile
from pytest_arena.loading.problems import one_of
from pytest_arena.prompts.templates import as_text
from pytest_arena.providers.completion import CallParts, names_filter
from pytest_arena.providers.systems.portable.shapes.values import error_text
from pytest_arena.providers.usage import is_count
from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.text.json_query import look_up

USUAL_COLUMNS: dict[str, tuple[str, ...]] = {
    "case": ("case", "id", "name", "case_id"),
    "output": ("output", "answer", "response", "completion"),
    "trial": ("trial",),
    "turn": ("turn",),
    "tool_calls": ("tool_calls",),
    "latency_ms": ("latency_ms",),
    "cost_usd": ("cost_usd",),
    "input_tokens": ("input_tokens", "prompt_tokens"),
    "output_tokens": ("output_tokens", "completion_tokens"),
    "context": ("context",),
    "reasoning": ("reasoning",),
    "finish_reason": ("finish_reason",),
    "model": ("model",),
    "error": ("error",),
}
"""What is known of an answer, and the columns that it is looked for in, the first one first."""
_WANTED = ("case", "output")
_FIGURES = frozenset({"latency_ms", "cost_usd", "input_tokens", "output_tokens"})


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What one row says: an answer, or the error that there was instead of one."""

    place: Location
    case: str
    outputs: tuple[str, ...] | None
    """The answer; several where the row holds one for each turn; None where it holds none."""
    trial: str | None
    turn: int | None
    facts: Mapping[str, Any]
    """Further fields of the response."""
    error: str | None = None

    @property
    def answers_every_turn(self) -> bool:
        return self.turn is None and self.outputs is not None and len(self.outputs) > 1

    def response(self, turn: int, turns: int) -> Response | None:
        """Return the answer of a turn, as a response of its own that hooks may change.

        None where the row has none. Of a row that answers several turns the figures are nobody's:
        they would count once a turn.
        """
        if self.outputs is None:
            return None
        facts = dict(self.facts)
        text = self.outputs[0]
        if self.answers_every_turn and turns > 1:
            if turn >= len(self.outputs):
                return None
            text = self.outputs[turn]
            facts = {name: fact for name, fact in facts.items() if name not in _FIGURES}
        elif len(self.outputs) > 1:
            text = as_text(list(self.outputs))
        return Response(output=text, source="outputs", **facts)


def read_answers(
    file: DataFile, written: Mapping[str, str], place_of: Callable[[str], Location], name: str
) -> tuple[list[GivenAnswer], str]:
    """Return a file's answers, and the column that names their cases.

    `written` are the columns or JMESPath expressions that the arena gives, `place_of` says where.
    Raises `ArenaFileError` with every problem of the columns, or of the rows.
    """
    columns = _columns(file, written, place_of, name)
    values = {
        field: _values(file, column, field, place_of(field), name)
        for field, column in columns.items()
    }
    problems: list[Problem] = []
    answers: list[GivenAnswer] = []
    for index in range(len(file.rows)):
        row = _Row(index, file, columns, {field: own[index] for field, own in values.items()})
        try:
            answers.append(row.answer())
        except ArenaFileError as error:
            problems += error.problems
    if problems:
        raise ArenaFileError(problems)
    return answers, columns["case"]


def _columns(
    file: DataFile, written: Mapping[str, str], place_of: Callable[[str], Location], name: str
) -> dict[str, str]:
    """Return the column of each field, as written or by its usual name."""
    columns = dict(written)
    problems: list[Problem] = []
    for field, usual in USUAL_COLUMNS.items():
        if field in columns:
            continue
        found = [column for column in usual if column in file.columns]
        if len(found) > 1 and field == "output" and found[0] != field:
            # one of them may be the expected answer, or another system's
            problems.append(
                Problem(
                    f"{name} has the columns {', '.join(map(repr, found))}: "
                    f"which of them holds the {field}?",
                    place_of(field),
                    f"{field}: with the one that is meant",
                    f"add {field}: {found[-1]}",
                )
            )
        elif found:
            columns[field] = found[0]
        elif hidden := next((file.hidden[name] for name in usual if name in file.hidden), None):
            raise ArenaFileError(hidden)
        elif field in _WANTED:
            problems.append(
                Problem(
                    f"{name} has no column for the {field}",
                    place_of(field),
                    f"one of {', '.join(usual)}, or {field}: with the column's name",
                    f"add {field}: with one of {shorten(', '.join(file.columns), 200)}",
                )
            )
    if problems:
        raise ArenaFileError(problems)
    return columns


def _values(file: DataFile, column: str, field: str, place: Location, name: str) -> list[Any]:
    """Return what each row has in a column, or where a JMESPath expression leads to in it."""
    if column in file.columns:
        return [row.get(column) for row in file.rows]
    from jmespath.exceptions import JMESPathError

    try:
        found = [look_up(column, row) for row in file.rows]
    except JMESPathError:
        found = []
    if all(value is None for value in found):
        raise ArenaFileError(
            Problem(
                f"{field!r} asks for {shorten(column)!r}, which no row of {name} has",
                place,
                one_of(column, file.columns, "a column") + ", or a JMESPath expression",
                suggest(column, file.columns) or "name one of the columns",
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    """One row by what its columns are of."""

    index: int
    file: DataFile
    columns: Mapping[str, str]
    values: Mapping[str, Any]

    def answer(self) -> GivenAnswer:
        case = self.text("case")
        if case is None:
            raise self.refused("case", "the row does not say which case it is of", "a case's name")
        calls, reason = self.tool_calls(), self.text("finish_reason")
        facts = {
            "tool_calls": calls,
            # an empty cell of the column is no call; without the column nobody told of any
            "tells_tools": "tool_calls" in self.columns,
            "latency_ms": self.number("latency_ms"),
            "cost_usd": self.number("cost_usd"),
            "input_tokens": self.count("input_tokens"),
            "output_tokens": self.count("output_tokens"),
            "context": tuple(self.documents()),
            "reasoning": self.text("reasoning"),
            "finish_reason": reason,
            "filtered": names_filter(reason or "") or None,
            "model": self.text("model"),
        }
        outputs = self.outputs()
        return GivenAnswer(
            place=self.file.place(self.index, None),
            case=case,
            outputs=("",) if outputs is None and calls else outputs,
            trial=self.text("trial"),
            turn=self.count("turn"),
            facts={key: value for key, value in facts.items() if value is not None},
            error=(error_text(self.value("error")) or "").strip() or None,
        )

    def outputs(self) -> tuple[str, ...] | None:
        value = self.value("output")
        if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            return tuple(value)
        return None if value is None else (as_text(value),)

    def documents(self) -> Iterator[str]:
        value = self.value("context")
        for one in value if isinstance(value, list) else [] if value is None else [value]:
            yield as_text(one)

    def tool_calls(self) -> tuple[ToolCall, ...]:
        value = self.value("tool_calls")
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise self.refused("tool_calls", "no tool calls can be read", _CALLS) from None
        given = value if isinstance(value, list) else [] if value is None else [value]
        calls = [_tool_call(one) for one in given]
        if not all(calls):
            raise self.refused("tool_calls", "a tool call has no name", _CALLS)
        return tuple(call for call in calls if call)

    def text(self, field: str) -> str | None:
        value = self.value(field)
        return None if value is None else as_text(value).strip() or None

    def count(self, field: str) -> int | None:
        number = self.number(field)
        if number is None:
            return None
        if not is_count(number):
            raise self.refused(field, f"{number:g} is no {field}", "a whole number")
        return int(number)

    def number(self, field: str) -> float | None:
        value = self.value(field)
        if value is None:
            return None
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number) or number < 0:
            shown = shorten(as_text(value), 60)
            raise self.refused(field, f"{shown!r} is no {field}", "a number from 0, or nothing")
        return number

    def value(self, field: str) -> Any:
        """Return a value; an empty cell of a table is none."""
        value = self.values.get(field)
        return None if self.file.empty_is_none and value == "" else value

    def refused(self, field: str, what: str, expected: str) -> ArenaFileError:
        column = self.columns[field]
        place = self.file.place(self.index, column if column in self.file.columns else None)
        return ArenaFileError(
            Problem(f"{what} (column {column!r})", place, expected, "mend the row")
        )


_CALLS = 'a list of calls, like [{"name": "find_order", "arguments": {"number": "48213"}}]'


def _tool_call(given: Any) -> ToolCall | None:
    """Return a call that is written flat, or as OpenAI's format has it; None for what is none."""
    if not isinstance(given, Mapping):
        return None
    parts = CallParts()
    parts.add(given)
    call = parts.tool_call()
    if not call.name:
        return None
    return ToolCall(
        name=call.name,
        arguments=call.arguments,
        id=call.id,
        result=given.get("result"),
        error=error_text(given.get("error")),
    )
