"""A pack's evals as assertions of the cases under its prompts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field

from pytest_arena.errors import ArenaFileError, Location, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.assertions import build_named
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.left_out import LeftOut
from pytest_arena.loading.dialects.promptpack.eval_types import UnusableError, renamed, unwrapped
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import ArenaModel, Assertion
from pytest_arena.schema.assertion import When

_LOWER_BOUNDS = ("gte", "gt", ">=", ">")
_ABOVE = ("gt", ">")
_AT_THE_END = ("on_session_complete", "on_conversation_complete", "sample_sessions")
_OF_EACH = ("every_turn", "on_workflow_step", "sample_turns", "")
EvalList = tuple[Any, str, Location]
"""A list of evals as it is written, whose they are, and where they stand."""


class _Eval(ArenaModel):
    """One eval as a pack says it."""

    id: str | None = None
    type: str
    description: Any = None
    trigger: str | None = None
    sample_percentage: Any = None
    enabled: bool = True
    params: dict[str, Any] | None = Field(default_factory=dict)
    metric: Any = None
    threshold: dict[str, Any] | None = None
    message: Any = None
    when: Any = None
    groups: Any = None


@dataclass(frozen=True, slots=True)
class PackEvals:
    """The evals of a prompt: what each of its answers is held to, and the last one alone."""

    of_each: tuple[Assertion, ...] = ()
    of_last: tuple[Assertion, ...] = ()

    @property
    def all(self) -> tuple[Assertion, ...]:
        """What the last answer is held to."""
        return (*self.of_each, *self.of_last)


def build_evals(
    shared: EvalList, own: EvalList, left_out: LeftOut, context: LoadContext
) -> PackEvals:
    """Return the assertions that the evals of a pack and those of its prompt mean.

    Of two with the same id the prompt's holds. What an arena has no assertion for, and what cannot
    be read, is left out: nothing of the rest depends on it.
    """
    found = {**_read(shared, left_out, context), **_read(own, left_out, context)}
    return _gathered((one, one.assertion()) for one in found.values())


def build_evals_of_states(
    shared: EvalList,
    own: Mapping[tuple[str, ...], EvalList],
    left_out: LeftOut,
    context: LoadContext,
) -> PackEvals:
    """Return the assertions on the answers of a workflow: the evals of the pack, and those of
    prompts, each list by the states that the prompt answers in."""
    every = {state for states in own for state in states}
    found: list[tuple[_Built, set[str]]] = []
    instead: dict[str, set[str]] = {}
    for states, written in own.items():
        for name, one in _read(written, left_out, context).items():
            found.append((one, set(states)))
            instead.setdefault(name, set()).update(states)
    held = _read(shared, left_out, context).items()
    found = [(one, every - instead.get(name, set())) for name, one in held] + found
    return _gathered(
        (one, _only_in(states, every, one.assertion())) for one, states in found if states
    )


def _only_in(states: set[str], every: set[str], made: Assertion | None) -> Assertion | None:
    if made is None or states == every:
        return made
    return made.model_copy(update={"when": When(state=tuple(sorted(states)))})


def _gathered(made: Iterable[tuple[_Built, Assertion | None]]) -> PackEvals:
    of_each: list[Assertion] = []
    of_last: list[Assertion] = []
    for one, assertion in made:
        if assertion is not None:
            (of_last if one.is_of_the_end else of_each).append(assertion)
    return PackEvals(tuple(of_each), tuple(of_last))


def _read(given: EvalList, left_out: LeftOut, context: LoadContext) -> dict[str, _Built]:
    """Return the evals of a list by their ids."""
    written, owner, place = given
    if written is not None and not isinstance(written, YamlList):
        left_out.add(f"the evals of {owner}, which are no list", place)
    found: dict[str, _Built] = {}
    for number, entry in enumerate(written if isinstance(written, YamlList) else ()):
        if isinstance(entry, YamlMap):
            known = str(entry.get("id") or "") or f"{owner} {number}"
            found[known] = _Built(entry, owner, left_out, context)
        else:
            at = written.value_place(number)
            left_out.add(f"an eval of {owner} that is not a mapping", at)
    return found


class _Built:
    """One eval on its way to an assertion: what is wrong with it is told as left out."""

    def __init__(self, entry: YamlMap, owner: str, left_out: LeftOut, context: LoadContext) -> None:
        self._entry = entry
        self._owner = owner
        self._left_out = left_out
        self._context = replace(context, problems=ProblemList())
        self._named = f"eval {shorten(str(entry.get('id') or entry.get('type') or '?'))!r}"
        self._trigger = str(entry.get("trigger") or "")
        self._of_all = False
        """Whether it looks at every answer, and its assertion at one."""

    @property
    def is_of_the_end(self) -> bool:
        """Whether it is asked at the end of a conversation alone."""
        return self._trigger in _AT_THE_END and not self._of_all

    def assertion(self) -> Assertion | None:
        """Return the assertion that it means; None where it is switched off or left out."""
        try:
            return self._built()
        except UnusableError as error:
            self._left_out.add(f"{self._named} of {self._owner}: {error}", self._entry.place)
        return None

    def _built(self) -> Assertion | None:
        entry, context = self._entry, self._context
        owner = f"{self._named} of {self._owner}"
        known = self._left_out.known(entry, _Eval.model_fields, owner, problems=context.problems)
        spec = build_model(_Eval, known, context.problems, "it")
        self._raise_problems()
        if spec is None or not spec.enabled:
            return None
        if spec.when is not None:
            raise UnusableError("it has a condition ('when')")
        params = entry.get("params")
        if not isinstance(params, YamlMap):
            params = YamlMap(entry.files, entry.mark)
        wanted, params = unwrapped(spec.type, params)
        kind, tree, elsewhere = renamed(wanted, params, of_session=self.is_of_the_end)
        self._of_all = kind == "banned_words"
        cls = context.registry.assertions.get(kind)
        if cls is None:
            raise UnusableError(f"its type {shorten(spec.type)!r} is no assertion here")
        self._bound(tree, spec, cls)
        tree.key_marks["type"] = tree.marks["type"] = entry.marks["type"]
        built = build_named(kind, tree, context)
        self._raise_problems()
        if built is None:
            return None
        self._note(spec, elsewhere)
        built._place = built._place or entry.place
        built._elsewhere = entry.place.file
        return built

    def _bound(self, tree: YamlMap, spec: _Eval, cls: type[Assertion]) -> None:
        """Say what score is enough, under the key that the assertion has for it."""
        if "min_score" in tree:
            score = _of_range(tree["min_score"], spec.metric)
            self._put_bound(tree, score, tree.marks["min_score"], cls)
        if spec.threshold is not None:
            value, operator = spec.threshold.get("value"), spec.threshold.get("operator", "gte")
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if operator not in _LOWER_BOUNDS or not is_number:
                raise UnusableError("its threshold is no lower bound")
            score = _of_range(value, spec.metric)
            if operator in _ABOVE and isinstance(score, (int, float)):
                if score >= 1:
                    raise UnusableError("its threshold is above every score")
                score = math.nextafter(score, math.inf)
            self._put_bound(tree, score, self._entry.marks["threshold"], cls)

    def _put_bound(self, tree: YamlMap, score: Any, mark: int, cls: type[Assertion]) -> None:
        tree.pop("min_score", None)
        if "min_score" in cls.model_fields:
            tree.put("min_score", score, mark)
        elif cls.graded:
            tree.put("threshold", score, mark)
        elif not isinstance(score, (int, float)) or not 0 < score <= 1:
            raise UnusableError(f"a score of {score} is asked for where there is 0 or 1")

    def _note(self, spec: _Eval, elsewhere: list[str]) -> None:
        """Tell what of an eval that is asked has no effect."""
        entry = self._entry
        if self._trigger.startswith("sample_"):
            said = f"the sampling of {self._named} of {self._owner}, which is asked every time"
            self._left_out.add(said, entry.value_place("trigger"))
        elif self._trigger not in (*_AT_THE_END, *_OF_EACH):
            said = f"the trigger of {self._named} of {self._owner}, which is asked of each answer"
            self._left_out.add(said, entry.value_place("trigger"))
        for key in elsewhere:
            said = f"{key!r} of {self._named} of {self._owner}, which the judge of the file is for"
            self._left_out.add(said, entry["params"].key_place(key))

    def _raise_problems(self) -> None:
        """Raise the first problem found so far as the reason why the eval is left out."""
        try:
            self._context.problems.raise_if_any()
        except ArenaFileError as error:
            problem = error.problems[0]
            wanted = f" (expected: {problem.expected})" if problem.expected else ""
            raise UnusableError(f"{problem.what}{wanted}") from None


def _of_range(score: Any, metric: Any) -> Any:
    """Return a score as a share of the range that its metric names: 4 of 1 to 5 is 0.75."""
    bounds = metric.get("range") if isinstance(metric, dict) else None
    if not isinstance(bounds, dict) or not isinstance(score, (int, float)):
        return score
    low, high = bounds.get("min", 0), bounds.get("max", 1)
    numbers = isinstance(low, (int, float)) and isinstance(high, (int, float))
    return (score - low) / (high - low) if numbers and high > low else score
