"""The report's data: an index for all rows, and the cells in chunks, each deflated by itself."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from pytest_arena.comparison import Comparison
from pytest_arena.comparison.breakdown import assertion_verdicts
from pytest_arena.comparison.gate.summary import AS_BEFORE, by_attention
from pytest_arena.comparison.summary import known_costs, known_tokens, mean_latency
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell
from pytest_arena_reporters.failures import telling_trial
from pytest_arena_reporters.html.description import labels
from pytest_arena_reporters.html.pictures import pictures_of
from pytest_arena_reporters.html.records import CellWriter, json_text, rounded, significant
from pytest_arena_reporters.html.texts import Texts, answers_of, shared_texts

_Value = TypeVar("_Value")

CHUNK = 100
_LEVEL = 6
_CUTS: tuple[tuple[int | None, int | None], ...] = (
    (2000, None),
    (600, None),
    (200, None),
    (80, None),
    (80, 4000),
    (80, 1000),
    (80, 300),
    (80, 80),
)
"""The most characters of passing and of other answers, tried in turn until the file fits."""


@dataclass(frozen=True, slots=True)
class Payload:
    """The encoded blocks, and how far answers had to be cut (passing, others)."""

    index: str
    shared: str
    chunks: tuple[str, ...]
    pictures: str = ""
    """The pictures by hash; empty where there are none."""
    cut: tuple[int | None, int | None] = (None, None)

    @property
    def size(self) -> int:
        blocks = (self.index, self.shared, self.pictures, *self.chunks)
        return sum(len(block) for block in blocks)


def build_payload(comparison: Comparison, most_bytes: int, folders: Sequence[Path] = ()) -> Payload:
    """Encode the cells of a run in at most so many bytes, if cutting answers can do that.

    Answers of passing cells are cut first, then those of all others; prompts never. Pictures, which
    are looked for in `folders`, get what is left.
    """
    cells = [cell for row in comparison.matrix.rows for cell in row.cells if cell is not None]
    index = _encode(_index(comparison, cells))
    payload = _encoded(cells, index, (None, None), enough=4 * most_bytes)
    if payload.size > most_bytes:
        encoded = max(min(len(payload.chunks) * CHUNK, len(cells)), 1)
        left_out = sum(map(len, payload.chunks)) * (len(cells) / encoded - 1)
        whole_size = payload.size + max(left_out, 0)
        lengths = _lengths(cells)
        for limits in _CUTS:
            # Encoding is what takes the time, so cuts that cannot be enough are not tried.
            if limits == _CUTS[-1] or whole_size * _kept(lengths, limits) <= most_bytes * 1.1:
                payload = _encoded(cells, index, limits)
            if payload.cut == limits and payload.size <= most_bytes:
                break
    pictures = pictures_of(cells, most_bytes - payload.size, folders)
    return replace(payload, pictures=_encode(list(pictures.items()))) if pictures else payload


def _lengths(cells: Sequence[Cell]) -> tuple[list[int], list[int]]:
    """Return how many characters the answers have: of passing cells, and of all others."""
    passing: list[int] = []
    others: list[int] = []
    for cell in cells:
        own = passing if cell.verdict == "passed" else others
        own += (len(answer) for answer in answers_of(cell))
    return passing, others


def _kept(lengths: tuple[list[int], list[int]], limits: tuple[int | None, int | None]) -> float:
    """Return about which share of the characters is left when answers are cut."""
    total = kept = 1
    for own, limit in zip(lengths, limits, strict=True):
        total += sum(own)
        kept += sum(own) if limit is None else sum(min(length, limit) for length in own)
    return kept / total


def _encoded(
    cells: Sequence[Cell],
    index: str,
    limits: tuple[int | None, int | None],
    enough: int | None = None,
) -> Payload:
    """Encode cells with answers of at most so many characters; where that is more than `enough`
    bytes already, the others are left out."""
    groups = [cells[i : i + CHUNK] for i in range(0, len(cells), CHUNK)]
    shared = shared_texts(groups) if len(groups) > 1 else {}
    chunks: list[str] = []
    size = 0
    for group in groups:
        if enough is not None and size > enough:
            break
        texts = Texts(shared)
        writer = CellWriter(texts, limits)
        records = [writer.cell(cell) for cell in group]
        chunks.append(_encode({"texts": texts.list, "cells": records}))
        size += len(chunks[-1])
    return Payload(index, _encode(list(shared)), tuple(chunks), cut=limits)


def _index(comparison: Comparison, cells: Sequence[Cell]) -> dict[str, Any]:
    """Return what filters, sorting and rows need of all cells, column by column."""
    rows = comparison.matrix.rows
    providers = {name: i for i, name in enumerate(comparison.matrix.providers)}
    files, tags, kinds = _Numbers[str](), _Numbers[str](), _Numbers[str]()
    sets = _Numbers[tuple[int, ...]]()
    cases = []
    for row in rows:
        first = next(cell for cell in row.cells if cell is not None)
        named = [tags.of(tag) for tag in first.tags]
        cases.append(
            {
                "file": files.of(row.file),
                "name": row.case,
                "line": first.line,
                "tags": named,
                "variables": dict(first.variables),
            }
        )
    checks = []
    for cell in cells:
        found = sorted(assertion_verdicts(cell).items())
        # The sign tells whether all of a type held; numbers start from 1 to have one.
        signed = [(kinds.of(k) + 1) * (-1 if v in ("failed", "error") else 1) for k, v in found]
        checks.append(sets.of(tuple(signed)))
    numbers = [i for i, row in enumerate(rows) for cell in row.cells if cell is not None]
    return {
        "run": comparison.run.info.run_id,
        "providers": list(providers),
        "files": files.list,
        "tags": tags.list,
        "types": kinds.list,
        "sets": sets.list,
        "cases": cases,
        "chunk": CHUNK,
        "case": numbers,
        "provider": [providers[cell.column] for cell in cells],
        "verdict": "".join("x" if cell.is_xfailed else cell.verdict[0] for cell in cells),
        "checks": checks,
        "trials": [len(cell.trials) for cell in cells],
        "latency": [rounded(mean_latency(cell)) for cell in cells],
        "tokens": [_tokens(cell) for cell in cells],
        "cost": [_cost(cell) for cell in cells],
        "flaky": [i for i, cell in enumerate(cells) if cell.flaky],
        "said": _said(cells),
        "figures": _figures(comparison),
        "labels": labels(),
        **(_statuses(cells) if comparison.since_baseline else {}),
    }


def _said(cells: Sequence[Cell]) -> list[int]:
    """Return which of its case's different answers each cell shows: 0 is the first; -1 is none."""
    # by their hashes, since the answers themselves may be more than memory holds
    answers: dict[tuple[str, str], dict[int, int]] = {}
    said = []
    for cell in cells:
        shown = telling_trial(cell)
        answer = shown.responses[-1] if shown and shown.responses else None
        if answer is None:
            said.append(-1)
            continue
        own = answers.setdefault((cell.file, cell.case), {})
        calls = [(call.name, json_text(call.arguments)) for call in answer.tool_calls]
        said.append(own.setdefault(hash((answer.output, *calls)), len(own)))
    return said


def _figures(comparison: Comparison) -> list[dict[str, Any]]:
    """Return what the head of each column says, as the leaderboard has it."""
    summaries = {summary.provider: summary for summary in comparison.summaries}
    return [
        {
            "passed": found.counts.passed,
            "judged": found.counts.judged,
            "errors": found.counts.error,
            "p50": rounded(found.latency.p50.value if found.latency.p50 else None),
            "cost_a_case": significant(found.spending.per_case_usd),
            "at_least": bool(found.spending.unknown),
        }
        for found in (summaries[name] for name in comparison.matrix.providers)
    ]


def _statuses(cells: Sequence[Cell]) -> dict[str, Any]:
    """Return the statuses beside the baseline, by attention, and the number of each cell's."""
    own = [cell.standing.status if cell.standing else "" for cell in cells]
    statuses = by_attention([status for status in own if status])
    numbers = {status: i for i, status in enumerate(statuses)}
    unchanged = [numbers[status] for status in AS_BEFORE if status in numbers]
    return {
        "statuses": statuses,
        "status": [numbers.get(status, -1) for status in own],
        "unchanged": unchanged,
    }


class _Numbers(Generic[_Value]):
    """Values with their numbers, in the order in which they are first seen."""

    def __init__(self) -> None:
        self.list: list[_Value] = []
        self._numbers: dict[_Value, int] = {}

    def of(self, value: _Value) -> int:
        if value not in self._numbers:
            self._numbers[value] = len(self.list)
            self.list.append(value)
        return self._numbers[value]


def _tokens(cell: Cell) -> int | None:
    given, made = known_tokens(cell)
    return sum(given) + sum(made) if given or made else None


def _cost(cell: Cell) -> float | None:
    known, unknown = known_costs(cell)
    return significant(sum(known)) if known and not unknown else None


def _encode(data: Any) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode("utf-8", "replace"), _LEVEL)).decode()
