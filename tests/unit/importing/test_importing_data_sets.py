"""Data sets of other tools: what an arena makes of their rows, and what it says of the rest."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_arena.cli import main
from pytest_arena.cli.import_files import arena_name
from pytest_arena.errors import ArenaFileError
from pytest_arena.importing import Imported, read_source
from pytest_arena.importing.known import importer_of

EXAMPLES = Path(__file__).parents[3] / "arenas" / "formats" / "data-sets"
GOLDEN = {"input": "Hours?", "expected_output": "9 to 5"}
OUTPUTS = {"provider": "outputs", "name": "recorded"}


def convert(folder: Path, name: str, content: Any, *, partial: bool = False) -> Imported:
    path = folder / name
    if not isinstance(content, str):
        lines = name.endswith("l") and isinstance(content, list)
        content = "\n".join(map(json.dumps, content)) if lines else json.dumps(content)
    path.write_text(content)
    source = read_source(path, folder, partial=partial)
    return importer_of(source).convert(source)


def told(imported: Imported) -> str:
    return "\n".join(map(str, imported.findings))


def only_case(imported: Imported) -> dict[str, Any]:
    (case,) = imported.arena["tests"]
    return dict(case)


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("a.yaml", {"cases": [{"inputs": "x"}]}, "pydantic_evals"),
        ("a.json", {"cases": [{"inputs": {"a": 1}}], "evaluators": []}, "pydantic_evals"),
        ("a.jsonl", [{"inputs": {"q": "x"}, "outputs": {"a": "y"}}], "LangSmith"),
        ("a.json", {"examples": [{"inputs": {"q": "x"}}]}, "LangSmith"),
        ("a.csv", "input_q,output_a\nx,y\n", "LangSmith"),
        ("a.csv", "inputs.q,outputs.a\nx,y\n", "LangSmith"),
        ("a.json", {"data": [{"input": "x", "datasetName": "d"}], "meta": {}}, "Langfuse"),
        ("a.jsonl", [{"input": "x", "expectedOutput": "y"}], "Langfuse"),
        ("a.jsonl", [{"input": "x", "output": "y", "timestamp": "2026"}], "Langfuse"),
        ("a.jsonl", [{"input": "x", "target": "y"}], "inspect_ai"),
        ("a.csv", "input,target,choices\nx,A,\n", "inspect_ai"),
        ("a.json", [GOLDEN], "deepeval"),
        ("a.json", [{"input": "x", "actualOutput": "y", "expectedOutput": "z"}], "deepeval"),
        ("a.csv", "input,expected_output,output_token_count\nx,y,1\n", "deepeval"),
        ("a.json", {"goldens": [{"input": "x"}]}, "deepeval"),
        ("a.json", {"testCases": [{"input": "x", "actualOutput": "y", "order": 0}]}, "deepeval"),
        (
            "a.json",
            {"goldens": [], "conversationalGoldens": [{"scenario": "x", "turns": []}]},
            "deepeval",
        ),
        ("a.json", [{"scenario": "x", "expected_outcome": "y"}], "deepeval"),
    ],
)
def test_a_set_is_known_by_its_columns(
    tmp_path: Path, name: str, content: Any, format: str
) -> None:
    path = tmp_path / name
    text = content if isinstance(content, str) else json.dumps(content)
    if name.endswith("l") and isinstance(content, list):
        text = "\n".join(map(json.dumps, content))
    path.write_text(text)
    source = read_source(path, tmp_path)
    importer = importer_of(source)
    assert importer.format == format
    assert importer.convert(source).arena["tests"]


@pytest.mark.parametrize(
    "content", [[{"question": "x", "answer": "y"}], [{"input": "x", "ideal": "y"}], ["x"], {"a": 1}]
)
def test_what_is_no_set_is_no_set(tmp_path: Path, content: Any) -> None:
    with pytest.raises(ArenaFileError, match="no file of a known format"):
        convert(tmp_path, "a.json", content)


@pytest.mark.parametrize("name", ["capitals.yaml", "goldens.json", "samples.jsonl", "items.csv"])
def test_the_example_is_what_the_import_writes(tmp_path: Path, name: str) -> None:
    text = (EXAMPLES / name).read_text()
    path = tmp_path / name
    path.write_text(text)
    assert main(["import", str(path), "-o", str(tmp_path / "out")]) == 1
    written = arena_name(path)
    assert (tmp_path / "out" / written).read_text() == (EXAMPLES / written).read_text()


def test_rows_of_one_golden_are_the_same_in_every_form(tmp_path: Path) -> None:
    golden = {
        "input": "Give it back",
        "actual_output": "Done.",
        "expected_output": "Paid back.",
        "retrieval_context": ["one", "two"],
        "expected_tools": [{"name": "refund"}],
        "tools_called": [{"name": "refund", "inputParameters": {"a": 1}, "output": "ok"}],
        "token_cost": 0.5,
        "additional_metadata": {"k": 1},
    }
    texts = {
        "a.json": json.dumps([golden]),
        "a.jsonl": json.dumps({**golden, "retrieval_context": "one|two"}),
        "a.csv": (
            "input,actual_output,expected_output,retrieval_context,expected_tools,tools_called,"
            "token_cost,additional_metadata\n"
            'Give it back,Done.,Paid back.,one|two,refund,"[{""name"": ""refund"", '
            '""inputParameters"": {""a"": 1}, ""output"": ""ok""}]",0.5,"{\'k\': 1}"\n'
        ),
    }
    made = [convert(tmp_path, name, text) for name, text in texts.items()]
    case = only_case(made[0])
    assert case["context"] == ["one", "two"]
    assert case["variables"] == {"metadata": {"k": 1}}
    assert case["assertions"] == [
        {"type": "factuality", "reference": "Paid back."},
        {"type": "tools_called", "tools": ["refund"]},
    ]
    row = {
        "case": "Give it back",
        "output": "Done.",
        "tool_calls": [{"name": "refund", "arguments": {"a": 1}, "result": "ok"}],
        "cost_usd": 0.5,
    }
    for one in made:
        assert only_case(one) == case
        assert json.loads(one.files["a.outputs.jsonl"]) == row
        assert one.arena["providers"] == [{**OUTPUTS, "path": "a.outputs.jsonl"}]


def test_a_conversation_with_answers_is_judged_as_it_was(tmp_path: Path) -> None:
    turns = [("user", "hi"), ("assistant", "hello"), ("user", "bye"), ("assistant", "bye now")]
    golden = {
        "scenario": "Says hello",
        "expected_outcome": "Both said hello.",
        "turns": [{"role": role, "content": text} for role, text in turns],
    }
    imported = convert(tmp_path, "a.json", [golden])
    case = only_case(imported)
    assert case["conversation"] == [{"user": "hi"}, {"user": "bye"}]
    assert case["assertions"][0]["type"] == "judge_conversation"
    assert json.loads(imported.files["a.outputs.jsonl"])["output"] == ["hello", "bye now"]


def test_what_turns_have_beside_what_is_said_is_told(tmp_path: Path) -> None:
    turns = [
        {"role": "user", "content": "hi", "user_id": None},
        {"role": "assistant", "content": "hello", "tools_called": [{"name": "greet"}]},
    ]
    imported = convert(tmp_path, "a.json", [{"scenario": "Says hello", "turns": turns}])
    assert "left out: of the turns, beside what is said: tools_called" in told(imported)


def test_a_scenario_without_turns_has_a_persona_and_is_not_run(tmp_path: Path) -> None:
    golden = {"scenario": "Wants a ticket", "expected_outcome": "x", "user_description": "Angry"}
    imported = convert(tmp_path, "a.json", [golden])
    assert imported.arena["personas"] == {
        "user 1": {"description": "Angry", "goals": "Wants a ticket"}
    }
    assert only_case(imported)["skip"] == "imported without who answers"


@pytest.mark.parametrize(
    ("target", "answer", "holds"),
    [
        ("B", "ANSWER: B", True),
        ("B", "I think so.\n**ANSWER: B**", True),
        ("B", "Answer:B) blue", True),
        ("B", "ANSWER: B, C", False),
        ("B", "ANSWER: B and C", False),
        ("B", "ANSWER: BC", False),
        ("B", "ANSWER: Blue", False),
        ("B", "ANSWER: A\nANSWER: B", False),
        ("B", "ANSWER: $LETTER\nANSWER: B", True),
        (["A", "B"], "ANSWER: A, B", True),
        (["A", "B"], "ANSWER: B, A", True),
        (["A", "B"], "ANSWER: B and A.", True),
        (["B", "A"], "ANSWER: AB", True),
        (["A", "B"], "ANSWER: A, B, C", False),
        (["A", "B"], "ANSWER: A, A", False),
        (["A", "B"], "ANSWER: A", False),
    ],
)
def test_a_choice_is_all_letters_of_the_target_and_no_other(
    target: Any, answer: str, holds: bool, tmp_path: Path
) -> None:
    row = {"input": "Pick", "target": target, "choices": ["red", "blue", "green"]}
    (made,) = only_case(convert(tmp_path, "a.jsonl", [row]))["assertions"]
    assert bool(re.search(made["pattern"], answer)) is holds


def test_choices_without_a_letter_are_told_and_the_case_is_not_run(tmp_path: Path) -> None:
    row = {"input": "Pick", "target": "B", "choices": [f"choice {n}" for n in range(27)]}
    case = only_case(convert(tmp_path, "a.jsonl", [row], partial=True))
    assert case["skip"] == "imported without its choices beyond Z"


def test_targets_of_inspect_are_told_and_compared_as_includes(tmp_path: Path) -> None:
    rows = [
        {"input": "2+2", "target": ["4", "four"], "id": 7},
        {"input": "Pick", "target": "B", "choices": ["red", "{{x}}"]},
        {"input": "Pick", "target": ["A", "B"], "choices": "red, blue"},
        {"input": "Box", "target": "x", "sandbox": "docker"},
    ]
    imported = convert(tmp_path, "a.jsonl", rows)
    first, second, third, fourth = imported.arena["tests"]
    assert (first["name"], first["assertions"][0]["values"]) == ("7", ["4", "four"])
    assert "\n\nA) red\nB) \\{{x}}\n\n" in second["prompt"]
    assert second["prompt"].endswith("ANSWER: and the letter of your choice.")
    assert third["name"] == "Pick #2"
    assert third["prompt"].endswith("ANSWER: and the letters of all that are right.")
    assert fourth["skip"] == "imported without its sandbox"
    assert "written as includes()" in told(imported)
    assert "written as choice()" in told(imported)


@pytest.mark.parametrize(
    ("messages", "made"),
    [
        (
            [{"role": "system", "content": "{{a}}"}, {"role": "user", "content": "b"}],
            {"system": "\\{{a}}", "prompt": "b"},
        ),
        ([{"type": "human", "data": {"content": "b"}}], {"prompt": "b"}),
        (
            [
                {"role": "user", "content": [{"type": "text", "text": "a"}]},
                {"role": "assistant", "content": "b"},
                {"role": "user", "content": "c"},
            ],
            {
                "messages": [
                    {"role": "user", "content": "a"},
                    {"role": "assistant", "content": "b"},
                    {"role": "user", "content": "c"},
                ]
            },
        ),
    ],
)
def test_chats_of_all_forms_are_sent_as_chats(
    tmp_path: Path, messages: list[Any], made: dict[str, Any]
) -> None:
    imported = convert(tmp_path, "a.jsonl", [{"input": messages, "target": "x"}])
    case = only_case(imported)
    assert {key: case[key] for key in made} == made
    assert "skip" not in case


@pytest.mark.parametrize(
    ("messages", "lost"),
    [
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
            "parts of type image_url",
        ),
        ([{"role": "tool", "content": "x"}, {"role": "user", "content": "y"}], "role tool"),
        ([{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}], "the user's"),
    ],
)
def test_a_chat_that_cannot_be_sent_whole_is_not_run(
    tmp_path: Path, messages: list[Any], lost: str
) -> None:
    imported = convert(tmp_path, "a.jsonl", [{"input": messages, "target": "x"}], partial=True)
    assert lost in only_case(imported)["skip"]
    assert lost in told(imported)


@pytest.mark.parametrize(
    ("inputs", "made"),
    [
        ({"input": "plain", "chat_history": []}, {"prompt": "plain"}),
        (
            {"question": "b", "chat_history": [{"type": "human", "content": "a"}]},
            {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]},
        ),
        ({"messages": [{"role": "user", "content": "a"}], "n": 1}, {"prompt": "a"}),
        ({"n": 5}, {"prompt": "{{ inputs }}"}),
    ],
)
def test_values_with_names_are_sent_as_what_they_are(
    tmp_path: Path, inputs: dict[str, Any], made: dict[str, Any]
) -> None:
    case = only_case(convert(tmp_path, "a.jsonl", [{"inputs": inputs, "outputs": "x"}]))
    assert {key: case[key] for key in made} == made
    assert case["variables"]["inputs"] == inputs


def test_keys_in_metadata_are_told_and_never_copied(tmp_path: Path) -> None:
    metadata = {"api_key": "abcdefghijklmnop", "inner": {"a": "sk-" + "a1B2" * 12}, "level": "easy"}
    imported = convert(tmp_path, "a.jsonl", [{"input": "x", "target": "y", "metadata": metadata}])
    assert only_case(imported)["variables"] == {"metadata": {"inner": {}, "level": "easy"}}
    assert "left out: api_key, which looks like a secret" in told(imported)


def test_results_of_an_experiment_have_answers_figures_and_errors(tmp_path: Path) -> None:
    rows = [
        {
            "inputs": {"q": "one"},
            "reference_outputs": {"answer": "x"},
            "outputs": {"messages": [{"role": "assistant", "content": "y"}]},
            "latency": 1.5,
            "prompt_tokens": 3,
        },
        {"inputs": {"q": "two"}, "reference_outputs": {"n": 2}, "error": "boom"},
        {"inputs": {"q": "three"}, "parent_run_id": "r", "outputs": {}},
    ]
    imported = convert(tmp_path, "a.jsonl", rows)
    one, two = imported.arena["tests"]
    assert one["assertions"] == [{"type": "factuality", "reference": "x"}]
    assert two["assertions"] == [{"type": "json_path", "path": "@", "equals": {"n": 2}}]
    first, second = map(json.loads, imported.files["a.outputs.jsonl"].splitlines())
    assert first == {"case": "one", "output": "y", "input_tokens": 3, "latency_ms": 1500}
    assert second == {"case": "two", "output": None, "error": "boom"}
    assert "1 run inside of others" in told(imported)


CALLED = {"role": "assistant", "content": "A1", "tool_calls": [{"id": "1"}]}


@pytest.mark.parametrize(
    ("expected", "lost"),
    [
        ({"answer": "A1", "n": 2}, "n"),
        ({"text": "A1", "score": 0.5, "note": None}, "score"),
        ({"answer": "A1", "citations": ["a"], "must_cite": "b"}, "citations, must_cite"),
        ({"messages": [{"role": "assistant", "content": "A1"}], "refunded": False}, "refunded"),
        (CALLED, "calls of tools"),
        ({"choices": [{"message": CALLED}], "model": "m"}, "calls of tools"),
        ([{"role": "user", "content": "q"}, CALLED], "calls of tools"),
    ],
)
@pytest.mark.parametrize("tool", ["LangSmith", "Langfuse"])
def test_what_stands_beside_an_expected_text_is_told(
    tool: str, expected: Any, lost: str, tmp_path: Path
) -> None:
    rows = {
        "LangSmith": {"inputs": {"q": "one"}, "reference_outputs": expected, "outputs": expected},
        "Langfuse": {
            "input": "one",
            "expectedOutput": expected,
            "output": expected,
            "metadata": None,
            "datasetId": "d",
        },
    }
    imported = convert(tmp_path, "a.jsonl", [rows[tool]])
    case = only_case(imported)
    assert case["assertions"] == [{"type": "factuality", "reference": "A1"}]
    assert case["skip"] == f"imported without expected {lost}"
    assert f"left out: expected {lost}: beside the text that a judge compares" in told(imported)
    assert f"left out: of the answers, beside their text: {lost}" in told(imported)
    assert imported.findings.summary == "1 of 2 assertions kept (0 exact, 1 alike), 1 left out"
    (answer,) = map(json.loads, imported.files["a.outputs.jsonl"].splitlines())
    assert answer["output"] == "A1"
    partial = convert(tmp_path, "a.jsonl", [rows[tool]], partial=True)
    assert "skip" not in only_case(partial)


@pytest.mark.parametrize(
    "expected",
    [
        {"answer": "A1", "n": None, "sources": []},
        {"choices": [{"message": {"role": "assistant", "content": "A1"}}], "usage": {"n": 1}},
        {"generations": [[{"text": "A1", "generation_info": {"finish_reason": "stop"}}]]},
        {"id": "m", "role": "assistant", "content": "A1"},
    ],
)
def test_a_text_with_nothing_to_expect_beside_it_is_kept_whole(
    expected: Any, tmp_path: Path
) -> None:
    row = {"inputs": {"q": "one"}, "reference_outputs": expected, "outputs": expected}
    imported = convert(tmp_path, "a.jsonl", [row])
    assert "skip" not in only_case(imported)
    assert "left out" not in told(imported)


def test_items_of_langfuse_keep_what_is_archived_out_of_the_run(tmp_path: Path) -> None:
    rows = [
        {"input": {"a": 1, "b": "x"}, "expectedOutput": True, "status": "ACTIVE"},
        {"input": "old", "expectedOutput": "y", "status": "ARCHIVED"},
    ]
    first, second = convert(tmp_path, "a.json", rows).arena["tests"]
    assert first["prompt"] == "{{ inputs }}"
    assert first["variables"]["inputs"] == {"a": 1, "b": "x"}
    assert first["assertions"] == [{"type": "json_path", "path": "@", "equals": True}]
    assert second["skip"] == "archived in Langfuse"


def test_a_row_that_cannot_be_one_is_told_and_the_others_are_kept(tmp_path: Path) -> None:
    imported = convert(tmp_path, "a.json", [GOLDEN, {"input": ""}, 7, {"input": "y"}])
    assert [case["name"] for case in imported.arena["tests"]] == ["Hours?", "y"]
    assert "a.json:1:52: left out: a golden without an input" in told(imported)
    assert "left out: a row that is no mapping" in told(imported)


def test_every_list_of_a_file_is_read(tmp_path: Path) -> None:
    content = {"goldens": [GOLDEN], "conversationalGoldens": [{"scenario": "x"}]}
    imported = convert(tmp_path, "a.json", content)
    assert [case["name"] for case in imported.arena["tests"]] == ["Hours?", "x"]


def test_a_column_that_nobody_knows_is_told(tmp_path: Path) -> None:
    imported = convert(tmp_path, "a.json", [{**GOLDEN, "difficulty": 3}])
    assert "a.json:1:1: left out: unknown column 'difficulty'" in told(imported)


def test_a_set_of_which_nothing_is_left_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text('[{"input": "", "target": "x"}]')
    assert main(["import", str(tmp_path / "a.json")]) == 2
    assert "no case can be read" in capsys.readouterr().out
    assert not list(tmp_path.glob("*.arena.yaml"))


def test_what_is_written_names_cases_once_and_escapes_templates(tmp_path: Path) -> None:
    rows = [{"input": "Say {{ x }}::[y]", "target": "{{ z }}"}] * 2
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    assert main(["import", str(path)]) == 1
    arena = yaml.safe_load((tmp_path / "a.arena.yaml").read_text())
    assert [case["name"] for case in arena["tests"]] == [
        "Say \\{{ x }} y",
        "Say \\{{ x }} y #2",
    ]
    assert arena["tests"][0]["assertions"][0]["values"] == ["\\{{ z }}"]
