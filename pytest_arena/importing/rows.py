"""JSONL and tables, read as trees: a list of rows, each with its place."""

from __future__ import annotations

from pytest_arena.errors import ArenaFileError, Location
from pytest_arena.importing.findings import Findings
from pytest_arena.loading.delimited import Delimited
from pytest_arena.loading.json_rows import parsed_json
from pytest_arena.loading.tree import YamlList, YamlMap, pack_mark, planted
from pytest_arena.loading.yaml_errors import decode
from pytest_arena.text.spreadsheet import without_apostrophes

LINES = (".jsonl", ".ndjson")
TABLES = (".csv", ".tsv")


def lines_tree(data: bytes, name: str, findings: Findings) -> YamlList:
    """Return the values of a file with one a line; a line that is no JSON is told, and left out."""
    rows = YamlList([name], pack_mark(0, 1, 1))
    for number, line in enumerate(decode(data, name).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = parsed_json(line, name, number, "a JSON object")
        except ArenaFileError as error:
            problem = error.problems[0]
            findings.left_out(problem.place, problem.what, problem.fix or "")
            continue
        mark = pack_mark(0, number, 1)
        rows.put(planted(value, [name], mark), mark)
    return rows


def table_tree(data: bytes, name: str, ending: str) -> YamlList:
    """Return the rows of a CSV or TSV file by column; their values are texts."""
    table = Delimited(decode(data, name), name, "\t" if ending == ".tsv" else None)
    rows = YamlList([name], pack_mark(0, 1, 1))
    for number, written in enumerate(table.rows()):
        mark = _mark(table.place(number, None))
        row = YamlMap([name], mark)
        for column, value in without_apostrophes(written).items():
            row.put(column, value, _mark(table.place(number, column)))
        rows.put(row, mark)
    return rows


def _mark(place: Location) -> int:
    return pack_mark(0, place.line, place.column)
