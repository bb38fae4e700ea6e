"""Replay and record: find answers in the recordings of arena files, and keep new ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from pytest_arena.errors import ErrorKind, Problem, ProviderError, UserError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.places import is_of_storage, reason_of
from pytest_arena.recording.entries import (
    answer_from_record,
    entry_of,
    failure_from_record,
    is_worth_keeping,
    may_differ_next_time,
)
from pytest_arena.recording.explain_miss import differences, nearest
from pytest_arena.recording.files import FIX, RecordingFile, Stored, recording_name
from pytest_arena.recording.keys import is_kept, key_of, request_facts
from pytest_arena.results.cell import column_name
from pytest_arena.results.journal import Journal
from pytest_arena.results.request_response import Request, Response
from pytest_arena.results.serialize import to_line
from pytest_arena.schema import ProviderSpec
from pytest_arena.text.shown_path import shown_path

EXPLAINED_MISSES = 20
"""So many misses of a recording are compared with its entries; a changed system prompt would
otherwise compare everything with everything."""


@dataclass(slots=True)
class Use:
    """Which entries of a recording this process used (by key), and how many it added."""

    used: set[str] = field(default_factory=set)
    recorded: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Open:
    """A recording that is in use: its entries, and what this process may do with it."""

    file: RecordingFile
    may_replay: bool
    may_record: bool
    entries: dict[str, Stored]
    use: Use = field(default_factory=Use)
    shard: Journal | None = None
    unwritable: Problem | None = None
    misses: int = 0
    facts: list[tuple[Stored, Mapping[str, Any]]] | None = None


class Recordings:
    """The answers in `recordings/<stem>.jsonl` beside each arena file.

    `none` replays and calls nothing; `once` records where no recording is, and else replays;
    `new` replays what is there and records what is missing; `all` records everything again.
    `clean` takes secrets out of what is written. What is recorded goes to a shard of this
    process's own, which the run merges when it ends.
    """

    for_everyone = False

    def __init__(self, root: Path, mode: str, clean: Callable[[str], str]) -> None:
        self._root = root
        self._mode = mode
        self._clean = clean
        self._names: dict[str, str] = {}
        self._opened: dict[str, _Open] = {}
        self._opening = asyncio.Lock()
        self.problem: Problem | None = None
        """Why no more is recorded: what failed first."""

    async def find(self, spec: ProviderSpec, request: Request) -> Response | None:
        """Return the recorded answer, or None where a call must be made and recorded.

        A recorded failure, and a request without a recording where no call may be made, is a
        `ProviderError`.
        """
        opened = await self._recording(request.file)
        if not is_kept(spec):
            if opened.may_record:
                return None
            raise _without_version(spec)
        if not opened.may_replay:
            self._check_place(opened)
            return None
        facts = request_facts(spec, request)
        key = key_of(facts)
        stored = opened.entries.get(key)
        if stored is None:
            if opened.may_record:
                self._check_place(opened)
                return None
            raise await self._miss(opened, facts, request)
        record = _read(stored)
        # a recorded time-out is replayed only where no call may be made: it may be over
        if opened.may_record and may_differ_next_time(record):
            return None
        opened.use.used.add(key)
        if "error" in record:
            raise failure_from_record(record["error"])
        return answer_from_record(record["response"], "recording")

    async def keep(
        self, spec: ProviderSpec, request: Request, outcome: Response | ProviderError
    ) -> None:
        """Write what a call gave, if it came from the provider.

        What cannot be written costs no answer, which is judged though no run will replay it.
        """
        if not is_kept(spec) or not is_worth_keeping(outcome) or self.problem is not None:
            return
        opened = await self._recording(request.file)
        facts = request_facts(spec, request)
        key = key_of(facts)
        sender = f"{request.file}::{request.case}[{column_name(request.provider, request.variant)}]"
        line = to_line({**entry_of(key, facts, outcome), "sender": sender})
        # a process that records nothing leaves no file
        if opened.shard is None:
            opened.shard = opened.file.new_shard()
        try:
            opened.shard.append(self._clean(line))
        except OSError as error:
            if not is_of_storage(error):
                raise
            self.problem = opened.file.unwritable(error)
            return
        opened.use.used.add(key)
        opened.use.recorded.add(key)

    async def may_call(self, file: str) -> bool:
        """Return whether what is not recorded for an arena file may be called for."""
        return (await self._recording(file)).may_record

    async def close(self) -> None:
        for opened in self._opened.values():
            if opened.shard is not None:
                opened.shard.close()

    def uses(self) -> dict[str, Use]:
        """Return what was used of each recording, by its name."""
        return {name: opened.use for name, opened in self._opened.items()}

    async def _recording(self, arena: str) -> _Open:
        name = self._names.get(arena)
        if name is None:
            name = self._names[arena] = recording_name(arena)
        # two first calls must not read the same thousands of lines
        async with self._opening:
            found = self._opened.get(name)
            if found is None:
                file = RecordingFile(self._root, name)
                try:
                    # thousands of entries take a while to read: not on the loop
                    found = await asyncio.to_thread(self._open, file)
                except UserError as error:
                    raise ProviderError(ErrorKind.CONFIGURATION, str(error)) from error
                except OSError as error:
                    if not is_of_storage(error):
                        raise
                    raise _unreadable(file, error) from error
                self._opened[name] = found
            return found

    def _open(self, file: RecordingFile) -> _Open:
        may_record = file.may_be_recorded(self._mode)
        may_replay = self._mode != "all"
        # read in any case: what cannot be read could not be added to when the run has been paid for
        found = file.entries()
        entries = found if may_replay else {}
        unwritable = file.problem() if may_record else None
        return _Open(file, may_replay, may_record, entries, unwritable=unwritable)

    def _check_place(self, opened: _Open) -> None:
        """Raise where what a call gives could not be recorded."""
        if opened.unwritable is not None:
            self.problem = self.problem or opened.unwritable
            raise ProviderError(ErrorKind.CONFIGURATION, str(opened.unwritable))

    async def _miss(self, opened: _Open, facts: dict[str, Any], request: Request) -> ProviderError:
        name = opened.file.name
        lines = [f"{name} has no answer to this request"]
        if not opened.entries:
            lines = [f"there is no recording {name}"]
        if request.purpose:
            lines[0] += f" ({request.purpose})"
        opened.misses += 1
        if opened.entries and opened.misses <= EXPLAINED_MISSES:
            lines += await asyncio.to_thread(_explain, opened, facts)
        mode = "new" if opened.entries else "once"
        lines.append(f"  fix: record what is missing with --arena-record {mode}")
        return ProviderError(ErrorKind.NOT_RECORDED, "\n".join(lines))


def _unreadable(file: RecordingFile, error: OSError) -> ProviderError:
    problem = Problem(
        f"cannot read {shown_path(file.path)}: {reason_of(error)}",
        expected="a recording, or a folder that can hold one",
        fix=FIX,
    )
    return ProviderError(ErrorKind.CONFIGURATION, str(problem))


def _without_version(spec: ProviderSpec) -> ProviderError:
    return ProviderError(
        ErrorKind.NOT_RECORDED,
        f"provider {spec.name!r} has no version, so that no recording can stand for it\n"
        "  expected: version: in its entry, a text or git\n"
        "  fix: add version: git and record it, or call it with --arena-record off",
    )


def _explain(opened: _Open, facts: dict[str, Any]) -> list[str]:
    if opened.facts is None:
        opened.facts = [(one, one.read()["request"]) for one in opened.entries.values()]
    best = nearest(facts, [recorded for _, recorded in opened.facts])
    if best is None:
        return []
    (place,) = [stored.place for stored, recorded in opened.facts if recorded is best]
    found = differences(best, facts)
    return [f"  nearest entry: {place.file}:{place.line}", *(f"    {line}" for line in found)]


def _read(stored: Stored) -> dict[str, Any]:
    try:
        return stored.read()
    except UserError as error:
        raise ProviderError(ErrorKind.CONFIGURATION, str(error)) from error
