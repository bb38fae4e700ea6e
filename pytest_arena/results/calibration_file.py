"""The files that keep how well a judge agreed with labels: `calibrations/KEY.json` of an arena."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from pytest_arena.errors import Problem, UserError
from pytest_arena.results.judging import CALIBRATIONS, Calibration

FORMAT = 1
MAX_BYTES = 100_000
_COUNTS = ("labels", "false_passes", "false_fails", "undecided")
_FIGURES = ("accuracy", "kappa", "kappa_low", "kappa_high")


def write_calibration(
    folder: Path, key: str, calibration: Calibration, about: Mapping[str, Any]
) -> Path:
    """Write a judge's calibration, over an older one of the same judge, and return the file.

    `about` says for people what was calibrated.
    """
    record = {"format": FORMAT, "key": key, **about, "calibration": asdict(calibration)}
    path = folder / CALIBRATIONS / f"{key}.json"
    text = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        problem = Problem(
            f"cannot write {path}: {error.strerror}",
            expected=f"a folder {CALIBRATIONS!r} beside the arena file that can be written to",
        )
        raise UserError(problem) from None
    return path


def read_calibration(data: bytes) -> tuple[str, Calibration]:
    """Return the judge's key and its calibration; a `ValueError` says what is wrong."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise ValueError(f"it is not of format {FORMAT}")
    key, given = record.get("key"), record.get("calibration")
    if not isinstance(key, str) or not isinstance(given, dict):
        raise ValueError("it has no 'key' or no 'calibration'")
    for name in _COUNTS:
        value = given.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ValueError(f"{name!r} is not a count")
    for name in _FIGURES:
        value = given.get(name)
        if value is not None and not _is_figure(value):
            raise ValueError(f"{name!r} is not a number from -1 to 1")
    date = given.get("date")
    if date is not None and not isinstance(date, str):
        raise ValueError("'date' is not a text")
    unknown = set(given) - {*_COUNTS, *_FIGURES, "date"}
    if unknown:
        raise ValueError(f"{min(unknown)!r} is not known")
    return key, Calibration(**given)


def _is_figure(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and isfinite(value) and -1 <= value <= 1
