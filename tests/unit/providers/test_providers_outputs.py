"""Answers that are there already: which row answers which case, and what is said of the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_arena import run_arena
from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import Arena, load_arena
from pytest_arena.registry import Registry
from pytest_arena.results import RunResult, Trial

CASES = """
tests:
  - {name: Hours, prompt: When?, assertions: [{type: contains, value: nine}]}
"""


def arena(tmp_path: Path, entry: str, tests: str = CASES, **files: str) -> Path:
    for name, content in files.items():
        (tmp_path / name.replace("__", ".")).write_text(content)
    path = tmp_path / "arena.yaml"
    path.write_text(f"providers: [{{name: log, provider: outputs, {entry}}}]\n{tests}")
    return path


def run(tmp_path: Path, entry: str, tests: str = CASES, **files: str) -> RunResult:
    return run_arena(arena(tmp_path, entry, tests, **files))


def trials(tmp_path: Path, entry: str, tests: str = CASES, **files: str) -> tuple[Trial, ...]:
    return run(tmp_path, entry, tests, **files).cells[0].trials


def loaded(tmp_path: Path, entry: str, tests: str = CASES, **files: str) -> Arena:
    registry = Registry()
    register(registry)
    path = arena(tmp_path, entry, tests, **files)
    return load_arena(path, root=tmp_path, registry=registry)


def refusal(tmp_path: Path, entry: str, tests: str = CASES, **files: str) -> str:
    with pytest.raises(ArenaFileError) as caught:
        loaded(tmp_path, entry, tests, **files)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "case,output\nHours,at nine\n"),
        ("a.csv", "id;answer\nHours;at nine\n"),
        ("a.tsv", "name\tresponse\nHours\tat nine\n"),
        ("a.jsonl", '{"case_id": "Hours", "completion": "at nine"}\n'),
        ("a.json", '[{"case": "Hours", "output": "at nine"}]'),
        ("a.yaml", "- {case: Hours, output: at nine}\n"),
    ],
)
def test_a_row_answers_the_case_that_it_names(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    (trial,) = trials(tmp_path, f"path: {name}")
    assert (trial.output, trial.verdict, trial.source) == ("at nine", "passed", "outputs")
    assert (trial.latency_ms, trial.cost_usd, trial.output_tokens) == (None, None, None)


def test_what_a_row_says_beside_its_answer_is_kept(tmp_path: Path) -> None:
    row = {
        "case": "Hours",
        "output": "at nine",
        "latency_ms": 812.4,
        "cost_usd": "0.002",
        "prompt_tokens": 21,
        "completion_tokens": 8,
        "context": ["Open nine to five."],
        "model": "bot-2",
        "finish_reason": "stop",
        "tool_calls": [{"id": "1", "name": "hours", "arguments": {"day": 1}, "result": "9-5"}],
    }
    (trial,) = trials(tmp_path, "path: a.jsonl", a__jsonl=json.dumps(row))
    last = trial.last
    assert last is not None
    assert (last.latency_ms, last.cost_usd) == (812.4, 0.002)
    assert (last.input_tokens, last.output_tokens, last.model) == (21, 8, "bot-2")
    assert (last.context, last.finish_reason) == (("Open nine to five.",), "stop")
    (call,) = last.tool_calls
    assert (call.name, call.arguments, call.id, call.result) == ("hours", {"day": 1}, "1", "9-5")


def test_tool_calls_are_read_in_openais_shape_and_from_text(tmp_path: Path) -> None:
    calls = [{"id": "x", "function": {"name": "find", "arguments": '{"n": 1}'}}]
    row = {"case": "Hours", "output": None, "tool_calls": json.dumps(calls)}
    (trial,) = trials(tmp_path, "path: a.jsonl", a__jsonl=json.dumps(row))
    assert trial.output == ""
    assert [(call.name, call.arguments) for call in trial.tool_calls] == [("find", {"n": 1})]


def test_columns_may_be_paths_into_a_row(tmp_path: Path) -> None:
    row = {"meta": {"q": "Hours"}, "choices": [{"text": "at nine"}], "ms": 5}
    entry = 'path: a.jsonl, id: meta.q, output: "choices[0].text", latency_ms: ms'
    (trial,) = trials(tmp_path, entry, a__jsonl=json.dumps(row))
    assert (trial.output, trial.latency_ms) == ("at nine", 5)


def test_records_leads_to_the_rows_of_another_tools_results(tmp_path: Path) -> None:
    document = {"results": {"rows": [{"case": "Hours", "answer": {"open": "nine"}}]}}
    entry = "path: a.json, records: results.rows"
    (trial,) = trials(tmp_path, entry, a__json=json.dumps(document))
    assert trial.output == '{"open": "nine"}'


def test_a_row_finds_its_case_by_the_cases_variable_of_that_name(tmp_path: Path) -> None:
    tests = """
tests:
  - {name: Q, data: q.csv, prompt: "{{ text }}", assertions: [{type: contains, value: "{{ id }}"}]}
"""
    ran = run(
        tmp_path,
        "path: a.csv",
        tests,
        q__csv="id,text\n07,a\n8,b\n",
        a__csv="id,answer\n8,is 8\n07,is 07\n",
    )
    assert [cell.trials[0].output for cell in ran.cells] == ["is 07", "is 8"]


def test_a_row_finds_its_case_by_the_prompt(tmp_path: Path) -> None:
    (trial,) = trials(tmp_path, "path: a.csv, case: prompt", a__csv="prompt,answer\nWhen?,nine\n")
    assert trial.verdict == "passed"


def test_tokens_and_a_price_make_a_cost(tmp_path: Path) -> None:
    entry = "path: a.csv, input_cost_per_million: 1, output_cost_per_million: 2"
    content = "case,output,input_tokens,output_tokens\nHours,nine,1000,500\n"
    (trial,) = trials(tmp_path, entry, a__csv=content)
    assert trial.cost_usd == pytest.approx(0.002)


def test_a_case_without_an_output_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    (trial,) = trials(tmp_path, "path: a.csv", a__csv="case,output\nHourz,nine\nOther,x\n")
    assert trial.verdict == "error"
    assert trial.error is not None
    said = "no output for case 'Hours' in a.csv (has 2 cases; nearest: 'Hourz')"
    assert trial.error.message == said


@pytest.mark.parametrize("content", ["case,output\nHours,\n", "case,output,error\nHours,,busy\n"])
def test_a_row_without_an_answer_is_an_error(tmp_path: Path, content: str) -> None:
    (trial,) = trials(tmp_path, "path: a.csv", a__csv=content)
    assert trial.error is not None
    assert trial.verdict == "error"
    assert ("says: busy" in trial.error.message) == ("busy" in content)


def test_an_empty_text_in_json_is_an_answer(tmp_path: Path) -> None:
    (trial,) = trials(tmp_path, "path: a.jsonl", a__jsonl='{"case": "Hours", "output": ""}')
    assert (trial.output, trial.verdict) == ("", "failed")


@pytest.mark.parametrize("kind", ["response_time", "first_token"])
def test_a_time_that_the_file_does_not_give_is_an_error(tmp_path: Path, kind: str) -> None:
    tests = CASES.replace("contains, value: nine", f"{kind}, max_ms: 9000")
    (trial,) = trials(tmp_path, "path: a.csv", tests, a__csv="case,output\nHours,nine\n")
    assert trial.verdict == "error"


TRIALS = CASES.replace("prompt: When?", "prompt: When?, trials: 3, pass_threshold: 0.6")


@pytest.mark.parametrize(
    ("entry", "content"),
    [
        ("path: a.csv", "case,output,trial\nHours,c,10\nHours,a nine,1\nHours,b nine,2\n"),
        ("path: a.csv, repeated: trials", "case,output\nHours,a nine\nHours,b nine\nHours,c\n"),
    ],
)
def test_several_rows_are_trials_in_their_order(tmp_path: Path, entry: str, content: str) -> None:
    found = trials(tmp_path, entry, TRIALS, a__csv=content)
    assert [trial.output for trial in found] == ["a nine", "b nine", "c"][: len(found)]
    assert len(found) >= 2


def test_a_trial_that_the_file_does_not_have_is_an_error(tmp_path: Path) -> None:
    found = trials(tmp_path, "path: a.csv", TRIALS, a__csv="case,output\nHours,x\n")
    assert found[1].error is not None
    assert found[1].error.message == "no output for trial 2 of case 'Hours' in a.csv (has 1)"


TALK = """
tests:
  - name: Talk
    conversation: [{user: a}, {user: b}]
    assertions: [{type: contains, value: two}]
"""


@pytest.mark.parametrize(
    "rows",
    [
        [{"case": "Talk", "turn": 2, "output": "two"}, {"case": "Talk", "turn": 1, "output": "1"}],
        [{"case": "Talk", "turn": 0, "output": "1"}, {"case": "Talk", "turn": 1, "output": "two"}],
        [{"case": "Talk", "output": ["1", "two"]}],
    ],
)
def test_a_conversation_is_answered_turn_by_turn(
    tmp_path: Path, rows: list[dict[str, object]]
) -> None:
    content = "\n".join(json.dumps(row) for row in rows)
    (trial,) = trials(tmp_path, "path: a.jsonl", TALK, a__jsonl=content)
    assert [response.output for response in trial.responses] == ["1", "two"]
    assert trial.verdict == "passed"


def test_a_turn_that_the_file_does_not_have_is_an_error(tmp_path: Path) -> None:
    (trial,) = trials(tmp_path, "path: a.csv", TALK, a__csv="case,turn,output\nTalk,1,one\n")
    assert trial.error is not None
    assert trial.error.message.startswith("no output for turn 2 of case 'Talk'")


def test_what_nothing_looks_at_is_told(tmp_path: Path) -> None:
    content = "case,output,trial\nHours,nine,1\nHours,nine,2\nGone,x,1\n"
    found = loaded(tmp_path, "path: a.csv", a__csv=content)
    assert found.warnings == (
        "arena.yaml:1:13: a.csv has outputs of 1 case that the arena does not have: 'Gone'",
        "arena.yaml:1:13: a.csv has more trials than are looked at of 'Hours': "
        "trials: 2 would take all",
    )


def test_other_answers_make_another_version_of_the_provider(tmp_path: Path) -> None:
    first = loaded(tmp_path, "path: a.csv", a__csv="case,output\nHours,nine\n")
    again = loaded(tmp_path, "path: a.csv", a__csv="case,output\nHours,nine\n")
    other = loaded(tmp_path, "path: a.csv", a__csv="case,output\nHours,ten\n")
    hashes = [one.cells[0].hashes["provider"] for one in (first, again, other)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_second_row_for_a_case_is_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path, "path: a.csv", a__csv="case,output\nHours,a\nHours,b\n")
    assert said == (
        "a.csv:3:1: a second output for case 'Hours'\n"
        "  expected: one row for each case, trial and turn; the other stands at a.csv:2:1\n"
        "  fix: number them in a column trial, or write repeated: trials beside the file's path"
    )


@pytest.mark.parametrize(
    ("entry", "content", "first_line"),
    [
        (
            "path: a.csv",
            "case,answer,response\nHours,a,b\n",
            "arena.yaml:1:50: a.csv has the columns 'answer', 'response': "
            "which of them holds the output?",
        ),
        (
            "path: a.csv, delimiter: ';'",
            "case,answer\nHours,a\n",
            "a.csv:1:1: the columns case, answer are read as one, 'case,answer'",
        ),
        (
            "path: a.csv",
            "case,text\nHours,a\n",
            "arena.yaml:1:50: a.csv has no column for the output",
        ),
        (
            "path: a.csv, output: anwser",
            "case,answer\nHours,a\n",
            "arena.yaml:1:65: 'output' asks for 'anwser', which no row of a.csv has",
        ),
        (
            "path: a.csv",
            "case,output,latency_ms\nHours,a,1s\n",
            "a.csv:2:9: '1s' is no latency_ms (column 'latency_ms')",
        ),
        *(
            (
                "path: a.csv",
                f"case,output,input_tokens\nHours,a,{count}\n",
                f"a.csv:2:9: {told} is no input_tokens (column 'input_tokens')",
            )
            for count, told in (("1e308", "1e+308"), ("1.5", "1.5"))
        ),
        (
            "path: a.csv",
            "case,output,tool_calls\nHours,a,find()\n",
            "a.csv:2:9: no tool calls can be read (column 'tool_calls')",
        ),
        (
            "path: a.csv",
            "case,output\n,a\n",
            "a.csv:2:1: the row does not say which case it is of (column 'case')",
        ),
        ("path: b.csv", "", "arena.yaml:1:50: file of outputs 'b.csv' does not exist"),
        (
            "path: a.csv, timeout: 3s",
            "case,output\nHours,a\n",
            "arena.yaml:1:57: 'timeout' says nothing of provider 'log', which calls nobody",
        ),
        (
            "path: a.csv, max_tokens: 5",
            "case,output\nHours,a\n",
            "arena.yaml:1:57: 'max_tokens' says nothing of provider 'log', which calls nobody",
        ),
        (
            "path: a.csv, latency: ms",
            "case,output\nHours,a\n",
            "arena.yaml:1:57: unknown key 'latency' in provider 'log'",
        ),
    ],
)
def test_mistakes_are_told_at_their_place(
    tmp_path: Path, entry: str, content: str, first_line: str
) -> None:
    assert refusal(tmp_path, entry, a__csv=content).splitlines()[0] == first_line


def test_a_load_case_is_refused(tmp_path: Path) -> None:
    tests = """
load_tests:
  - {name: Rush, prompt: a, concurrent_users: 2, messages_per_user: 2,
     assertions: [{type: response_time, max_ms: 9}]}
"""
    said = refusal(tmp_path, "path: a.csv", tests, a__csv="case,output\nRush,a\n")
    assert said.splitlines()[0].endswith("load case 'Rush' on 'log', which calls nobody")


def test_a_mock_run_leaves_the_file_its_say(tmp_path: Path) -> None:
    tests = CASES.replace("prompt: When?", "prompt: When?, mock: mocked")
    ran = run_arena(
        arena(tmp_path, "path: a.csv", tests, a__csv="case,output\nHours,9\n"), mock=True
    )
    assert ran.cells[0].trials[0].output == "9"


def test_what_past_answers_cost_spends_no_budget(tmp_path: Path) -> None:
    tests = f"budget: {{max_cost_usd: 0.01}}\n{CASES}"
    content = "case,output,cost_usd\nHours,nine,5.0\n"
    ran = run(tmp_path, "path: a.csv", tests, a__csv=content)
    assert (ran.cells[0].verdict, ran.cells[0].trials[0].cost_usd) == ("passed", 5.0)
    assert ran.cells[0].over_budget is None


def test_the_echo_gives_back_what_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "arena.yaml"
    path.write_text(
        "providers: [{name: last, provider: echo}, {name: all, provider: echo, messages: all}]\n"
        "tests:\n"
        '  - {name: A, system: "Be {{ how }}.", prompt: "Hi {{ who }}", '
        "variables: {how: kind, who: Ann}, assertions: [{type: contains, value: Hi Ann}]}\n"
    )
    last, whole = (cell.trials[0] for cell in run_arena(path).cells)
    assert (last.output, last.source, last.cost_usd) == ("Hi Ann", "echo", 0.0)
    assert whole.output == "system: Be kind.\n\nuser: Hi Ann"


@pytest.mark.parametrize(
    ("text", "told"),
    [("case,output\nHours,a\n", False), ("case,output,tool_calls\nHours,a,\n", True)],
)
def test_without_a_column_of_tool_calls_nobody_told_of_any(
    text: str, told: bool, tmp_path: Path
) -> None:
    (trial,) = trials(tmp_path, "path: a.csv", a__csv=text)
    assert trial.last is not None
    assert trial.last.tells_tools is told


@pytest.mark.parametrize("error", [None, False, 0, "", {}, " "])
def test_an_error_that_says_that_there_was_none_is_none(tmp_path: Path, error: object) -> None:
    call = {"name": "find", "result": "x", "error": error if error != " " else None}
    row = {"case": "Hours", "output": "at nine", "error": error, "tool_calls": [call]}
    (trial,) = trials(tmp_path, "path: a.jsonl", a__jsonl=json.dumps(row))
    assert trial.verdict == "passed"
    assert trial.tool_calls[0].error is None


def test_a_filter_is_known_by_any_vendors_word(tmp_path: Path) -> None:
    row = json.dumps({"case": "Hours", "output": "at nine", "finish_reason": "SAFETY"})
    (trial,) = trials(tmp_path, "path: a.jsonl", a__jsonl=row)
    assert trial.last is not None
    assert (trial.last.is_cut_by_filter, trial.last.finish_reason) == (True, "SAFETY")
