"""What pytest-rerunfailures' re-runs are worth: nothing, where nobody is asked anew."""

from __future__ import annotations

from pytest_arena.results.cell import Cell

_SAID_BY = {
    "mock": "the mock",
    "outputs": "files of outputs",
    "echo": "the echo",
    "recording": "recordings",
    "cache": "the cache",
}


class Reruns:
    """The re-runs of cells whose answers were there already, so that they had to say the same."""

    def __init__(self) -> None:
        self._count = 0
        self._sources: dict[str, None] = {}

    def hear(self, cell: Cell) -> None:
        """Look at the cell of an item that is about to be run again."""
        sources = {str(trial.source) for trial in cell.trials if trial.source is not None}
        if sources and sources <= _SAID_BY.keys():
            self._count += 1
            self._sources |= dict.fromkeys(sorted(sources))

    def lines(self) -> list[str]:
        """Return what the summary says of them."""
        if not self._count:
            return []
        named = " and ".join(_SAID_BY[source] for source in self._sources)
        count = "1 re-run" if self._count == 1 else f"{self._count:,} re-runs"
        return [f"{count} asked nobody anew: the answers come from {named}, and stay the same"]
