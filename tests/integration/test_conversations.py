"""What a conversation is: turns in order, which end where one of them fails."""

from __future__ import annotations

import json
from typing import Any

import pytest

HEAD = """\
providers: [{name: bot, provider: mock, model: m}]
tests:
  - name: Order
    mock: {bot: ["Sure, order 7.", "No idea.", "You are welcome."]}
"""
TURNS = """\
    conversation:
      - {user: Where is order 7?, assertions: [{type: contains, value: order}]}
      - {user: When does it ship?, assertions: [{type: contains, value: Monday}]}
      - {user: Thanks!, assertions: [{type: contains, value: welcome}]}
    assertions: [{type: turn_count, min: 3}]
"""


@pytest.fixture
def cell_of(pytester: pytest.Pytester) -> Any:
    def run(text: str, *options: str) -> dict[str, Any]:
        pytester.makefile(".yaml", arena=text)
        pytester.runpytest("--arena", *options)
        lines = (pytester.path / "arena-report" / "results.jsonl").read_text().splitlines()
        (cell,) = (r for r in map(json.loads, lines) if r["kind"] == "cell")
        found: dict[str, Any] = cell
        return found

    return run


def _verdicts(cell: dict[str, Any]) -> list[str]:
    return [finding["verdict"] for finding in cell["trials"][0]["assertions"]]


@pytest.mark.parametrize("options", [(), ("-n2",)])
def test_a_conversation_ends_with_the_first_turn_that_fails(
    cell_of: Any, options: tuple[str, ...]
) -> None:
    cell = cell_of(HEAD + TURNS, *options)
    assert cell["verdict"] == "failed"
    assert [r["output"] for r in cell["trials"][0]["responses"]] == ["Sure, order 7.", "No idea."]
    assert _verdicts(cell) == ["passed", "failed", "skipped", "skipped"]
    assert "ended with turn 2" in cell["trials"][0]["assertions"][2]["reason"]


def test_it_goes_on_where_the_case_says_so(cell_of: Any) -> None:
    cell = cell_of(HEAD + "    continue_on_failure: true\n" + TURNS)
    assert len(cell["trials"][0]["responses"]) == 3
    assert _verdicts(cell) == ["passed", "failed", "passed", "passed"]


def test_it_goes_on_where_the_file_says_so(cell_of: Any) -> None:
    cell = cell_of("defaults: {continue_on_failure: true}\n" + HEAD + TURNS)
    assert len(cell["trials"][0]["responses"]) == 3


def test_a_case_ends_its_conversation_where_the_file_does_not(cell_of: Any) -> None:
    text = "defaults: {continue_on_failure: true}\n" + HEAD + "    continue_on_failure: false\n"
    assert len(cell_of(text + TURNS)["trials"][0]["responses"]) == 2


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("    threshold: 0.5\n", ("", "")),
        ("", ("value: Monday", "value: Monday, weight: 0")),
        ("", ("value: Monday", "value: Monday, pass_threshold: 0.5")),
        ("", ("value: Monday", 'value: Monday, when: {output_contains: "ships"}')),
    ],
)
def test_what_does_not_decide_the_trial_ends_nothing(
    cell_of: Any, key: str, change: tuple[str, str]
) -> None:
    cell = cell_of(HEAD + key + TURNS.replace(*change))
    assert len(cell["trials"][0]["responses"]) == 3


def test_an_error_of_a_check_ends_it_too(pytester: pytest.Pytester, cell_of: Any) -> None:
    pytester.makepyfile(looks="def look(output):\n    raise ValueError('broken')\n")
    text = HEAD + TURNS.replace(
        "{type: contains, value: Monday}", "{type: python, call: 'looks:look'}"
    )
    cell = cell_of(text)
    assert cell["verdict"] == "error"
    assert _verdicts(cell) == ["passed", "error", "skipped", "skipped"]


def test_a_judge_is_asked_between_turns_and_once(cell_of: Any) -> None:
    text = HEAD.replace("tests:", "judge: {provider: mock, name: judge, model: j}\ntests:")
    judged = """'{"evidence": [], "reasoning": "No day.", "score": "not"}'"""
    text = text.replace("mock: {bot:", f"mock: {{judge: {judged}, bot:")
    named_day = "{type: llm_judge, criteria: Names a day}"
    cell = cell_of(text + TURNS.replace("{type: contains, value: Monday}", named_day))
    assert _verdicts(cell)[1:] == ["failed", "skipped", "skipped"]
    assert len(cell["trials"][0]["responses"]) == 2
    (vote,) = cell["trials"][0]["assertions"][1]["judge"]["votes"]
    assert vote["calls"] == 1


def test_the_failure_says_what_was_not_looked_at(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", arena=HEAD + TURNS)
    result = pytester.runpytest("--arena")
    result.stdout.fnmatch_lines(["*2 assertions skipped: the conversation ended with turn 2*"])


def test_each_trial_ends_by_itself(cell_of: Any) -> None:
    # with one that passes it would hold, so that none is left out
    cell = cell_of(HEAD + "    trials: 3\n    pass_threshold: 0.3\n" + TURNS)
    assert [len(trial["responses"]) for trial in cell["trials"]] == [2, 2, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "    max_messages: 4\n" + TURNS, "*Order' has 6 messages*max_messages is 4*"),
        (
            "defaults: {max_messages: 5}\n" + HEAD + TURNS,
            "*Order' has 6 messages*max_messages is 5*",
        ),
        (HEAD + "    prompt: Hi\n    max_messages: 4\n", "*'max_messages' and no conversation*"),
        (
            HEAD + "    prompt: Hi\n    continue_on_failure: true\n",
            "*'continue_on_failure' and no conversation*",
        ),
        (
            HEAD + "    concurrent: 2\n    duration: 1s\n    continue_on_failure: true\n" + TURNS,
            "*a load case and has 'continue_on_failure'*",
        ),
        (HEAD + "    max_messages: 1\n" + TURNS, "*max_messages*"),
    ],
)
def test_what_makes_no_sense_is_refused(pytester: pytest.Pytester, text: str, said: str) -> None:
    pytester.makefile(".yaml", arena=text)
    result = pytester.runpytest("--arena")
    assert result.ret != 0
    result.stdout.fnmatch_lines([said])


def test_as_many_messages_as_there_may_be(cell_of: Any) -> None:
    cell = cell_of(HEAD + "    max_messages: 6\n    continue_on_failure: true\n" + TURNS)
    assert len(cell["trials"][0]["responses"]) == 3


AGENT = """\
providers: [{name: bot, provider: mock, model: m}]
tools:
  find_order:
    description: Finds an order.
    parameters: {type: object, properties: {number: {type: string}}}
    mock: {status: lost}
targets: {desk: {type: agent}}
tests:
  - name: Order
    target: desk
    conversation:
      - {user: Where is order 7?, expected_response: refund}
      - {inject: It is a VIP., kind: directive, after: %s}
    mock: [{steps: [{tool_calls: [{name: find_order, arguments: {number: "7"}}]}, A refund?]}]
"""


def test_notes_come_with_the_next_turn_in_one_block(cell_of: Any) -> None:
    notes = (
        "      - {inject: A VIP.}\n"
        "      - {inject: How many?, kind: question}\n"
        "      - {inject: And where?, kind: question}\n"
    )
    turns = TURNS.replace("      - {user: When", notes + "      - {user: When")
    cell = cell_of(HEAD.replace("No idea.", "On Monday.") + turns)
    assert cell["verdict"] == "passed"
    said = [m["content"] for m in cell["trials"][0]["messages"]]
    assert said[2].split("\n\n") == [
        "=== OPERATOR MESSAGES ===",
        "[CONTEXT]\nA VIP.",
        '[QUESTION]\nHow many?\n→ Please include your answer prefixed with "ANSWER Q1:"',
        '[QUESTION]\nAnd where?\n→ Please include your answer prefixed with "ANSWER Q2:"',
        "=== END OPERATOR MESSAGES ===",
    ]
    assert said[3] == "When does it ship?"


def test_an_agent_is_told_between_its_calls(cell_of: Any) -> None:
    cell = cell_of(AGENT % "1")
    assert cell["verdict"] == "passed"
    (response,) = cell["trials"][0]["responses"]
    roles = [message["role"] for message in response["transcript"]]
    assert roles == ["assistant", "tool", "user", "assistant"]
    assert "[DIRECTIVE]\nIt is a VIP." in response["transcript"][2]["content"]
    assert [s["kind"] for s in response["steps"]] == ["model", "tool", "note", "model"]


def test_a_note_that_nobody_was_told_is_no_verdict(cell_of: Any) -> None:
    cell = cell_of(AGENT % "2")
    assert cell["verdict"] == "error"
    assert "was never told" in cell["trials"][0]["error"]["message"]


def test_another_note_is_another_prompt(cell_of: Any) -> None:
    first, second = cell_of(AGENT % "1"), cell_of((AGENT % "1").replace("a VIP", "nobody"))
    assert first["hashes"]["prompt"] != second["hashes"]["prompt"]


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        ("[{user: Hi}, {inject: x}]", "*the note at the end of case 'N' reaches nobody*"),
        ("[{inject: x, after: 1}, {user: Hi}]", "*before anything was asked*"),
        ("[{user: Hi}, {inject: x, after: 1}]", "*no agent makes any*"),
        (
            "[{inject: x, kind: order}, {user: Hi}]",
            "*'kind' of turn 1 of case 'N' cannot be 'order'*",
        ),
        ("[{inject: x, assertions: []}, {user: Hi}]", "*unknown key 'assertions'*"),
        ("[{inject: x}]", "*the note at the end of case 'N' reaches nobody*"),
    ],
)
def test_a_note_that_reaches_nobody_is_refused(
    pytester: pytest.Pytester, turns: str, said: str
) -> None:
    pytester.makefile(
        ".yaml",
        arena="providers: [{name: bot, provider: mock, model: m}]\ntests:\n"
        f"  - {{name: N, conversation: {turns}, assertions: [{{type: contains, value: x}}]}}\n",
    )
    result = pytester.runpytest("--arena")
    assert result.ret != 0
    result.stdout.fnmatch_lines([said.replace("[", "[[]")])


def test_an_application_that_sees_the_prompt_alone_cannot_be_told(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(bot="def answer(prompt):\n    return prompt\n")
    pytester.makefile(
        ".yaml",
        arena="providers: [{name: bot, provider: python, call: 'bot:answer'}]\ntests:\n"
        "  - name: N\n    conversation: [{user: Hi}, {inject: VIP}, {user: Bye}]\n"
        "    assertions: [{type: contains, value: Bye}]\n",
    )
    result = pytester.runpytest("--arena")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*messages*"])
