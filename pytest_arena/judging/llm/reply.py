"""What a judge replied: read strictly by a form, its quotes looked up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pytest_arena.errors import shorten
from pytest_arena.judging.llm.labelled import labelled_fields
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.judging.llm.reply_json import NoJsonError, json_of_reply, refuse
from pytest_arena.light_dataclass import dataclass
from pytest_arena.text.printable import printable

_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Read:
    """What a reply says: a score from 0 to 1, the reason, and the passages it rests on.

    `choice` is the level that was chosen, where there are levels. `holds` is what it says beside
    the score, where it says so: what does not hold fails with any score.
    """

    score: float
    reason: str
    quotes: tuple[str, ...] = ()
    choice: str | None = None
    holds: bool | None = None


class ReplyForm(Protocol):
    """A reader of replies of one shape."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of its fields, by which it is read where a reply has no JSON; none: never."""

    def judgement(self, value: Any) -> Any:
        """Return what is a judgement in a value of JSON, or None."""

    def read(self, judgement: Any, material: Sequence[Material]) -> Read:
        """Return what a judgement says, or refuse it."""


def read_reply(text: str, form: ReplyForm, material: Sequence[Material]) -> Read:
    """Return what a reply says.

    A draft and a final judgement may stand in it, as long as they say the same; what is no
    judgement, such as a passage that is quoted, does not count.
    """
    values = _values(text, form, material)
    try:
        return _agreed(values, form, material)
    except RecursionError:
        refuse("its JSON is nested too deep")


def _agreed(values: Sequence[Any], form: ReplyForm, material: Sequence[Material]) -> Read:
    """Return what all judgements among these values say; refuse them where they differ."""
    judgements = [one for value in values if (one := form.judgement(value)) is not None]
    if not judgements:
        judgements = [value for value in values if isinstance(value, dict)][:1]
    if not judgements:
        refuse("it is not a JSON object")
    reads = [form.read(judgement, material) for judgement in judgements]
    if len({(read.score, read.choice, read.holds) for read in reads}) > 1:
        refuse(f"it has {len(reads)} judgements that differ, not one")
    return reads[-1]


def in_one_line(text: str) -> str:
    """Return a judge's words as a reason: one line of fair length, fit for a terminal."""
    return shorten(" ".join(printable(text, ci=False).split()), _LONGEST_REASON)


def _values(text: str, form: ReplyForm, material: Sequence[Material]) -> list[Any]:
    try:
        return json_of_reply(text, material)
    except NoJsonError:
        fields = labelled_fields(text, form.labels, material)
        if form.judgement(fields) is None:
            raise
        return [fields]
