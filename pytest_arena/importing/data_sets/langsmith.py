"""Exports of LangSmith: examples of data sets, results of experiments, and runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pytest_arena.errors import Location
from pytest_arena.importing.data_sets.asked import asked
from pytest_arena.importing.data_sets.cases import Answer, DataSet, Judged
from pytest_arena.importing.data_sets.expected import answer_text, expect
from pytest_arena.importing.data_sets.table import (
    cell_value,
    columns_of,
    each_row,
    number_of,
    snake_case,
    values_of,
)
from pytest_arena.importing.importer import Imported, Importer, Source
from pytest_arena.loading.tree import YamlMap

_STRUCTURED = (
    "inputs", "outputs", "reference_outputs", "reference_output", "expected_outputs", "metadata",
)  # fmt: skip
_EXPECTED = ("reference_outputs", "reference_output", "expected_outputs", "reference_example")
_OF_RUNS = {"run_type", "trace_id", "parent_run_id", "run_id", "start_time", "dotted_order"}
_PREFIXES = ("inputs", "input", "reference_outputs", "reference_output", "outputs", "output")


class LangSmithImporter(Importer):
    """Turns an export of LangSmith into an arena."""

    format: ClassVar[str] = "LangSmith"

    def recognises(self, source: Source) -> bool:
        columns = columns_of(source)
        if "inputs" in columns:
            return True
        if "input" in columns:
            return False
        heads = {name.replace(".", "_").partition("_")[0] for name in columns if _is_part(name)}
        return {"input", "output"} <= {head.rstrip("s") for head in heads}

    def convert(self, source: Source) -> Imported:
        data_set = DataSet(source)
        children = 0
        for row, place in each_row(source):
            values = _gathered(values_of(row, source, _STRUCTURED))
            if values.get("parent_run_id"):
                children += 1
            elif values.get("inputs") in (None, "", {}):
                source.findings.left_out(place, "a row without inputs")
            else:
                _add(data_set, values, row, place)
        if children:
            source.findings.left_out(
                source.place, f"{children} run{'' if children == 1 else 's'} inside of others"
            )
        tree = source.tree
        name = tree.get("name") if isinstance(tree, YamlMap) else None
        return data_set.imported(str(name) if name else None)


def _is_part(name: str) -> bool:
    """Return whether a column of a table is one value of the inputs or of the outputs."""
    return any(name.startswith((f"{head}.", f"{head}_")) for head in _PREFIXES)


def _gathered(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose columns `inputs.x` or `input_x` are one mapping."""
    if "inputs" in row:
        return row
    made: dict[str, Any] = {}
    for key, value in row.items():
        head = next((one for one in _PREFIXES if key.startswith((f"{one}.", f"{one}_"))), None)
        if head is None:
            made[key] = value
            continue
        name = head if head.endswith("s") else f"{head}s"
        made.setdefault(name, {})[key[len(head) + 1 :]] = cell_value(value)
    return made


def _add(data_set: DataSet, row: dict[str, Any], written: YamlMap, place: Location) -> None:
    judged = Judged(data_set.source)
    sent = asked(row["inputs"], "inputs")
    if row.get("attachments"):
        sent.lost.append("its attachments")
    expected = next((row[key] for key in _EXPECTED if key in row), None)
    is_run = expected is not None or bool(row.keys() & _OF_RUNS)
    if expected is None and not is_run:
        expected = row.get("outputs")
    if expected not in (None, {}, ""):
        keys = ("outputs", "reference_outputs", "reference_output", "expected_outputs")
        key = next((one for one in written if snake_case(str(one)) in keys), None)
        expect(judged, expected, written.value_place(key) if key else place)
    answer = None
    if is_run and row.get("outputs") not in (None, {}, ""):
        answer = Answer(answer_text(row["outputs"], data_set.source), facts=_facts(row))
    elif is_run and row.get("error"):
        answer = Answer(None, error=str(row["error"]))
    variables = {"metadata": row["metadata"]} if row.get("metadata") else {}
    name = row.get("name") if not is_run else None
    data_set.add(
        str(name) if name else None, sent, judged, place, answer=answer, variables=variables
    )


def _facts(row: dict[str, Any]) -> dict[str, float | int]:
    names = (
        ("prompt_tokens", "input_tokens"),
        ("completion_tokens", "output_tokens"),
        ("total_cost", "cost_usd"),
    )
    found = ((ours, number_of(row.get(theirs))) for theirs, ours in names)
    facts = {name: figure for name, figure in found if figure is not None}
    latency = number_of(row.get("latency"))
    if latency is None:
        latency = _between(row.get("start_time"), row.get("end_time"))
    return facts if latency is None else {**facts, "latency_ms": round(latency * 1000, 3)}


def _between(start: Any, end: Any) -> float | None:
    """Return the seconds between two times in ISO's form; None where one is none."""
    try:
        taken = datetime.fromisoformat(str(end)) - datetime.fromisoformat(str(start))
    except (TypeError, ValueError):
        return None
    return number_of(taken.total_seconds())
