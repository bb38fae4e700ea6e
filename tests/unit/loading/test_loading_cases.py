"""What a case may say of itself: messages, a system prompt, reasons, its target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_arena.loading import Arena
from pytest_arena.loading.plans import CellPlan

Load = Callable[..., Arena]

CHECK = "assertions: [{type: contains, value: x}]"
BOT = """\
prompts: {p: {system: "Be {{ how }}.", user: "Q: {{ prompt }}"}}
targets: {bot: {type: prompt, prompt: p}, plain: {type: prompt}}
variables: {how: brief}
"""
HISTORY = [
    {"role": "user", "content": "I am Ann."},
    {"role": "assistant", "content": "Hello Ann!"},
]


def sent(plan: CellPlan) -> tuple[str | None, list[dict[str, Any]]]:
    """Return the system prompt and the messages that a case sends."""
    ((turn,),) = plan.case.dialogues
    return plan.case.system, [*turn.before, {"role": "user", "content": turn.user}]


@pytest.mark.parametrize("first", ["", "{role: system, content: Be kind.}, "])
def test_messages_are_sent_as_they_are_with_the_last_to_be_answered(load: Load, first: str) -> None:
    arena = load(
        f"tests:\n  - {{name: A, variables: {{who: Ann}}, messages: [{first}"
        "{role: user, content: 'I am {{ who }}.'}, {role: assistant, content: 'Hello {{who}}!'}, "
        f"{{role: user, content: Who am I?}}], {CHECK}}}\n"
    )
    system = "Be kind." if first else None
    assert sent(arena.cells[0]) == (system, [*HISTORY, {"role": "user", "content": "Who am I?"}])


def test_messages_may_come_from_a_row(load: Load) -> None:
    row = '{"input": [{"role": "system", "content": "S"}, {"role": "user", "content": "{{ x }}"}]}'
    arena = load(
        f"tests:\n  - {{name: A, data: r.jsonl, messages: '{{{{ input }}}}', {CHECK}}}\n",
        {"r.jsonl": row},
    )
    assert sent(arena.cells[0]) == ("S", [{"role": "user", "content": "{{ x }}"}])


def test_the_targets_template_stands_around_the_last_message_alone(load: Load) -> None:
    arena = load(
        BOT + "tests:\n  - {name: A, target: bot, messages: [{role: user, content: a}, "
        f"{{role: user, content: b}}], {CHECK}}}\n"
    )
    messages = [{"role": "user", "content": "a"}, {"role": "user", "content": "Q: b"}]
    assert sent(arena.cells[0]) == ("Be brief.", messages)


@pytest.mark.parametrize(
    ("defaults", "keys", "system", "user"),
    [
        ("", "target: bot", "Be brief.", "Q: hi"),
        ("", "system: 'Be {{ how }}!'", "Be brief!", "hi"),
        ("", "system: Be long., target: bot", "Be long.", "Q: hi"),
        ("bot", "", "Be brief.", "Q: hi"),
        ("bot", "system: Be long.", "Be long.", "Q: hi"),
        ("bot", "target: plain", None, "hi"),
    ],
)
def test_a_case_has_a_system_prompt_of_its_own_or_that_of_its_target(
    load: Load, defaults: str, keys: str, system: str | None, user: str
) -> None:
    given = f"defaults: {{target: {defaults}}}\n" if defaults else ""
    arena = load(
        f"{BOT}{given}tests: [{{name: A, prompt: hi, {keys}{', ' * bool(keys)}{CHECK}}}]\n"
    )
    assert sent(arena.cells[0]) == (system, [{"role": "user", "content": user}])


@pytest.mark.parametrize("key", ["skip", "xfail"])
@pytest.mark.parametrize(
    ("written", "fast", "good"),
    [
        ("slow", "slow", "slow"),
        ("4711", "4711", "4711"),
        ("", None, None),
        ("''", None, None),
        ("{good: '', fast: old}", "old", None),
        ("{good: wrong}", None, "wrong"),
        ("{cheap: old}", "old", None),
        ("{cheap: old, fast: new}", "new", None),
        ("{fast: a, good: b}", "a", "b"),
    ],
)
def test_a_reason_may_be_one_providers(
    load: Load, key: str, written: str, fast: str | None, good: str | None
) -> None:
    arena = load(f"tests: [{{name: A, prompt: hi, {key}: {written}, {CHECK}}}]\n")
    assert [getattr(plan, key) for plan in arena.cells] == [fast, good]


def test_an_empty_cell_of_a_row_is_no_reason(load: Load) -> None:
    arena = load(
        f"tests: [{{name: A, data: r.csv, prompt: hi, xfail: '{{{{ known }}}}', {CHECK}}}]\n",
        {"r.csv": "q,known\n1,\n2,too hard\n"},
    )
    assert [plan.xfail for plan in arena.cells] == [None, None, "too hard", "too hard"]


@pytest.mark.parametrize("key", ["skip", "xfail"])
@pytest.mark.parametrize("known", ["'{{ known }}'", "{good: '{{ known }}', fast: '{{ known }}'}"])
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("r.csv", "q,known\n1,false\n2,No\n3,0\n4,off\n5,N\n6,  \n7,too hard\n"),
        (
            "r.jsonl",
            '{"known": false}\n{"known": 0}\n{"known": 0.0}\n{"known": "FALSE"}\n'
            '{"known": null}\n{"known": " no "}\n{"known": "too hard"}\n',
        ),
    ],
)
def test_a_row_that_says_no_gives_no_reason(
    load: Load, key: str, known: str, name: str, rows: str
) -> None:
    arena = load(
        f"tests: [{{name: A, data: {name}, prompt: hi, {key}: {known}, {CHECK}}}]\n", {name: rows}
    )
    reasons = [getattr(plan, key) for plan in arena.cells]
    assert reasons == [None] * 12 + ["too hard"] * 2


def test_keys_that_begin_with_x_are_the_users_own(load: Load) -> None:
    arena = load(
        "x-checks: &checks [{type: contains, value: x}]\nx-notes: {who: knows}\n"
        "include: [more.yaml]\n"
        "tests: [{name: A, prompt: hi, assertions: *checks}]\n",
        {"more.yaml": f"x-checks: 3\ntests: [{{name: B, prompt: hi, {CHECK}}}]\n"},
    )
    assert [plan.case.name for plan in arena.cells[::2]] == ["A", "B"]


def test_messages_belong_to_the_prompts_hash(load: Load) -> None:
    text = (
        "tests: [{{name: A, messages: [{{role: user, content: {}}}, "
        "{{role: user, content: b}}], {}}}]\n"
    )
    first, second = (load(text.format(word, CHECK)).cells[0].hashes for word in "ac")
    assert first["prompt"] != second["prompt"]
    assert {**first, "prompt": ""} == {**second, "prompt": ""}


def test_an_attack_wraps_the_last_message(load: Load) -> None:
    arena = load(
        "tests:\n  - {name: A, attacks: [{name: loud, template: '{prompt}!!'}], "
        f"messages: [{{role: user, content: a}}, {{role: user, content: b}}], {CHECK}}}\n"
    )
    ((turn,),) = arena.cells[-1].case.dialogues
    assert (turn.before, turn.user) == (({"role": "user", "content": "a"},), "b!!")


def test_a_prompt_has_no_final_line_break_unless_it_ends_in_more_than_one(load: Load) -> None:
    arena = load(
        f"""\
prompts:
  block: {{system: "Be kind.\\n"}}
  file: {{path: system.txt}}
targets:
  block: {{type: prompt, prompt: block}}
  file: {{type: prompt, prompt: file}}
tests:
  - name: block
    target: block
    prompt: |
      one
      two
    {CHECK}
  - name: kept
    target: file
    prompt: "one\\n\\n"
    {CHECK}
  - {{name: turns, conversation: [{{user: "hi\\n"}}], {CHECK}}}
""",
        {"system.txt": "From a file.\n"},
    )
    plans = {cell.case.name: cell.case for cell in arena.cells}
    said = {name: (plan.system, plan.dialogues[0][0].user) for name, plan in plans.items()}
    assert said == {
        "block": ("Be kind.", "one\ntwo"),
        "kept": ("From a file.", "one\n\n"),
        "turns": (None, "hi"),
    }


def test_a_block_in_the_middle_of_what_is_looked_for_brings_no_line_break(load: Load) -> None:
    text = """\
variables:
  bad: |
    really bad
  many: "two\\n\\n"
tests:
  - name: one
    prompt: "{{ bad }}!"
    assertions:
      - {type: contains, value: "{{ bad }} only"}
      - {type: contains, value: "{{ many }}{{ bad }}\\nend"}
      - {type: contains, value: "{{ bad }}"}
"""
    plan = load(text).cells[0]
    assert [getattr(one, "value", None) for one in plan.case.assertions] == [
        "really bad only",
        "two\n\nreally bad\n\nend",
        "really bad\n",
    ]
    # a prompt keeps what is written
    assert plan.case.dialogues[0][0].user == "really bad\n!"
