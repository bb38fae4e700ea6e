"""Templates of Go's: fields, blocks, pipelines, and what is no template."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.prompts.go_templates import fields_in_go, render_go
from pytest_arena.prompts.templates import TemplateError

DATA: dict[str, Any] = {
    "Question": "What is {{.name}}?",
    "name": "Ann",
    "none": None,
    "n": 3,
    "yes": True,
    "list": ["a", "b"],
    "map": {"b": 2, "a": {"x": "deep"}},
    "empty": [],
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{.name}}!", "Hi Ann!"),
        ("{{ .Question }}", "What is {{.name}}?"),
        ("{{.map.a.x}}", "deep"),
        ("{{$.map.a.x}}", "deep"),
        ("a {{- .name -}} b", "a{{.name}}b".replace("{{.name}}", "Ann")),
        ("a \n {{- /* what */ -}} \n b", "ab"),
        ("{{if .yes}}1{{else}}2{{end}}", "1"),
        ("{{if .empty}}1{{else if .none}}2{{else}}3{{end}}", "3"),
        ("{{if and .yes (eq .n 3)}}1{{end}}", "1"),
        ("{{if or .none (not .empty)}}1{{end}}", "1"),
        ("{{range .list}}<{{.}}>{{end}}", "<a><b>"),
        ("{{range $i, $x := .list}}{{$i}}={{$x}} {{end}}", "0=a 1=b "),
        ("{{range $k, $v := .map}}{{$k}} {{end}}", "a b "),
        ("{{range .empty}}x{{else}}none{{end}}", "none"),
        ("{{with .map}}{{.b}}{{$.name}}{{end}}", "2Ann"),
        ("{{$x := .name}}{{$x | upper}}", "ANN"),
        ("{{.map | toJson}}", '{"a":{"x":"deep"},"b":2}'),
        ("{{toJson .list}}", '["a","b"]'),
        ('{{toJson (dict "q" "a<b & c")}}', '{"q":"a\\u003cb \\u0026 c"}'),
        ('{{toRawJson (dict "q" "a<b")}}', '{"q":"a<b"}'),
        ('{{get (fromJson `{"a":[7]}`) "a" | first}}', "7"),
        ("{{div -7 2}} {{mod -7 2}} {{max 1 3}}", "-3 -1 3"),
        ("{{substr 1 -1 .name}} {{substr 0 1 .name}}", "nn A"),
        ('{{ternary "one" "none" (has "a" .list)}}', "one"),
        ("{{.name | trunc 2}}", "An"),
        ("{{trunc -2 .name}}", "nn"),
        ('{{.none | default "x"}}', "x"),
        ('{{printf "%s is %d (%q)" .name .n "q"}}', 'Ann is 3 ("q")'),
        ("{{.list}} {{.map}}", "[a b] map[a:map[x:deep] b:2]"),
        ("{{len .list}} {{index .list 1}} {{index .map `b`}}", "2 b 2"),
        ('{{join ", " .list}}', "a, b"),
        ("{{.none}}|{{.yes}}", "|true"),
        ("no braces }}", "no braces }}"),
    ],
)
def test_a_template_is_filled_in_as_go_does(template: str, text: str) -> None:
    assert render_go(template, DATA) == text


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("{{.nam}}", "undefined key 'nam' in {{.nam}}"),
        ("{{.map.c}}", "undefined key 'c' in {{.map.c}}"),
        ("{{.name.x}}", "undefined key 'x' in {{.name.x}}"),
        ("{{.name", "'{{' is never closed"),
        ("{{if .yes}}", "'if' without its 'end'"),
        ("{{end}}", "'end' without a block before it"),
        ("{{else}}", "'else' without a block before it"),
        ("{{uper .name}}", "unknown function 'uper'"),
        ("{{template `x`}}", "'template' is not known here"),
        ("{{$x}}", "undefined variable '$x'"),
        ("{{.name ? 1}}", "bad template '.name ? 1'"),
        ("{{index .list 9}}", "index: list index out of range"),
        ("{{range .name}}{{end}}", "'range' over 'Ann'"),
        ("{{}}", "an action without anything in it"),
        ("{{(eq .n 3}}", "'(' is never closed"),
    ],
)
def test_what_cannot_be_filled_in_says_why(template: str, what: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render_go(template, DATA)
    assert caught.value.what == what
    assert caught.value.expected
    assert caught.value.fix


def test_a_key_that_is_missing_names_the_nearest_one() -> None:
    with pytest.raises(TemplateError) as caught:
        render_go("{{.nam}}", DATA)
    assert caught.value.fix == "did you mean 'name'?"


def test_further_functions_may_be_given() -> None:
    assert render_go(
        "{{date}} {{shout .name}}", DATA, {"date": lambda: "now", "shout": str.upper}
    ) == ("now ANN")


def test_the_fields_that_a_template_asks_for_are_known_before_it_is_filled() -> None:
    template = (
        "{{.a.b}} {{if .c}}{{.d | upper}}{{else}}{{$.e}}{{end}}{{range .f}}{{.g}}{{end}}{{.a}}"
    )
    assert fields_in_go(template) == ["a", "c", "d", "e", "f"]
