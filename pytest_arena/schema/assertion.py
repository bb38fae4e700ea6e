"""The base of every assertion: the keys that all of them share, and the one method to write."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self, TypeVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.judging import Calibration, Judging
from pytest_arena.results.request_response import Message, Response
from pytest_arena.results.trial import Finding, FindingVerdict, GuardrailEvent, Trial
from pytest_arena.schema.base import ArenaModel, Texts
from pytest_arena.schema.judge import JudgeSpec
from pytest_arena.schema.provider import ProviderSpec
from pytest_arena.schema.transform import Transform
from pytest_arena.text.looking import SearchedText
from pytest_arena.text.numbers import counted
from pytest_arena.text.regex import Pattern, search
from pytest_arena.text.tool_names import means_tool

if TYPE_CHECKING:
    from pytest_arena.running.timed_loop import TimedLoop

CUT = "the provider's content filter cut the answer, and what came of it cannot tell"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found: a verdict, a score from 0 to 1, and a reason for people."""

    verdict: FindingVerdict
    reason: str
    score: float | None = None
    expected: str | None = None
    group: tuple[Finding, ...] = ()
    judge: Judging | None = None
    """Who judged, and at what price, where a judge was asked."""
    measure: str | None = None
    """What the score measures, where a baseline shall keep it for `baseline_scores`."""
    turns: bool = True
    """Whether `not` turns the verdict around."""
    predicted: str | None = None
    """The label that the answer gives, where a label was asked for."""

    @classmethod
    def of(
        cls, holds: bool, reason: str, *, score: float | None = None, expected: str | None = None
    ) -> Self:
        """Return passed or failed; without a score of its own, 1 for passed and 0 for failed."""
        return cls(
            "passed" if holds else "failed",
            reason,
            (1.0 if holds else 0.0) if score is None else score,
            expected,
        )

    @classmethod
    def unseen(cls, reason: str, *, expected: str | None = None) -> Self:
        """Return failed, whatever `not` says: there was nothing to look at."""
        return cls("failed", reason, 0.0, expected, turns=False)

    @classmethod
    def error(cls, reason: str) -> Self:
        """Return that no verdict could be reached, and why."""
        return cls("error", reason)

    def judged_by(self, judge: Judging | None) -> Self:
        """Return the same with who judged."""
        return replace(self, judge=judge)


@dataclass(frozen=True, slots=True)
class JudgeReply:
    """What a judge replied, and whether the same was asked in this trial before, so that
    this reply cost nothing."""

    response: Response
    again: bool = False


class Asking(Protocol):
    """A function that asks a judge through the engine, with its limits, retries and recordings.

    `turn` counts from 0 the replies that were asked for before, to mend them.
    """

    async def __call__(
        self, spec: ProviderSpec, messages: list[Message], *, turn: int = 0
    ) -> JudgeReply: ...


class JudgeAccess(Asking, Protocol):
    """Access to judges and embeddings, for the assertions of one trial."""

    async def embed(self, spec: ProviderSpec, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """Return the vectors of texts, in their order; a failure is a `ProviderError`."""


Embed = Callable[[ProviderSpec, Sequence[str]], Awaitable[list[tuple[float, ...]]]]
"""Embed texts by a provider, as `Desk.embed` does."""


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What a check knows of its case: names, variables, and the folder that `python:` starts from.

    `judge` is the file's own, `ask` reaches it and `embed` an embedding model (None where checks
    run without an engine).
    `documents` are the case's `context:`, `themes` its `expected_themes:`.
    """

    case: str = ""
    provider: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    root: Path = field(default_factory=Path)
    turn: int | None = None
    turned: bool = False
    """True in a group with `not`: what a check finds there speaks against the answer."""
    judge: JudgeSpec | None = None
    ask: Asking | None = None
    embed: Embed | None = None
    tools: Mapping[str, Any] = field(default_factory=dict)
    """The schemas of the arguments of the tools that were offered, by the tools' names."""
    has_servers: bool = False
    """Whether tools of MCP servers were offered beside these, which no file tells of."""
    is_model: bool = True
    """Whether a model is asked, so that an answer is one call of it unless its steps say more."""
    documents: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    timed_loop: "TimedLoop | None" = None
    """Where async checks of a user run (None without an engine)."""
    rival: Callable[[str], Awaitable[Trial]] | None = None
    """Give another provider's trial of the same case and number (None without an engine)."""
    baseline_output: str | None = None
    """The answer that the baseline keeps of this cell."""
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    """What is known of judges' accuracy, by `Judging.key`."""
    baseline_scores: Mapping[str, float] = field(default_factory=dict)
    """Mean scores of this cell in the baseline, by `Outcome.measure`; in a turn of a conversation,
    that turn's."""


class When(ArenaModel):
    """Limit an assertion to trials in which something held; elsewhere it is `skipped`.

    Where nobody can tell, since a content filter cut the answer or a system does not say which
    tools it called, it is an `error`.
    """

    tool_called: str | None = None
    """Only when the model called this tool; `*` stands for any text in its name."""
    tool_called_pattern: Pattern | None = None
    """Only when the model called a tool whose name a regular expression matches somewhere."""
    any_tool_called: bool = False
    """Only when the model called a tool."""
    min_tool_calls: int | None = Field(default=None, ge=1)
    """Only when the model made so many calls of tools."""
    output_contains: str | None = None
    """Only when the answer holds this text, as `contains` finds it."""
    state: Texts = ()
    """Only when this state of a workflow gave the answer, or one of these."""

    def unmet(self, trial: Trial) -> Outcome | None:
        """Return skipped where the condition does not hold, an `error` where nobody can tell
        whether it does, or None where it holds."""
        for asked, holds, why in self._of_tools([call.name for call in trial.tool_calls]):
            if holds:
                continue
            if not all(response.tells_tools for response in trial.responses):
                return Outcome.error(f"the provider does not tell whether {asked}")
            return _unmet(why, cut=any(response.is_cut_by_filter for response in trial.responses))
        wanted = self.output_contains
        if wanted and not SearchedText(trial.output or "").holds(wanted):
            cut = trial.last is not None and trial.last.is_cut_by_filter
            return _unmet(f"the answer does not hold {wanted!r}", cut=cut)
        return self._outside_states(trial)

    def _outside_states(self, trial: Trial) -> Outcome | None:
        """Return skipped where no state that is asked for gave the answer."""
        if not self.state:
            return None
        visits = [step for step in trial.last.steps if step.kind == "state"] if trial.last else []
        if not visits:
            return _unmet("no state of a workflow gave the answer", cut=False)
        if visits[-1].name not in self.state:
            return _unmet(f"state {visits[-1].name!r} gave the answer", cut=False)
        return None

    def _of_tools(self, called: Sequence[str]) -> Iterator[tuple[str, bool, str]]:
        """Yield each condition on the tools that were called: what it asks, whether it holds, and
        what is so where it does not."""
        name, pattern = (self.tool_called or "").strip(), self.tool_called_pattern
        if name:
            holds = any(means_tool(name, one) for one in called)
            yield f"{name!r} was called", holds, f"tool {name!r} was not called"
        if pattern is not None:
            holds = any(search(pattern, one) is not None for one in called)
            what = f"a tool that matches {pattern!r} was called"
            yield what, holds, f"no tool that matches {pattern!r} was called"
        least = self.min_tool_calls or int(self.any_tool_called)
        if least:
            what = f"{counted(least, 'tool call')} came"
            yield what, len(called) >= least, f"{counted(len(called), 'tool call')} came"


def _unmet(why: str, *, cut: bool) -> Outcome:
    """Return a skip, or an `error` where what a content filter cut off could have held it."""
    return Outcome.error(f"{CUT}: {why}") if cut else Outcome("skipped", f"skipped: {why}")


MoreText = Literal["help", "harm", "either", "nothing"]


_HOLDS_ANYHOW = {"threshold": 0, "min": 0, "min_score": 0, "min_similarity": 0, "max": 1}
"""What holds whatever comes, of the keys that bound a score or a share."""
_OTHER_BOUND = {"min": "max", "max": "min"}


_Check = TypeVar("_Check", bound=Callable[..., object])
_BRIEF: set[Callable[..., object]] = set()


def brief(check: _Check) -> _Check:
    """Mark a check that goes through a text so many times and no more, without patterns and without
    code of others, so that it is run with no limit on its time."""
    _BRIEF.add(check)
    return check


def is_brief(check: Callable[..., object]) -> bool:
    """Return whether a class's check was marked so itself: one that overrides it was not."""
    return check in _BRIEF


class Assertion(ArenaModel):
    """Check something of a trial; subclass it, give it a `type`, fields, and a `check`.

    The fields are the YAML keys. `check` gets a trial that has an answer (set `needs_answer` to
    False to be asked about blocked and failed trials too) and returns an `Outcome`; it may be
    `async`. `threshold`, `not` and `weight` are applied by the caller.
    """

    type: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    needs_answer: ClassVar[bool] = True
    over_trials: ClassVar[bool] = False
    """True for a `CellAssertion`, which judges all trials of a cell at once."""
    needs_stream: ClassVar[bool] = False
    """True where the check needs the time to the first token, so that answers are streamed."""
    reads_text: ClassVar[bool] = False
    """True where the check looks at the answer's text alone, so that there is nothing to see in an
    answer that only calls tools."""
    graded: ClassVar[bool] = False
    """True where scores between 0 and 1 occur, so that a `threshold` makes sense."""
    takes_code_file: ClassVar[bool] = False
    """True where `file` names a file whose text is its `code`."""
    applies_threshold: ClassVar[bool] = False
    """True where the check itself looks at `threshold`, since it is no least score from 0 to 1."""
    more_text: ClassVar[MoreText] = "either"
    """What more text of the answer could do to what the check found: `help` it to hold, `harm` it,
    `either`, or `nothing`. An answer that a content filter cut is a part of one: it shows that a
    word was said, not that none was."""
    longest_s: ClassVar[float] = 30.0
    """The most seconds that a check may take, what it asks of models aside."""
    whole_dialogue: ClassVar[bool] = False
    """True where the check looks at all answers of a conversation, not at the last alone."""

    negate: bool = Field(default=False, alias="not")
    """Turn the check around: it holds where it would have failed."""
    weight: float = Field(default=1.0, ge=0)
    """Its share in the weighted score; 0 reports it without letting it fail the trial."""
    metric: str | None = Field(default=None, min_length=1, exclude=True)
    """What it measures, by a name of your own, which others may share: a row of the report, and a
    metric of `gates:`."""
    threshold: float | None = Field(default=None, ge=0, le=1)
    """Hold when the score is at least this, instead of the check's own rule."""
    pass_threshold: float | None = Field(default=None, gt=0, le=1)
    """Hold over all trials of a cell when at least this share of them hold; a single trial is
    then not failed by it."""
    when: When | None = None
    """Check only where this holds; elsewhere the assertion is `skipped`."""
    transform: Transform | None = None
    """What is made of the answer before this looks at it: [Transforms](transforms.md)."""

    @model_validator(mode="after")
    def _can_fail(self) -> Self:
        """Refuse a least score of nothing, and a greatest of all: what holds whatever comes checks
        nothing."""
        written = self.model_fields_set
        for name, all_or_nothing in _HOLDS_ANYHOW.items() if self.weight else ():
            if name not in written or getattr(self, name) != all_or_nothing:
                continue
            field = type(self).model_fields[name]
            edge = "le" if all_or_nothing else "ge"
            at_edge = any(getattr(one, edge, None) == all_or_nothing for one in field.metadata)
            has_other = getattr(self, _OTHER_BOUND.get(name, ""), None) is not None
            if at_edge and not has_other and not self.applies_threshold:
                mend = "lower" if all_or_nothing else "raise"
                raise PydanticCustomError(
                    "cannot_fail",
                    "{key}: {given} holds whatever comes, so that this checks nothing",
                    {
                        "key": field.alias or name,
                        "given": all_or_nothing,
                        "expected": "less than 1" if all_or_nothing else "more than 0",
                        "fix": f"{mend} it, or remove the assertion (weight: 0 shows a score "
                        "alone)",
                    },
                )
        return self

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        """Return what to say where it holds, with its `not`, of every answer of so many bytes that
        comes within that time; None where one could break it."""
        return None

    def cannot_fail_under(self, events: Iterable[GuardrailEvent]) -> str | None:
        """Return what to say where it holds, with its `not`, whichever of these events come, which
        are all that the case's guardrails can do; None where one could break it."""
        return None

    def check(self, trial: Trial, context: CheckContext) -> Outcome | Awaitable[Outcome]:
        """Judge one trial."""
        raise NotImplementedError(f"{type(self).__name__} has no check()")

    def looked_at(self, trial: Trial) -> Sequence[Response]:
        """Return the answers that the check looks at, of which a content filter may have cut
        one."""
        return trial.responses if self.whole_dialogue else trial.responses[-1:]

    def is_shown_by_a_part(self, *, held: bool) -> bool:
        """Return whether a part of an answer is enough to tell that the check, `not` aside, held
        (or did not)."""
        return self.more_text in ("nothing", "help" if held else "harm")

    def judge_facts(self, judge: JudgeSpec | None) -> str | None:
        """Return what decides how a judge would judge this, for hashes; None: none is asked.

        `judge` is the file's own, which stands behind the assertion's.
        """
        return None

    def asks(self, judge: JudgeSpec | None) -> tuple[ProviderSpec, ...]:
        """Return whoever may be asked by a call to check this; `judge` is the file's own."""
        return ()

    def expects_block(self, event: GuardrailEvent) -> bool:
        """Return whether this assertion is there for that block, so that it is no failure."""
        return False

    @property
    def expects_empty(self) -> bool:
        """Whether this assertion allows an empty answer, which fails a trial otherwise."""
        return False

    @property
    def rivals(self) -> tuple[str, ...]:
        """The providers whose answers it compares with the cell's own."""
        return ()

    @property
    def guardrail_named(self) -> str | None:
        """The type of guardrail that it asks for by name."""
        return None

    @property
    def tool_names(self) -> tuple[str, ...]:
        """The tools that it speaks of; where the file says which are offered, one of those."""
        called = self.when.tool_called if self.when is not None else None
        return (called.strip(),) if called else ()

    @property
    def chain_step(self) -> int | str | None:
        """The step of a chain that it looks at, by number or name; None for all others."""
        return None

    @property
    def named_states(self) -> tuple[str, ...]:
        """The states of a workflow that it names."""
        return self.when.state if self.when is not None else ()

    @property
    def right_label(self) -> str | None:
        """The label that a right answer has, where it looks for one."""
        return None

    @property
    def unfit_for_load(self) -> str | None:
        """What a load case lacks for this assertion, in a sentence's words; None: it can have it.

        A load case keeps a sample of its calls, and its baseline neither answers nor scores.
        """
        return None

    @property
    def members(self) -> "tuple[Assertion, ...]":
        """The assertions inside a group; none for all others."""
        return ()

    @property
    def lets_unsure_pass(self) -> bool:
        """Whether an unsure finding alone lets a trial pass, as somebody asked for by name."""
        return any(member.lets_unsure_pass for member in self.members)


class MayBeUnsure(Assertion):
    """An assertion whose check may return `Outcome("unsure", …)`: it cannot tell."""

    on_unsure: Literal["pass", "warn", "fail", "error"] = "warn"
    """What an unsure verdict does, once no judge is left to ask: `warn` marks and counts it, and
    lets the trial pass if something else in it was judged; `pass` does so even alone; `fail` and
    `error` make it one."""

    @property
    def lets_unsure_pass(self) -> bool:
        return self.on_unsure == "pass"


class CellAssertion(Assertion):
    """Check something of all trials of a cell at once; subclass it and write `check_cell`."""

    over_trials: ClassVar[bool] = True
    figures_only: ClassVar[bool] = False
    """True where the check looks at figures, errors and whether there is an answer, so that a load
    case can show it every call without its texts."""

    def check_cell(
        self, trials: tuple[Trial, ...], context: CheckContext
    ) -> Outcome | Awaitable[Outcome]:
        """Judge all trials of a cell."""
        raise NotImplementedError(f"{type(self).__name__} has no check_cell()")


Direction = Literal["input", "output", "both"]
LookAt = Literal["text", "tool_calls", "both"]
