"""`.prompt` files: both prompts of a case, in Go's templates or in ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_arena.loading import Arena

HEAD = "prompts: {p: {path: qa.prompt}}\ntargets: {p: {type: prompt, prompt: p}}\n"
CASE = "tests: [{name: A, target: p, prompt: Why?, assertions: [{type: contains, value: x}]}]\n"


@pytest.mark.parametrize(
    ("file", "variables", "system", "user"),
    [
        (
            "system: You know {{.topic}}.\nuser: 'Q: {{.Question}}'\n",
            "topic: tea",
            "You know tea.",
            "Q: Why?",
        ),
        (
            "system: |\n  Hi {{.UserName}}\nuser: '{{.prompt}}!'\n",
            "user_name: Ann",
            "Hi Ann",
            "Why?!",
        ),
        ("user: '{{if .Formal}}Sir, {{end}}{{.Question}}'\n", "formal: true", None, "Sir, Why?"),
        ("system: 'Hi {{ name }}'\nuser: '>> {{ prompt }}'\n", "name: Ann", "Hi Ann", ">> Why?"),
        (
            "You know {{.topic}}: all of it.\n",
            "topic: '{{.x}}'",
            "You know {{.x}}: all of it.",
            "Why?",
        ),
        ("name: qa\ndescription: d\nuser: '{{.Question | upper}}'\n", "a: 1", None, "WHY?"),
        ("user: '{{.Question}}'\n", "Question: Mine?", None, "Mine?"),
    ],
)
def test_a_prompt_file_holds_what_stands_around_a_case(
    load: Callable[..., Arena], file: str, variables: str, system: str | None, user: str
) -> None:
    arena = load(f"variables: {{{variables}}}\n{HEAD}{CASE}", {"qa.prompt": file})
    case = arena.cells[0].case
    assert (case.system, case.dialogues[0][0].user) == (system, user)


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("system: 'Hi {{.name}}'\nuser: x\n", "qa.prompt:1:9: undefined key 'name' in {{.name}}"),
        ("system: x\nuser: '{{.a}} {{.b}}'\n", "qa.prompt:2:7: undefined key 'a' in {{.a}}"),
        ("system: [1]\n", "qa.prompt:1:9: 'system' is not a text"),
        ("system: x\nusers: y\n", "qa.prompt:2:1: unknown key 'users' in qa.prompt"),
        ("system: 'Hi {{if .name}}'\n", "qa.prompt:1:9: 'if' without its 'end'"),
    ],
)
def test_a_prompt_file_that_cannot_be_filled_in_says_where(
    refused: Callable[..., str], file: str, told: str
) -> None:
    assert refused(HEAD + CASE, {"qa.prompt": file}).startswith(told)


def test_two_texts_around_the_prompt_are_refused(refused: Callable[..., str]) -> None:
    head = HEAD.replace("qa.prompt", "qa.prompt, user: '{{ prompt }}'")
    assert "has a 'user', and so has its file" in refused(head + CASE, {"qa.prompt": "user: x\n"})


def test_a_model_that_a_prompt_file_names_is_told_to_have_no_effect(
    load: Callable[..., Arena],
) -> None:
    arena = load(HEAD + CASE, {"qa.prompt": "model: gpt-4\nuser: '{{.Q}}'\n"})
    assert any("'model' of qa.prompt" in warning for warning in arena.warnings)
