"""Packs of prompt files: what they hold, what is refused, and that they read as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.builtins import register
from pytest_arena.cli import main
from pytest_arena.loading import load_arena
from pytest_arena.registry import Registry

ARENA = """\
providers: [{name: m, provider: mock}]
variables: {company: Acme, version: 1.10, list: [1, a], none: null, yes: true, map: {a: 1}, n: +3}
guardrails:
  banned_words: [hack]
  max_length: 500
  max_tokens: 90
  forbidden_patterns: ['\\d{16}']
  rules:
    - {type: required_pattern, pattern: Bye, on_violation: flag, direction: output, message: M}
    - {type: max_sentences, value: 3, on_violation: replace, direction: output, message: Short!}
    - {type: pii_leakage, direction: input}
prompts:
  a: {system: "For {{ company }} {{ version }} {{ list }} [{{none}}] {{ yes }} {{ map }} {{ n }}"}
  b: {path: b.md}
  c: {path: c.prompt}
targets: {a: {type: prompt, prompt: a}, b: {type: prompt, prompt: b}, c: {type: prompt, prompt: c}}
tests:
  - {name: A, target: a, prompt: Hi, assertions: [{type: success}]}
  - {name: B, target: b, prompt: Hi, variables: {who: Ann}, assertions: [{type: success}]}
  - {name: C, target: c, prompt: Hi, assertions: [{type: success}]}
"""
WORKFLOW = {
    "prompts": {
        "in": {"system_template": "Ask {{who}}. {{workflow_context}}", "tools": ["find"]},
        "out": {"system_template": "Bye {{artifacts.note}}"},
    },
    "template_engine": {"version": "v1", "syntax": "{{variable}}"},
    "tools": {"find": {"name": "find", "description": "Find"}},
    "workflow": {
        "entry": "in",
        "states": {
            "in": {"prompt_task": "in", "on_event": {"Go": "out"}},
            "out": {"prompt_task": "out", "terminal": True},
        },
    },
}
CONFIG = """\
apiVersion: promptkit.altairalabs.ai/v1alpha1
kind: PromptConfig
metadata: {name: sup}
spec:
  task_type: support
  version: v1.2.0
  variables: [{name: company, type: string, required: true}]
  system_template: "You help {{company}} in {{tongue}}."
  validators: [{type: banned_words, params: {words: [x]}}]
"""


@pytest.fixture
def pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return what packs files by their texts: the pack, or what was said where it was refused."""
    (tmp_path / "pytest.ini").write_text("")

    def make(files: dict[str, str], *options: str, code: int = 0) -> Any:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        named = [str(tmp_path / name) for name in files if not name.startswith("fragments/")]
        made = tmp_path / "made.pack.json"
        assert main(["pack", *named, "-o", str(made), *options]) == code
        said = capsys.readouterr().out
        return said if code else json.loads(made.read_text())

    return make


def texts(made: dict[str, Any]) -> dict[str, str]:
    return {task: one["system_template"] for task, one in made["prompts"].items()}


def variables(made: dict[str, Any], task: str) -> dict[str, bool]:
    return {one["name"]: one["required"] for one in made["prompts"][task].get("variables", ())}


def test_prompt_files_of_every_kind_are_prompts_of_the_pack(pack: Callable[..., Any]) -> None:
    made = pack(
        {
            "Support Desk.md": "You help {{ company }}.\n\n{{fragment:tone}}\n",
            "fragments/tone.md": "Be {{ mood }}. {{fragments.end}}",
            "fragments/end.txt": "Bye.\n",
            "plain.txt": "Just text\n",
            "qa.prompt": "system: |\n  {{/* so */}}Answer {{.Question}} as {{ .Role }}.\n",
            "y.yaml": "system: Hi {{ name }}\ndescription: d\nparameters: {temperature: 0.1}\n",
            "config.yaml": CONFIG,
        },
        *("--id", "desk", "--name", "The desk", "--version", "2.0.0"),
    )
    assert {key: made[key] for key in ("id", "name", "version")} == {
        "id": "desk",
        "name": "The desk",
        "version": "2.0.0",
    }
    assert made["$schema"] == "https://promptpack.org/schema/v1.4/promptpack.schema.json"
    assert texts(made) == {
        "Support Desk": "You help {{company}}.\n\n{{fragment:tone}}",
        "plain": "Just text",
        "qa": "Answer {{Question}} as {{Role}}.",
        "y": "Hi {{name}}",
        "support": "You help {{company}} in {{tongue}}.",
    }
    assert made["fragments"] == {"tone": "Be {{mood}}. {{fragment:end}}", "end": "Bye."}
    assert made["prompts"]["Support Desk"]["id"] == "support-desk"
    assert variables(made, "Support Desk") == {"company": True, "mood": True}
    assert variables(made, "qa") == {"Question": True, "Role": True}
    assert variables(made, "support") == {"company": True, "tongue": True}
    assert made["prompts"]["y"]["parameters"] == {"temperature": 0.1}
    assert made["prompts"]["support"]["version"] == "v1.2.0"


def test_the_prompts_of_an_arena_read_from_the_pack_as_they_did_from_their_files(
    pack: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "b.md").write_text("You speak to {{ who }} of {{ company }}.\n")
    (tmp_path / "c.prompt").write_text("system: |\n  Of {{.Company}}.\n")
    made = pack({"arena.yaml": ARENA})
    assert variables(made, "a") == dict.fromkeys(
        ("company", "version", "list", "none", "yes", "map", "n"), False
    )
    registry = Registry()
    register(registry)
    before = load_arena(tmp_path / "arena.yaml", root=tmp_path, registry=registry)
    head, _, tail = ARENA.partition("prompts:\n")
    packed = "".join(f"  {name}: {{pack: made.pack.json, prompt: {name}}}\n" for name in "abc")
    kept = head.splitlines()[0]
    text = f"{kept}\nprompts:\n{packed}targets:{tail.partition('targets:')[2]}"
    (tmp_path / "packed.arena.yaml").write_text(text)
    after = load_arena(tmp_path / "packed.arena.yaml", root=tmp_path, registry=registry)
    assert after.warnings == ()
    assert [one.case.system for one in after.cells] == [one.case.system for one in before.cells]
    assert after.cells[0].case.system == 'For Acme 1.10 [1, "a"] [] true {"a": 1} +3'
    for ours, theirs in zip(before.cells, after.cells, strict=True):
        assert theirs.case.params == ours.case.params == {"max_tokens": 90}
        assert [(one.type, one.model_dump()) for one in theirs.case.guardrails] == [
            (one.type, one.model_dump()) for one in ours.case.guardrails
        ]


def test_a_pack_is_packed_again_with_what_its_prompts_need(pack: Callable[..., Any]) -> None:
    old = {
        "prompts": {
            "a": {
                "template": "{{fragments.used}} {{name}}",
                "variables": [{"name": "name"}],
                "tools": ["find"],
                "evals": [{"type": "contains", "params": {"patterns": ["b"]}}],
                "validators": [{"type": "length", "params": {"max": 9}}],
            },
            "b": {"system_template": "Alone"},
        },
        "template_engine": {"syntax": "{{ variable }}"},
        "fragments": {"used": "Used {{inner}} {{mood}}", "inner": "Inner", "other": "{{gone}}"},
        "tools": {"find": {"name": "find", "description": "Find"}, "pay": {}},
        "evals": [{"id": "e", "type": "json_valid"}],
    }
    made = pack({"old.json": json.dumps(old)})
    assert made["fragments"] == {"used": "Used {{inner}} {{mood}}", "inner": "Inner"}
    assert made["tools"] == {"find": {"name": "find", "description": "Find"}}
    assert variables(made, "a") == {"name": False, "mood": True}
    assert variables(made, "b") == {}
    assert made["prompts"]["a"]["evals"] == [
        {
            "id": "eval-1",
            "trigger": "every_turn",
            "type": "contains",
            "params": {"patterns": ["b"]},
        }
    ]
    assert made["evals"] == [{"id": "e", "trigger": "every_turn", "type": "json_valid"}]
    again = pack({"made.pack.json": json.dumps(made)})
    assert again == made
    both = pack({"old.json": json.dumps(old), "c.md": "Another one"})
    assert "evals" not in both
    assert [one["id"] for one in both["prompts"]["a"]["evals"]] == ["e", "eval-2"]


def test_a_workflow_is_taken_over(pack: Callable[..., Any]) -> None:
    made = pack({"w.json": json.dumps(WORKFLOW)})
    assert made["workflow"] == {"version": 1, **WORKFLOW["workflow"]}  # type: ignore[dict-item]
    assert variables(made, "in") == {"who": True}
    assert variables(made, "out") == {}


@pytest.mark.parametrize(
    ("files", "place", "told"),
    [
        ({"a.md": "Hi {{ user.name }}"}, "a.md:1:4", "'{{ user.name }}' is no variable of a pack"),
        ({"a.md": "One\n and \\{{ x }}"}, "a.md:2:6", "braces that stand for themselves"),
        ({"a.md": "Hi {{ x"}, "a.md:1:4", "'{{' is never closed"),
        ({"a.md": "\n{{fragment:gone}}"}, "a.md:2:1", "there is no fragment 'gone'"),
        ({"a.md": " \n"}, "a.md:1:1", "the file is empty"),
        ({"a.md": "a", "a.txt": "b"}, "a.txt:1:1", "two prompts are named 'a'"),
        ({"a.py": "a"}, "a.py:1:1", "'.py' is no kind of prompt file"),
        (
            {"a.prompt": "system: '{{if .X}}a{{end}}'"},
            "a.prompt:1:9",
            "'{{if .X}}' cannot be in a pack",
        ),
        ({"a.prompt": "system: a\nuser: b"}, "a.prompt:2:7", "'user' of prompt 'a'"),
        ({"a.yaml": "system: a\nuser: b"}, "a.yaml:2:1", "'user' of prompt 'a'"),
        ({"a.yaml": "title: a"}, "a.yaml:1:1", "there is no prompt in this file"),
        ({"a.yaml": "- a"}, "a.yaml:1:1", "there is no prompt in this file"),
        ({"a.yaml": "system: a\nmood: b"}, "a.yaml:1:9", "prompt 'a' is none of schema 1.4"),
        (
            {"a.yaml": "system: a\nparameters: {temperature: 3}"},
            "a.yaml:1:9",
            "prompt 'a' is none of schema 1.4",
        ),
        (
            {"a.yaml": "system: a\nvalidators: [{type: lenght}]"},
            "a.yaml:1:9",
            "validator 'lenght' of prompt 'a' of pack made is of an unknown type",
        ),
        (
            {"a.yaml": "system: '{{fragment:x}}'\nfragments: {y: z}"},
            "a.yaml:1:9",
            "prompt 'a' cannot be filled in: unknown fragment 'x'",
        ),
        (
            {"a.md": "{{fragment:x}}", "fragments/x.md": "{{fragment:x}}"},
            "a.md:1:1",
            "the fragments go round in a circle: x → x",
        ),
        (
            {"a.yaml": "prompts: {p: {path: ../gone.md}}"},
            "a.yaml:1:",
            "prompt file '../gone.md' is outside the root directory",
        ),
        ({"a.yaml": "prompts: [a]"}, "a.yaml:1:10", "'prompts' of an arena file"),
        ({"a.md": "Hi {{}}"}, "a.md:1:4", "'{{  }}' is no variable of a pack"),
        ({"a.yaml": "system: 5"}, "a.yaml:1:9", "'system' is not a text"),
        ({"a.yaml": "system: ''"}, "a.yaml:1:9", "prompt 'a' is none of schema 1.4"),
        (
            {"a.json": '{"prompts": {"p": {"system_template": "a"}}, "evals": [{"id": 3}]}'},
            "a.json:1:",
            "the evals of the pack are none of schema 1.4",
        ),
        ({"a.yaml": "kind: PromptConfig\napiVersion: x\nspec: a"}, "a.yaml:1:1", "has no spec"),
        (
            {"a.yaml": "providers: []\nprompts: {p: {user: b}}"},
            "a.yaml:2:15",
            "'user' of prompt 'p' cannot be in a pack",
        ),
        ({"a.yaml": "providers: []"}, "a.yaml:1:1", "the arena file has no prompts"),
        (
            {"a.yaml": "prompts: {p: {system: b}}\nguardrails: {rules: [{type: secrets}]}"},
            "a.yaml:2:22",
            "guardrail 'secrets' cannot be a validator of a pack",
        ),
        (
            {
                "a.yaml": "prompts: {p: {system: b}}\n"
                "guardrails: {rules: [{type: banned_words, words: [a], look_at: text}]}"
            },
            "a.yaml:2:22",
            "guardrail 'banned_words' cannot be a validator of a pack as it is",
        ),
        (
            {"a.yaml": CONFIG.replace("version: v1.2.0", "allowed_tools: [find]")},
            "a.yaml:6:18",
            "names a tool 'find' that is not described",
        ),
        (
            {"a.yaml": CONFIG.replace("version: v1.2.0", "fragments: [{name: x}]")},
            "a.yaml:6:3",
            "'fragments' cannot be in a pack of schema 1.4",
        ),
        (
            {
                "a.yaml": "kind: PromptPack\napiVersion: v1\nspec:\n  prompts:\n"
                "    - {name: p, template: a, tests: [{name: t}]}"
            },
            "a.yaml:5:30",
            "'tests' of prompt 'p' cannot be in a pack",
        ),
        (
            {"a.json": json.dumps({**WORKFLOW, "requires": {"providers": []}})},
            "a.json:1:",
            "'requires' cannot be in a pack of schema 1.4",
        ),
        (
            {
                "a.json": json.dumps(
                    {**WORKFLOW, "workflow": {"entry": "x", "states": {"a": {"prompt_task": "in"}}}}
                )
            },
            "a.json:1:",
            "names an unknown state 'x'",
        ),
        (
            {
                "a.json": '{"prompts": {"p": {"system_template": "${x}"}}, '
                '"template_engine": {"syntax": "${variable}"}}'
            },
            "a.json:1:",
            "the prompts are in the syntax ${variable}",
        ),
        (
            {
                f"{task}.json": '{"prompts": {"T": {"system_template": "{{f}}"}}, '
                '"fragments": {"f": "T"}}'.replace("T", task)
                for task in "ab"
            },
            "b.json:1:",
            "two fragments are named 'f', and are not the same",
        ),
    ],
)
def test_what_a_pack_cannot_hold_is_refused_with_its_place(
    pack: Callable[..., Any], tmp_path: Path, files: dict[str, str], place: str, told: str
) -> None:
    said = pack(files, code=2)
    assert said.startswith(place), said
    assert told in said.splitlines()[0]
    assert said.endswith("nothing was packed\n")
    assert said.count("\n  fix: ") == 1, said
    assert not (tmp_path / "made.pack.json").exists()


def test_check_says_where_a_pack_is_not_what_its_files_make(
    pack: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"a.md": "Hi {{ who }}", "b.md": "Bye"}
    pack(files, "--id", "mine", "--name", "Mine", "--version", "3.0.0")
    made = tmp_path / "made.pack.json"
    before = made.read_bytes()
    named = [str(tmp_path / name) for name in files]
    assert main(["pack", *named, "-o", str(made), "--check"]) == 0
    assert capsys.readouterr().out == f"{made} is what it would be now\n"
    (tmp_path / "a.md").write_text("Hello {{ whom }}")
    assert main(["pack", named[0], "-o", str(made), "--check"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert [line.split(": ", 1)[1] for line in said[:-1]] == [
        "prompts.a.system_template is another one",
        "prompts.a.variables[0].name is another one",
        "prompts.b is in no file",
    ]
    assert said[0].startswith(f"{made}:18:")
    assert made.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--check"], "--check compares with a pack"),
        (["--id", "A b"], "--id: 'A b' is no id of a pack"),
        (["--version", "1"], "--version: '1' is no version"),
        (["gone.md"], "there is no file 'gone.md'"),
    ],
)
def test_a_command_that_means_nothing_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    (tmp_path / "a.md").write_text("Hi")
    command = ["pack", str(tmp_path / "a.md"), *options]
    assert main(command) == 4
    assert told in capsys.readouterr().err


def test_without_output_the_pack_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "2 words.md").write_text("Hi")
    assert main(["pack", str(tmp_path / "2 words.md")]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["id"], made["prompts"]["2 words"]["id"]) == ("pack-2-words", "p-2-words")


def test_a_pack_that_is_compared_with_must_be_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.md").write_text("Hi")
    (tmp_path / "a.json").write_text("[1]")
    command = ["pack", str(tmp_path / "a.md"), "--check", "-o"]
    assert main([*command, str(tmp_path / "a.json")]) == 2
    assert "the pack is not a mapping" in capsys.readouterr().out
    assert main([*command, str(tmp_path / "gone.json")]) == 4
    assert "there is no file" in capsys.readouterr().err
