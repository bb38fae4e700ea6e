"""JSON, XML and SQL in answers, friendly and hostile."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pytest_arena.text.json_text import find_json, holds_json, parse_json, same_json

PROSE = 'Here you are:\n```json\n{"order": {"id": 7, "items": [{"price": 9.5}]}}\n```\nBye.'
ORDER = "{type: json_schema, extract: true, schema: {type: object, required: [order]}}"

json_trees = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "answer", "verdict", "reason"),
    [
        ("{type: is_json}", '{"a": 1}', "passed", "is JSON (an object)"),
        ("{type: is_json}", "NaN", "failed", "not JSON: NaN is no JSON number: 'NaN'"),
        (
            "{type: is_json}",
            "{'a': 1}",
            "failed",
            "not JSON: Expecting property name enclosed in double quotes at line 1, column 2: "
            "\"{'a': 1}\"",
        ),
        ("{type: is_json, extract: true}", PROSE, "passed", "is JSON (an object)"),
        ("{type: is_json, extract: true}", "see [1] or {x}", "passed", "is JSON (a list)"),
        (
            "{type: is_json, extract: true}",
            "none {here}",
            "failed",
            "there is no JSON object or list in the answer: 'none {here}'",
        ),
        (ORDER, PROSE, "passed", "fits the schema"),
        (ORDER, "{}", "failed", "'order' is a required property"),
        (
            "{type: json_schema, schema: {properties: {a: {type: integer}}}}",
            '{"a": "x"}',
            "failed",
            "at a: 'x' is not of type 'integer'",
        ),
        (
            "{type: json_schema, schema: {additionalProperties: false, properties: {a: {}}}}",
            '{"a": 1, "b": 2}',
            "failed",
            "unexpected: 'b'",
        ),
        (
            "{type: json_schema, schema: {$ref: 'http://127.0.0.1:9/schema.json'}}",
            "{}",
            "error",
            "the schema's reference 'http://127.0.0.1:9/schema.json' leads nowhere; "
            "references are looked up in the schema itself only",
        ),
        ("{type: json_path, path: order.id, equals: 7}", PROSE, "passed", "order.id is 7"),
        (
            "{type: json_path, path: order.id, equals: true}",
            '{"order": {"id": 1}}',
            "failed",
            "order.id is 1",
        ),
        (
            "{type: json_path, path: 'order.items[0].price', max: 5}",
            PROSE,
            "failed",
            "order.items[0].price is 9.5, over the 5 allowed",
        ),
        ("{type: json_path, path: nothing}", "{}", "failed", "nothing finds nothing"),
        (
            "{type: json_path, path: n, equals: '5'}",
            '{"n": 5}',
            "failed",
            "n is 5, a number and not a text",
        ),
        (
            "{type: json_path, path: n, equals: true}",
            '{"n": "true"}',
            "failed",
            'n is "true", a text and not a boolean',
        ),
        ("{type: json_path, path: nothing, equals: null}", "{}", "passed", "nothing is null"),
        ("{type: json_path, path: a, exists: false}", "{}", "passed", "a finds nothing"),
        (
            "{type: json_path, path: a, contains: LO}",
            '{"a": "hello"}',
            "passed",
            'a is "hello"',
        ),
        ("{type: json_path, path: a, contains: 2}", '{"a": [1, 2]}', "passed", "a is [1, 2]"),
        (
            "{type: json_path, path: a, min: 1}",
            '{"a": "x"}',
            "failed",
            'a is "x", which is no number',
        ),
        (
            "{type: contains_json, value: {order: {items: [{price: 9.5}]}}}",
            PROSE,
            "passed",
            "found \"{'order': {'id': 7, 'items': [{'price': 9.5}]}}\"",
        ),
        ("{type: contains_json}", "nothing", "failed", "there is no JSON in the answer"),
        ("{type: contains_json}", "42", "failed", "'42' is a number, no object and no list"),
        ("{type: contains_json}", '"hi"', "failed", "'hi' is a text, no object and no list"),
        ("{type: contains_json}", "true", "failed", "'True' is a boolean, no object and no list"),
        ("{type: contains_json}", "null", "failed", "'None' is null, no object and no list"),
        ("{type: contains_json}", "[]", "passed", "found '[]'"),
        ("{type: contains_json, value: 42}", "42", "passed", "found '42'"),
        ("{type: contains_json, schema: {type: integer}}", "42", "passed", "found '42'"),
        (
            "{type: contains_json, value: {b: 1}}",
            '{"a": 1} and {"b": 1, "c": 2}',
            "passed",
            "found \"{'b': 1, 'c': 2}\"",
        ),
        (
            "{type: json_path, path: a, contains: {b: 1}}",
            '{"a": {"b": 1, "c": 2}}',
            "passed",
            'a is {"b": 1, "c": 2}',
        ),
        (
            "{type: json_path, path: a, contains: {b: 2}}",
            '{"a": {"b": 1}}',
            "failed",
            'a is {"b": 1}',
        ),
        ("{type: json_path, path: a, contains: [b]}", '{"a": {"b": 1}}', "failed", 'a is {"b": 1}'),
        ("{type: json_path, path: a, contains: [2, 1]}", '{"a": [1, 2]}', "passed", "a is [1, 2]"),
        ("{type: json_path, path: a, contains: [2]}", '{"a": [[2], 3]}', "passed", "a is [[2], 3]"),
        ("{type: json_path, path: a, contains: b}", '{"a": {"b": 1}}', "passed", 'a is {"b": 1}'),
        ("{type: json_path, path: a, contains: 1}", '{"a": 1}', "failed", "a is 1"),
        (
            "{type: json_path, path: to_number(a), min: 1, max: 9}",
            '{"a": "NaN"}',
            "failed",
            "to_number(a) is null, which is no number",
        ),
        (
            "{type: json_path, path: to_number(a), min: 1}",
            '{"a": "Infinity"}',
            "failed",
            "to_number(a) is null, which is no number",
        ),
        (
            "{type: json_path, path: 'sum([a, b])', min: 1}",
            '{"a": 1e999, "b": -1e999}',
            "failed",
            "sum([a, b]) is nan, under the 1 wanted",
        ),
        (
            "{type: json_path, path: ceil(a), min: 1}",
            '{"a": 1e999}',
            "failed",
            "ceil(a) does not fit the JSON: 'cannot convert float infinity to integer'",
        ),
        (
            "{type: json_path, path: 'sum(a)', max: 0.3}",
            '{"a": [0.1, 0.2]}',
            "passed",
            "sum(a) is 0.3 (at most 0.3)",
        ),
        (
            "{type: json_path, path: \"a[?b == 'x']\"}",
            '{"a": [{"b": "y"}]}',
            "failed",
            "a[?b == 'x'] finds nothing",
        ),
        (
            "{type: json_path, path: \"a[?b == 'x'].c | [*].d\", exists: true}",
            '{"a": [{"b": "y"}]}',
            "failed",
            "a[?b == 'x'].c | [*].d finds nothing",
        ),
        (
            "{type: json_path, path: 'a[]', exists: false}",
            '{"a": []}',
            "passed",
            "a[] finds nothing",
        ),
        (
            "{type: json_path, path: 'a.*', exists: false}",
            '{"a": {}}',
            "passed",
            "a.* finds nothing",
        ),
        ("{type: json_path, path: a}", '{"a": []}', "passed", "a is []"),
        ("{type: json_path, path: 'a[0]'}", '{"a": [[]]}', "passed", "a[0] is []"),
        ("{type: json_path, path: 'a[*]', equals: []}", '{"a": []}', "passed", "a[*] is []"),
        *(
            ("{type: json_path, path: '\"caf\u00e9\"'}", answer, "passed", '"caf\u00e9" is 1')
            for answer in ('{"cafe\u0301": 1}', '{"cafe\\u0301": 1}', '{"caf\u00e9": 1}')
        ),
        (
            "{type: json_path, path: '[?a == `\"caf\u00e9\"`].b'}",
            '[{"a": "cafe\u0301", "b": 1}]',
            "passed",
            '[?a == `"caf\u00e9"`].b is [1]',
        ),
        (
            '{type: contains_json, value: {"cafe\u0301": 1}}',
            '{"caf\u00e9": 1}',
            "passed",
            "found \"{'caf\u00e9': 1}\"",
        ),
        (
            "{type: contains_json, value: {a: [{b: 7}, {b: 7}]}}",
            '{"a": [{"b": 7}]}',
            "failed",
            "\"{'a': [{'b': 7}]}\" does not hold \"{'a': [{'b': 7}, {'b': 7}]}\"",
        ),
        # the first that fits one may be all that fits another
        (
            "{type: contains_json, value: {a: [{b: 7}, {b: 7, c: 1}]}}",
            '{"a": [{"b": 7, "c": 1}, {"b": 7}]}',
            "passed",
            "found \"{'a': [{'b': 7, 'c': 1}, {'b': 7}]}\"",
        ),
        ("{type: is_xml}", "<a><b/></a>", "passed", "is XML"),
        ("{type: is_xml}", "<a><b></a>", "failed", "not XML: mismatched tag at line 1, column 9"),
        ("{type: is_xml, extract: true}", "So:\n```xml\n<a/>\n```", "passed", "is XML"),
        ("{type: is_sql}", "SELECT a FROM b WHERE c = 1", "passed", "is SQL (select)"),
        (
            "{type: is_sql, dialect: mysql, extract: true}",
            "Try:\n```sql\nDELETE FROM t;\n```",
            "passed",
            "is SQL (delete)",
        ),
        ("{type: is_sql}", "hello world", "failed", "not SQL: 'hello AS world' is no statement"),
        ("{type: is_sql}", "", "failed", "not SQL: there is no statement"),
    ],
)
def test_the_reason_says_what_was_found(
    text: str, answer: str, verdict: str, reason: str, judge: Any, trial: Any
) -> None:
    finding = judge(text, answer)
    assert (finding.verdict, finding.reason) == (verdict, reason)


def test_broken_sql_fails_without_terminal_escapes(judge: Any) -> None:
    finding = judge("{type: is_sql}", "SELECT FROM WHERE (")
    assert finding.verdict == "failed"
    assert finding.reason.startswith("not SQL: ")
    assert "\x1b" not in finding.reason


def test_a_statement_known_by_name_only_is_an_error(judge: Any) -> None:
    finding = judge("{type: is_sql}", "CALL something(1)")
    assert finding.verdict == "error"
    assert finding.reason.startswith("the parser knows this statement by name only: ")


def test_entities_are_refused(judge: Any) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a>&y;</a>'
    assert judge("{type: is_xml}", bomb).reason == "declares the entity 'x', which is refused"


@pytest.mark.parametrize(
    "text",
    ["{type: is_json}", "{type: is_json, extract: true}", "{type: contains_json}", ORDER],
)
@pytest.mark.parametrize("answer", ["[" * 100_000 + "]" * 100_000, "x" + '{"a":' * 100_000 + "1"])
@pytest.mark.timeout(60)
def test_deep_json_is_an_error_not_a_crash(text: str, answer: str, judge: Any) -> None:
    finding = judge(text, answer)
    assert finding.verdict in ("error", "failed")
    assert finding.verdict == "error" or answer[0] == "x"


@pytest.mark.timeout(60)
def test_many_broken_pieces_of_json_end_in_time(judge: Any) -> None:
    finding = judge("{type: contains_json}", '{"a": "' * 200_000)
    assert finding.verdict in ("failed", "error")
    finding = judge("{type: contains_json}", "[1," * 100_000)
    assert finding.verdict == "error"


def test_a_slow_pattern_in_a_schema_is_an_error(judge: Any) -> None:
    slow = "^(a|aa)+$"
    text = json.dumps("a" * 20_000 + "bb")
    finding = judge(f"{{type: json_schema, schema: {{pattern: '{slow}'}}}}", text)
    assert finding.verdict == "error"
    assert finding.reason.startswith(f"the pattern {slow!r} took longer than 1 s")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{type: json_schema, schema: {type: objekt}}",
            "bad JSON Schema: at type: 'objekt' is no type",
        ),
        ("{type: json_schema, schema: text}", "bad JSON Schema: a schema is a mapping, not 'text'"),
        (
            "{type: json_schema, schema: {properties: {a: {type: int}}}}",
            "bad JSON Schema: at properties.a.type: 'int' is no type",
        ),
        (
            "{type: json_path, path: 'a['}",
            "bad JMESPath expression 'a[': Incomplete expression",
        ),
        ("{type: is_sql, dialect: postgress}", "unknown SQL dialect 'postgress'"),
        *(
            (f"{{type: {keys}: null}}", "nothing is given")
            for keys in (
                "contains_json, value",
                "contains_json, schema",
                "json_path, path: a, min",
                "json_path, path: a, max: 3, min",
                "json_path, path: a, exists",
                "tool_args, tool: t, schema",
                "tool_args, tool: t, matches",
                "tool_args, tool: t, contains: {a: 1}, schema",
                "state_equals, schema",
                "length, max: 3, min",
                "token_count, min: 3, max",
                "turn_count, min: 1, max",
                "levenshtein, value: x, max_distance: 3, min_similarity",
                "tools_called, tools: t, max_calls",
                "tool_efficiency, max_calls: 3, max_errors",
            )
        ),
    ],
)
def test_a_bad_setting_is_refused_when_it_is_loaded(text: str, message: str, build: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        build(text)
    assert caught.value.errors()[0]["msg"] == message


@given(json_trees)
def test_json_is_the_same_as_itself_and_holds_itself(tree: Any) -> None:
    text = json.dumps(tree)
    assert same_json(parse_json(text), tree)
    assert holds_json(tree, parse_json(text))
    assert not same_json([tree], tree)


@given(st.lists(json_trees.filter(lambda t: isinstance(t, (dict, list))), min_size=1, max_size=3))
def test_json_is_found_in_prose(trees: list[Any]) -> None:
    text = "First: " + " then ".join(json.dumps(tree) for tree in trees) + " end."
    assert find_json(text).values == trees


IS_ONE = "{type: json_path, path: a, equals: 1}"
FENCED = "```json\n{}\n```"


@pytest.mark.parametrize(
    "answer",
    [
        'As noted in [1]: {"a": 1}',
        'Use {} braces, or {name}: {"a": 1}',
        'I use { to open a block. {"a": 1}',
        'Between `{` and `}`: {"a": 1}',
        'Run:\n```bash\necho {}\n```\nthen\n```json\n{"a": 1}\n```',
        '<think>maybe {"a": 0}</think>{"a": 1}',
        'maybe {"a": 0}</think>{"a": 1}',
        FENCED.format('{"a": 1}') + ' and not {"a": 2, "b": "longer"}',
        '```json\n{"a": 1}',
        '```JSON title="x"\n{"a": 1}\n```',
        '```json {"a": 1}```',
        'Here: ```json\n{"a": 1}\n```',
        '~~~json\n{"a": 1}\n~~~',
        '> ```json\n> {"a": 1}\n> ```',
        '```\n{"a": 1}\n```',
        '\ufeff{"a": 1}\u200b',
        '- [ ] open\n- [x] done\n{"a": 1, "b": 2}',
        'On the interval [0, 1) we have {"a": 1}',
        'On [-1.5; ∞) and (2, 3] it is {"a": 1}',
        'As they wrote [sic: {"a": 1}',
        '`{code}` and {`code`} and [`x`](y): {"a": 1}',
    ],
)
def test_of_several_values_the_answer_is_taken(answer: str, judge: Any) -> None:
    assert judge(IS_ONE, answer).verdict == "passed"


BROKEN = [
    '{"x": 0, "y": {"a": 1}, "cut',
    '[{"a": 1}, {"a"',
    '{"y": {"a": 1},}',
    "{'x': True, 'y': {\"a\": 1}}",
    "{'x': 'a}', 'y': {\"a\": 1}}",
    '{x: 0, y: {"a": 1}}',
    '{ // note\n "x": 0, "y": {"a": 1} }',
    '{..., "y": {"a": 1}}',
    '{"x": NaN, "y": {"a": 1}}',
    '{"x": "one\ntwo", "y": {"a": 1}}',
    '{"x": [1, "y": {"a": 1}}',
    '{`y`: {"a": 1}}',
    'Here: { `y` : {"a": 1} } it is.',
    '[note: {"a": 1}]',
    '[1, 2, {"a": 1}',
    '{"x": "he said \\"{", "y": {"a": 1}, ',
    FENCED.format('{"x": 0, "y": {"a": 1}, "cut'),
]


@pytest.mark.parametrize("answer", BROKEN)
@pytest.mark.parametrize(
    "text",
    [
        IS_ONE,
        "{type: json_path, path: a, equals: 1, not: true}",
        "{type: json_path, path: b, exists: false}",
        "{type: json_path, path: b, equals: null}",
        "{type: is_json, extract: true}",
        "{type: json_schema, extract: true, schema: {required: [a]}}",
        "{type: json_schema, extract: true, schema: {required: [b]}, not: true}",
        "{type: contains_json, value: {a: 1}}",
        "{type: contains_json, value: {a: 1}, not: true}",
    ],
)
def test_broken_json_is_never_searched_inside(text: str, answer: str, judge: Any) -> None:
    assert judge(text, answer).verdict == "failed"


@pytest.mark.parametrize("answer", ['<think>{"a": 1}', '```yaml\n{"a": 1}\n```'])
def test_thoughts_and_other_fences_are_no_answer(answer: str, judge: Any) -> None:
    finding = judge(IS_ONE, answer)
    assert finding.verdict == "failed"
    assert finding.reason.startswith("there is no JSON object or list in the answer")


@pytest.mark.parametrize(
    "answer", ['```json {"a": 1} ```', '```json\n{"a": 1}```', "```json [1]\t```"]
)
def test_a_json_fence_may_end_on_the_line_of_its_value(answer: str, judge: Any) -> None:
    assert judge("{type: is_json, extract: true}", answer).verdict == "passed"


def test_a_broken_json_fence_is_not_made_up_for_by_prose(judge: Any) -> None:
    assert judge(IS_ONE, FENCED.format('{"a": 1,}') + ' or {"a": 1}').verdict == "failed"


def test_an_answer_without_json_holds_none(judge: Any) -> None:
    for answer in ("in words", "see [link](http://x.y) or {name}", "- [x] done (a, b)"):
        assert judge("{type: contains_json, value: {a: 1}, not: true}", answer).verdict == "passed"
    assert judge("{type: is_json, not: true}", '{"a"').verdict == "passed"


def test_sql_and_xml_are_taken_from_their_own_fences(judge: Any) -> None:
    fences = {"json": "{}", "sql": "SELECT 1", "xml": "<a/>"}
    answer = "<think>\n```sql\nnot this\n```\n</think>\n" + "\n".join(
        f"```{name}\n{inside}\n```" for name, inside in fences.items()
    )
    assert judge("{type: is_sql, extract: true}", answer).verdict == "passed"
    assert judge("{type: is_xml, extract: true}", answer).verdict == "passed"


def test_the_first_value_that_fits_the_schema_is_taken(judge: Any) -> None:
    text = "{type: json_schema, extract: true, schema: {type: object, required: [a]}}"
    assert judge(text, 'See [1, 2, 3, 4, 5], {"a": 1}').verdict == "passed"
    assert judge(text, FENCED.format('{"b": 1}') + '{"a": 1}').verdict == "failed"


@pytest.mark.parametrize(
    ("rule", "value", "verdict"),
    [
        ("{multipleOf: 0.01}", "19.99", "passed"),
        ("{multipleOf: 0.1}", "0.3", "passed"),
        ("{multipleOf: 0.01}", "19.999", "failed"),
        ("{multipleOf: 2}", "1e999", "failed"),
        ('{pattern: "^open$\\n"}', '"open"', "passed"),
        ('{const: "open\\n"}', '"open"', "passed"),
        ('{enum: ["open\\n"]}', '"closed"', "failed"),
        ("{const: 1}", "true", "failed"),
    ],
)
def test_numbers_count_in_decimal_and_block_texts_lose_their_line_break(
    rule: str, value: str, verdict: str, judge: Any
) -> None:
    assert judge(f"{{type: json_schema, schema: {rule}}}", value).verdict == verdict


@pytest.mark.parametrize(
    ("schema", "message", "fix"),
    [
        ({"requird": ["x"]}, "unknown keyword 'requird'", "did you mean 'required'?"),
        (
            {"properties": {"x": {"items": {"minimun": 1}}}},
            "at properties.x.items: unknown keyword 'minimun'",
            "did you mean 'minimum'?",
        ),
        (
            {"anyOf": [{}, {"tpye": "x"}]},
            "at anyOf.1: unknown keyword 'tpye'",
            "did you mean 'type'?",
        ),
        (
            {"$defs": {"a": {"format": "emial"}}},
            "at $defs.a: unknown format 'emial'",
            "did you mean 'email'?",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["json_schema", "contains_json"])
def test_what_a_schema_says_in_vain_is_refused(
    kind: str, schema: dict[str, Any], message: str, fix: str, build: Any
) -> None:
    with pytest.raises(ValidationError) as caught:
        build(json.dumps({"type": kind, "schema": schema}))
    error = caught.value.errors()[0]
    assert error["msg"] == f"bad JSON Schema: {message}"
    assert error["ctx"]["fix"] == fix


def test_names_of_properties_and_own_keys_are_no_keywords(judge: Any) -> None:
    schema = "{x-note: 1, properties: {requird: {type: string}}, discriminator: {propertyName: a}}"
    assert judge(f"{{type: json_schema, schema: {schema}}}", "{}").verdict == "passed"


@given(st.lists(json_trees, max_size=6), st.randoms(use_true_random=False))
def test_a_list_holds_itself_in_any_order_and_nothing_twice(
    elements: list[Any], chance: Random
) -> None:
    others = list(elements)
    chance.shuffle(others)
    assert holds_json(others, elements)
    assert not holds_json(others, [*elements, None])


@pytest.mark.parametrize(
    "wanted", ["{type: json_path, path: a, max: 2}", "{type: json_path, path: b, min: 2}"]
)
def test_a_number_of_hundreds_of_digits_is_held_against_its_bound(wanted: str, judge: Any) -> None:
    digits = "9" * 400
    finding = judge(wanted, f'{{"a": {digits}, "b": -{digits}}}')
    assert (finding.verdict, finding.score) == ("failed", 0.0)
