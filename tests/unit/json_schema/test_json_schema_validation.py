"""What is told of a value that does not fit its schema."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.json_schema import SchemaUnusableError, check_schema, mismatches

ORDER: dict[str, Any] = {
    "required": ["id", "lines"],
    "properties": {
        "state": {"enum": ["open", "closed"]},
        "lines": {"items": {"properties": {"count": {"type": "integer"}}, "required": ["count"]}},
        "id": {"type": "string"},
    },
}


def test_all_mistakes_are_told_in_the_order_of_the_value() -> None:
    value = {"lines": [{"count": "two"}, {}], "id": 7, "state": "lost"}
    assert mismatches(value, check_schema(ORDER)) == (
        "at lines.0.count: 'two' is not of type 'integer'; "
        "at lines.1: 'count' is a required property; "
        "at id: 7 is not of type 'string'; "
        "at state: 'lost' is not one of ['open', 'closed']"
    )


@pytest.mark.parametrize(
    ("rows", "more"), [(5, ""), (7, "; and 2 more"), (1000, "; and at least 95 more")]
)
def test_of_many_mistakes_the_first_five_are_told(rows: int, more: str) -> None:
    told = mismatches(list("x" * rows), check_schema({"items": {"type": "integer"}}))
    first = "; ".join(f"at {n}: 'x' is not of type 'integer'" for n in range(5))
    assert told == first + more


def test_of_alternatives_the_nearest_is_told_beside_other_mistakes() -> None:
    schema = {
        "properties": {
            "to": {"anyOf": [{"type": "null"}, {"type": "object", "required": ["mail"]}]},
            "n": {"minimum": 1},
        },
        "required": ["by"],
    }
    told = mismatches({"n": 0, "to": {}}, check_schema(schema))
    assert told is not None
    assert told.split("; ")[:2] == [
        "'by' is a required property",
        "at n: 0 is less than the minimum of 1",
    ]
    assert "'mail' is a required property" in told


@pytest.mark.parametrize(
    "value", [{"lines": [], "id": ""}, {"lines": [{"count": 2}], "id": "a", "state": "open"}]
)
def test_a_value_that_fits_has_no_mistakes(value: Any) -> None:
    assert mismatches(value, check_schema(ORDER)) is None


def test_a_mistake_that_two_rules_find_is_told_once() -> None:
    rule = {"required": ["a"]}
    assert mismatches({}, check_schema({"allOf": [rule, rule]})) == "'a' is a required property"


CIRCLES: list[dict[str, Any]] = [
    {"$ref": "#"},
    {"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#"},
    {"allOf": [{"$ref": "#"}]},
    {"not": {"$ref": "#"}},
    {"anyOf": [{"$ref": "#"}, {"type": "string"}]},
    {"if": {"$ref": "#"}, "then": True},
    {"properties": {"a": {"$ref": "#/properties/a"}}},
    {"$dynamicAnchor": "node", "$dynamicRef": "#node"},
    {
        "$defs": {"one": {"$ref": "#/$defs/two"}, "two": {"$ref": "#/$defs/one"}},
        "$ref": "#/$defs/one",
    },
]


@pytest.mark.parametrize("schema", CIRCLES, ids=range(len(CIRCLES)))
def test_references_in_a_circle_are_the_schemas_fault(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaUnusableError) as caught:
        mismatches({"a": 1}, check_schema(schema))
    assert str(caught.value) == "the schema's references lead in a circle"


def test_references_that_a_value_ends_lead_in_no_circle() -> None:
    tree = {"type": "object", "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}}}
    twice = {"$defs": {"n": {"type": "integer"}}, "items": {"allOf": [{"$ref": "#/$defs/n"}] * 20}}
    assert mismatches({"a": {"a": {}, "b": {"a": {}}}, "b": {}}, check_schema(tree)) is None
    assert mismatches([1] * 50, check_schema(twice)) is None


@pytest.mark.parametrize("behind", [{"$ref": "#"}, {"not": {"$ref": "#"}}])
def test_a_value_that_is_too_deep_is_no_circle_wherever_the_limit_is_met(behind: Any) -> None:
    value: Any = 1
    for _ in range(2000):
        value = {"a": value}
    schema = check_schema({"properties": {"a": behind}})

    def held_against(frames: int) -> None:
        if frames:
            held_against(frames - 1)
        else:
            mismatches(value, schema)

    for frames in range(20):
        with pytest.raises(SchemaUnusableError, match=r"^the JSON is nested too deeply"):
            held_against(frames)
