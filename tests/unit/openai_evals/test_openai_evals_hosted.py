"""Graders of the hosted product: where each holds, fails, and reaches no verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_arena.openai_evals import multi, python_grader, string_check, text_similarity
from pytest_arena.openai_evals.formula import BadFormulaError, Formula
from pytest_arena.results import Response, ToolCall, Trial
from pytest_arena.schema import CheckContext

ANSWER = "{{ sample.output_text }}"


def answered(output: str, *calls: ToolCall) -> Trial:
    said = ({"role": "user", "content": "How?"},)
    return Trial(said, (Response(output, tool_calls=calls),), verdict="error")


def context(sample: Any = None, **item: Any) -> CheckContext:
    variables = {"item": item, **({"sample": sample} if sample is not None else {})}
    return CheckContext("case", "mini", variables)


@pytest.mark.parametrize(
    ("operation", "answer", "reference", "verdict"),
    [
        ("eq", "Paris", "Paris", "passed"),
        ("eq", "Paris\n", "Paris", "failed"),
        ("eq", "paris", "Paris", "failed"),
        ("eq", "", "", "passed"),
        ("ne", "paris", "Paris", "passed"),
        ("ne", "Paris", "Paris", "failed"),
        ("like", "It is Paris.", "Paris", "passed"),
        ("like", "It is paris.", "Paris", "failed"),
        ("like", "Paris", "It is Paris", "failed"),
        ("like", "“quoted”", '"quoted"', "failed"),
        ("like", "x", "", "passed"),
        ("ilike", "It is PARIS.", "pAris", "passed"),
        ("ilike", "Lyon", "Paris", "failed"),
    ],
)
def test_string_checks_compare_letter_by_letter(
    operation: Any, answer: str, reference: str, verdict: str
) -> None:
    check = string_check(operation, ANSWER, "{{ item.ref }}")
    assert check(answered(answer), context(ref=reference)).verdict == verdict


CALL = ToolCall("find", {"id": 7}, id="c1")


@pytest.mark.parametrize(
    ("template", "answer", "reads"),
    [
        ("{{sample.output_json.order.id}}", '{"order": {"id": 7}}', "7"),
        ("{{ sample.output_json[1] }}", '["a", true]', "true"),
        ("{{ sample.output_tools[0].function.name }}", "", "find"),
        ("{{ sample.output_tools[0].function.arguments }}", "", '{"id": 7}'),
        ("{{ sample.output_tools[0].function.arguments.id }}", "", "7"),
        ("{{ sample.choices[0].message.content }}", "Hi", "Hi"),
        ("{{ sample.input[0].content }}", "Hi", "How?"),
        ("<{{ item.ref }}> {{ sample.output_text }}", "Hi", "<x> Hi"),
        ("{{ item['ref'] }}", "Hi", "x"),
        ("{{ sample.source }}", "Hi", "web"),
    ],
)
def test_templates_reach_what_the_answer_and_its_row_hold(
    template: str, answer: str, reads: str
) -> None:
    outcome = string_check("eq", template, reads)(
        answered(answer, CALL), context({"source": "web", "output_text": "old"}, ref="x")
    )
    assert (outcome.verdict, outcome.reason) == ("passed", repr(reads))


def test_an_answer_that_lacks_what_is_named_fails_and_a_row_that_does_is_an_error() -> None:
    fails = string_check("ne", "{{ sample.output_json.id }}", "7")(answered("no JSON"), context())
    assert (fails.verdict, fails.turns) == ("failed", False)
    assert fails.reason.startswith("the answer has nothing for {{ sample.output_json.id }}: ")
    without = string_check("eq", "{{ sample.output_tools[0].function.name }}", "f")
    assert without(answered("Hi"), context()).verdict == "failed"
    errs = string_check("eq", ANSWER, "{{ item.gone }}")(answered("x"), context(ref="x"))
    assert errs.verdict == "error"
    assert errs.reason == "undefined variable 'item.gone', in '{{ item.gone }}'"


@pytest.mark.parametrize(
    ("metric", "answer", "reference", "score"),
    [
        ("fuzzy_match", "Other.", "other", 1.0),
        ("fuzzy_match", "abc", "xyz", 0.0),
        ("bleu", "the cat sat on the mat", "the cat sat on the mat", 1.0),
        ("gleu", "the cat sat", "the cat sat on", 0.6),
        ("gleu", "", "the cat", 0.0),
        ("meteor", "the cats sat", "the cat sat", 1 - 0.5 / 27),
        ("meteor", "on mat", "the cat", 0.0),
        ("rouge_1", "the cat", "the dog", 0.5),
        ("rouge_2", "the cat sat", "the cat ran", 0.5),
        ("rouge_3", "a b c d", "a b c e", 0.5),
        ("rouge_4", "a b c d", "a b c d", 1.0),
        ("rouge_5", "a b c d e", "a b c d f", 0.0),
        ("rouge_l", "a x b", "a b", 0.8),
    ],
)
def test_measures_of_similarity_are_those_of_their_packages(
    metric: str, answer: str, reference: str, score: float
) -> None:
    check = text_similarity(metric, ANSWER, reference, pass_threshold=0.5)
    outcome = check(answered(answer), context())
    assert outcome.score == pytest.approx(score)
    assert outcome.verdict == ("passed" if score >= 0.5 else "failed")


def test_a_similarity_of_texts_that_are_too_long_is_an_error() -> None:
    for metric, text in (("fuzzy_match", "x" * 100_001), ("meteor", "x " * 5_001)):
        check = text_similarity(metric, ANSWER, "x", pass_threshold=0.5)
        assert check(answered(text), context()).verdict == "error"


GRADES = {
    "one": "def grade(sample, item):\n    return int(sample['output_text'] == item['ref'])\n",
    "low": "def grade(sample, item):\n    return 0.2\n",
    "bool": "def grade(sample, item):\n    return True\n",
    "numpy": (
        "class Number(float):\n    pass\n\ndef grade(sample, item):\n    return Number(0.9)\n"
    ),
    "text": "def grade(sample, item):\n    return '1.0'\n",
    "nothing": "def grade(sample, item):\n    pass\n",
    "nan": "def grade(sample, item):\n    return float('nan')\n",
    "raises": "def grade(sample, item):\n    return sample['output_json']['x']\n",
    "changes": "def grade(sample, item):\n    item.clear()\n    return 1.0\n",
    "missing": "import no_such_package\n\ndef grade(sample, item):\n    return 1\n",
    "late": "def grade(sample, item):\n    import no_such_package\n",
    "nameless": "def score(sample, item):\n    return 1\n",
}


@pytest.mark.parametrize(
    ("name", "verdict", "told"),
    [
        ("one", "passed", "grade gave 1"),
        ("low", "failed", "grade gave 0.2"),
        ("bool", "passed", "grade gave 1"),
        ("numpy", "passed", "grade gave 0.9"),
        ("text", "failed", "grade gave '1.0', which is no number"),
        ("nothing", "failed", "grade gave None, which is no number"),
        ("nan", "failed", "grade gave nan, which is no number"),
        ("raises", "failed", "grade raised KeyError: 'output_json'"),
        ("changes", "passed", "grade gave 1"),
        ("missing", "error", "No module named 'no_such_package'"),
        ("late", "error", "late.py: ModuleNotFoundError: No module named 'no_such_package'"),
        ("nameless", "error", "nameless.py: it has no function 'grade'"),
    ],
)
def test_a_grade_that_is_no_number_fails_and_missing_code_is_an_error(
    tmp_path: Path, name: str, verdict: str, told: str
) -> None:
    (tmp_path / f"{name}.py").write_text(GRADES[name])
    check = python_grader(str(tmp_path / "module.py"), f"{name}.py", pass_threshold=0.5)
    given = context(ref="Paris")
    outcome = check(answered("Paris"), given)
    assert outcome.verdict == verdict
    assert told in outcome.reason
    assert given.variables["item"] == {"ref": "Paris"}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("0.5 * a + 0.5 * b", 0.75),
        ("(a + b) / 2", 0.75),
        ("min(a, b)", 0.5),
        ("max(a, b) - abs(b - a)", 0.5),
        ("b ^ 2", 0.25),
        ("sqrt(b * 2) + floor(a) - ceil(b)", 1.0),
        ("exp(0) * log(1) + a", 1.0),
        ("-b + 1", 0.5),
    ],
)
def test_formulas_are_worked_out(formula: str, value: float) -> None:
    assert Formula(formula).value({"a": 1.0, "b": 0.5}) == pytest.approx(value)


@pytest.mark.parametrize(
    "formula",
    [
        "",
        "a +",
        "__import__('os')",
        "a.b",
        "a if b else 1",
        "open(a)",
        "[a]",
        "'x'",
        "True",
        "min()",
    ],
)
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(BadFormulaError):
        Formula(formula)


@pytest.mark.parametrize(
    ("formula", "weights"),
    [
        ("0.9 * a + 0.1 * b", {"a": 0.9, "b": 0.1}),
        ("(a + b) / 2", {"a": 0.5, "b": 0.5}),
        ("a", {"a": 1.0}),
        ("a + 1", None),
        ("a * b", None),
        ("1 / a", None),
        ("max(a, b)", None),
    ],
)
def test_weighted_sums_are_told_from_other_formulas(formula: str, weights: Any) -> None:
    found = Formula(formula).weights()
    assert found == (weights if weights is None else pytest.approx(weights))


def test_a_formula_over_graders_holds_fails_or_is_an_error() -> None:
    same = string_check("eq", ANSWER, "Paris")
    near = text_similarity("fuzzy_match", ANSWER, "Paris", pass_threshold=0.0)
    broken = string_check("eq", ANSWER, "{{ item.gone }}")
    both = multi("max(a, b ^ 2)", {"a": same, "b": near}, pass_threshold=0.9)
    assert both(answered("Paris"), context()).verdict == "passed"
    assert both(answered("Lyon"), context()).verdict == "failed"
    lost = multi("a * b", {"a": same, "b": broken}, pass_threshold=0.5)
    assert lost(answered("Paris"), context()).verdict == "error"
    divided = multi("1 / a", {"a": same}, pass_threshold=0.5)(answered("Lyon"), context())
    assert divided.verdict == "error"
    assert divided.reason == "1 / a has no value: float division by zero"
