"""Logs of `oaieval`: what models answered to the samples of an eval."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from pytest_arena.errors import ArenaFileError
from pytest_arena.importing.importer import Source
from pytest_arena.light_dataclass import dataclass

_START = b'{"spec"'


@dataclass(slots=True)
class Log:
    """The log of one run: which eval of which models, and the answers by the samples' numbers."""

    eval_name: str
    models: str
    answers: dict[int, str] = field(default_factory=dict)


def read_logs(source: Source) -> list[Log]:
    """Return the logs that lie beside a registry's file, or in folders of its folder."""
    folder = source.path.parent
    paths = [*sorted(folder.glob("*.jsonl")), *sorted(folder.glob("*/*.jsonl"))]
    return [log for path in paths if (log := _read(path, source)) is not None]


def _read(path: Path, source: Source) -> Log | None:
    if not path.is_file():
        # a pipe may never say anything
        return None
    try:
        with path.open("rb") as file:
            is_log = file.read(len(_START) + 1).lstrip().startswith(_START)
        lines = source.text_of(path).splitlines() if is_log else []
    except (OSError, ArenaFileError):
        return None
    events = list(_objects(lines))
    spec = events[0].get("spec") if events else None
    if not isinstance(spec, dict) or not isinstance(spec.get("eval_name"), str):
        return None
    models = spec.get("completion_fns") or spec.get("model_name") or "log"
    named = models if isinstance(models, str) else ", ".join(map(str, models))
    log = Log(spec["eval_name"], named)
    # what a grading model said stands behind the answer; a match repeats it
    for kind in ("sampling", "match"):
        for event in events:
            number = str(event.get("sample_id")).rpartition(".")[2]
            said = _said(event.get("data")) if event.get("type") == kind else None
            if said is not None and number.isdecimal():
                log.answers.setdefault(int(number), said)
    return log


def _objects(lines: list[str]) -> Iterator[Mapping[str, Any]]:
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            # the last line of a run that was killed
            continue
        if isinstance(found, dict):
            yield found


def _said(data: Any) -> str | None:
    said = data.get("sampled") if isinstance(data, dict) else None
    first = said[0] if isinstance(said, list) and said else said
    return first if isinstance(first, str) else None
