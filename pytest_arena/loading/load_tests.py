"""What a load case asks for: how many users, and for how long or how many messages each."""

from __future__ import annotations

from pytest_arena.loading.case_checks import LOAD_KEYS
from pytest_arena.loading.plans import LoadTestPlan, with_members
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.tree import YamlMap
from pytest_arena.schema import CaseSpec

MOST_MESSAGES = 200_000
"""What one load case may send: figures of every call are kept until it is judged."""
_PAIRS = (("concurrent", "duration"), ("concurrent_users", "messages_per_user"))
_EXAMPLES = {
    "concurrent": "concurrent: 10",
    "duration": "duration: 30s",
    "concurrent_users": "concurrent_users: 10",
    "messages_per_user": "messages_per_user: 5",
}


def load_plan(
    spec: CaseSpec, case: YamlMap, owner: str, problems: ProblemList
) -> LoadTestPlan | None:
    """Return the load of a case, or None after adding its problems."""
    before = len(problems)
    given = tuple(key for key in LOAD_KEYS if getattr(spec, key) is not None)
    if given not in _PAIRS:
        _refuse_mixture(given, case, owner, problems)
    _refuse_trials(spec, case, owner, problems)
    _refuse_unfit(spec, case, owner, problems)
    turns = len(spec.turns) or 1
    if spec.messages_per_user and spec.messages_per_user % turns:
        problems.add(
            f"{owner} has {turns} turns, and {spec.messages_per_user} messages a user end in the "
            "middle of the conversation",
            case.value_place("messages_per_user"),
            expected=f"a multiple of {turns}",
            fix=f"write messages_per_user: {-(-spec.messages_per_user // turns) * turns}",
        )
    total = (spec.concurrent_users or 0) * (spec.messages_per_user or 0)
    if total > MOST_MESSAGES:
        problems.add(
            f"{owner} would send {total:,} messages",
            case.value_place("messages_per_user"),
            expected=f"at most {MOST_MESSAGES:,}, users times messages",
            fix="write a smaller number of either",
        )
    if len(problems) > before:
        return None
    return LoadTestPlan(
        users=spec.concurrent or spec.concurrent_users or 1,
        duration_s=spec.duration,
        messages=spec.messages_per_user,
    )


def _refuse_mixture(
    given: tuple[str, ...], case: YamlMap, owner: str, problems: ProblemList
) -> None:
    key = next(iter(given), next(key for key in LOAD_KEYS if key in case))
    partners = {**dict(_PAIRS), **{second: first for first, second in _PAIRS}}
    alone = len(given) == 1
    named = " and ".join(repr(name) for name in given)
    problems.add(
        f"{owner} has {key!r} without {partners[key]!r}" if alone else f"{owner} mixes {named}",
        case.key_place(key),
        expected="concurrent with duration, or concurrent_users with messages_per_user",
        fix=f"add {_EXAMPLES[partners[key]]}" if alone else "keep one of the two pairs",
    )


def _refuse_trials(spec: CaseSpec, case: YamlMap, owner: str, problems: ProblemList) -> None:
    if spec.trials is None:
        return
    key = "trials" if "trials" in case else "runs"
    problems.add(
        f"{owner} is a load case and has {key!r}",
        case.key_place(key),
        expected="no number of trials: the load says how many calls there are",
        fix=f"remove {key!r}",
    )


def _refuse_unfit(spec: CaseSpec, case: YamlMap, owner: str, problems: ProblemList) -> None:
    """Refuse assertions that could never be judged on the calls of a load."""
    in_turns = (check for turn in spec.turns for check in turn.assertions)
    for assertion in with_members((*spec.assertions, *in_turns)):
        if assertion.unfit_for_load is not None:
            problems.add(
                f"{owner} is a load case and has {assertion.type!r}, but "
                f"{assertion.unfit_for_load}",
                assertion.place or case.place,
                expected="assertions on the answers and figures of the load alone",
                fix="move it to a case of its own, without a load",
            )
