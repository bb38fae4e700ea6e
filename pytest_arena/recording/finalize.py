"""Recordings when the run ends: what the processes wrote is merged, and what nobody used named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from pytest_arena.errors import Problem, UserError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.options import Settings
from pytest_arena.places import is_of_storage
from pytest_arena.recording.files import RecordingFile, recording_name
from pytest_arena.results.cell import Cell
from pytest_arena.text.numbers import counted


@dataclass(slots=True)
class _Use:
    used: set[str] = field(default_factory=set)
    recorded: set[str] = field(default_factory=set)


class RecordingsKeeper:
    """What each process used of recordings, to merge what was recorded, and tell of it."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self._root = root
        self._settings = settings
        self._uses: dict[str, _Use] = {}
        self._cache_hits = 0
        self._cache_trouble: str | None = None
        self.problem: Problem | None = None
        """Why a recording could not be written; what was recorded is in its shards then."""

    def hear(self, answers: Mapping[str, Any]) -> None:
        """Take what one process says of its use (`AnswerStore.use`)."""
        for name, given in answers.get("recordings", {}).items():
            use = self._uses.setdefault(name, _Use())
            use.used.update(given["used"])
            use.recorded.update(given["recorded"])
        cache = answers.get("cache", {})
        self._cache_hits += cache.get("hits", 0)
        self._cache_trouble = self._cache_trouble or cache.get("trouble")

    def conclude(self, cells: Sequence[Cell], ids: Sequence[str]) -> list[str]:
        """Merge what was recorded, and return lines for people.

        `cells` are those that this run asked for, `ids` name all cells of all arena files,
        whatever was selected of them.
        """
        lines: list[str] = []
        if self._settings.records:
            files: dict[str, list[str]] = {}
            for cell_id in ids:
                files.setdefault(cell_id.partition("::")[0], []).append(cell_id)
            whole = self._whole(cells, files)
            # recordings of files whose cells were all deselected are looked at, too: they may have
            # shards of a run that was killed
            for name in sorted({*self._uses, *map(recording_name, files)}):
                sources = {file for file in files if recording_name(file) == name}
                try:
                    lines += self._of_one(name, whole=bool(sources) and sources <= whole)
                except UserError as error:
                    lines.append(f"the recording could not be merged: {error}")
                except OSError as error:
                    if not is_of_storage(error):
                        raise
                    recording = RecordingFile(self._root, name)
                    self.problem = self.problem or recording.unwritable(error)
        if self._cache_hits:
            lines.append(f"{counted(self._cache_hits, 'answer')} taken from the cache")
        if self._cache_trouble:
            lines.append(f"the cache could not be used: {self._cache_trouble}")
        return lines

    def _whole(self, cells: Sequence[Cell], files: Mapping[str, list[str]]) -> set[str]:
        """Return the files of which every cell ran to its verdict, with the trials it asks for:
        only then is an entry that nobody used no longer used."""
        if self._settings.trials is not None:
            return set()
        judged = {cell.id for cell in cells if cell.verdict in ("passed", "failed")}
        return {file for file, ids in files.items() if judged.issuperset(ids)}

    def _of_one(self, name: str, *, whole: bool) -> list[str]:
        use = self._uses.get(name, _Use())
        recording = RecordingFile(self._root, name)
        if self._settings.record != "none":
            recording.merge()
        # what this run recorded itself was no replay, though it was used
        replayed = len(use.used - use.recorded)
        said = [f"{counted(replayed, 'answer')} replayed"] if replayed else []
        said += [f"{len(use.recorded)} recorded"] if use.recorded else []
        unused = recording.keys() - use.used if whole else frozenset()
        if self._settings.prune_recordings and unused:
            recording.merge(remove=unused)
            said.append(f"{len(unused)} unused removed")
        elif self._settings.prune_recordings and not whole:
            said.append("nothing removed, since not every cell of the file was run to a verdict")
        elif unused:
            said.append(
                f"{len(unused)} not used by any cell (--arena-prune-recordings removes them)"
            )
        return [f"{name}: {', '.join(said)}"] if said else []
