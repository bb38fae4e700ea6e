"""What the runs of an eval asked: rows and the template that they fill, and who answered what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.importing.importer import Source
from pytest_arena.importing.made import LeftOutError
from pytest_arena.importing.openai_evals.hosted.answers import Answer, answer_of, answer_of_sample
from pytest_arena.importing.openai_evals.hosted.exports import Eval, Run, data_files, is_row
from pytest_arena.importing.openai_evals.messages import Said, read_messages
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.tree import YamlList, YamlMap, plain


@dataclass(slots=True)
class Row:
    """One row of the data, with the answers that runs have for it."""

    item: dict[str, Any]
    place: Location
    sample: dict[str, Any] | None = None
    """What the data say of an answer beside its text."""
    sent: list[Said] | None = None
    """What a run really sent for it."""
    answers: dict[str, Answer] = field(default_factory=dict)
    """By the run's id."""


@dataclass(slots=True)
class Questions:
    """Rows that are asked in one way, and the runs that did."""

    asked: Any = None
    """`input_messages` of the runs; None where they asked nobody, or did not tell."""
    place: Location | None = None
    runs: list[Run] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    is_made_up: bool = False
    """Whether there are no rows: the one that is there has empty texts."""

    @property
    def has_samples(self) -> bool:
        """Whether a model was asked, or rows have answers apart from their items."""
        return any(row.answers for row in self.rows) or any(run.asks for run in self.runs)


def read_questions(one: Eval, source: Source) -> list[Questions]:
    """Return what an eval's runs asked; an eval without runs has the rows beside it."""
    made: dict[str, Questions] = {}
    known: dict[str, dict[tuple[str, int], Row]] = {}
    for run in one.runs:
        data = run.data_source
        asked = data.get("input_messages") if data is not None else None
        key = json.dumps(plain(asked), sort_keys=True)
        questions = made.setdefault(key, Questions(asked, _place_of(run)))
        questions.runs.append(run)
        seen: dict[str, int] = {}
        for row in _rows(run, source):
            text = json.dumps(row.item, sort_keys=True)
            seen[text] = seen.get(text, 0) + 1
            mine = known.setdefault(key, {}).setdefault((text, seen[text]), row)
            if mine is row:
                questions.rows.append(row)
            mine.answers |= row.answers
            mine.sent = mine.sent or row.sent
    found = list(made.values()) or [Questions()]
    for questions in found:
        if not questions.rows:
            questions.rows = list(_beside(one, questions, source))
        if not questions.rows:
            questions.rows = [Row(_empty_item(one), one.tree.key_place("data_source_config"))]
            questions.is_made_up = True
    return found


def _place_of(run: Run) -> Location | None:
    data = run.data_source
    return data.key_place("input_messages") if data is not None else None


def _rows(run: Run, source: Source) -> Iterator[Row]:
    """Yield the rows of a run: those of its output items, then those that have none."""
    given: dict[str, list[Row]] = {}
    for tree in _content(run, source):
        item, sample = plain(tree["item"]), plain(tree.get("sample"))
        row = Row(item, tree.place, sample if isinstance(sample, dict) else None)
        given.setdefault(json.dumps(item, sort_keys=True), []).append(row)
    for entry in sorted(run.items, key=_number):
        item, sample = _item_of(entry["datasource_item"])
        same = given.get(json.dumps(item, sort_keys=True))
        sample = (same.pop(0).sample if same else None) or sample
        row = Row(item, entry.place, sample, _sent(entry))
        yield _answered(row, run, answer_of(entry, sample))
    for rows in given.values():
        for row in rows:
            yield _answered(row, run, answer_of_sample(row.sample))


def _answered(row: Row, run: Run, answer: Answer | None) -> Row:
    row.answers = {} if answer is None else {run.id: answer}
    return row


def _number(entry: YamlMap) -> tuple[int, str]:
    number = entry.get("datasource_item_id")
    return (number, "") if isinstance(number, int) else (0, str(number or ""))


def _item_of(tree: YamlMap) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the item of an output item, which may stand beside its sample, or hold it under keys
    like `sample.output_text`."""
    given = plain(tree)
    flat = {key: value for key, value in given.items() if str(key).startswith("sample.")}
    if flat:
        item = {key: value for key, value in given.items() if key not in flat}
        return item, {key.removeprefix("sample."): value for key, value in flat.items()}
    inner, sample = given.get("item"), given.get("sample")
    if isinstance(inner, dict) and not given.keys() - {"item", "sample"}:
        return inner, sample if isinstance(sample, dict) else None
    return given, None


def _sent(entry: YamlMap) -> list[Said] | None:
    sample = plain(entry.get("sample"))
    written = sample.get("input") if isinstance(sample, dict) else None
    try:
        return read_messages(written) if written else None
    except LeftOutError:
        # a picture, or the like: its template tells of it
        return None


def _content(run: Run, source: Source) -> Iterator[YamlMap]:
    """Yield the rows that stand in a run, or in the file that it names."""
    data = run.data_source
    given = data.get("source") if data is not None else None
    if isinstance(given, YamlList):
        content: Any = given
    elif isinstance(given, YamlMap):
        content = given.get("content")
    else:
        return
    if isinstance(content, YamlList):
        for index, tree in enumerate(content):
            if is_row(tree):
                yield tree
            else:
                source.findings.left_out(content.value_place(index), "a row without an item")
    elif isinstance(given, YamlMap) and given.get("type") == "file_id":
        for path, rows in data_files(source):
            if path.stem == given.get("id"):
                yield from rows


def _beside(one: Eval, questions: Questions, source: Source) -> Iterator[Row]:
    """Yield the rows of the one file beside the eval that fits its `item_schema`."""
    wanted = set(_schema(one).get("required") or ())
    fitting = [
        (path, rows)
        for path, rows in data_files(source)
        if all(wanted <= row["item"].keys() for row in rows)
    ]
    place = one.tree.key_place("data_source_config")
    if len(fitting) > 1:
        names = ", ".join(path.name for path, _ in fitting)
        source.findings.left_out(
            place, f"rows: several files may hold them ({names})", "keep one of them beside it"
        )
        return
    for path, rows in fitting:
        source.findings.alike(
            place, f"the rows are taken from {path.name}, which lies beside it", ""
        )
        for tree in rows:
            sample = plain(tree.get("sample"))
            sample = sample if isinstance(sample, dict) else None
            row = Row(plain(tree["item"]), tree.place, sample)
            answer = answer_of_sample(sample)
            if answer is not None:
                row.answers = {run.id: answer for run in questions.runs} or {"": answer}
            yield row


def _schema(one: Eval) -> Mapping[str, Any]:
    """Return the schema of an eval's items."""
    config = plain(one.tree.get("data_source_config"))
    if not isinstance(config, dict):
        return {}
    given = config.get("item_schema")
    if not isinstance(given, dict):
        whole = config.get("schema")
        properties = whole.get("properties") if isinstance(whole, dict) else None
        given = properties.get("item") if isinstance(properties, dict) else None
    return given if isinstance(given, dict) else {}


def _empty_item(one: Eval) -> dict[str, Any]:
    properties = _schema(one).get("properties")
    return dict.fromkeys(properties, "") if isinstance(properties, dict) else {}
