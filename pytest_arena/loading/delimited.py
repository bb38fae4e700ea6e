"""CSV and TSV: text to rows, where every value knows its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten

DELIMITERS = ";\t|"
"""What stands between values where it is no comma, the likelier first."""
_LINE = re.compile(r"[^\r\n]*")
_BREAK = re.compile(r"\r\n|\r|\n")
_EXCEL = re.compile(r"sep=(.)(?:\r\n|\r|\n)")


class Delimited:
    """A table in delimited text, read by RFC 4180, with blanks around values left out.

    Python's own csv module cannot tell a quoted value from a bare one, nor where it stands, and
    refuses values of more than 131,072 characters. Source: https://www.rfc-editor.org/rfc/rfc4180
    """

    def __init__(self, text: str, name: str, delimiter: str | None) -> None:
        excel = _EXCEL.match(text)
        self._text = text
        self._name = name
        self._begin = excel.end() if excel else 0
        self.delimiter = delimiter or (excel[1] if excel else _delimiter_of(text, self._begin))
        self._header: list[str] = []
        self._columns: list[int] = []
        self._starts: list[int] = []

    def rows(self) -> list[dict[str, str]]:
        """Return the rows by column; raise `ArenaFileError` with every problem of the table."""
        records = self._records(self._begin)
        _, header, self._columns = next(records, (0, [], []))
        self._header = header
        problems = self._header_problems()
        rows: list[dict[str, str]] = []
        for start, values, _ in records:
            if len(values) != len(header):
                problems.append(self._ragged(len(values), start))
            else:
                rows.append(dict(zip(header, values, strict=True)))
                self._starts.append(start)
        if problems:
            raise ArenaFileError(problems)
        return rows

    def place(self, row: int | None, column: str | None) -> Location:
        """Return where a row (from 0; None: the header) starts, or its value in a column."""
        known = self._header.index(column) if column in self._header else None
        if row is None:
            return self._at(self._columns[known or 0] if self._columns else self._begin)
        start = self._starts[row]
        if known is None:
            return self._at(start)
        _, _, offsets = next(self._records(start))
        return self._at(offsets[known])

    @property
    def other_delimiter(self) -> str | None:
        """What may stand between columns instead, where the header looks like that."""
        others = [mark for mark in ("," + DELIMITERS) if mark != self.delimiter]
        seen = [mark for mark in others if any(mark in column for column in self._columns_or_line)]
        return next(iter(seen), None if len(self._header) > 1 else others[0])

    @property
    def run_together(self) -> tuple[str, list[str]]:
        """A column that would be several with the other delimiter, and their names; else none."""
        other = self.other_delimiter
        columns = self._columns_or_line
        whole = next((column for column in columns if other and other in column), "")
        return whole, [name.strip(' \t"') for name in whole.split(other)] if whole else []

    @property
    def _columns_or_line(self) -> list[str]:
        """The header's columns, or its line where these could not be read."""
        line = _LINE.match(self._text, self._begin)
        return self._header or [line[0] if line else ""]

    def reads_otherwise(self) -> bool:
        """Return whether every row has as many values as columns with the other delimiter."""
        if not self.run_together[1]:
            return False
        twin = Delimited(self._text, self._name, self.other_delimiter)
        try:
            lengths = {len(values) for _, values, _ in twin._records(self._begin)}
        except ArenaFileError:
            return False
        return len(lengths) == 1

    @cached_property
    def _field(self) -> re.Pattern[str]:
        mark = re.escape(self.delimiter)
        blank = " " if self.delimiter == "\t" else r" \t"
        return re.compile(
            rf'[{blank}]*+(?:"([^"]*+(?:""[^"]*+)*+)"([^{mark}\r\n]*+)|([^{mark}\r\n]*+))'
            rf"({mark}|\r\n|\r|\n|\Z)"
        )

    def _records(self, begin: int) -> Iterator[tuple[int, list[str], list[int]]]:
        """Yield each record that is not blank: its start, its values, and their starts."""
        start = begin
        values: list[str] = []
        offsets: list[int] = []
        for match in self._field.finditer(self._text, begin):
            quoted, rest, bare, end = match.groups()
            if quoted is None:
                if bare.startswith('"'):
                    raise self._never_closed(match.start(3))
                values.append(bare.strip())
                offsets.append(match.start(3))
            else:
                if rest.strip():
                    raise self._behind_quote(match.start(2))
                values.append(quoted.replace('""', '"') if '""' in quoted else quoted)
                offsets.append(match.start(1) - 1)
            if end != self.delimiter:
                if len(values) > 1 or values[0] or quoted is not None:
                    yield start, values, offsets
                if not end:
                    return
                start, values, offsets = match.end(), [], []

    def _header_problems(self) -> list[Problem]:
        problems = []
        seen: set[str] = set()
        for column, offset in zip(self._header, self._columns, strict=True):
            if not column:
                problems.append(
                    Problem(
                        "a column without a name",
                        self._at(offset),
                        "a header line that names every column",
                        "name the column, or remove it",
                    )
                )
            elif column in seen:
                problems.append(
                    Problem(
                        f"two columns are named {shorten(column)!r}",
                        self._at(offset),
                        "each column's name once",
                        "rename one of them",
                    )
                )
            seen.add(column)
        return problems

    def _ragged(self, values: int, start: int) -> Problem:
        mark = "commas" if self.delimiter == "," else repr(self.delimiter)
        return Problem(
            f"this row has {_count(values, 'value')}, "
            f"the header {_count(len(self._header), 'column')}",
            self._at(start),
            "as many values as columns",
            f"quote a value that holds {mark}, or add what is missing",
        )

    def _never_closed(self, offset: int) -> ArenaFileError:
        return self._error(
            offset,
            "a quote is opened and never closed",
            'a value in quotes, each quote inside it doubled: "he said ""yes"""',
            "close it, or double the quote",
        )

    def _behind_quote(self, offset: int) -> ArenaFileError:
        return self._error(
            offset,
            "text behind a closing quote",
            f"{self.delimiter!r} or the line's end behind it",
            'double the quotes inside a value: "he said ""yes"""',
        )

    def _error(self, offset: int, what: str, expected: str, fix: str) -> ArenaFileError:
        return ArenaFileError(Problem(what, self._at(offset), expected, fix))

    def _at(self, offset: int) -> Location:
        line = bisect_right(self._line_starts, offset)
        return Location(self._name, line, offset - self._line_starts[line - 1] + 1)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _BREAK.finditer(self._text))]


def _delimiter_of(text: str, begin: int) -> str:
    """Return what stands between the columns of a header: a comma, if there is one."""
    match = _LINE.match(text, begin)
    header = re.sub(r'"[^"]*"', "", match[0] if match else "")
    if "," in header:
        return ","
    likeliest = max(DELIMITERS, key=header.count)
    return likeliest if likeliest in header else ","


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
