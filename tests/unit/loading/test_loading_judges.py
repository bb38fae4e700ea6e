"""`judge:` of a file and of an assertion: names, providers, panels, and their mistakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import Arena, load_arena
from pytest_arena.registry import Registry

HEAD = """\
providers:
  - {name: mini, provider: mock, group: default}
  - {name: grader, provider: mock, model: large, group: judge, params: {seed: 1}}
defaults: {providers: [default], timeout: 9s, params: {max_tokens: 5}}
"""
CASE = """\
tests:
  - name: A
    prompt: Hi
    mock: Hello
    assertions: [{type: llm_judge, criteria: Greets.%s}]
"""


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., Arena]:
    registry = Registry()
    register(registry)

    def load(judge: str, own: str = "", more: str = "") -> Arena:
        path = tmp_path / "arena.yaml"
        path.write_text(HEAD + judge + CASE % own + more)
        return load_arena(path, root=tmp_path, registry=registry)

    return load


def panel(arena: Arena) -> list[tuple[str, str]]:
    judge = arena.cells[0].case.judge
    assert judge is not None
    return [(spec.name, spec.full_model) for spec in judge.panel]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("judge: grader\n", [("grader", "mock/large")]),
        ("judge: {provider: grader}\n", [("grader", "mock/large")]),
        ("judge: {provider: mock, model: m}\n", [("judge", "mock/m")]),
        ("judge: {model: openai/gpt-4o}\n", [("judge", "openai/gpt-4o")]),
        (
            "judge: {panel: [grader, {provider: mock, model: m}], on_unavailable: unsure}\n",
            [("grader", "mock/large"), ("judge 2", "mock/m")],
        ),
    ],
)
def test_a_judge_is_a_name_a_provider_or_a_panel(
    written: str, expected: list[tuple[str, str]], judged: Callable[..., Arena]
) -> None:
    assert panel(judged(written)) == expected


def test_the_files_defaults_hold_for_a_judge_but_for_parameters(
    judged: Callable[..., Arena],
) -> None:
    judge = judged("judge: {provider: mock, model: m}\n").cells[0].case.judge
    assert judge is not None
    assert (judge.panel[0].timeout, judge.panel[0].params) == (9.0, {})


def test_an_assertion_may_have_a_judge_of_its_own(judged: Callable[..., Arena]) -> None:
    arena = judged("judge: grader\n", ", judge: {provider: mock, model: own}")
    (assertion,) = arena.cells[0].case.assertions
    assert assertion.judge.panel[0].full_model == "mock/own"  # type: ignore[attr-defined]


def test_a_changed_judge_changes_the_judges_hash_alone(judged: Callable[..., Arena]) -> None:
    def hashes(judge: str, own: str = "") -> dict[str, str]:
        return dict(judged(judge, own).cells[0].hashes)

    before = hashes("judge: grader\n")
    after = hashes("judge: {provider: mock, model: m}\n")
    own = hashes("judge: grader\n", ", judge: {provider: mock, model: m}")
    assert {key for key in before if before[key] != after[key]} == {"judge"}
    assert after == own
    assert (
        hashes("judge: {provider: mock, model: large, params: {seed: 1, max_tokens: 5}}\n")
        == before
    )


def test_without_a_judged_assertion_there_is_no_hash_of_the_judge(
    judged: Callable[..., Arena],
) -> None:
    more = "  - {name: B, prompt: Hi, assertions: [{type: contains, value: x}]}\n"
    arena = judged("judge: grader\n", more=more)
    assert [bool(cell.hashes["judge"]) for cell in arena.cells] == [True, False]


def test_the_context_of_a_case_is_a_variable_and_its_documents(
    judged: Callable[..., Arena],
) -> None:
    more = """\
  - name: B
    variables: {city: Lyon}
    context: ["Open in {{ city }}.", Closed on Sunday.]
    prompt: "By this: {{ context }}"
    mock: Yes
    assertions: [{type: faithfulness}]
"""
    case = judged("judge: grader\n", more=more).cells[1].case
    assert case.documents == ("Open in Lyon.", "Closed on Sunday.")
    assert case.dialogues[0][0].user == "By this: Open in Lyon.\n\nClosed on Sunday."


def test_a_mock_may_answer_for_the_judge(judged: Callable[..., Arena]) -> None:
    more = """\
  - name: B
    prompt: Hi
    mock: {default: Hello, judge: "{}"}
    assertions: [{type: llm_judge, criteria: Greets.}]
"""
    mock = judged("judge: {provider: mock, model: m}\n", more=more).cells[1].case.mock
    assert mock is not None
    assert set(mock.providers) == {"judge"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "judge: gradr\n",
            "arena.yaml:5:8: unknown judge 'gradr'\n"
            "  expected: one of grader, mini\n"
            "  fix: did you mean 'grader'?",
        ),
        (
            "judge: 3\n",
            "arena.yaml:5:8: 'judge' is neither a name nor a provider\n"
            "  expected: the name of an entry of providers:, or a provider\n"
            "  fix: write it like judge: {provider: openai, model: gpt-5.5}, or name an entry of "
            "providers:",
        ),
        (
            "judge: {on_unavailable: error}\n",
            "arena.yaml:5:8: 'judge' names no provider\n"
            "  expected: a provider\n"
            "  fix: write it like judge: {provider: openai, model: gpt-5.5}, or name an entry of "
            "providers:",
        ),
        (
            "judge: {provider: openai}\n",
            "arena.yaml:5:8: provider 'judge' has no 'model'\n"
            "  expected: the model's name, as the provider writes it\n"
            "  fix: add model: …",
        ),
        (
            "judge: {panel: [grader]}\n",
            "arena.yaml:5:16: 'panel' of 'judge' is not a list of judges\n"
            "  expected: a list of two judges or more, each a name or a provider\n"
            "  fix: write it like panel: [{provider: openai, model: gpt-5.5}, strict, lenient]",
        ),
        (
            "judge: {panel: [grader, grader]}\n",
            "arena.yaml:5:25: judge 'grader' is twice in the panel\n"
            "  expected: judges with names of their own\n"
            "  fix: give one of them another name, or remove it",
        ),
        (
            "judge: {provider: grader, on_unavailable: pass}\n",
            "arena.yaml:5:43: 'on_unavailable' of 'judge' cannot be 'pass'\n"
            "  expected: one of error, unsure\n"
            "  fix: write on_unavailable: error",
        ),
        (
            "judge: {panel: [grader, mini], modle: x}\n",
            "arena.yaml:5:32: unknown key 'modle' in 'judge'\n"
            "  expected: one of panel, on_unavailable\n"
            "  fix: remove it",
        ),
    ],
)
def test_mistakes_are_told_at_their_place(
    written: str, said: str, judged: Callable[..., Arena]
) -> None:
    with pytest.raises(ArenaFileError) as caught:
        judged(written)
    assert str(caught.value) == said


@pytest.mark.parametrize("judge", ["judge: grader\n", "judge: {panel: [grader, {model: m}]}\n"])
def test_where_providers_are_wrong_their_own_problems_are_enough(
    judge: str, tmp_path: Path
) -> None:
    registry = Registry()
    register(registry)
    path = tmp_path / "arena.yaml"
    path.write_text("providers: [{name: grader, provider: mok}]\n" + judge + CASE % "")
    with pytest.raises(ArenaFileError) as caught:
        load_arena(path, root=tmp_path, registry=registry)
    assert [problem.what for problem in caught.value.problems][:1] == ["unknown provider 'mok'"]
    assert "panel" not in str(caught.value)
