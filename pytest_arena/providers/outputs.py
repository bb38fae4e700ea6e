"""Answers that are there already: the log of a system, or what another tool has written."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import file_digest
from itertools import islice
from typing import ClassVar, Literal, Self

from pydantic import AliasChoices, Field, PrivateAttr

from pytest_arena.errors import (
    ArenaFileError,
    ErrorKind,
    InternalError,
    Location,
    Problem,
    ProviderError,
    nearest,
    shorten,
)
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.data_files import read_rows
from pytest_arena.loading.files import display_name
from pytest_arena.loading.plans import CasePlan
from pytest_arena.loading.provider_files import OptionsWithFiles
from pytest_arena.loading.tree import YamlMap
from pytest_arena.prompts.templates import as_text
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.message_content import last_user_text
from pytest_arena.providers.output_rows import USUAL_COLUMNS, GivenAnswer, read_answers
from pytest_arena.providers.prices import price_of
from pytest_arena.providers.usage import Usage
from pytest_arena.results.content import text_in
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema import DataSpec
from pytest_arena.schema.provider import ProviderSpec

_MOST_NAMES = 5
_MOST_COMPARED = 2_000
_PROMPT = "prompt"


class OutputTable:
    """The answers of a file: by case, then by trial, then by turn.

    `column` is what the file calls the column that says which case a row is of.
    """

    def __init__(
        self, name: str, answers: Sequence[GivenAnswer], column: str, *, repeated: bool
    ) -> None:
        self.name = name
        self.rows = len(answers)
        self._column = column
        self._first_turn = 0 if any(answer.turn == 0 for answer in answers) else 1
        by_case: dict[str, list[GivenAnswer]] = {}
        for answer in answers:
            by_case.setdefault(answer.case, []).append(answer)
        problems: list[Problem] = []
        self.trials = {
            case: self._trials(rows, problems, repeated=repeated) for case, rows in by_case.items()
        }
        if problems:
            raise ArenaFileError(problems)

    def _trials(
        self, rows: Iterable[GivenAnswer], problems: list[Problem], *, repeated: bool
    ) -> list[dict[int, GivenAnswer]]:
        """Return a case's rows by trial and turn, trials by their number."""
        found: dict[str, dict[int, GivenAnswer]] = {}
        times: Counter[int] = Counter()
        for row in rows:
            turn = 0 if row.turn is None else row.turn - self._first_turn
            label = row.trial or ""
            if repeated and row.trial is None:
                label = str(times[turn])
                times[turn] += 1
            earlier = found.setdefault(label, {}).setdefault(turn, row)
            if earlier is not row:
                problems.append(_second(row, earlier))
        return [found[label] for label in sorted(found, key=_by_number)]

    def names_of(self, case: str, variables: Mapping[str, object], prompt: str) -> tuple[str, ...]:
        """Return what a row may call a case: its name, or its variable of the column's name."""
        if self._column in variables:
            return (case.strip(), as_text(variables[self._column]).strip())
        return (case.strip(), prompt.strip()) if self._column == _PROMPT else (case.strip(),)

    def answer(self, request: Request) -> Response:
        """Return the answer to a request; where the file has none, a `ProviderError` says so."""
        names = self.names_of(request.case, request.variables, last_user_text(request))
        case = f"case {shorten(request.case)!r}"
        trials = next((self.trials[name] for name in names if name in self.trials), None)
        if trials is None:
            raise _missing(f"no output for {case} in {self.name} ({self._nearest(names)})")
        if request.trial >= len(trials):
            which = f"trial {request.trial + 1} of {case}"
            raise _missing(f"no output for {which} in {self.name} (has {len(trials)})")
        turns = trials[request.trial]
        row = turns.get(request.turn)
        if row is None and turns.keys() == {0} and turns[0].answers_every_turn:
            row = turns[0]
        if row is not None and row.error is not None:
            raise ProviderError(ErrorKind.PROVIDER, f"{row.place} says: {row.error}")
        response = row.response(request.turn, request.turns) if row else None
        if response is None:
            at = f"turn {request.turn + 1} of {case}" if request.turns > 1 else case
            where = f"in the row at {row.place}" if row else f"in {self.name}"
            raise _missing(f"no output for {at} {where}")
        return response

    def _nearest(self, names: Sequence[str]) -> str:
        known = list(islice(self.trials, _MOST_COMPARED))
        near = next((found for name in names if (found := nearest(name, known))), None)
        has = "1 case" if len(self.trials) == 1 else f"{len(self.trials):,} cases"
        return f"has {has}" + (f"; nearest: {near!r}" if near else "")

    def unused(self, cases: Sequence[CasePlan]) -> Iterator[str]:
        """Yield what none of these cases looks at, and which rows several of them do."""
        takers: dict[str, list[str]] = {}
        for case in cases:
            for name in dict.fromkeys(self._names_in(case)):
                if name in self.trials:
                    takers.setdefault(name, []).append(case.name)
                    break
        idle = [name for name in self.trials if name not in takers]
        if idle:
            cases_of = "1 case" if len(idle) == 1 else f"{len(idle):,} cases"
            yield f"{self.name} has outputs of {cases_of} that the arena does not have: " + _listed(
                idle
            )
        for name, owners in takers.items():
            if len(owners) > 1:
                yield f"{self.name}: the output of {name!r} is taken for {_listed(owners)}"
        taken = {case.name: case.trials * len(case.dialogues) for case in cases}
        more = [n for n, owners in takers.items() if len(self.trials[n]) > taken[owners[0]]]
        if more:
            most = max(len(self.trials[name]) for name in more)
            yield (
                f"{self.name} has more trials than are looked at of {_listed(more)}: "
                f"trials: {most} would take all"
            )

    def _names_in(self, case: CasePlan) -> Iterator[str]:
        for dialogue in case.dialogues:
            for turn in dialogue:
                yield from self.names_of(case.name, case.variables, text_in(turn.user))


def _second(row: GivenAnswer, earlier: GivenAnswer) -> Problem:
    which = f" at turn {row.turn}" if row.turn is not None else ""
    which += f" in trial {shorten(row.trial, 40)!r}" if row.trial else ""
    return Problem(
        f"a second output for case {shorten(row.case)!r}{which}",
        row.place,
        f"one row for each case, trial and turn; the other stands at {earlier.place}",
        "number them in a column trial, or write repeated: trials beside the file's path",
    )


def _by_number(label: str) -> tuple[bool, float, str]:
    try:
        return (False, float(label), label)
    except ValueError:
        return (bool(label), 0.0, label)


def _missing(said: str) -> ProviderError:
    return ProviderError(ErrorKind.CONFIGURATION, said)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(shorten(name, 60)) for name in names[:_MOST_NAMES])
    return shown + (", …" if len(names) > _MOST_NAMES else "")


class OutputsOptions(OptionsWithFiles):
    """The keys of an `outputs` provider.

    Each key but `path`, `records`, `delimiter` and `repeated` names a column of the file, or is a
    JMESPath expression that leads to the value in a row.
    """

    path: str
    """The file of answers: CSV, TSV, JSON, JSONL, YAML or Parquet, beside the arena file."""
    records: str | None = None
    """In JSON and YAML, where the list of rows stands, like `data.items`."""
    delimiter: str | None = None
    """In CSV, the character between two values."""
    repeated: Literal["refuse", "trials"] = "refuse"
    """What several rows of one case are that have no trial: a mistake, or its trials in their
    order."""
    case: str | None = Field(default=None, validation_alias=AliasChoices("case", "id"))
    """Which case the row is of: by its name, or by its variable of the column's name
    (default: `case`, `id`, `name` or `case_id`)."""
    output: str | None = None
    """The answer (default: `output`, `answer`, `response` or `completion`)."""
    trial: str | None = None
    """The number or name of the trial, where a case has several (default: `trial`)."""
    turn: str | None = None
    """The turn of a conversation, from 1 or from 0 (default: `turn`)."""
    tool_calls: str | None = None
    """The tools that were called, as JSON (default: `tool_calls`)."""
    latency_ms: str | None = None
    """The milliseconds that the answer took; unknown where they are not given (default:
    `latency_ms`)."""
    cost_usd: str | None = None
    """What the answer cost (default: `cost_usd`)."""
    input_tokens: str | None = None
    """Tokens of the prompt (default: `input_tokens` or `prompt_tokens`)."""
    output_tokens: str | None = None
    """Tokens of the answer (default: `output_tokens` or `completion_tokens`)."""
    context: str | None = None
    """The documents that the answer rests on (default: `context`)."""
    reasoning: str | None = None
    """What was thought before the answer (default: `reasoning`)."""
    finish_reason: str | None = None
    """Why the answer ended (default: `finish_reason`)."""
    error: str | None = None
    """Why there is no answer; such a trial is an `error` (default: `error`)."""
    _table: OutputTable | None = PrivateAttr(default=None)
    _digest: str = PrivateAttr(default="")

    @property
    def table(self) -> OutputTable:
        """The answers of the file."""
        if self._table is None:
            raise InternalError(f"the outputs of {self.path!r} were not read")
        return self._table

    @property
    def fingerprint(self) -> str:
        return self._digest

    def with_files(self, entry: YamlMap, context: LoadContext) -> Self | None:
        asked = entry.value_place("path")

        def place_of(key: str) -> Location:
            written = "id" if key == "case" and "id" in entry else key
            return entry.value_place(written) if written in entry else asked

        before = len(context.problems)
        with context.gathering():
            self._read(place_of, asked, context)
        return self if len(context.problems) == before else None

    def _read(
        self, place_of: Callable[[str], Location], asked: Location, context: LoadContext
    ) -> None:
        path = context.find(self.path, asked, "file of outputs")
        spec = DataSpec(file=self.path, records=self.records, delimiter=self.delimiter)
        file = read_rows(spec, path, context.root, asked, become_variables=False)
        given = {field: getattr(self, field, None) for field in USUAL_COLUMNS}
        columns = {field: column for field, column in given.items() if column is not None}
        name = display_name(path, context.root)
        answers, column = read_answers(file, columns, place_of, name)
        self._table = OutputTable(name, answers, column, repeated=self.repeated == "trials")
        with path.open("rb") as stream:
            self._digest = file_digest(stream, "sha256").hexdigest()

    def unused(self, cases: Sequence[CasePlan]) -> list[str]:
        return list(self.table.unused(cases))


class OutputsProvider(Provider):
    """Answers from a file: nothing is called, and no time is measured.

    What a row does not say (latency, cost, tokens, the time to the first token) is unknown. With
    tokens in the row and a price in the entry, the cost follows from both.
    """

    type = "outputs"
    Options = OutputsOptions
    offline = True
    asks_nobody: ClassVar[bool] = True

    def __init__(self, spec: ProviderSpec, environment: ProviderEnvironment) -> None:
        super().__init__(spec, environment)
        if not isinstance(spec.options, OutputsOptions):
            raise InternalError(f"provider {spec.name!r} has no options of outputs")
        self._table = spec.options.table

    async def complete(self, request: Request) -> Response:
        # what is missing is compared with the names in the file, and prices are read from a map
        return await asyncio.to_thread(self._answer, request)

    def _answer(self, request: Request) -> Response:
        response = self._table.answer(request)
        if response.cost_usd is None and response.input_tokens is not None:
            price = price_of(self.spec, (self.spec.model,) if self.spec.model else ())
            usage = Usage(response.input_tokens, response.output_tokens)
            response.cost_usd = price.cost(usage) if price else None
        return response
