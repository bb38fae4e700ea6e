"""What an arena file becomes: cells with their texts, checks, settings and hashes."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from pytest_arena.loading import Arena, load_arena
from pytest_arena.registry import Registry
from pytest_arena.schema import MockResponses

LoadTestResult = Callable[..., Arena]
CHECK = "assertions: [{type: contains, value: x}]"


def users(arena: Arena) -> list[list[list[str]]]:
    """Return the user texts of the first provider's cells."""
    first = arena.providers[0].name
    return [
        [[turn.user for turn in dialogue] for dialogue in cell.case.dialogues]
        for cell in arena.cells
        if cell.provider.name == first
    ]


def test_cells_of_a_case_stand_together_in_file_order(load: LoadTestResult) -> None:
    arena = load(f"tests:\n- {{name: B, prompt: b, {CHECK}}}\n- {{name: A, prompt: a, {CHECK}}}\n")
    assert [cell.name for cell in arena.cells] == ["B[fast]", "B[good]", "A[fast]", "A[good]"]
    assert {cell.file for cell in arena.cells} == {"arena.yaml"}
    assert [cell.case.line for cell in arena.cells] == [5, 5, 6, 6]


def test_selected_providers_are_kept_and_all_are_named(load: LoadTestResult) -> None:
    arena = load(f"tests: [{{name: A, prompt: a, {CHECK}}}]", select=("cheap",))
    assert [cell.name for cell in arena.cells] == ["A[fast]"]
    assert [provider.name for provider in arena.providers] == ["fast"]
    assert arena.all_providers == ("cheap", "default", "fast", "good")


def test_a_case_runs_on_the_providers_and_groups_that_it_names(load: LoadTestResult) -> None:
    arena = load(
        "defaults: {providers: [good]}\n"
        f"tests:\n- {{name: A, prompt: a, {CHECK}}}\n"
        f"- {{name: B, prompt: b, providers: [cheap], {CHECK}}}\n"
    )
    assert [cell.name for cell in arena.cells] == ["A[good]", "B[fast]"]


def test_defaults_stand_under_a_providers_own_settings(load: LoadTestResult) -> None:
    arena = load(
        "providers:\n- {name: a, model: openai/m, params: {seed: 1}, timeout: 5s}\n"
        "- {name: b, model: openai/m}\n"
        "defaults: {timeout: 1m, retries: 4, concurrency: 2, trials: 3, params: {seed: 7, n: 1}}\n"
        "guardrails: {max_tokens: 50, temperature: 0.5}\n"
        f"tests: [{{name: A, prompt: a, {CHECK}}}]\n"
    )
    a, b = arena.providers
    assert (a.timeout, a.retries, a.concurrency, a.params) == (5.0, 4, 2, {"seed": 1, "n": 1})
    assert (b.timeout, b.params, b.provider) == (60.0, {"seed": 7, "n": 1}, "openai")
    assert arena.cells[0].case.params == {"max_tokens": 50, "temperature": 0.5}
    assert arena.cells[0].case.trials == 3


def test_environment_variables_stay_as_written(load: LoadTestResult) -> None:
    arena = load(
        "providers:\n- {name: a, model: openai/m, api_base: 'http://${HOST}/v1', "
        "headers: {X-Key: '${KEY}'}}\n"
        f"tests: [{{name: A, prompt: 'cost ${{X}}', {CHECK}}}]\n"
    )
    assert arena.providers[0].api_base == "http://${HOST}/v1"
    assert arena.providers[0].headers == {"X-Key": "${KEY}"}
    assert users(arena) == [[["cost ${X}"]]]


def test_numbers_are_texts_as_written_where_texts_are_wanted(load: LoadTestResult) -> None:
    arena = load(
        "tests: [{name: 2024, prompt: 1.10, tags: [], "
        "assertions: [{type: contains, value: 42}, {type: contains_any, values: [1.50, a]}]}]"
    )
    case = arena.cells[0].case
    assert (case.name, users(arena)) == ("2024", [[["1.10"]]])
    assert [vars(each).get("value", vars(each).get("values")) for each in case.assertions] == [
        "42",
        ("1.50", "a"),
    ]


def test_an_assertion_knows_its_line(load: LoadTestResult) -> None:
    arena = load(
        "tests:\n- name: A\n  prompt: a\n  assertions:\n    - value: x\n      type: contains\n"
        "    - type: any_of\n      assertions:\n        - {type: contains, value: y}\n"
    )
    first, group = arena.cells[0].case.assertions
    assert (first.line, group.line, group.members[0].line) == (8, 10, 12)


def test_the_three_ways_to_talk(load: LoadTestResult) -> None:
    arena = load(
        f"tests:\n- {{name: A, prompt: a, {CHECK}}}\n- {{name: B, prompts: [b, c], {CHECK}}}\n"
        "- name: C\n  conversation:\n    - {user: hi, expected_response: ho}\n    - {user: bye}\n"
    )
    assert users(arena) == [[["a"]], [["b"], ["c"]], [["hi", "bye"]]]
    turn = arena.cells[-1].case.dialogues[0][0]
    assert [(each.type, each.line) for each in turn.assertions] == [("contains", 9)]


def test_test_groups_become_tags(load: LoadTestResult) -> None:
    arena = load(
        f"tests: [{{name: A, prompt: a, {CHECK}}}]\n"
        f"safety_tests: [{{name: B, prompt: b, tags: [slow, safety], {CHECK}}}]\n"
        f"cost_tests: [{{name: C, prompt: c, {CHECK}}}]\n"
    )
    assert [cell.case.tags for cell in arena.cells[::2]] == [(), ("safety", "slow"), ("cost",)]


def test_templates_fill_texts_values_tags_and_mocks(load: LoadTestResult) -> None:
    arena = load(
        "variables: {company: TechCorp, limit: 30, person: {name: Al}}\n"
        "tests:\n- name: A\n  prompt: 'Hi {{ person.name }} of {{ company }}, \\{{ raw }}'\n"
        "  variables: {company: Other}\n  tags: ['{{ company }}']\n"
        "  assertions:\n    - {type: max_length, value: '{{ limit }}'}\n"
        "  mock: 'I am {{ company }}'\n"
    )
    case = arena.cells[0].case
    assert users(arena) == [[["Hi Al of Other, {{ raw }}"]]]
    assert case.tags == ("Other",)
    assert vars(case.assertions[0])["value"] == 30
    assert case.mock is not None
    assert case.mock.default is not None
    assert case.mock.default[0].text == "I am Other"


def test_what_a_row_fills_in_is_never_expanded_again(load: LoadTestResult) -> None:
    arena = load(
        f"tests:\n- {{name: A, prompt: '{{{{ text }}}}', data: r.jsonl, {CHECK}}}\n",
        {"r.jsonl": '{"text": "{{ secret }}"}\n'},
    )
    assert users(arena) == [[["{{ secret }}"]]]


def test_matrix_and_rows_multiply_and_number_the_names(load: LoadTestResult) -> None:
    arena = load(
        f"tests:\n- {{name: A, prompt: '{{{{ k }}}}{{{{ text }}}}', matrix: {{k: [1, true]}}, "
        f"data: r.csv, {CHECK}}}\n"
        f"- {{name: 'B {{{{ k }}}}', prompt: x, matrix: {{k: [a, b]}}, {CHECK}}}\n",
        {"r.csv": "text\n007\nno\n"},
    )
    assert [cell.case.name for cell in arena.cells[::2]] == [
        "A (k=1) #1",
        "A (k=1) #2",
        "A (k=true) #1",
        "A (k=true) #2",
        "B a",
        "B b",
    ]
    assert users(arena)[:4] == [[["1007"]], [["1no"]], [["true007"]], [["trueno"]]]


def test_matrix_values_give_names_that_a_node_id_can_hold(load: LoadTestResult) -> None:
    arena = load(f'tests: [{{name: A, prompt: a, matrix: {{k: ["a::b\\nc"]}}, {CHECK}}}]')
    assert arena.cells[0].case.name == "A (k=a:b c)"


def test_a_target_puts_its_prompts_around_the_case(load: LoadTestResult) -> None:
    arena = load(
        "prompts:\n  p: {path: sys.txt, user: 'Q: {{ prompt }}'}\n"
        "targets: {bot: {type: prompt, prompt: p}}\n"
        f"tests: [{{name: A, target: bot, variables: {{role: king}}, prompt: '{{{{ role }}}}', "
        f"{CHECK}}}]\n",
        {"sys.txt": "You are a {{ role }}."},
    )
    assert arena.cells[0].case.system == "You are a king."
    assert users(arena) == [[["Q: king"]]]


def test_the_guardrail_block_becomes_guardrails(load: LoadTestResult) -> None:
    arena = load(
        "guardrails:\n  banned_words: [hack]\n  max_length: 9\n  required_patterns: [a]\n"
        "  forbidden_patterns: [b]\n  rules: [{type: max_length, value: 3, on_violation: flag}]\n"
        "tests: [{name: A, prompt: a}]\n"
    )
    assert [
        (rule.type, rule.direction, rule.on_violation, rule.line)
        for rule in arena.cells[0].case.guardrails
    ] == [
        ("banned_words", "both", "block", 5),
        ("max_length", "output", "block", 6),
        ("required_pattern", "output", "block", 7),
        ("forbidden_pattern", "both", "block", 8),
        ("max_length", "output", "flag", 9),
    ]


def test_includes_add_their_entries_and_their_own_win(load: LoadTestResult) -> None:
    arena = load(
        f"include: ['more/*.yaml']\nvariables: {{a: here}}\n"
        f"tests: [{{name: A, prompt: '{{{{ a }}}} {{{{ b }}}}', {CHECK}}}]\n",
        {
            "more/b.yaml": "variables: {a: there, b: too}\n"
            f"tests: [{{name: B, prompt: x, data: r.csv, {CHECK}}}]\n",
            "more/r.csv": "k\n1\n",
        },
    )
    assert [(cell.case.name, cell.case.source) for cell in arena.cells[::2]] == [
        ("A", "arena.yaml"),
        ("B #1", "more/b.yaml"),
    ]
    assert users(arena)[0] == [["here too"]]


@pytest.mark.parametrize(
    ("written", "default", "by_provider"),
    [
        ("hello", ["hello"], {}),
        ("{text: hello, latency: 2s}", ["hello"], {}),
        ("[a, {content: b}, 3]", ["a", "b", "3"], {}),
        ("{fast: a, good: [b, c], default: d}", ["d"], {"fast": ["a"], "good": ["b", "c"]}),
        ("{default: d}", ["d"], {}),
    ],
)
def test_mock_answers_may_be_short(
    load: LoadTestResult, written: str, default: list[str], by_provider: dict[str, list[str]]
) -> None:
    mock = load(f"tests: [{{name: A, prompt: a, mock: {written}, {CHECK}}}]").cells[0].case.mock
    assert mock is not None
    assert [answer.text for answer in mock.default or ()] == default
    assert {
        name: [answer.text for answer in answers] for name, answers in mock.providers.items()
    } == by_provider


RESPONSES = """\
defaultResponse: hi
scenarios:
  A: {defaultResponse: [a, b], turns: {1: one, 2: {content: two}}}
  B: short
patterns: [{match: x, answer: y}]
providers: {fast: quick}
"""


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("", {"arena.mock.yaml": RESPONSES}),
        ("mock: answers/all.yaml\n", {"answers/all.yaml": RESPONSES}),
        ("mock:\n" + "".join(f"  {line}\n" for line in RESPONSES.splitlines()), {}),
    ],
    ids=["beside", "named", "inline"],
)
def test_a_file_has_mock_responses_of_its_own(
    load: LoadTestResult, text: str, files: dict[str, str]
) -> None:
    responses = load(f"{text}tests: [{{name: A, prompt: a, {CHECK}}}]", files).cells[0]
    mock = responses.mock_responses
    assert isinstance(mock, MockResponses)
    assert [answer.text for answer in mock.default or ()] == ["hi"]
    assert [answer.text for answer in mock.scenarios["A"].default or ()] == ["a", "b"]
    assert [turn.text for turn in mock.scenarios["A"].turns.values()] == ["one", "two"]
    assert [answer.text for answer in mock.scenarios["B"].default or ()] == ["short"]
    assert mock.patterns[0].answer[0].text == "y"
    assert [answer.text for answer in mock.providers["fast"].default or ()] == ["quick"]


def test_a_mock_providers_responses_come_from_its_file(load: LoadTestResult) -> None:
    arena = load(
        "providers:\n- {name: a, provider: mock, responses: r.yaml, latency: 5ms}\n"
        f"tests: [{{name: A, prompt: a, {CHECK}}}]\n",
        {"r.yaml": RESPONSES},
    )
    options = arena.providers[0].options
    assert options.latency == 0.005
    assert options.responses.scenarios["B"].default[0].text == "short"


def test_comparison_schedule_and_names_are_kept(load: LoadTestResult) -> None:
    arena = load(
        "name: N\ndescription: D\nschedule: {daily: '02:00'}\n"
        "comparison: {metrics: [latency], report_format: html}\n"
        f"tests: [{{name: A, prompt: a, expected_themes: [t], {CHECK}}}]\n"
    )
    assert (arena.name, arena.description, arena.schedule) == ("N", "D", {"daily": "02:00"})
    assert arena.report_formats == ("html",)
    assert arena.comparison is not None
    assert arena.comparison.metrics == ("latency",)
    assert arena.cells[0].case.expected_themes == ("t",)


BASE = "tests: [{name: A, prompt: a, assertions: [{type: contains, value: x}]}]"


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        (BASE.replace("prompt: a", "prompt: b"), {"prompt"}),
        (BASE.replace("value: x", "value: y"), {"assertions"}),
        (BASE.replace("value: x", "case_sensitive: false, value: x"), set()),
        (BASE.replace("name: A,", "name: A, threshold: 0.5,"), {"assertions"}),
        (BASE + "\nguardrails: {max_length: 5}", {"assertions"}),
        (BASE + "\nguardrails: {max_tokens: 5}", {"provider"}),
        (BASE + "\ndefaults: {params: {seed: 5}}", {"provider"}),
        (BASE + "\nname: other", set()),
    ],
)
def test_a_change_shows_in_its_own_hash_alone(
    load: LoadTestResult, text: str, changed: set[str]
) -> None:
    before = load(BASE).cells[0].hashes
    after = load(text).cells[0].hashes
    assert {name for name in before if before[name] != after[name]} == changed


def test_guardrails_have_a_hash_of_their_own_where_there_are_some(load: LoadTestResult) -> None:
    def hashed(guardrails: str, value: str = "x") -> str | None:
        text = BASE.replace("value: x", f"value: {value}")
        return load(text + guardrails).cells[0].hashes.get("guardrails")

    five, six = ("\nguardrails: {max_length: 5}", "\nguardrails: {max_length: 6}")
    assert hashed("") is None
    assert hashed(five) == hashed(five, "y") != hashed(six)
    both = hashed("\nguardrails: {max_length: 5, banned_words: [hack]}") or ""
    assert sorted(each.partition(":")[0] for each in both.split()) == ["banned_words", "max_length"]
    assert hashed(five) in both.split()


def test_hashes_see_the_members_of_groups(load: LoadTestResult) -> None:
    group = "tests: [{{name: A, prompt: a, assertions: [{{type: any_of, assertions: [{0}]}}]}}]"
    one = load(group.format("{type: contains, value: x}")).cells[0].hashes
    other = load(group.format("{type: contains, value: y}")).cells[0].hashes
    assert one["assertions"] != other["assertions"]


def test_hashes_hold_no_credentials_of_the_endpoint(load: LoadTestResult) -> None:
    text = f"providers:\n- {{name: a, model: openai/m, api_base: '{{}}'}}\n{BASE}"
    one = load(text.replace("{}", "http://user:one@host/v1")).cells[0].hashes
    other = load(text.replace("{}", "http://user:two@host/v2")).cells[0].hashes
    assert one == other


def test_hashes_are_those_of_canonical_json(load: LoadTestResult) -> None:
    text = b'{"system":null,"users":[["a"]]}'
    assert load(BASE).cells[0].hashes["prompt"] == sha256(text).hexdigest()[:16]


def test_a_file_in_a_folder_is_named_from_the_root(tmp_path: Path, registry: Registry) -> None:
    folder = tmp_path / "arenas" / "bot"
    folder.mkdir(parents=True)
    path = folder / "bot.arena.yaml"
    path.write_text("providers: [{name: m, provider: mock}]\n" + BASE)
    (folder / "bot.mock.yaml").write_text("default: hi\n")
    arena = load_arena(path, root=tmp_path, registry=registry)
    assert arena.file == "arenas/bot/bot.arena.yaml"
    assert arena.cells[0].mock_responses is not None


def test_an_alias_shares_an_assertion_between_cases(load: LoadTestResult) -> None:
    arena = load(
        "tests:\n- {name: A, prompt: a, assertions: &checks [{type: contains, value: x}]}\n"
        "- {name: B, prompt: b, assertions: *checks}\n"
    )
    assert arena.cells[0].case.assertions[0] is arena.cells[-1].case.assertions[0]
