"""The baseline file: one line a cell, sorted, so that git can merge it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pytest_arena.comparison.baseline.model import Baseline, BaselineCell, Key, Prompt, Version
from pytest_arena.comparison.baseline.serialize import (
    Mistake,
    cell_from_record,
    cell_record,
    prompt_from_record,
    text_of,
    version_from_record,
)
from pytest_arena.errors import Location, Problem, UsageError, shorten

FORMAT = 1
DEFAULT_PATH = ".arena/baseline.jsonl"
_HEADER = {"kind": "baseline", "format": FORMAT}
_CONFLICT = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")
_KIND = re.compile(rb'"kind"\s*:\s*"baseline"')


def baseline_bytes(baseline: Baseline) -> bytes:
    """Return the file's content: a header, the cells by key, prompts and providers by hash.

    It holds no time and no run id, so that equal answers give equal bytes.
    """
    used = {cell.hashes.get("prompt") for cell in baseline.cells.values()}
    lines = [_line(_HEADER)]
    lines += [_line(cell_record(cell)) for _, cell in sorted(baseline.cells.items())]
    lines += [
        _line({"kind": "prompt", "hash": hashed, "texts": [list(text) for text in texts]})
        for hashed, texts in sorted(baseline.prompts.items())
        if hashed in used
    ]
    asked = {cell.hashes.get("provider") for cell in baseline.cells.values()}
    lines += [
        _line({"kind": "provider", "hash": hashed, **version})
        for hashed, version in sorted(baseline.providers.items())
        if hashed in asked
    ]
    return ("\n".join(lines) + "\n").encode()


def write_baseline(path: Path, baseline: Baseline) -> bool:
    """Put a baseline in place of a file in one step; return whether its content has changed."""
    data = baseline_bytes(baseline)
    path = Path(os.path.realpath(path))  # a symbolic link stays one
    if path.exists() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    file = NamedTemporaryFile(  # noqa: SIM115 - left below, before it is moved
        dir=path.parent, prefix=f".{path.name}.", delete=False
    )
    try:
        # closed before it takes the other one's place: Windows moves no file that is open
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(file.name, mode)
        os.replace(file.name, path)
    except BaseException:
        os.unlink(file.name)
        raise
    return True


def first_line(path: Path) -> bytes:
    """Return the first line of a file that has something in it, or nothing."""
    with path.open("rb") as file:
        return next(filter(bytes.strip, file), b"")


def is_baseline(line: bytes) -> bool:
    """Return whether the first line of a file is that of a baseline."""
    # further lines say nothing: a results file may name a baseline in them
    return _KIND.search(line) is not None


def parse_baseline(data: bytes, name: str) -> Baseline:
    """Return the baseline of a file's content; `name` is the file as messages show it.

    Every bad line is a problem at its place, all in one `UsageError`. A line that stands twice
    word by word, as a merge may leave it, counts once.
    """
    problems: list[Problem] = []
    cells: dict[Key, BaselineCell] = {}
    lines: dict[Key, int] = {}
    prompts: dict[str, Prompt] = {}
    providers: dict[str, Version] = {}
    for number, record in _records(data, name, problems):
        place = Location(name, number, 1)
        try:
            kind = record.get("kind")
            if kind == "baseline":
                _check_format(record, place, problems)
            elif kind == "prompt":
                prompts[text_of(record, "hash")] = prompt_from_record(record)
            elif kind == "provider":
                providers[text_of(record, "hash")] = version_from_record(record)
            elif kind == "cell":
                cell = cell_from_record(record)
                known = cells.setdefault(cell.key, cell)
                first = lines.setdefault(cell.key, number)
                if known != cell:
                    problems.append(_twice(cell, place, first))
            else:
                raise Mistake(f"unknown kind {kind!r}")
        except Mistake as mistake:
            problems.append(_bad_line(str(mistake), place))
    if problems:
        raise UsageError(problems)
    return Baseline(cells, prompts, providers, name)


def _records(
    data: bytes, name: str, problems: list[Problem]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        place = Location(name, number, 1)
        if line.startswith(_CONFLICT):
            problems.append(
                Problem(
                    "a merge conflict was left in the baseline",
                    place,
                    expected="one line a cell",
                    fix="keep one line for each cell and remove the conflict's marks",
                )
            )
            continue
        try:
            record = json.loads(line, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            problems.append(_bad_line(f"not JSON ({error})", place))
            continue
        if isinstance(record, dict):
            yield number, record
        else:
            problems.append(_bad_line("not a JSON object", place))


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _bad_line(what: str, place: Location) -> Problem:
    return Problem(
        f"not a line of a baseline: {shorten(what)}",
        place,
        expected="what `pytest --arena --arena-update-baseline` writes",
        fix="restore the file from git, or remove the line and update the baseline",
    )


def _check_format(record: Mapping[str, Any], place: Location, problems: list[Problem]) -> None:
    if record.get("format") != FORMAT:
        problems.append(
            Problem(
                f"baseline format {record.get('format')!r} is not known",
                place,
                expected=f"format {FORMAT}",
                fix="read it with the version of pytest-arena that wrote it",
            )
        )


def _twice(cell: BaselineCell, place: Location, first: int) -> Problem:
    return Problem(
        f"cell {cell.id!r} stands here and in line {first}, with different content",
        place,
        expected="one line a cell",
        fix="keep one of the two lines, or remove both and update the baseline",
    )


def _line(record: Mapping[str, Any]) -> str:
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # half a surrogate pair, as a model may send it, has no UTF-8
        text = json.dumps(record, ensure_ascii=True, allow_nan=False)
    return text
