"""`personas:` of a file and the turns that name them: who plays them, and users' mistakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import Arena, load_arena
from pytest_arena.loading.plans import PersonaPlan
from pytest_arena.registry import Registry

HEAD = "providers:\n  - {name: mini, provider: mock, model: small}\n"
PLAYED = "personas: {buyer: {goals: 'A lamp for {{ price }}', patience: 3, provider: mini}}\n"
CASE = """\
variables: {price: 20}
tests:
  - name: A
    conversation: [%s]
    mock: Hello
    assertions: [{type: contains, value: x}]
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Arena]:
    registry = Registry()
    register(registry)

    def from_text(turn: str, top: str = PLAYED, more: str = "") -> Arena:
        path = tmp_path / "arena.yaml"
        path.write_text(HEAD + top + CASE % turn + more)
        return load_arena(path, root=tmp_path, registry=registry)

    return from_text


def persona_of(arena: Arena) -> PersonaPlan:
    (found,) = arena.cells[0].case.personas
    return found


def test_a_persona_is_told_its_goals_with_variables_and_those_of_the_turn(
    load: Callable[..., Arena],
) -> None:
    plan = persona_of(load("{persona: buyer, goals: ['A bulb for {{ price }}'], turns: 2}"))
    assert "- A lamp for 20\n- A bulb for 20" in plan.instructions
    assert "before you have sent 2 messages" in plan.instructions
    assert "after 3 messages" in plan.instructions
    assert (plan.provider.name, plan.least, plan.most, plan.longest) == ("mini", 2, 2, 2)


def test_a_system_prompt_of_its_own_says_how_a_person_is_played(
    load: Callable[..., Arena],
) -> None:
    top = "personas: {buyer: {system: 'You pay {{ price }}.', style: curt, provider: mini}}\n"
    plan = persona_of(load("{persona: buyer, goals: a lamp}", top))
    assert plan.instructions.startswith(
        "You pay 20.\n\nWhat you want, in this order:\n- a lamp\n\nHow you talk: curt\n\n"
    )


def test_a_persona_of_the_file_replaces_one_that_ships(load: Callable[..., Arena]) -> None:
    top = "personas: {angry: {goals: [peace], provider: mini}}\n"
    plan = persona_of(load("{persona: angry}", top))
    assert "peace" in plan.instructions
    assert plan.patience is None


def test_who_plays_a_persona_is_asked_beside_the_columns(load: Callable[..., Arena]) -> None:
    judge = "judge: {provider: mock, model: large}\n"
    arena = load("{persona: terse}", judge)
    plan = persona_of(arena)
    assert plan.provider.full_model == "mock/large"
    assert plan.provider in arena.judges
    assert plan.provider in list(arena.cells[0].asked_beside())


@pytest.mark.parametrize(
    "top",
    [
        PLAYED.replace("A lamp", "A sofa"),
        PLAYED.replace("patience: 3", "patience: 4"),
        PLAYED.replace("provider: mini", "provider: {provider: mock, model: large}"),
    ],
)
def test_what_changes_a_persona_changes_what_the_case_asks(
    load: Callable[..., Arena], top: str
) -> None:
    first = load("{persona: buyer}").cells[0].hashes["prompt"]
    assert load("{persona: buyer}").cells[0].hashes["prompt"] == first
    assert load("{persona: buyer}", top).cells[0].hashes["prompt"] != first


@pytest.mark.parametrize(
    ("turn", "top", "message"),
    [
        (
            "{persona: imptient}",
            PLAYED,
            "arena.yaml:7:30: unknown persona 'imptient'\n"
            "  expected: one of angry, buyer, confused, impatient, manipulative, skeptical, "
            "talkative, terse, wandering\n"
            "  fix: did you mean 'impatient'?",
        ),
        (
            "{persona: 7}",
            PLAYED,
            "arena.yaml:7:30: unknown persona '7'\n"
            "  expected: one of angry, buyer, confused, impatient, manipulative, skeptical, "
            "talkative, terse, wandering\n"
            "  fix: define it under personas:",
        ),
        (
            "{persona: terse}",
            "",
            "arena.yaml:6:20: no model plays persona 'terse' of case 'A'\n"
            "  expected: a provider: of the persona, or a judge: of the file, which plays it then\n"
            "  fix: add judge: {provider: openai, model: gpt-5.5}, or to its entry in personas: "
            "provider: …",
        ),
        (
            "{persona: buyer, turns: 5, max_turns: 2}",
            PLAYED,
            "arena.yaml:7:20: max_turns is 2, and turns is 5\n"
            "  expected: a max_turns of at least turns\n"
            "  fix: raise max_turns, or lower turns",
        ),
        (
            "{persona: buyer, max_turn: 2}",
            PLAYED,
            "arena.yaml:7:37: unknown key 'max_turn' in turn 1 of case 'A'\n"
            "  expected: one of persona, goals, turns, max_turns, assertions, expected_response\n"
            "  fix: did you mean 'max_turns'?",
        ),
        (
            "{persona: buyer}",
            "personas: [buyer]\n",
            "arena.yaml:3:11: 'personas' is not a mapping\n"
            "  expected: simulated users by name\n"
            "  fix: write it like personas: {buyer: {goals: [a refund], style: curt}}",
        ),
        (
            "{persona: buyer}",
            "personas: {buyer: {provider: mimi}}\n",
            "arena.yaml:3:30: unknown provider 'mimi'\n"
            "  expected: one of mini\n"
            "  fix: did you mean 'mini'?",
        ),
        (
            "{persona: buyer}",
            "targets: {desk: {type: prompt}}\npersonas: {buyer: {provider: mini, target: desk}}\n",
            "arena.yaml:4:44: persona 'buyer' has the target 'desk', which is no agent\n"
            "  expected: a target of type agent, whose tools the persona may use\n"
            "  fix: name another one, or remove 'target'",
        ),
        (
            "{persona: buyer}, {inject: Hurry, after: 1}",
            PLAYED,
            "arena.yaml:7:38: a note of case 'A' comes after calls of tools, and after a persona\n"
            "  expected: after: with scripted turns, since nobody knows at which of its messages a "
            "persona would be told of\n"
            "  fix: move it above the persona's turn, or leave after: out",
        ),
    ],
)
def test_mistakes_are_told_with_their_place_and_the_fix(
    load: Callable[..., Arena], turn: str, top: str, message: str
) -> None:
    with pytest.raises(ArenaFileError) as caught:
        load(turn, top)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("    attacks: [base64]\n", "case 'A' has a persona and 'attacks'"),
        ("    concurrent: 2\n    duration: 1s\n", "case 'A' has a persona and 'concurrent'"),
    ],
)
def test_a_persona_is_refused_where_turns_must_be_known_before(
    load: Callable[..., Arena], more: str, what: str
) -> None:
    with pytest.raises(ArenaFileError, match=what):
        load("{persona: buyer}", more=more)


@pytest.mark.parametrize(
    ("turns", "most", "longest"),
    [
        ("{persona: buyer}", 6, [3]),
        ("{persona: buyer, max_turns: 9}", 9, [4]),
        ("{user: Hi}, {persona: buyer}, {inject: Hurry}, {user: Bye}", 9, [2]),
        ("{persona: buyer, turns: 2, max_turns: 4}, {persona: buyer}", 10, [4, 1]),
        ("{persona: buyer}, {persona: buyer, turns: 3}", 20, [7, 3]),
    ],
)
def test_a_persona_says_no_more_than_the_conversation_may_have(
    load: Callable[..., Arena], turns: str, most: int, longest: list[int]
) -> None:
    arena = load(turns, more=f"    max_messages: {most}\n")
    assert [persona.most for persona in arena.cells[0].case.personas] == longest


def test_a_conversation_that_is_too_long_with_what_a_persona_must_say_is_refused(
    load: Callable[..., Arena],
) -> None:
    with pytest.raises(ArenaFileError, match="case 'A' has 6 messages with their answers"):
        load("{user: Hi}, {persona: buyer, turns: 2}", more="    max_messages: 5\n")


def test_a_case_runs_with_each_persona_of_a_matrix(load: Callable[..., Arena]) -> None:
    more = "    matrix: {who: [terse, angry]}\n"
    judge = "judge: mini\n"
    turn = "{persona: '{{ who }}', goals: 'peace with {{ who }} people'}"
    arena = load(turn, judge, more)
    names = [persona.name for cell in arena.cells for persona in cell.case.personas]
    assert names == ["terse", "angry"]
    assert "peace with angry people" in next(arena.cells[1].case.personas).instructions


@pytest.mark.parametrize(
    ("turn", "top", "fix"),
    [
        ("{persona: buyer, goal: x}", PLAYED, "write goals: …"),
        ("{persona: buyer}", PLAYED.replace("provider: mini", "model: x"), "write provider: {"),
        ("{persona: buyer}", PLAYED.replace("patience", "tone"), "write style: …"),
        ("{persona: buyer}", PLAYED.replace("personas", "simulated_users"), "write personas: …"),
    ],
)
def test_other_words_for_the_keys_of_a_persona_are_understood(
    load: Callable[..., Arena], turn: str, top: str, fix: str
) -> None:
    with pytest.raises(ArenaFileError) as caught:
        load(turn, top)
    assert fix in str(caught.value)


def test_a_persona_does_not_talk_to_answers_that_are_there(
    load: Callable[..., Arena], tmp_path: Path
) -> None:
    (tmp_path / "log.jsonl").write_text('{"case": "A", "output": "x"}\n')
    top = "  - {name: log, provider: outputs, path: log.jsonl}\n" + PLAYED
    with pytest.raises(ArenaFileError, match="'log', whose answers are there already"):
        load("{persona: buyer}", top)
