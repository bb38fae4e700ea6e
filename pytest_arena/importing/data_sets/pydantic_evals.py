"""Data sets of pydantic_evals: their cases, with the evaluators of each and of all."""

from __future__ import annotations

from typing import Any, ClassVar

from pytest_arena.importing.data_sets.asked import asked
from pytest_arena.importing.data_sets.cases import DataSet, Judged
from pytest_arena.importing.data_sets.pydantic_evaluators import Evaluator, Expected, read_evaluator
from pytest_arena.importing.importer import Imported, Importer, Source
from pytest_arena.importing.made import LeftOutError
from pytest_arena.loading.tree import YamlList, YamlMap, plain

_OF_SETS = {"$schema", "name", "cases", "evaluators", "report_evaluators"}
_JUDGE = {"provider": "openai", "model": "gpt-5.2"}
"""Who judges there where nothing says who.
Source: https://ai.pydantic.dev/evals/evaluators/llm-judge/"""
_OF_CASES = {"name", "inputs", "metadata", "expected_output", "evaluators"}


class PydanticEvalsImporter(Importer):
    """Turns a data set of pydantic_evals into an arena."""

    format: ClassVar[str] = "pydantic_evals"

    def recognises(self, source: Source) -> bool:
        tree = source.tree
        if not isinstance(tree, YamlMap) or not isinstance(tree.get("cases"), YamlList):
            return False
        cases = [case for case in tree["cases"] if isinstance(case, YamlMap)]
        return any("inputs" in case for case in cases) or "evaluators" in tree

    def convert(self, source: Source) -> Imported:
        tree = source.tree
        for key in tree:
            if key not in _OF_SETS:
                source.findings.left_out(tree.key_place(key), f"unknown key {key!r}")
        if tree.get("report_evaluators"):
            source.findings.left_out(
                tree.key_place("report_evaluators"),
                "evaluators of the whole report",
                "see docs/labels.md for accuracy and confusions",
            )
        data_set = DataSet(source)
        for_all = _evaluators(tree, source)
        for number, case in enumerate(tree["cases"], start=1):
            place = tree["cases"].value_place(number - 1)
            if isinstance(case, YamlMap) and "inputs" in case:
                _add(data_set, case, number, for_all)
            else:
                source.findings.left_out(place, "a case without inputs")
        name = tree.get("name")
        return data_set.imported(str(name) if name else None, judge=_JUDGE)


def _add(data_set: DataSet, case: YamlMap, number: int, for_all: list[Evaluator]) -> None:
    source = data_set.source
    for key in case:
        if key not in _OF_CASES:
            source.findings.left_out(case.key_place(key), f"unknown key {key!r} of a case")
    judged = Judged(source)
    expected = Expected(plain(case.get("expected_output")))
    for evaluator in (*for_all, *_evaluators(case, source)):
        try:
            kept = evaluator.kept(expected)
        except LeftOutError as error:
            judged.lose(evaluator.place, evaluator.name, error)
        else:
            judged.keep(kept.made, evaluator.place, evaluator.name, kept.alike)
            judged.asks_judge = judged.asks_judge or kept.asks_judge
    variables: dict[str, Any] = {}
    for key in ("metadata", "expected_output"):
        if case.get(key) is not None:
            variables[key] = plain(case[key])
    name = case.get("name")
    sent = asked(plain(case["inputs"]), "inputs")
    data_set.add(
        str(name) if name else f"Case {number}", sent, judged, case.place, variables=variables
    )


def _evaluators(tree: YamlMap, source: Source) -> list[Evaluator]:
    written = tree.get("evaluators")
    if written is None:
        return []
    if not isinstance(written, YamlList):
        source.findings.left_out(tree.key_place("evaluators"), "evaluators that are no list")
        return []
    found = (read_evaluator(entry, written.value_place(at)) for at, entry in enumerate(written))
    return list(found)
