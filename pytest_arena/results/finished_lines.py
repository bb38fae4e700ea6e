"""The lines of the cells that a run has finished: where they stand on disk."""

from __future__ import annotations

import gc
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from pytest_arena._garbage import no_collection
from pytest_arena.results.cell import Cell
from pytest_arena.results.journal import Journal
from pytest_arena.results.left_texts import without_long_texts
from pytest_arena.results.serialize import cell_from_line

MOST_IN_MEMORY = 32_000_000
"""In bytes. Cells whose lines are longer together leave their long texts on disk."""
SHORT_LINE = 4_000
"""In bytes. A cell whose line is no longer is held whole in any case."""
_RECENT = 16_000_000
"""In bytes. Cells that were read last are held whole, as far as their lines are no longer."""


class FinishedLines:
    """The finished cells of a run by id: places in a journal, and no text.

    A line that could not be written is kept here.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._numbers: dict[str, int] = {}
        self._begins = array("q")
        self._sizes = array("q")
        self._hashes = array("q")
        self._unwritten: dict[str, str] = {}
        self._recent: OrderedDict[str, Cell] = OrderedDict()
        self._recent_bytes = 0

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, cell_id: object) -> bool:
        return cell_id in self._numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def holds(self, cell_id: str, line: str) -> bool:
        """Return whether this is the last word on a cell already."""
        number = self._numbers.get(cell_id)
        return number is not None and self._hashes[number] == hash(line)

    def write(self, cell_id: str, line: str) -> None:
        """Take the last word on a cell, and write it; it is kept where that fails."""
        self.keep(cell_id, line)
        self._journal.append(line)
        del self._unwritten[cell_id]
        number = self._numbers[cell_id]
        self._begins[number], self._sizes[number] = self._journal.last

    def keep(self, cell_id: str, line: str) -> None:
        """Take the last word on a cell, which cannot be written any more."""
        self._forget(cell_id)
        number = self._numbers.setdefault(cell_id, len(self._begins))
        if number == len(self._begins):
            for places in (self._begins, self._sizes, self._hashes):
                places.append(0)
        self._hashes[number] = hash(line)
        self._sizes[number] = len(line)
        self._unwritten[cell_id] = line

    def line(self, cell_id: str) -> str:
        """Return the line of a cell."""
        if cell_id in self._unwritten:
            return self._unwritten[cell_id]
        number = self._numbers[cell_id]
        raw = self._journal.read(self._begins[number], self._sizes[number])
        line = raw.decode("utf-8", "replace")
        if hash(line) != self._hashes[number]:
            raise RuntimeError(
                f"{self._journal.path} was changed by another program while the run went on"
            )
        return line

    def lines(self) -> Iterator[str]:
        """Yield the lines of all cells, in their order, and let go of the file that has them."""
        for cell_id in self._numbers:
            yield self.line(cell_id)
        # on Windows no other file takes the place of one that is open
        self._journal.close()

    def cells(self) -> list[Cell]:
        """Return all cells. Those of a large run leave long texts where their lines stand."""
        large = sum(self._sizes) > MOST_IN_MEMORY
        with no_collection():
            cells = [self._cell(cell_id, large=large) for cell_id in self._numbers]
            # they stay to the end of the run
            gc.freeze()
        return cells

    def put_in_order(self, cell_ids: Iterable[str]) -> None:
        """Put the cells in this order."""
        self._numbers = {cell_id: self._numbers[cell_id] for cell_id in cell_ids}

    def moved(self, begins: Sequence[int]) -> None:
        """Learn that all lines were written anew, in their order, and where they begin now."""
        for number, begin in zip(self._numbers.values(), begins, strict=True):
            self._begins[number] = begin
        for cell_id, line in self._unwritten.items():
            self._sizes[self._numbers[cell_id]] = len(line.encode())
        self._unwritten.clear()

    def _cell(self, cell_id: str, *, large: bool) -> Cell:
        cell = cell_from_line(self.line(cell_id))
        if large and self._sizes[self._numbers[cell_id]] > SHORT_LINE:
            return without_long_texts(cell, partial(self._whole, cell_id))
        return cell

    def _whole(self, cell_id: str) -> Cell:
        """Return a cell with all its texts, which are often asked for one after the other."""
        cell = self._recent.get(cell_id)
        if cell is not None:
            self._recent.move_to_end(cell_id)
            return cell
        cell = cell_from_line(self.line(cell_id))
        self._recent[cell_id] = cell
        self._recent_bytes += self._sizes[self._numbers[cell_id]]
        while self._recent_bytes > _RECENT and len(self._recent) > 1:
            self._forget(next(iter(self._recent)))
        return cell

    def _forget(self, cell_id: str) -> None:
        if self._recent.pop(cell_id, None) is not None:
            self._recent_bytes -= self._sizes[self._numbers[cell_id]]
