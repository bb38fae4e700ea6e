"""Cells of the executions of a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_arena.collection.python_tests.attempt import Attempt
from pytest_arena.collection.python_tests.code_hash import code_hash
from pytest_arena.engine.verdict_rules import verdict_of
from pytest_arena.errors import UserError
from pytest_arena.loading.hashing import Hasher, provider_hash
from pytest_arena.loading.plans import Arena, CasePlan, TurnPlan
from pytest_arena.results.cell import CODE, Cell
from pytest_arena.results.content import shown
from pytest_arena.results.trial import Trial, Verdict

if TYPE_CHECKING:
    from pytest_arena.collection.python_tests.running_test import RunningTest
    from pytest_arena.schema import ProviderSpec


def cells_of(run: RunningTest, *, wanted: int) -> list[Cell]:
    """Return the cells of a test that was to be executed so often, in the order in which it came
    to them."""
    places = list(run.cells())
    if not places:
        return []
    try:
        arena = run.around().arena
    except UserError:
        # there was nothing to judge by, and the cell is an error
        arena = Arena("", None, (), ())
    # a journal may end between two cells of a test, and then holds none of it
    hashes = {**_hashes_of_test(run, arena.blank), CODE: f"{run.backing.code}/{len(places)}"}
    return [_cell(run, case, column, wanted, arena.blank, hashes) for case, column in places]


def _cell(
    run: RunningTest,
    case: str,
    column: ProviderSpec,
    wanted: int,
    blank: CasePlan,
    hashes: Mapping[str, str],
) -> Cell:
    trials = [one.trial(case, column.name) for one in run.attempts]
    under = (one.asked(case, column.name) for one in run.attempts)
    asked = next((each for each in under if each is not None), None)
    left_out = wanted - len(trials)
    name = run.name.case(case, column.name)
    skipped = any(trial.verdict == "skipped" for trial in trials)
    verdict: Verdict = "skipped"
    if not skipped:
        verdict = verdict_of(
            sum(trial.verdict == "passed" for trial in trials),
            left_out + sum(trial.verdict == "error" for trial in trials),
            wanted,
            (),
            run.mark.threshold,
        )
    cell_id = f"{run.name.file}::{name}[{column.name}]"
    fresh = [one.trial(case, column.name) for ids, one in run.fresh if cell_id in ids]
    return Cell(
        id=cell_id,
        file=run.name.file,
        case=name,
        provider=column.name,
        model=column.full_model or None,
        verdict=verdict,
        # what was said before a test was skipped has been paid for
        trials=tuple(one for one in trials if one.verdict != "skipped" or one.responses),
        hashes={**_hashes(column, trials, asked or blank), **hashes},
        line=run.line,
        reason=_reason(run.attempts, case) if skipped else None,
        over_budget=next((o for one in run.attempts if (o := one.over_budget.get(case))), None),
        trials_not_run=left_out,
        xfail=run.xfail,
        confirmation=tuple(one for one in fresh if one.verdict != "skipped"),
        test=run.item.nodeid,
    )


def _reason(attempts: list[Attempt], case: str) -> str | None:
    endings = [one.endings[case] for one in attempts if case in one.endings]
    return next((one.reason for one in endings if one.verdict == "skipped"), None)


def _hashes(column: ProviderSpec, trials: list[Trial], under: CasePlan) -> Mapping[str, str]:
    """Return what keeps apart what may change from cell to cell: what is asked first, who works at
    it with which tools, and of whom it is asked."""
    first = _first_question(trials)
    question = replace(under, dialogues=first.dialogues, system=first.system)
    return {
        "prompt": Hasher().prompt(question),
        "provider": provider_hash(column, under.params),
    }


def _hashes_of_test(run: RunningTest, blank: CasePlan) -> Mapping[str, str]:
    """Return the same of all cells of a test: what its code demands, and who judges."""
    guardrails = Hasher().guardrails(blank) if blank.guardrails else ""
    demands = {"pass_threshold": run.mark.threshold, "guardrails": guardrails}
    judges = blank.judge.panel if blank.judge is not None else ()
    found = {
        "assertions": code_hash(run.item, demands),
        "judge": " ".join(provider_hash(judge, {}) for judge in judges),
    }
    if guardrails:
        found["guardrails"] = guardrails
    return found


def _first_question(trials: list[Trial]) -> CasePlan:
    """Return what was asked before the first answer, as a case."""
    said = next((trial.messages for trial in trials if trial.messages), ())
    system: str | None = None
    users: list[TurnPlan] = []
    for message in said:
        if message.get("role") == "assistant":
            break
        if message.get("role") == "system":
            system = shown(message.get("content"))
        else:
            users.append(TurnPlan(shown(message.get("content"))))
    return CasePlan("", 0, (tuple(users),), system=system)
