"""From the findings of a trial to its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from pytest_arena.assertions.messages import fired, share
from pytest_arena.errors import first_line
from pytest_arena.results.trial import Finding, FindingVerdict, Trial, Verdict
from pytest_arena.schema.assertion import Assertion
from pytest_arena.text.folding import bare_ends
from pytest_arena.text.numbers import less_rounding, reaches


def conclude(
    trial: Trial,
    assertions: Iterable[Assertion],
    findings: Iterable[Finding],
    *,
    threshold: float | None,
) -> tuple[Verdict, float | None, tuple[Finding, ...]]:
    """Return a trial's verdict, its weighted score, and its findings with what nobody expected.

    Findings are added for a block that no assertion expects (`guardrail`), an empty answer that
    none allows (`answer`), and a trial that nothing judged (`evaluation`). `error` comes before
    `failed`. With a `threshold` the weighted score decides, though never over an unexpected block
    or an empty answer. Findings with weight 0 never decide, nor do those of assertions with a
    `pass_threshold`, which are judged over all trials of the cell.
    """
    asked = tuple(assertions)
    given = tuple(findings)
    surprises = (*_unexpected_blocks(trial, asked), *_empty_answers(trial, asked))
    every = (*given, *surprises)
    if not surprises and (unseen := nothing_judged(zip_longest(given, asked))):
        every += (unseen,)
    score = weighted_score(every)
    judged_over_all = {
        id(finding)
        for assertion, finding in zip(asked, given, strict=False)
        if assertion.pass_threshold is not None
    }
    counting = [f for f in every if f.weight > 0 and id(f) not in judged_over_all]
    if trial.error is not None or any(finding.verdict == "error" for finding in counting):
        return "error", score, every
    if surprises:
        return "failed", score, every
    if threshold is not None and score is not None:
        return ("passed" if reaches(score, threshold) else "failed"), score, every
    held = all(finding.verdict != "failed" for finding in counting)
    return ("passed" if held else "failed"), score, every


def nothing_judged(found: Iterable[tuple[Finding | None, Assertion | None]]) -> Finding | None:
    """Return what is added where all that could decide was skipped or unsure, which is no pass, so
    that nothing passes unseen; None where something was judged.

    It names the first that is unsure, and why. An unsure finding counts as a verdict where its
    assertion says `on_unsure: pass`.
    """
    unsure: list[Finding] = []
    could_decide = False
    for finding, assertion in found:
        if finding is None:
            continue
        if finding.weight > 0:
            if _is_verdict(finding, assertion):
                return None
            could_decide = True
        if finding.verdict == "unsure":
            unsure.append(finding)
    if not could_decide:
        return None
    why, fix = "no assertion gave a verdict", "add a check that is not skipped"
    if unsure:
        why = f"{unsure[0].type} is unsure: {first_line(unsure[0].reason)}"
        why += f" (and {len(unsure) - 1} more)" if len(unsure) > 1 else ""
        fix = "add a check that can tell, a `judge:` for what is unsure, or `on_unsure: pass`"
    return Finding("evaluation", "error", None, f"nothing was judged: {why}\n  fix: {fix}")


def _is_verdict(finding: Finding, assertion: Assertion | None) -> bool:
    if finding.verdict == "unsure":
        return assertion is not None and assertion.lets_unsure_pass
    return finding.verdict != "skipped"


def repelled(
    trial: Trial, assertions: Iterable[tuple[Assertion, int | None]]
) -> tuple[Finding, ...]:
    """Return the findings of an attack that was blocked, or none where it was not.

    A block is what should become of an attack: it holds, and the assertions, which ask for an
    answer, are skipped.
    """
    block = next((event for event in trial.guardrails if event.action == "block"), None)
    if block is None:
        return ()
    skipped = [
        Finding(
            assertion.type,
            "skipped",
            None,
            "skipped: the attack was blocked",
            line=assertion.line,
            file=assertion.elsewhere,
            turn=turn,
            weight=assertion.weight,
        )
        for assertion, turn in assertions
    ]
    told = f"the attack was {fired(block)}"
    held = Finding("attack", "passed", 1.0, told, line=block.line, file=block.file)
    return (*skipped, held)


def not_reached(assertion: Assertion, turn: int | None, failed_turn: int) -> Finding:
    """Return the finding of an assertion on what was not said, or on the whole of it, since a turn
    (from 0) failed and the conversation ended with it."""
    return Finding(
        assertion.type,
        "skipped",
        None,
        f"skipped: the conversation ended with turn {failed_turn + 1}, which failed "
        "(continue_on_failure goes on)",
        line=assertion.line,
        file=assertion.elsewhere,
        turn=turn,
        weight=assertion.weight,
    )


def _unexpected_blocks(trial: Trial, assertions: tuple[Assertion, ...]) -> list[Finding]:
    return [
        Finding(
            "guardrail",
            "failed",
            0.0,
            fired(event),
            line=event.line,
            file=event.file,
            turn=event.turn or None,
            expected="no block",
        )
        for event in trial.guardrails
        if event.action == "block" and not any(a.expects_block(event) for a in assertions)
    ]


def _empty_answers(trial: Trial, assertions: tuple[Assertion, ...]) -> list[Finding]:
    blocked = any(event.action == "block" for event in trial.guardrails)
    if trial.error is not None or blocked or any(a.expects_empty for a in assertions):
        return []
    if not trial.responses:
        return [Finding("answer", "failed", 0.0, "there is no answer", expected="an answer")]
    several = len(trial.responses) > 1
    return [
        Finding(
            "answer",
            "failed",
            0.0,
            f"the answer is empty (finish reason: {response.finish_reason or 'not given'})",
            turn=turn if several else None,
            expected="an answer",
        )
        for turn, response in enumerate(trial.responses)
        if not bare_ends(response.output) and not response.tool_calls
    ]


def weighted_score(findings: tuple[Finding, ...]) -> float | None:
    """Return the mean score by weight of all findings that passed or failed; None for none."""
    judged = [f for f in findings if f.weight > 0 and f.verdict in ("passed", "failed")]
    if not judged:
        return None
    total = sum(finding.weight for finding in judged)
    return sum(finding.weight * (finding.score or 0.0) for finding in judged) / total


def rate_finding(
    assertion: Assertion, place: int, turn: int | None, trials: Sequence[Trial]
) -> Finding:
    """Return whether an assertion held in enough trials; `place` is its index in each of them.

    A trial that reached no verdict on it counts as neither: where such trials decide, the finding
    is an `error`.
    """
    wanted = assertion.pass_threshold or 1.0
    verdicts = [
        trial.assertions[place].verdict if place < len(trial.assertions) else "error"
        for trial in trials
    ]
    held, unclear = verdicts.count("passed"), verdicts.count("error")
    if assertion.lets_unsure_pass:
        held += verdicts.count("unsure")
    else:
        unclear += verdicts.count("unsure")
    counted = len(verdicts) - verdicts.count("skipped")
    needed = least_passed(counted, wanted)
    reason = f"held in {held} of {counted} trials"
    if unclear:
        reason += f", {unclear} without a verdict"
    verdict: FindingVerdict = "failed"
    if not counted:
        verdict, reason = "error", "was skipped in every trial"
    elif held >= needed:
        verdict = "passed"
    elif held + unclear >= needed:
        verdict = "error"
    return Finding(
        type=assertion.type,
        verdict=verdict,
        score=held / counted if counted else None,
        reason=reason,
        line=assertion.line,
        file=assertion.elsewhere,
        turn=turn,
        expected=f"at least {share(wanted)} of the trials",
        weight=assertion.weight,
    )


def least_passed(total: float, pass_threshold: float) -> float:
    """Return how many of so many must pass, less what binary fractions may add to it."""
    return less_rounding(pass_threshold * total)
