"""Groups of assertions: any of them, or all of them."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field, SerializeAsAny, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.trial_verdict import weighted_score
from pytest_arena.errors import shorten
from pytest_arena.results.trial import Finding, FindingVerdict, GuardrailEvent, Trial
from pytest_arena.schema.assertion import Assertion, MoreText, Outcome

_NOT = "not_"
"""How the types begin that are another one turned around."""


class Group(Assertion):
    """Further assertions; a group is asked about blocked trials too, its members decide."""

    needs_answer: ClassVar[bool] = False
    more_text: ClassVar[MoreText] = "nothing"
    graded: ClassVar[bool] = True

    assertions: tuple[SerializeAsAny[Assertion], ...] = Field(min_length=1)
    """The members, each with its own `weight`, `not`, `threshold` and `when`."""

    @field_validator("assertions")
    @classmethod
    def _can_be_members(cls, members: tuple[Assertion, ...]) -> tuple[Assertion, ...]:
        for member in members:
            if member.over_trials:
                raise PydanticCustomError(
                    "group_member",
                    "{type} judges all trials of a cell at once and cannot stand in a group",
                    {"type": member.type, "expected": "assertions on a single trial"},
                )
        if not any(member.weight for member in members):
            raise PydanticCustomError(
                "group_member",
                "every member of the group has weight 0",
                {"expected": "a member with a weight over 0"},
            )
        return members

    @property
    def members(self) -> tuple[Assertion, ...]:
        return self.assertions

    @property
    def expects_empty(self) -> bool:
        return any(member.expects_empty for member in self.assertions) and not self.negate

    def expects_block(self, event: GuardrailEvent) -> bool:
        return any(m.expects_block(event) for m in self.assertions) and not self.negate

    def seen(self, trial: Trial) -> Trial | Outcome:
        """Return the trial as the members see it, or an outcome where there is nothing to see."""
        return trial

    def combine(self, findings: tuple[Finding, ...]) -> Outcome:
        """Return what the members' findings come to."""
        raise NotImplementedError(f"{type(self).__name__} has no combine()")

    def saw_nothing(self, failed: Sequence[Outcome]) -> bool:
        """Return whether the group fails because there was nothing to look at, by the outcomes of
        those members that fail."""
        return any(not outcome.turns for outcome in failed)


class AllOf(Group):
    """Holds when every member holds, or with `threshold` when their weighted score is enough.

        - type: all_of
          threshold: 0.7
          assertions:
            - {type: contains, value: refund, weight: 2}
            - {type: max_words, value: 80}

    Members with weight 0 are reported and do not count; skipped ones do not either.

    Error: when a member that counts is an error.
    """

    type: ClassVar[str] = "all_of"

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        return _holds_anyhow(self) if self.negate else None

    def combine(self, findings: tuple[Finding, ...]) -> Outcome:
        counting = _counting(findings)
        verdict = _first_of(("error", "failed", "unsure", "passed"), counting)
        chosen = [finding for finding in counting if finding.verdict == verdict]
        if verdict == "skipped":
            reason = "every member was skipped"
        elif verdict == "passed":
            reason = f"all {len(counting)} hold"
        else:
            held = sum(finding.verdict == "passed" for finding in counting)
            reason = f"{held} of {len(counting)} hold; {verdict}: {_told(chosen)}"
        score = weighted_score(findings) if verdict in ("passed", "failed") else None
        return Outcome(verdict, reason, score, "all of the group", findings)

    def saw_nothing(self, failed: Sequence[Outcome]) -> bool:
        unseen = [not outcome.turns for outcome in failed]
        # one member that was looked at and fails settles it, unless scores are added up
        return any(unseen) if self.threshold is not None else bool(unseen) and all(unseen)


class AnyOf(Group):
    """Holds when one member or more holds, or with `threshold` when their weighted score is enough.

        - type: any_of
          assertions:
            - {type: contains, value: Forgot Password}
            - {type: contains, value: reset link}

    Members with weight 0 are reported and do not count; skipped ones do not either.

    Error: when no member holds and one that counts is an error; with `threshold`, when one is.
    """

    type: ClassVar[str] = "any_of"

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        return None if self.negate else _holds_anyhow(self)

    def combine(self, findings: tuple[Finding, ...]) -> Outcome:
        counting = _counting(findings)
        by_score = self.threshold is not None
        verdict = _first_of(
            ("error", "passed", "unsure", "failed")
            if by_score
            else ("passed", "error", "unsure", "failed"),
            counting,
        )
        chosen = [finding for finding in counting if finding.verdict == verdict]
        if verdict == "skipped":
            reason = "every member was skipped"
        elif verdict == "passed":
            reason = f"{len(chosen)} of {len(counting)} hold: {_told(chosen)}"
        else:
            reason = f"none of {len(counting)} holds; {verdict}: {_told(chosen)}"
        score = None
        if verdict in ("passed", "failed"):
            best = max(finding.score or 0.0 for finding in chosen)
            score = weighted_score(findings) if by_score else best
        return Outcome(verdict, reason, score, "any of the group", findings)


def _holds_anyhow(group: Group) -> str | None:
    """Return what to say of a group where a member's opposite is one, too; None where there is no
    such pair, or scores decide."""
    counting = [member for member in group.assertions if member.weight]
    # a group of many words is common, one with an opposite is not
    if group.threshold is not None or len({_is_turned(member) for member in counting}) < 2:
        return None
    seen: list[tuple[bool, object]] = []
    for member in counting:
        # what counts how much changes no verdict
        facts = (
            member.type.removeprefix(_NOT),
            member.model_dump(exclude={"negate", "weight", "look_at"}),
        )
        if (not _is_turned(member), facts) in seen:
            return (
                f"{'not ' if group.negate else ''}{group.type} has {facts[0]} and its opposite as "
                "members: whatever a text says, it holds, so that this checks nothing"
            )
        seen.append((_is_turned(member), facts))
    return None


def _is_turned(member: Assertion) -> bool:
    """Return whether it is a check turned around, by `not` or as `not_contains` is."""
    return member.negate != member.type.startswith(_NOT)


def _counting(findings: tuple[Finding, ...]) -> list[Finding]:
    return [f for f in findings if f.weight > 0 and f.verdict != "skipped"]


def _first_of(order: tuple[FindingVerdict, ...], counting: list[Finding]) -> FindingVerdict:
    found = {finding.verdict for finding in counting}
    return next((verdict for verdict in order if verdict in found), "skipped")


def _told(findings: list[Finding]) -> str:
    return "; ".join(f"{finding.type}: {shorten(finding.reason)}" for finding in findings[:3])
