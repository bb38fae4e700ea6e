"""Templates: what is filled in, what is literal, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.prompts import TemplateError, render_text

VARIABLES = {
    "name": "Al",
    "order": {"id": 7, "items": ["pen", {"size": 2}], "a key": 1},
    "none": None,
    "flag": True,
    "price": 1.5,
    "two words": "both",
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{ name }}!", "Hi Al!"),
        ("{{name}}{{ name }}", "AlAl"),
        ("{{ order.id }}", "7"),
        ("{{ order.items[0] }} {{ order.items.0 }} {{ order.items[-1].size }}", "pen pen 2"),
        ("{{ order['a key'] }}", "1"),
        ("{{ two words }}", "both"),
        ("[{{ none }}]", "[]"),
        ("{{ flag }} {{ price }}", "true 1.5"),
        ("{{ order.items }}", '["pen", {"size": 2}]'),
        (r"\{{ name }} {{ name }}", "{{ name }} Al"),
        ("{ name } }} {", "{ name } }} {"),
    ],
)
def test_names_are_filled_in(template: str, text: str) -> None:
    assert render_text(template, VARIABLES) == text


@given(st.text())
def test_what_is_filled_in_is_never_looked_at_again(value: str) -> None:
    assert render_text("<{{ x }}>", {"x": value}) == f"<{value}>"


@given(st.text().filter(lambda text: "{{" not in text))
def test_texts_without_braces_stay_as_they_are(text: str) -> None:
    assert render_text(text, {}) == text


@pytest.mark.parametrize(
    ("template", "what", "expected", "fix", "offset"),
    [
        (
            "Hi {{ nmae }}",
            "undefined variable 'nmae'",
            "one of flag, name, none, order, price, two words",
            "did you mean 'name'?",
            3,
        ),
        (
            "{{ order.ids }}",
            "undefined variable 'order.ids'",
            "one of order.a key, order.id, order.items",
            "did you mean 'order.id'?",
            0,
        ),
        (
            "{{ order.items[5] }}",
            "undefined variable 'order.items[5]'",
            "a name defined under variables:",
            r"define it under variables:, or write \{{ for the braces themselves",
            0,
        ),
        (
            "{{ 'a' * 9 }}",
            "bad template '{{ 'a' * 9 }}'",
            "a name in double braces, like {{ name }}, {{ order.id }} or {{ items[0] }}",
            r"name a variable, or write \{{ for the two braces themselves",
            0,
        ),
        (
            "a {{ name",
            "'{{' is never closed",
            "a name in double braces, like {{ name }}",
            r"close it with '}}', or write \{{ for the two braces themselves",
            2,
        ),
    ],
)
def test_a_template_that_cannot_be_filled_says_why(
    template: str, what: str, expected: str, fix: str, offset: int
) -> None:
    with pytest.raises(TemplateError) as caught:
        render_text(template, VARIABLES)
    error = caught.value
    assert (error.what, error.expected, error.fix, error.offset) == (what, expected, fix, offset)


@pytest.mark.parametrize("path", ["name.__class__", "order.keys", "name[0]", "flag.real"])
def test_attributes_are_out_of_reach(path: str) -> None:
    with pytest.raises(TemplateError, match="undefined variable"):
        render_text("{{ " + path + " }}", VARIABLES)
