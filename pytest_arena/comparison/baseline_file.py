"""The baseline file: one line a cell, sorted, so that git can merge it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pytest_arena.comparison.baseline import (
    Baseline,
    BaselineCell,
    Figures,
    Key,
    Prompt,
)
from pytest_arena.errors import Place, Problem, UsageError, shorten

FORMAT = 1
DEFAULT_PATH = ".arena/baseline.jsonl"
_HEADER = {"kind": "baseline", "format": FORMAT}
_CONFLICT = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")


def baseline_bytes(baseline: Baseline) -> bytes:
    """Return the file's content: a header, the cells by key, the prompts by hash.

    It holds no time and no run id, so that equal answers give equal bytes.
    """
    used = {cell.hashes.get("prompt") for cell in baseline.cells.values()}
    lines = [_line(_HEADER)]
    lines += [_line(_cell_record(cell)) for _, cell in sorted(baseline.cells.items())]
    lines += [
        _line({"kind": "prompt", "hash": hashed, "texts": [list(text) for text in texts]})
        for hashed, texts in sorted(baseline.prompts.items())
        if hashed in used
    ]
    return ("\n".join(lines) + "\n").encode()


def write_baseline(path: Path, baseline: Baseline) -> bool:
    """Put a baseline in place of a file in one step; return whether its content has changed."""
    data = baseline_bytes(baseline)
    path = path.resolve()  # a symbolic link stays one
    if path.exists() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, mode)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
    return True


def is_baseline(data: bytes) -> bool:
    """Return whether a file's content begins as a baseline does."""
    first, _, _ = data.partition(b"\n")
    return b'"kind"' in first and b'"baseline"' in first


def parse_baseline(data: bytes, name: str) -> Baseline:
    """Return the baseline of a file's content; `name` is the file as messages show it.

    Every bad line is a problem at its place, all in one `UsageError`. A line that stands twice
    word by word, as a merge may leave it, counts once.
    """
    problems: list[Problem] = []
    cells: dict[Key, BaselineCell] = {}
    lines: dict[Key, int] = {}
    prompts: dict[str, Prompt] = {}
    for number, record in _records(data, name, problems):
        place = Place(name, number, 1)
        try:
            kind = record.get("kind")
            if kind == "baseline":
                _check_format(record, place, problems)
            elif kind == "prompt":
                prompts[_text(record, "hash")] = _prompt(record)
            elif kind == "cell":
                cell = _cell(record)
                known = cells.setdefault(cell.key, cell)
                first = lines.setdefault(cell.key, number)
                if known != cell:
                    problems.append(_twice(cell, place, first))
            else:
                raise _Mistake(f"unknown kind {kind!r}")
        except _Mistake as mistake:
            problems.append(_bad_line(str(mistake), place))
    if problems:
        raise UsageError(problems)
    return Baseline(cells, prompts, name)


class _Mistake(Exception):
    """Say what is wrong with a line, until its place is added."""


def _records(
    data: bytes, name: str, problems: list[Problem]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        place = Place(name, number, 1)
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


def _bad_line(what: str, place: Place) -> Problem:
    return Problem(
        f"not a line of a baseline: {shorten(what)}",
        place,
        expected="what `pytest --arena --arena-update-baseline` writes",
        fix="restore the file from git, or remove the line and update the baseline",
    )


def _check_format(record: Mapping[str, Any], place: Place, problems: list[Problem]) -> None:
    if record.get("format") != FORMAT:
        problems.append(
            Problem(
                f"baseline format {record.get('format')!r} is not known",
                place,
                expected=f"format {FORMAT}",
                fix="read it with the version of pytest-arena that wrote it",
            )
        )


def _twice(cell: BaselineCell, place: Place, first: int) -> Problem:
    return Problem(
        f"cell {cell.id!r} stands here and in line {first}, with different content",
        place,
        expected="one line a cell",
        fix="keep one of the two lines, or remove both and update the baseline",
    )


def _cell_record(cell: BaselineCell) -> dict[str, Any]:
    figures = cell.figures
    record: dict[str, Any] = {
        "kind": "cell",
        "file": cell.file,
        "case": cell.case,
        "provider": cell.provider,
        "verdict": cell.verdict,
        "trials": cell.trials,
        "passed": cell.passed,
        "failed": cell.failed,
        "error": cell.error,
        "assertions": {
            place: list(cell.assertions[place]) for place in sorted(cell.assertions, key=_by_number)
        },
        "hashes": {name: cell.hashes[name] for name in sorted(cell.hashes)},
        "source": cell.source,
        "figures": {
            "trials": figures.trials,
            "requests": figures.requests,
            "latencies_ms": list(figures.latencies_ms),
            "cost_usd": figures.cost_usd,
            "tokens": figures.tokens,
        },
    }
    if cell.tags:
        record["tags"] = list(cell.tags)
    if cell.digest is not None:
        record["digest"] = cell.digest
    if cell.outputs is not None:
        record["outputs"] = list(cell.outputs)
    return record


def _by_number(place: str) -> list[tuple[int, str]]:
    parts = (step.partition(":") for step in place.split("/"))
    return [(int(number) if number.isdecimal() else 1 << 30, number + rest)
            for number, _, rest in parts]


def _cell(record: Mapping[str, Any]) -> BaselineCell:
    verdict = record.get("verdict")
    if verdict not in ("passed", "failed", "error"):
        raise _Mistake(f"'verdict' is {verdict!r}")
    counts = {name: _count(record, name) for name in ("passed", "failed", "error")}
    if "trials" in record and _count(record, "trials") != sum(counts.values()):
        raise _Mistake("'trials' is not the sum of passed, failed and error")
    hashes = _mapping(record, "hashes")
    digest, source, outputs = record.get("digest"), record.get("source"), record.get("outputs")
    return BaselineCell(
        file=_text(record, "file"),
        case=_text(record, "case"),
        provider=_text(record, "provider"),
        verdict=verdict,
        hashes={name: _text(hashes, name) for name in hashes},
        source=None if source is None else _text(record, "source"),
        **counts,
        assertions={p: _pair(p, counted) for p, counted in _mapping(record, "assertions").items()},
        figures=_figures(_mapping(record, "figures")),
        digest=None if digest is None else _text(record, "digest"),
        outputs=None if outputs is None else _texts(record, "outputs"),
        tags=_texts(record, "tags"),
    )


def _figures(record: Mapping[str, Any]) -> Figures:
    latencies = record.get("latencies_ms", [])
    if not isinstance(latencies, list) or any(type(ms) is not int or ms < 0 for ms in latencies):
        raise _Mistake("'latencies_ms' is not a list of whole milliseconds")
    cost, tokens = record.get("cost_usd"), record.get("tokens")
    if cost is not None and (isinstance(cost, bool) or not isinstance(cost, (int, float))):
        raise _Mistake("'cost_usd' is not a number")
    return Figures(
        trials=_count(record, "trials"),
        requests=_count(record, "requests"),
        latencies_ms=tuple(latencies),
        cost_usd=None if cost is None else float(cost),
        tokens=None if tokens is None else _count(record, "tokens"),
    )


def _prompt(record: Mapping[str, Any]) -> Prompt:
    texts = record.get("texts")
    if not isinstance(texts, list):
        raise _Mistake("'texts' is not a list")
    found = []
    for text in texts:
        if not isinstance(text, list) or [type(part) for part in text] != [str, str]:
            raise _Mistake("'texts' holds something else than a role and a text")
        found.append((text[0], text[1]))
    return tuple(found)


def _pair(place: str, counted: Any) -> tuple[int, int]:
    if (
        isinstance(counted, list)
        and [type(part) for part in counted] == [int, int]
        and 0 <= counted[0] <= counted[1]
    ):
        return (counted[0], counted[1])
    raise _Mistake(f"'assertions' has no [held, judged] for {place!r}")


def _count(record: Mapping[str, Any], name: str) -> int:
    value = record.get(name, 0)
    if type(value) is not int or value < 0:
        raise _Mistake(f"{name!r} is not a count")
    return value


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise _Mistake(f"{name!r} is not a text" if name in record else f"it has no {name!r}")
    return value


def _texts(record: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = record.get(name, [])
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise _Mistake(f"{name!r} is not a list of texts")
    return tuple(value)


def _mapping(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = record.get(name, {})
    if not isinstance(value, dict):
        raise _Mistake(f"{name!r} is not a mapping")
    return value


def _line(record: Mapping[str, Any]) -> str:
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # half a surrogate pair, as a model may send it, has no UTF-8
        text = json.dumps(record, ensure_ascii=True, allow_nan=False)
    return text

