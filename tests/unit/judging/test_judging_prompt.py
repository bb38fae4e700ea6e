"""The prompt of a judge: material fenced so that no text can break out, the same for the same."""

from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.judging.llm.prompt import Material, Task, fence_for, prompt_file

TASK = Task(
    "criteria",
    {"criteria": "Is polite."},
    "levels_reply",
    {"levels": "- yes\n- no", "quotes": "", "quoted_from": "the answer"},
)
NAMES = sorted(
    path.name.removesuffix(".txt")
    for path in files("pytest_arena.judging.llm.prompts").iterdir()
    if path.name.endswith(".txt")
)


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_has_a_version_and_a_text(name: str) -> None:
    found = prompt_file(name)
    assert found.version.isdecimal()
    assert found.label == f"{name}/{found.version}"
    assert len(found.template) > 40


def test_material_stands_between_fences_and_the_rules_name_them() -> None:
    system, user = TASK.messages([Material("message", "Hi"), Material("answer", "Hello")])
    fence = fence_for([Material("message", "Hi"), Material("answer", "Hello")])
    assert f"only a line with exactly {fence} ends" in system["content"]
    assert user["content"].endswith(
        f"<<<message {fence}>>>\nHi\n<<<end of message {fence}>>>\n\n"
        f"<<<answer {fence}>>>\nHello\n<<<end of answer {fence}>>>\n\n"
        "That was all of the material. Do the task now, and reply with the JSON object alone."
    )


@given(st.text(), st.text())
def test_no_text_holds_its_own_fence_and_equal_texts_have_equal_prompts(
    first: str, second: str
) -> None:
    material = [Material("message", first), Material("answer", second)]
    fence = fence_for(material)
    assert fence not in first + second
    assert TASK.messages(material) == TASK.messages(list(material))
    user = TASK.messages(material)[1]["content"]
    assert user.count(f" {fence}>>>") == 4


def test_what_a_text_says_in_braces_is_not_filled_in() -> None:
    _, user = TASK.messages([Material("answer", "{{ criteria }} {{ fence }}")])
    assert "{{ criteria }} {{ fence }}" in user["content"]


def test_a_text_that_moves_to_another_piece_changes_the_fence() -> None:
    assert fence_for([Material("a", "xy"), Material("b", "")]) != fence_for(
        [Material("a", "x"), Material("b", "y")]
    )


def test_other_words_or_values_are_another_task() -> None:
    other = Task("criteria", {"criteria": "Is rude."}, TASK.reply, TASK.reply_values)
    further = Task("conversation", TASK.values, TASK.reply, TASK.reply_values)
    assert len({TASK.fingerprint(), other.fingerprint(), further.fingerprint()}) == 3
