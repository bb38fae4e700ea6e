"""Data sets of inspect_ai: samples with a target, and questions with choices."""

from __future__ import annotations

from typing import Any, ClassVar

from pytest_arena.errors import Location
from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.data_sets.asked import Asked, asked
from pytest_arena.importing.data_sets.cases import DataSet, Judged
from pytest_arena.importing.data_sets.table import columns_of, each_row, values_of
from pytest_arena.importing.importer import Imported, Importer, Source
from pytest_arena.importing.made import Made

_ENVIRONMENT = ("sandbox", "files", "setup")
_KNOWN = {"input", "target", "choices", "id", "metadata", *_ENVIRONMENT}
_SCORER = "the scorer stands in the task's code"
_LINE = r"^[^\w\n]*(?i:ANSWER)\s*:\s*"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class InspectImporter(Importer):
    """Turns samples of inspect_ai into an arena."""

    format: ClassVar[str] = "inspect_ai"

    def recognises(self, source: Source) -> bool:
        columns = columns_of(source)
        return "input" in columns and bool(columns & {"target", "choices"})

    def convert(self, source: Source) -> Imported:
        data_set = DataSet(source)
        for row, place in each_row(source):
            if row.get("input") in (None, "", []):
                source.findings.left_out(place, "a sample without an input")
                continue
            _add(data_set, values_of(row, source, ("metadata", "files", "sandbox")), place)
        return data_set.imported()


def _add(data_set: DataSet, row: dict[str, Any], place: Location) -> None:
    source = data_set.source
    judged = Judged(source)
    sent = asked(row["input"], "input")
    for key in _ENVIRONMENT:
        if row.get(key):
            sent.lost.append(f"its {key}")
    targets = _texts(row.get("target"))
    choices = _choices(row.get("choices"))
    if choices:
        if len(choices) > len(_LETTERS):
            sent.lost.append(f"its choices beyond {_LETTERS[-1]}")
        _with_choices(sent, choices, several=len(targets) > 1)
    if targets:
        kind, made, told = _scored(targets, choices)
        alike = (_SCORER, f"written as {kind}: {told}")
        judged.keep([made], place, "target", alike, of_all=True)
    variables = {key: value for key, value in row.items() if key not in _KNOWN}
    if "metadata" in row:
        variables["metadata"] = row["metadata"]
    name = str(row["id"]) if "id" in row else None
    data_set.add(name, sent, judged, place, variables=variables)


def _scored(targets: list[str], choices: list[str]) -> tuple[str, Made, str]:
    """Return the scorer that is usual for such a sample, and the assertion that it is here."""
    letters = [one for one in targets if len(one) == 1 and one.upper() in _LETTERS]
    if choices and len(letters) == len(targets):
        made: Made = {"type": "matches", "pattern": _choosing("".join(letters).upper())}
        return "choice()", made, "the prompt asks for a line like ANSWER: B"
    told = "one of the targets must stand in the answer, in any case; equals is exact()"
    return "includes()", {"type": "contains_any", "values": targets}, told


def _choosing(letters: str) -> str:
    """Return a pattern of the answers whose first line with `ANSWER:` names these letters and no
    other, in any order: `B, A`, `AB`, `A and B`."""
    each = "".join(f"(?=[{letters} ,and]*{letter})" for letter in letters)
    named = rf"{each}(?:[{letters},]| (?:and )?)+(?![A-Za-z0-9_ ,])"
    return rf"(?m)\A(?s:(?!{_LINE}[A-Za-z0-9,]).)*{_LINE}{named}"


def _with_choices(sent: Asked, choices: list[str], *, several: bool) -> None:
    """Put the choices into what is asked, as the multiple_choice solver does."""
    listed = "\n".join(f"{letter}) {one}" for letter, one in zip(_LETTERS, choices, strict=False))
    named = "letters of all that are right" if several else "letter of your choice"
    end = f"\n\n{listed}\n\nEnd with a line that says ANSWER: and the {named}."
    if "messages" in sent.keys:
        *before, last = sent.keys["messages"]
        sent.keys["messages"] = [*before, {**last, "content": last["content"] + escaped(end)}]
    else:
        sent.keys["prompt"] += escaped(end)


def _texts(target: Any) -> list[str]:
    found = target if isinstance(target, list) else [target]
    return [str(one) for one in found if one is not None and str(one).strip()]


def _choices(written: Any) -> list[str]:
    if isinstance(written, str):
        parts = written.split(",") if "," in written else written.split()
        return [part.strip() for part in parts]
    return [str(one) for one in written] if isinstance(written, list) else []
