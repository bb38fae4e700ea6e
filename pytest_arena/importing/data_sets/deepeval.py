"""Goldens and test cases of deepeval, single ones and conversations."""

from __future__ import annotations

from typing import Any, ClassVar

from pytest_arena.errors import Location, shorten
from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.data_sets.asked import Asked, asked
from pytest_arena.importing.data_sets.cases import Answer, DataSet, Judged
from pytest_arena.importing.data_sets.expected import expect
from pytest_arena.importing.data_sets.table import (
    cell_value,
    columns_of,
    each_row,
    number_of,
    snake_case,
    values_of,
)
from pytest_arena.importing.importer import Imported, Importer, Source
from pytest_arena.loading.tree import YamlMap

_OWN = {
    "actual_output", "expected_output", "retrieval_context", "expected_tools", "tools_called",
    "additional_metadata", "source_file", "custom_column_key_values", "scenario",
    "expected_outcome",
}  # fmt: skip
_KNOWN = _OWN | {
    "input", "context", "name", "comments", "token_cost", "input_token_count",
    "output_token_count", "id", "turns", "user_description", "persona", "completion_time",
    "tags", "multimodal", "images_mapping", "chatbot_role",
}  # fmt: skip
_QUIET = {
    "expectations", "expected_labels", "metrics_data", "success", "run_duration",
    "evaluation_cost", "order", "trace", "conversation_id",
}  # fmt: skip
"""What a run of deepeval's adds, and what is told row by row."""
_STRUCTURED = ("additional_metadata", "custom_column_key_values", "turns", "persona")
_LEFT_OUT = ("expectations", "expected_labels")
_PICTURE = "[DEEPEVAL:"


class DeepEvalImporter(Importer):
    """Turns goldens of deepeval into an arena."""

    format: ClassVar[str] = "deepeval"

    def recognises(self, source: Source) -> bool:
        columns = {snake_case(name) for name in columns_of(source)}
        talked = {"expected_outcome", "turns", "user_description", "persona"}
        if "scenario" in columns and columns & talked:
            return True
        return "input" in columns and (bool(columns & _OWN) or columns <= _KNOWN)

    def convert(self, source: Source) -> Imported:
        data_set = DataSet(source)
        for name in sorted(columns_of(source)):
            if snake_case(name) not in _KNOWN | _QUIET:
                source.findings.left_out(source.place, f"unknown column {name!r}")
        for row, place in each_row(source):
            values = values_of(row, source, _STRUCTURED)
            if values.get("scenario"):
                _add_conversation(data_set, values, place)
            elif values.get("input"):
                _add(data_set, values, row, place)
            else:
                source.findings.left_out(place, "a golden without an input")
        return data_set.imported()


def _add(data_set: DataSet, row: dict[str, Any], written: YamlMap, place: Location) -> None:
    judged = Judged(data_set.source)
    sent = asked(row["input"], "input")
    texts = (row.get(key) for key in ("input", "actual_output"))
    if any(_PICTURE in text for text in texts if isinstance(text, str)):
        sent.lost.append("pictures")
    if "expected_output" in row:
        key = "expected_output" if "expected_output" in written else "expectedOutput"
        expect(judged, row["expected_output"], written.value_place(key))
    names = [tool["name"] for tool in _tools(row.get("expected_tools"))]
    if names:
        told = "as ToolCorrectnessMetric does: their names, in any order, others beside them"
        made = {"type": "tools_called", "tools": names}
        judged.keep(
            [made], place, "expected_tools", ("tools that should be called", told), of_all=True
        )
    further: dict[str, Any] = {}
    documents = _documents(row.get("retrieval_context")) or _documents(row.get("context"))
    if documents:
        further["context"] = [escaped(text) for text in documents]
        data_set.source.findings.alike(
            data_set.source.place,
            "documents of a golden, which a metric in your code may look at",
            "they stand under context: for faithfulness and its kin (docs/rag.md)",
        )
    _add_case(data_set, row, sent, judged, place, _answer(row), further)


def _add_case(
    data_set: DataSet,
    row: dict[str, Any],
    sent: Asked,
    judged: Judged,
    place: Location,
    answer: Answer | None,
    further: dict[str, Any],
) -> None:
    for key in _LEFT_OUT:
        if row.get(key):
            told = f"{key}, which metrics of deepeval's look at"
            data_set.source.findings.left_out(place, told)
    if row.get("comments"):
        further["description"] = escaped(str(row["comments"]))
    metadata = {
        **_mapping(row.get("additional_metadata")),
        **_mapping(row.get("custom_column_key_values")),
        **({"source_file": row["source_file"]} if "source_file" in row else {}),
    }
    variables = {"metadata": metadata} if metadata else {}
    name = row.get("name")
    data_set.add(
        str(name) if name else None,
        sent,
        judged,
        place,
        answer=answer,
        variables=variables,
        further=further,
    )


def _answer(row: dict[str, Any]) -> Answer | None:
    given = row.get("actual_output")
    calls = _tools(row.get("tools_called"))
    if given is None and not calls:
        return None
    columns = (
        ("token_cost", "cost_usd", 1),
        ("input_token_count", "input_tokens", 1),
        ("output_token_count", "output_tokens", 1),
        ("completion_time", "latency_ms", 1000),
    )
    figures = ((ours, number_of(row.get(theirs)), by) for theirs, ours, by in columns)
    facts = {name: figure * by for name, figure, by in figures if figure is not None}
    told = calls if "tools_called" in row else None
    return Answer("" if given is None else str(given), told, facts)


def _tools(written: Any) -> list[dict[str, Any]]:
    """Return calls of tools; a text has JSON, or names with `;` between."""
    given = cell_value(written)
    if isinstance(given, str):
        given = [name.strip() for name in given.split(";") if name.strip()]
    found = []
    for tool in given if isinstance(given, list) else ():
        if isinstance(tool, str):
            found.append({"name": tool})
        elif isinstance(tool, dict) and isinstance(tool.get("name"), str):
            call: dict[str, Any] = {"name": tool["name"]}
            arguments = tool.get("input_parameters", tool.get("inputParameters"))
            if isinstance(arguments, dict):
                call["arguments"] = arguments
            if tool.get("output") is not None:
                call["result"] = tool["output"]
            found.append(call)
    return found


def _documents(written: Any) -> list[str]:
    """Return documents; a text has several with `|` between."""
    given = cell_value(written)
    if isinstance(given, str):
        given = given.split("|")
    found = []
    for one in given if isinstance(given, list) else ():
        text = one.get("context") if isinstance(one, dict) else one
        if isinstance(text, str) and text.strip():
            found.append(text)
    return found


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _add_conversation(data_set: DataSet, row: dict[str, Any], place: Location) -> None:
    judged = Judged(data_set.source)
    turns = cell_value(row.get("turns"))
    said = [turn for turn in turns if isinstance(turn, dict)] if isinstance(turns, list) else []
    outcome = row.get("expected_outcome")
    if isinstance(outcome, str):
        made = {"type": "judge_conversation", "criteria": f"This comes about: {outcome}"}
        told = "what judges stands in your code; here a judge reads the whole conversation"
        judged.keep([made], place, "expected_outcome", ("an expected outcome", told), of_all=True)
        judged.asks_judge = True
    beside = {str(key) for turn in said for key, value in turn.items() if value}
    if names := sorted(beside - {"role", "content"}):
        told = f"of the turns, beside what is said: {', '.join(names)}"
        data_set.source.findings.left_out(data_set.source.place, told)
    users = [turn for turn in said if turn.get("role") == "user" and turn.get("content")]
    answers = [str(turn["content"]) for turn in said if turn.get("role") == "assistant"]
    scenario = str(row["scenario"])
    summary = shorten(scenario, 80)
    further: dict[str, Any] = {"description": escaped(scenario)}
    documents = _documents(row.get("context"))
    if documents:
        further["context"] = [escaped(text) for text in documents]
    answer = None
    if users:
        turns_of = [{"user": escaped(str(turn["content"]))} for turn in users]
        sent = Asked({"conversation": turns_of}, summary=summary)
        if answers and _alternate(said):
            answer = Answer(answers)
        elif answers:
            sent.lost.append("answers that do not follow a user's message each")
    else:
        name = data_set.add_persona(_persona(row, scenario))
        sent = Asked({"conversation": [{"persona": name}]}, summary=summary)
        judged.asks_judge = True
        told = "a persona plays the user, who is played by deepeval's simulator there"
        data_set.source.findings.alike(data_set.source.place, "conversations without turns", told)
    row.pop("comments", None)
    _add_case(data_set, row, sent, judged, place, answer, further)


def _alternate(said: list[dict[str, Any]]) -> bool:
    roles = [turn.get("role") for turn in said]
    return roles == ["user", "assistant"] * (len(roles) // 2)


def _persona(row: dict[str, Any], scenario: str) -> dict[str, Any]:
    persona = row.get("persona")
    who = row.get("user_description")
    if isinstance(persona, dict):
        who = persona.get("characteristics") or who
    described = str(who) if who else "The user of this scenario."
    return {"description": escaped(described), "goals": escaped(scenario)}
