"""The calibrations that stand beside an arena file: what is known of its judges' accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pytest_arena.errors import Location
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.files import display_name, read_limited
from pytest_arena.results.judging import CALIBRATIONS, Calibration

_MOST_FILES = 1_000


def load_calibrations(arena: Path, context: LoadContext) -> Mapping[str, Calibration]:
    """Return the calibrations beside an arena file by the key of the judge."""
    folder = arena.parent / CALIBRATIONS
    from pytest_arena.results.calibration_file import MAX_BYTES, read_calibration

    found: dict[str, Calibration] = {}
    for path in sorted(folder.glob("*.json"))[:_MOST_FILES]:
        name = display_name(path, context.root)
        place = Location(name, 1, 1)
        with context.gathering():
            inside = context.find(f"{CALIBRATIONS}/{path.name}", _at(arena, context), "calibration")
            data = read_limited(inside, MAX_BYTES, place, "calibration")
            try:
                key, calibration = read_calibration(data)
            except ValueError as error:
                context.problems.add(
                    f"calibration {path.name!r} cannot be read: {error}",
                    place,
                    expected="a file that arena calibrate wrote",
                    fix="run arena calibrate again, or remove the file",
                )
                continue
            found[key] = calibration
    return found


def _at(arena: Path, context: LoadContext) -> Location:
    return Location(display_name(arena, context.root), 1, 1)
