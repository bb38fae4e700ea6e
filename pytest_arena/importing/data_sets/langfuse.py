"""Exports of Langfuse: items of data sets, and traces."""

from __future__ import annotations

from typing import Any, ClassVar

from pytest_arena.errors import Location
from pytest_arena.importing.data_sets.asked import asked
from pytest_arena.importing.data_sets.cases import Answer, DataSet, Judged
from pytest_arena.importing.data_sets.expected import answer_text, expect
from pytest_arena.importing.data_sets.table import (
    columns_of,
    each_row,
    number_of,
    snake_case,
    values_of,
)
from pytest_arena.importing.importer import Imported, Importer, Source
from pytest_arena.loading.tree import YamlMap

_STRUCTURED = ("input", "output", "expected_output", "metadata")
_OF_ITEMS = {"dataset_id", "dataset_name", "source_trace_id", "source_observation_id"}
_OF_TRACES = {"timestamp", "trace_id", "session_id", "user_id", "project_id", "start_time"}
_OF_DEEPEVAL = {
    "actualOutput", "retrievalContext", "expectedTools", "toolsCalled", "additionalMetadata",
    "customColumnKeyValues", "context", "comments",
}  # fmt: skip


class LangfuseImporter(Importer):
    """Turns an export of Langfuse into an arena."""

    format: ClassVar[str] = "Langfuse"

    def recognises(self, source: Source) -> bool:
        written = columns_of(source)
        columns = {snake_case(name) for name in written}
        if "input" not in columns:
            return False
        if columns & _OF_ITEMS or ("output" in columns and bool(columns & _OF_TRACES)):
            return True
        return "expectedOutput" in written and not written & _OF_DEEPEVAL

    def convert(self, source: Source) -> Imported:
        data_set = DataSet(source)
        for row, place in each_row(source):
            values = values_of(row, source, _STRUCTURED)
            if values.get("input") in (None, "", {}):
                source.findings.left_out(place, "an item without an input")
            else:
                _add(data_set, values, row, place)
        return data_set.imported()


def _add(data_set: DataSet, row: dict[str, Any], written: YamlMap, place: Location) -> None:
    judged = Judged(data_set.source)
    sent = asked(row["input"], "inputs")
    further: dict[str, Any] = {}
    if str(row.get("status", "")).upper() == "ARCHIVED":
        further["skip"] = "archived in Langfuse"
    if row.get("expected_output") not in (None, {}, ""):
        key = "expectedOutput" if "expectedOutput" in written else "expected_output"
        expect(judged, row["expected_output"], written.value_place(key))
    answer = None
    if row.get("output") not in (None, {}, ""):
        latency = number_of(row.get("latency"))
        facts: dict[str, float | int] = {}
        if latency is not None:
            facts["latency_ms"] = round(latency * 1000, 3)
        cost = number_of(row.get("total_cost"))
        if cost is not None:
            facts["cost_usd"] = cost
        answer = Answer(answer_text(row["output"], data_set.source), facts=facts)
    variables = {"metadata": row["metadata"]} if row.get("metadata") else {}
    data_set.add(None, sent, judged, place, answer=answer, variables=variables, further=further)
