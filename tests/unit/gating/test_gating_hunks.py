"""A cell's changes are taken apart: each is the old version with one thing that is new."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from gate_runs import cell_of, trials_of

from pytest_arena.builtins import register
from pytest_arena.comparison.gate.bisect import culprit, rounds_wanted
from pytest_arena.comparison.gate.rules import Rules
from pytest_arena.gating.hunks import hunks_of
from pytest_arena.loading import load_arena
from pytest_arena.loading.plans import CellPlan
from pytest_arena.registry import Registry
from pytest_arena.results import Cell, Trial
from pytest_arena.results.cell import HunkTrials

PROVIDER = "providers: [{name: m, model: openai/one, params: {seed: 1, stop: [a]}}]\n"
CASE = "tests:\n  - {name: A, system: %s, prompt: %s, assertions: [{type: contains, value: x}]}\n"


def plan_of(folder: Path, text: str) -> CellPlan:
    registry = Registry()
    register(registry)
    path = folder / "arena.yaml"
    path.write_text(text)
    (plan,) = load_arena(path, root=folder, registry=registry).cells
    return plan


def case(system: str = "s", prompt: str = "p", provider: str = PROVIDER) -> str:
    return provider + CASE % (f'"{system}"', f'"{prompt}"')


def sent(plan: CellPlan) -> tuple[str | None, list[str], str, dict[str, object]]:
    params = {**plan.case.params, **plan.provider.params}
    users = [turn.user for dialogue in plan.case.dialogues for turn in dialogue]
    return plan.case.system, users, plan.provider.full_model, params


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        (case(), case(), []),
        (case("a\\nb\\nc"), case("x\\nb\\ny"), ["system: - a + x", "system: - c + y"]),
        (case("a\\nb"), case("a\\nb\\nc"), ["system: + c"]),
        (case("a\\nb"), case("b"), ["system: - a"]),
        (case("a\\nb\\na\\nc"), case("x\\nb\\nx\\nc"),
         ["system: - a + x", "system: - a + x (no. 2)"]),
        (case("a"), case("b", "q"), ["system: - a + b", "user: - p + q"]),
        (case("a\\nb"), case("a\\n\\nb"), ["system: blank lines"]),
        (case(), case().replace("one", "two"), ["model: openai/one → openai/two"]),
        (case(), case().replace("seed: 1, stop: [a]", "seed: 2, top_p: 1"),
         ["params.seed", "params.stop", "params.top_p"]),
        (case(), case().replace('system: "s", ', ""), ["system: - s"]),
        (case().replace('system: "s", ', ""), case(), ["system: + s"]),
    ],
)  # fmt: skip
def test_each_change_stands_alone(tmp_path: Path, old: str, new: str, names: list[str]) -> None:
    before, now = plan_of(tmp_path, old), plan_of(tmp_path, new)
    hunks = hunks_of(replace(now, old=before))
    assert [hunk.name for hunk in hunks] == names
    alone = [sent(hunk.plan) for hunk in hunks]
    assert all(one != sent(before) for one in alone)
    if len(hunks) == 1:
        assert alone == [sent(now)]
    else:
        assert all(one != sent(now) for one in alone)
        assert all(a != b for place, a in enumerate(alone) for b in alone[place + 1 :])


TOOLS = "tools: [{name: find, parameters: {}}, {name: book, parameters: {}}]\n"
DAY = "{type: object, properties: {day: {type: string}}}}]"
LONG = "guardrails: {max_length: 9}\n"


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        (TOOLS + case(), TOOLS.replace("find", "look") + case(), ["tool find", "tool look"]),
        (TOOLS + case(), case(), ["tool find", "tool book"]),
        (TOOLS + case(), TOOLS.replace("{}}]", DAY) + case("t"),
         ["system: - s + t", "tool book"]),
        (TOOLS + case(), TOOLS.replace("find", "x").replace("book", "find").replace("x", "book")
         + case(), ["the order of tools"]),
        (LONG + case(), "\n" + LONG + case(), []),
        (LONG + case(), LONG.replace("9", "8") + case(), ["guardrails"]),
        (case(), LONG + case("t"), ["system: - s + t", "guardrails"]),
        (case(), case().replace("params:", "endpoints: [{api_base: http://a}], params:"),
         ["provider: endpoints"]),
    ],
)  # fmt: skip
def test_what_else_a_revision_asks_with_is_a_change_as_well(
    tmp_path: Path, old: str, new: str, names: list[str]
) -> None:
    before, now = plan_of(tmp_path, old), plan_of(tmp_path, new)
    assert [hunk.name for hunk in hunks_of(replace(now, old=before))] == names


def test_a_change_alone_leaves_all_else_as_it_was(tmp_path: Path) -> None:
    before = plan_of(tmp_path, case("a\\nb\\nc"))
    text = case("x\\nb\\ny", "q").replace("one", "two").replace("seed: 1, ", "")
    now = plan_of(tmp_path, text)
    params = {"seed": 1, "stop": ["a"]}
    assert [sent(hunk.plan) for hunk in hunks_of(replace(now, old=before))] == [
        ("x\nb\nc", ["p"], "openai/one", params),
        ("a\nb\ny", ["p"], "openai/one", params),
        ("a\nb\nc", ["q"], "openai/one", params),
        ("a\nb\nc", ["p"], "openai/two", params),
        ("a\nb\nc", ["p"], "openai/one", {"stop": ["a"]}),
    ]


def test_the_prompts_of_one_case_change_together(tmp_path: Path) -> None:
    before, now = (plan_of(tmp_path, case("s", text)) for text in ("a\\nb\\nc", "x\\nb\\ny"))

    def twice(plan: CellPlan) -> CellPlan:
        ((turn,),) = plan.case.dialogues
        other = replace(turn, user=f"{turn.user} too")
        return replace(plan, case=replace(plan.case, dialogues=((turn,), (other,))))

    hunks = hunks_of(replace(twice(now), old=twice(before)))
    assert [sent(hunk.plan)[1] for hunk in hunks] == [
        ["x\nb\nc", "x\nb\nc too"],
        ["a\nb\ny", "a\nb\ny too"],
    ]


def test_without_an_old_version_there_is_nothing_to_take_apart(tmp_path: Path) -> None:
    assert hunks_of(plan_of(tmp_path, case())) == []


def asked(old: str, **hunks: str) -> Cell:
    def numbered(marks: str) -> tuple[Trial, ...]:
        return tuple(replace(t, index=9 + place) for place, t in enumerate(trials_of(marks)))

    trials = tuple(HunkTrials(name, numbered(marks)) for name, marks in hunks.items())
    return replace(cell_of("FFF"), hunks=trials, hunks_old=numbered(old))


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (cell_of("FFF"), ""),
        (asked("P" * 6, a="F" * 6, b="P" * 6),
         "What did it: a (passed 0 of 6 with it alone, 6 of 6 without)"),
        (asked("P" * 9, a="P" * 9, b="P" * 9), "None of the 2 changes does it alone"),
        (asked("P" * 32, a="P" * 26 + "F" * 6, b="P" * 32),
         "Which of the 2 changes does it alone could not be told from chance"),
        (asked("E" * 10, a="F" * 10, b="F" * 10),
         "Which of the 2 changes does it alone was not asked to the end (too many answers "
         "failed)"),
        (replace(asked("PP", a="FF", b="PP"), over_budget="5 of 5 calls are spent"),
         "Which of the 2 changes does it alone was not asked to the end (5 of 5 calls are spent)"),
        (replace(asked("", a="", b=""), over_budget="5 of 5 calls are spent"),
         "Which of the 2 changes does it alone was not asked to the end (5 of 5 calls are spent)"),
        (replace(asked("P" * 6, a="F" * 6, b="P"), over_budget="5 of 5 calls are spent"),
         "What did it: a (passed 0 of 6 with it alone, 6 of 6 without); of 1 more it could not be "
         "told (5 of 5 calls are spent)"),
    ],
)  # fmt: skip
def test_a_change_is_blamed_beyond_chance_alone(cell: Cell, said: str) -> None:
    assert culprit(cell, Rules()) == said


@pytest.mark.parametrize(
    ("cell", "more"),
    [
        (asked("", a="", b=""), True),
        (asked("P" * 6, a="F" * 6, b=""), False),
        (asked("P" * 9, a="P" * 9, b=""), False),
        (asked("E" * 10, a="F" * 10, b=""), False),
        (asked("PF" * 16, a="PF" * 16, b=""), False),
    ],
)
def test_a_change_is_asked_until_it_is_decided_or_in_vain(cell: Cell, more: bool) -> None:
    assert bool(rounds_wanted(cell, cell.hunks[0], Rules())) is more
