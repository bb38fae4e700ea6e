"""The answers of an earlier run, to be judged again: nobody but judges is called."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.errors import ErrorKind, Problem, ProviderError, UsageError, UserError
from pytest_arena.places import RESULTS
from pytest_arena.prompts.persona_texts import COMPLETE
from pytest_arena.recording.keys import PERSONA
from pytest_arena.results.cell import Cell, column_name
from pytest_arena.results.reading import read_run
from pytest_arena.results.request_response import Response
from pytest_arena.results.trial import Trial

if TYPE_CHECKING:
    from pytest_arena.engine.calling.client import Answers
    from pytest_arena.loading.plans import Arena, CellPlan
    from pytest_arena.results.request_response import Request
    from pytest_arena.schema import ProviderSpec

_Key = tuple[str, str, str]
"""File, case and column."""
_BLOCKED = ("block", "replace")


class EarlierRun:
    """The answers that the cells of a results file got, by case, column, trial and turn.

    A cell that is not there, and one whose case is asked otherwise now, has no answer. `others`
    are what judges are answered by, where their answers are kept.
    """

    for_everyone = True

    def __init__(self, given: str, root: Path, option: str = "--arena-rejudge") -> None:
        path = root / given
        # not that of `Path`, which raises where a name is too long
        self.path = path / RESULTS if os.path.isdir(path) else path
        try:
            self.run = read_run(self.path)
        except (UserError, OSError) as error:
            problem = Problem(
                f"{option}: {given!r} cannot be read: {str(error).splitlines()[0]}",
                expected="a results.jsonl that `pytest --arena` wrote, or its folder",
            )
            raise UsageError(problem) from error
        self.others: Answers | None = None
        self._cells: dict[_Key, Cell] = {}
        self._by_name: dict[tuple[str, str], list[Cell]] = {}
        for cell in self.run.cells:
            if cell.test is None:
                self._cells[cell.file, cell.case, cell.column] = cell
                self._by_name.setdefault((cell.case, cell.column), []).append(cell)
        self._files = {cell.file for cell in self.run.cells}
        self._dialogues: dict[_Key, int] = {}
        self._changed: set[_Key] = set()

    def with_trials(self, arena: Arena) -> Arena:
        """Return an arena whose cells have as many trials as the earlier run had of them."""
        return replace(arena, cells=tuple(self._with_trials(plan) for plan in arena.cells))

    def _with_trials(self, plan: CellPlan) -> CellPlan:
        key = (plan.file, plan.case.name, plan.column)
        cell = self._find(key)
        if cell is None or plan.case.load is not None:
            return plan
        dialogues = self._dialogues[key] = len(plan.case.dialogues)
        asked = cell.hashes.get("prompt")
        if asked is not None and asked != plan.hashes["prompt"]:
            self._changed.add(key)
        wanted = -(-(len(cell.trials) + cell.trials_not_run) // dialogues)
        return replace(plan, case=replace(plan.case, trials=max(1, wanted)))

    def _find(self, key: _Key) -> Cell | None:
        """Return the cell of a case and a column; by these alone where the results know no file of
        that name, as of a copy of the arena."""
        file, case, column = key
        if file in self._files:
            return self._cells.get(key)
        alike = self._by_name.get((case, column), [])
        return alike[0] if len(alike) == 1 else None

    async def find(self, spec: ProviderSpec, request: Request) -> Response | None:
        """Return the answer that was given to a turn; of what judges are asked, one that is kept.

        Where none was given, a `ProviderError` says why.
        """
        is_persona = request.purpose == PERSONA
        if request.purpose and not is_persona:
            return await self.others.find(spec, request) if self.others is not None else None
        run = f"run {self.run.info.run_id}"
        column = request.column or column_name(request.provider, request.variant)
        key = (request.file, request.case, column)
        cell = self._find(key)
        if cell is None:
            raise self._missing(f"{run} has no such cell")
        if key in self._changed:
            raise self._missing(f"the case asked something else in {run}")
        index, dialogue = divmod(request.trial, self._dialogues.get(key, request.dialogues))
        trial = next((t for t in cell.trials if (t.index, t.dialogue) == (index, dialogue)), None)
        if trial is None:
            raise self._missing(f"{run} has {_count(len(cell.trials), 'trial')} of the cell")
        return self._said(trial, request) if is_persona else self._answer(trial, request.turn)

    def _said(self, trial: Trial, request: Request) -> Response:
        """Return what a simulated user said, as its model gave it."""
        of_turn = [message for message in trial.personas if message.place == request.place]
        if request.turn >= len(of_turn):
            raise self._missing(f"run {self.run.info.run_id} has no such message of the persona")
        said = of_turn[request.turn]
        return Response(
            f"{said.text} {COMPLETE}".strip() if said.ended == "done" else said.text,
            latency_ms=said.latency_ms,
            input_tokens=said.input_tokens,
            output_tokens=said.output_tokens,
            cost_usd=said.cost_usd,
            attempts=said.attempts,
            source=said.source or "call",
            model=said.model,
            tool_calls=said.tool_calls,
        )

    def _answer(self, trial: Trial, turn: int) -> Response:
        run = f"run {self.run.info.run_id}"
        events = [event for event in trial.guardrails if event.turn == turn]
        filtered = next((event for event in events if event.type == "content_filter"), None)
        if filtered is not None and turn >= len(trial.responses):
            status = 400 if filtered.direction == "input" else None
            raise ProviderError(ErrorKind.CONTENT_FILTER, filtered.reason, status=status)
        if turn < len(trial.responses):
            said = [e.original for e in events if e.direction == "output" and e.action in _BLOCKED]
            before = next((text for text in said if text is not None), None)
            answer = trial.responses[turn]
            # today's guardrails look at what the model said
            return replace(answer, output=answer.output if before is None else before)
        if trial.error is not None:
            if trial.error.kind == ErrorKind.CONTENT_FILTER:
                raise ProviderError(ErrorKind.CONTENT_FILTER, trial.error.message)
            raise self._missing(f"{run} got none ({trial.error.kind}: {trial.error.message})")
        blocked = next((event for event in events if event.action == "block"), None)
        why = f"in {run}, {blocked.type} blocked the prompt" if blocked else f"{run} got none"
        raise self._missing(why)

    def _missing(self, why: str) -> ProviderError:
        return ProviderError(
            ErrorKind.NOT_RECORDED,
            f"no answer to judge again: {why}\n"
            "  fix: run the case, or judge the answers of another run again",
        )

    async def keep(
        self, spec: ProviderSpec, request: Request, outcome: Response | ProviderError
    ) -> None:
        """Keep what a judge said, where judges' answers are kept."""
        if self.others is not None:
            await self.others.keep(spec, request, outcome)

    async def may_call(self, file: str) -> bool:
        """Return False: a load cannot be put on answers that are there."""
        return False

    async def close(self) -> None:
        if self.others is not None:
            await self.others.close()

    def notes(self, cells: Iterable[Cell]) -> list[str]:
        """Say whose answers the cells of this run are, and which are left of the earlier run."""
        info = self.run.info
        found = [f"judged again: the answers of run {info.run_id}, {info.started_at}"]
        taken: set[str] = set()
        others: dict[str, None] = {}
        for cell in cells:
            before = self._find((cell.file, cell.case, cell.column))
            if before is None:
                continue
            taken.add(before.id)
            now, then = cell.hashes.get("provider"), before.hashes.get("provider")
            if now and then and now != then:
                others.setdefault(cell.column)
        if others:
            found.append(
                f"{', '.join(others)}: another model, or other parameters now than those that gave "
                "the answers"
            )
        left = len({cell.id for cell in self.run.cells} - taken)
        if left:
            was = "was" if left == 1 else "were"
            found.append(f"{_count(left, 'cell')} of run {info.run_id} {was} not judged again")
        return found


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
