"""The finished calls of conversations, kept one by one, so that none need be made again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.places import unwritable
from pytest_arena.recording.trial_calls import KeptCall, TrialCalls
from pytest_arena.results.journal import Journal, is_being_written
from pytest_arena.results.serialize import to_line
from pytest_arena.running.open_files import no_file_left, patiently, ran_out_of_files


class CallJournal:
    """The calls of all conversations in this process, and what processes that are gone have left.

    Those are workers of the same run that died, since others run their cells then; where an
    interrupted run is taken up (`resume`), its processes too. `record` is the run's mode of
    recording: what another mode has left is let be. `clean` takes secrets out of what is written.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        record: str,
        resume: bool,
        clean: Callable[[str], str],
    ) -> None:
        """`folder` is that of this run; `name` is the file's of this process."""
        self._folder = folder
        self._record = record
        self._resume = resume
        self._clean = clean
        self._journal = Journal(folder / name, lock=True)
        self._has_head = False
        self._read: dict[Path, int] = {}
        self._left: dict[tuple[Any, ...], list[KeptCall]] = {}
        self._looking = asyncio.Lock()
        self.taken = 0
        """How many calls were not made again."""

    async def of_trial(self, *trial: str | int) -> TrialCalls:
        """Return the calls of one trial, which is told by all that decides what it does."""
        async with self._looking:
            await asyncio.to_thread(self._look_patiently)
        return TrialCalls(
            self._left.setdefault(trial, []),
            self._keep(trial),
            self._count,
            # a recording keeps the others, and takes what it replays for used
            keeps_answers=self._record in ("off", "all"),
        )

    def close(self) -> None:
        self._journal.close()

    def _count(self) -> None:
        self.taken += 1

    def _keep(self, trial: tuple[Any, ...]) -> Callable[[Mapping[str, Any]], None]:
        def keep(record: Mapping[str, Any]) -> None:
            if not self._has_head:
                self._has_head = True
                self._append(to_line({"kind": "calls", "record": self._record}))
            head = {"trial": list(trial), **record}
            try:
                line = to_line(head)
                whole = self._clean(line) == line
            except (ValueError, RecursionError):
                whole = False
            if not whole:
                # what is not kept as it was is not kept: others would go on from something else
                head.pop("given", None)
                line = self._clean(to_line(head))
            self._append(line)

        return keep

    def _append(self, line: str) -> None:
        try:
            self._journal.append(line)
        except OSError as error:
            # a run that took this one up could repeat what is not kept
            problem = unwritable(self._journal.path, error)
            raise ProviderError(ErrorKind.CONFIGURATION, str(problem)) from error

    def _look_patiently(self) -> None:
        try:
            patiently(self._look)
        except OSError as error:
            said = f"{self._folder}: the calls of interrupted runs cannot be read: {error}"
            if ran_out_of_files(error):
                raise ProviderError(ErrorKind.OPEN_FILES, no_file_left(said)) from error
            raise ProviderError(ErrorKind.CONFIGURATION, said) from error

    def _look(self) -> None:
        """Read what processes left that are gone by now."""
        every = self._folder.parent.glob("*/*.jsonl")
        left = every if self._resume else self._folder.glob("*.jsonl")
        for path in sorted(left, key=lambda path: (path.stat().st_mtime, path.name)):
            if path.stat().st_size > self._read.get(path, 0) and not is_being_written(path):
                self._read_file(path)

    def _read_file(self, path: Path) -> None:
        """Read a file whole before anything of it counts: one that cannot be read keeps every
        trial from its calls."""
        data = path.read_bytes()
        found = []
        # what stands behind the last end of a line was torn when its process was killed
        for number, raw in enumerate(data.split(b"\n")[:-1], 1):
            try:
                record = json.loads(raw)
                if record.get("record", self._record) != self._record:
                    break
                if "record" not in record:
                    found.append((tuple(record["trial"]), KeptCall.of(record)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ProviderError(
                    ErrorKind.CONFIGURATION,
                    f"{path}:{number}: not a line of a journal ({error})\n"
                    "  expected: what a run wrote that was interrupted\n"
                    "  fix: run without --arena-resume",
                ) from error
        for trial, call in found:
            call.join(self._left.setdefault(trial, []))
        self._read[path] = len(data)


def call_key(*facts: Any) -> str:
    """Return the SHA-256 of all that a call is made with."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(text.encode()).hexdigest()
