"""What rows and variables put into cases: values with their type, and mistakes at their row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import Arena, load_arena
from pytest_arena.registry import Registry

Load = Callable[..., Arena]
Refused = Callable[..., str]

ROW = {
    "words": ["4", "four"],
    "n": 5,
    "x": 1.5,
    "yes": True,
    "nothing": None,
    "order": {"id": 7},
    "text": "hello",
    "numbers": [1, 2.5, True],
}


def loaded(load: Load, case: str, row: dict[str, Any] | None = None) -> Any:
    text = f"tests:\n  - {{name: A, data: r.jsonl, {case}}}\n"
    return load(text, {"r.jsonl": json.dumps(row or ROW)}).cells[0].case


@pytest.mark.parametrize(
    ("assertion", "field", "value"),
    [
        ("{type: contains_any, values: '{{ words }}'}", "values", ("4", "four")),
        ("{type: contains_any, values: '{{ numbers }}'}", "values", ("1", "2.5", "true")),
        ("{type: contains_any, values: ['{{ n }}', '{{ text }}']}", "values", ("5", "hello")),
        ("{type: contains, value: '{{ text }}'}", "value", "hello"),
        ("{type: contains, value: '{{ n }}'}", "value", "5"),
        ("{type: contains, value: '{{ yes }}'}", "value", "true"),
        ("{type: contains, value: 'is {{ words }}'}", "value", 'is ["4", "four"]'),
        ("{type: contains, value: '{{ words[1] }}'}", "value", "four"),
        ("{type: contains, value: x, case_sensitive: '{{ yes }}'}", "case_sensitive", True),
        ("{type: max_length, value: '{{ n }}'}", "value", 5),
        ("{type: response_time, max_ms: '{{x}}'}", "max_ms", 1.5),
        ("{type: json_path, path: a, equals: '{{ n }}'}", "equals", 5),
        ("{type: json_path, path: a, equals: '{{ yes }}'}", "equals", True),
        ("{type: json_path, path: a, equals: '{{ order }}'}", "equals", {"id": 7}),
        ("{type: json_path, path: a, equals: '{{ nothing }}'}", "equals", None),
        ("{type: json_path, path: a, equals: '{{ n }} '}", "equals", "5 "),
        (r"{type: json_path, path: a, equals: '\{{ n }}'}", "equals", "{{ n }}"),
    ],
)
def test_a_whole_value_template_keeps_its_type_where_the_key_allows(
    load: Load, assertion: str, field: str, value: Any
) -> None:
    case = loaded(load, f"prompt: hi, assertions: [{assertion}]")
    assert getattr(case.assertions[0], field) == value


CHECK = "assertions: [{type: contains, value: x}]"


@pytest.mark.parametrize(
    ("keys", "prompt", "documents"),
    [
        ("prompt: '{{ n }}'", "5", ()),
        ("prompt: '{{ order }}'", '{"id": 7}', ()),
        ("prompt: '{{ words }}'", '["4", "four"]', ()),
        ("prompt: '{{ nothing }}'", "", ()),
        ("prompt: 'from {{ context }}', context: '{{ words }}'", "from 4\n\nfour", ("4", "four")),
        ("prompt: 'from {{ context }}', context: '{{ text }}'", "from hello", ("hello",)),
        ("prompt: 'from {{ context }}', context: '{{ n }}'", "from 5", ("5",)),
        ("prompt: a, context: ['{{ text }}', b]", "a", ("hello", "b")),
    ],
)
def test_where_a_text_is_wanted_a_value_reads_as_it_does_inside_a_text(
    load: Load, keys: str, prompt: str, documents: tuple[str, ...]
) -> None:
    case = loaded(load, f"{keys}, {CHECK}")
    assert case.dialogues[0][0].user == prompt
    assert case.documents == documents


def test_a_matrix_takes_its_values_from_a_list(load: Load) -> None:
    arena = load(
        "variables: {all: [a, b], both: {x: [1, 2]}}\n"
        f"tests:\n  - {{name: A, prompt: '{{{{ x }}}}', matrix: {{x: '{{{{ all }}}}'}}, {CHECK}}}\n"
        f"  - {{name: B, prompt: '{{{{ x }}}}', matrix: '{{{{ both }}}}', {CHECK}}}\n"
    )
    names = [plan.case.name for plan in arena.cells if plan.provider.name == "fast"]
    assert names == ["A (x=a)", "A (x=b)", "B (x=1)", "B (x=2)"]


@pytest.mark.parametrize(
    ("assertion", "said"),
    [
        (
            "{type: contains, value: '{{ words }}'}",
            "r.jsonl:1:1: 'value' of assertion 'contains' cannot be a list "
            "(row 1, column 'words', for arena.yaml:5:79)\n"
            "  expected: a text\n"
            "  fix: name one entry, like {{ name[0] }}, or write values: where several are meant",
        ),
        (
            "{type: contains_any, values: ['{{ words }}']}",
            "r.jsonl:1:1: 'values' of assertion 'contains_any' cannot hold a list "
            "(row 1, column 'words', for arena.yaml:5:85)\n"
            "  expected: texts\n"
            "  fix: leave out the brackets around it, or name one entry, like {{ name[0] }}",
        ),
        (
            "{type: max_length, value: '{{ text }}'}",
            "r.jsonl:1:1: 'value' of assertion 'max_length' cannot be 'hello' "
            "(row 1, column 'text', for arena.yaml:5:81)\n"
            "  expected: a whole number\n  fix: write it like value: 3",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_told_at_its_row(
    refused: Refused, assertion: str, said: str
) -> None:
    text = f"tests:\n  - {{name: A, data: r.jsonl, prompt: hi, assertions: [{assertion}]}}\n"
    assert refused(text, {"r.jsonl": json.dumps(ROW)}) == said


TABLE = "tests:\n  - {{name: 'Row {{{{ id }}}}', data: {data}, prompt: '{{{{ q }}}}', {check}}}\n"
EXPECTED = "assertions: [{type: contains_any, values: ['{{ exp }}']}, {type: max_length, value: 9}]"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "id,q,exp\n1,a,x\n2,b,x\n1,c,x\n",
            "rows.csv:4:1: duplicate case 'Row 1' (row 3, column 'id', for arena.yaml:5:12)\n"
            "  expected: a name of its own; the other stands at rows.csv:2:1\n"
            "  fix: put a variable that differs into the name, like name: Case {{ name }}",
        ),
        (
            'id,q,exp\n1,a,x\n"2::3", b,x\n',
            "rows.csv:3:1: bad case name 'Row 2::3' (row 2, column 'id', for arena.yaml:5:12)\n"
            "  expected: one line of text without '::'\n  fix: rename the case",
        ),
    ],
)
def test_a_bad_name_is_told_at_its_row(refused: Refused, content: str, said: str) -> None:
    text = TABLE.format(data="rows.csv", check=EXPECTED)
    assert refused(text, {"rows.csv": content}) == said


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("expected_themes: ['{{ words }}']", "'expected_themes' of case 'A' cannot be a list"),
        ("context: ['{{ words }}']", "'context' of case 'A' cannot be a list"),
        ("session_id: '{{ order }}'", "'session_id' of case 'A' cannot be a mapping"),
    ],
)
def test_no_list_becomes_json_where_nothing_is_said(refused: Refused, keys: str, said: str) -> None:
    text = f"tests:\n  - {{name: A, data: r.jsonl, prompt: hi, {keys}, {CHECK}}}\n"
    assert refused(text, {"r.jsonl": json.dumps(ROW)}).startswith(f"r.jsonl:1:1: {said} (row 1, ")


def test_a_text_of_a_row_where_a_list_is_wanted_is_told_how_to_split(refused: Refused) -> None:
    text = (
        "tests:\n  - {name: A, data: r.csv, prompt: hi, "
        "assertions: [{type: contains_any, values: '{{ ideal }}'}]}\n"
    )
    assert refused(text, {"r.csv": "ideal\na|b\n"}) == (
        "r.csv:2:1: 'values' of assertion 'contains_any' cannot be 'a|b' "
        "(row 1, column 'ideal', for arena.yaml:5:82)\n"
        "  expected: a list\n"
        '  fix: make a list of the column: data: {file: …, split: {ideal: "|"}}'
    )


@pytest.mark.parametrize(
    "where",
    [
        "variables: {v: 1.10}\ntests:\n  - {name: A, ",
        "tests:\n  - {name: A, variables: {v: 1.10}, ",
        "tests:\n  - {name: A, matrix: {v: [1.10]}, ",
        "tests:\n  - {name: A, data: r.yaml, ",
    ],
)
@pytest.mark.parametrize(
    ("written", "number"),
    [("1.10", 1.1), ("+4915112345678", 4915112345678), ("0x1F", 31), ("0o17", 15), ("-0", 0)],
)
def test_a_number_reads_in_a_text_as_it_was_written(
    load: Load, where: str, written: str, number: float
) -> None:
    case = (
        f"{where}prompt: 'version {{{{ v }}}}', assertions: [{{type: contains, "
        "value: '{{ v }}'}, {type: json_path, path: v, equals: '{{ v }}'}]}\n"
    )
    plan = load(case.replace("1.10", written), {"r.yaml": f"[{{v: {written}}}]"}).cells[0].case
    assert plan.dialogues[0][0].user == f"version {written}"
    contains, path = plan.assertions
    assert (contains.value, path.equals) == (written, number)  # type: ignore[attr-defined]
    assert json.dumps(path.equals) == json.dumps(number)  # type: ignore[attr-defined]


def test_a_whole_number_is_one_where_a_number_is_wanted(load: Load) -> None:
    case = loaded(
        load,
        "variables: {most: 0x1F}, prompt: hi, "
        "assertions: [{type: max_length, value: '{{ most }}'}]",
    )
    assert case.assertions[0].value == 31


CASE_OF_ROWS = """\
providers: [{name: m, provider: mock}]
tests: [{name: A, data: r.jsonl, prompt: hi, mock: '{}', assertions: """.rstrip()
OF_NO_TEXT = (
    "  expected: a text that is put in as it is written\n"
    "  fix: write 'first' out, or name both where they are used "
    "(braces that are meant may come from a row of data:)"
)


@pytest.mark.parametrize(
    ("head", "case", "place", "variable"),
    [
        ("variables: {first: Ann, full: '{{ first }} Lee'}", "", "4:31", "full"),
        ("variables: {full: [{x: '{{first}}'}]}", "variables: {first: a}, ", "4:24", "full"),
        ("variables: {first: Ann}", "variables: {full: '{{ first.x }}'}, ", "6:33", "full"),
        ("variables: {full: '{{ first }}'}", "matrix: {first: [a, b]}, ", "4:19", "full"),
        (
            "variants: [{name: v, variables: {full: '{{ first }}'}}]\nvariables: {first: a}",
            "",
            "4:40",
            "full",
        ),
    ],
)
def test_a_variable_that_names_another_is_refused(
    refused: Refused, head: str, case: str, place: str, variable: str
) -> None:
    text = f"{head}\ntests:\n  - {{name: A, {case}prompt: 'never name {{{{ full }}}}', {CHECK}}}\n"
    said = f"arena.yaml:{place}: {{{{ first }}}} is not filled in inside the variable {variable!r}"
    assert refused(text) == f"{said}\n{OF_NO_TEXT}"


def test_braces_of_what_is_no_variable_and_those_of_rows_are_texts(load: Load) -> None:
    case = loaded(
        load,
        f"variables: {{a: '{{{{ config }}}}'}}, prompt: '{{{{ a }}}} {{{{ row }}}}', {CHECK}",
        {"row": "{{ a }}"},
    )
    assert case.dialogues[0][0].user == "{{ config }} {{ a }}"


@pytest.mark.parametrize(
    ("assertion", "field"),
    [
        ("{type: contains_json, value: '{{ nothing }}'}", "value"),
        ("{type: contains_json, schema: '{{ nothing }}'}", "schema"),
        ("{type: tool_args, tool: t, matches: '{{ nothing }}'}", "matches"),
        ("{type: json_path, path: a, min: '{{ nothing }}'}", "min"),
    ],
)
def test_a_null_of_a_row_empties_no_check(tmp_path: Path, assertion: str, field: str) -> None:
    text = f"{CASE_OF_ROWS} [{assertion}]}}]\n"
    (tmp_path / "arena.yaml").write_text(text)
    (tmp_path / "r.jsonl").write_text('{"nothing": null}')
    registry = Registry()
    register(registry)
    with pytest.raises(ArenaFileError) as caught:
        load_arena(tmp_path / "arena.yaml", root=tmp_path, registry=registry)
    kind = assertion[7 : assertion.index(",")]
    column = len(CASE_OF_ROWS.splitlines()[1]) + assertion.index("'{{") + 3
    assert str(caught.value) == (
        f"r.jsonl:1:1: nothing is given for {field!r} of assertion {kind!r} "
        f"(row 1, column 'nothing', for arena.yaml:2:{column})\n"
        "  expected: a value\n  fix: write one, or leave the key out"
    )


def test_a_row_without_a_column_that_others_have_is_told(refused: Refused) -> None:
    text = TABLE.format(data="rows.jsonl", check=EXPECTED)
    content = '{"id": 1, "q": "a", "exp": "x"}\n{"id": 2, "exp": "y"}\n'
    assert refused(text, {"rows.jsonl": content}) == (
        "rows.jsonl:2:1: undefined variable 'q' (row 2, column 'q', for arena.yaml:5:54)\n"
        "  expected: one of exp, id\n"
        "  fix: add it to the row, or give columns: {q: …} under data: for rows without"
    )


def test_a_column_that_no_row_has_is_told_in_the_arena(refused: Refused) -> None:
    text = TABLE.format(data="rows.csv", check=EXPECTED)
    assert refused(text, {"rows.csv": "id,question,exp\n1,a,x\n2,b,y\n"}) == (
        "arena.yaml:5:52: undefined variable 'q'\n"
        "  expected: one of exp, id, question\n"
        "  fix: define it under variables:, or write \\{{ for the braces themselves"
    )


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [("id~q~exp\n1~a~x\n", ";"), ("id;q;a, b\n1;a;x, y\n", ";"), ("id\tq, c\n1\t2, 3\n", "\\t")],
)
def test_a_header_that_looks_delimited_otherwise_gives_a_hint(
    refused: Refused, content: str, delimiter: str
) -> None:
    text = f"tests:\n  - {{name: A, data: rows.csv, prompt: '{{{{ q }}}}', {CHECK}}}\n"
    assert refused(text, {"rows.csv": content}).endswith(
        "say what stands between the columns, as in data: "
        f'{{file: rows.csv, delimiter: "{delimiter}"}}'
    )


@pytest.mark.parametrize(
    ("content", "given"),
    [
        ("id,q,exp\n1,a,x\n2,b,y\n", ";"),
        ("id, q, exp\n1,a,x\n2,b,y;z\n", ";"),
        ("id;q;exp\n1;a, b;x\n2;b;x\n", ","),
        ("id\tq\texp\n1\ta\tx\n", "|"),
        ('"id","q","exp"\n"1","a","x"\n', "\\t"),
    ],
)
def test_a_wrong_delimiter_is_one_problem(refused: Refused, content: str, given: str) -> None:
    text = TABLE.format(data=f'{{file: rows.csv, delimiter: "{given}"}}', check=EXPECTED)
    said = refused(text, {"rows.csv": content})
    assert said.startswith("rows.csv:1:1: the columns id, q, exp are read as one, ")
    assert "say what stands between the columns, as in data: {file: rows.csv, " in said
    assert "problems" not in said


def test_a_name_that_cannot_be_filled_in_is_no_duplicate(refused: Refused) -> None:
    text = TABLE.format(data="rows.csv", check=EXPECTED).replace("id }}", "nr }}")
    said = refused(text, {"rows.csv": "id,q,exp\n1,a,x\n2,b,y\n"})
    assert said.startswith("arena.yaml:5:12: undefined variable 'nr'")
    assert "duplicate" not in said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            "[rows.csv]",
            "arena.yaml:5:21: 'data' is neither a file's name nor a mapping\n"
            "  expected: a file's name, or a mapping with file, records, delimiter, columns, "
            "split\n"
            "  fix: write it like data: rows.csv, or data: {file: rows.json, records: items}",
        ),
        (
            "{file: rows.csv, delimeter: ';'}",
            "arena.yaml:5:38: unknown key 'delimeter' in 'data'\n"
            "  expected: one of file, records, delimiter, columns, split\n"
            "  fix: did you mean 'delimiter'?",
        ),
        (
            "{file: rows.csv, delimiter: ';;'}",
            "arena.yaml:5:49: ';;' cannot stand between values for 'delimiter' of 'data'\n"
            "  expected: one character, but no quote, blank or line break\n"
            '  fix: write it like delimiter: ";", or "\\t" for a tab',
        ),
        (
            "{records: items}",
            "arena.yaml:5:21: 'data' has no 'file'\n"
            "  expected: a CSV, TSV, JSON, JSONL, YAML or Parquet file beside the arena file\n"
            "  fix: add file: …",
        ),
    ],
)
def test_data_says_what_it_takes(refused: Refused, data: str, said: str) -> None:
    text = f"tests:\n  - {{name: A, data: {data}, prompt: hi, {CHECK}}}\n"
    assert refused(text, {"rows.csv": "a\n1\n"}) == said


def test_rows_are_read_as_the_mapping_says(load: Load) -> None:
    data = '{file: r.csv, delimiter: "~", split: {exp: "|"}, columns: {lang: en}}'
    arena = load(
        f"tests:\n  - {{name: A, data: {data}, prompt: '{{{{ q }}}} {{{{ lang }}}}', "
        "assertions: [{type: contains_any, values: '{{ exp }}'}]}\n",
        {"r.csv": "q~exp\nhi~x|y\n"},
    )
    case = arena.cells[0].case
    assert case.dialogues[0][0].user == "hi en"
    assert [one.values for one in case.assertions] == [("x", "y")]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("written", "row", "family"),
    [
        ("'{{ text }}'", {"text": " refunds "}, "refunds"),
        ("'{{ text }}'", {"text": "yes"}, "yes"),
        ("'{{ text }}'", {"text": ""}, None),
        ("'{{ text }}'", {"text": None}, None),
        ("'{{ text }}'", {"text": 5}, "5"),
        ("'{{ text }}/{{ n }}'", {"text": "refunds", "n": 1}, "refunds/1"),
        ("refunds", {}, "refunds"),
        ("2024", {}, "2024"),
    ],
)
def test_a_cases_family_is_a_text_or_a_column(
    load: Load, written: str, row: dict[str, Any], family: str | None
) -> None:
    case = loaded(load, f"prompt: hi, cluster: {written}, {CHECK}", {"id": 1, **row})
    assert case.cluster == family


def test_a_case_under_attack_stays_in_its_family(load: Load) -> None:
    text = f"tests:\n  - {{name: A, prompt: hi, cluster: c, attacks: [base64], {CHECK}}}\n"
    assert {cell.case.cluster for cell in load(text).cells} == {"c"}


def test_a_column_that_no_row_has_is_no_family(refused: Refused) -> None:
    text = f"tests:\n  - {{name: A, prompt: hi, cluster: '{{{{ topic }}}}', {CHECK}}}\n"
    assert "topic" in refused(text)


@pytest.mark.parametrize("written", ["[a, b]", "{a: b}"])
def test_what_is_no_text_names_no_family(refused: Refused, written: str) -> None:
    text = f"tests:\n  - {{name: A, prompt: hi, cluster: {written}, {CHECK}}}\n"
    assert "cluster" in refused(text).splitlines()[0]
