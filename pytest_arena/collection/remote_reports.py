"""A report folder in an object store: written here, and copied there as the run goes on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from threading import Event, Lock, Thread

from pytest_arena.errors import UsageError
from pytest_arena.object_store import JOURNAL, ObjectFolder, shown_url, unreachable
from pytest_arena.places import PREVIOUS, RESULTS
from pytest_arena.text.shown_path import shown_path

_EVERY_S = 5.0


class RemoteReports:
    """The copy of a report folder in an object store.

    Objects cannot be appended to: what finishes is put there in pieces, every few seconds, and
    when the run has ended `results.jsonl` takes their place. A machine that is lost loses what it
    finished in its last seconds.
    """

    def __init__(self, url: str, folder: Path, run_id: str) -> None:
        """One that cannot be written to is a `UsageError`, before any call."""
        self.url = shown_url(url)
        self._asked_by = "--arena-report-dir"
        self._store = ObjectFolder(url, self._asked_by)
        self._folder = folder
        self._run_id = run_id
        self._pending: list[str] = []
        self._pieces = 0
        self._lock = Lock()
        self._over = Event()
        self._thread: Thread | None = None

    def fetch_interrupted(self) -> None:
        """Bring here what a run that never ended has left there, for `--arena-resume`."""
        try:
            for name in self._store.names():
                if name.startswith(f"{JOURNAL}/"):
                    # it stands among the journals of workers, whose runs never ended either
                    _, run, piece = name.split("/", 2)
                    self._store.fetch(name, self._folder / ".shards" / run / piece)
        except OSError as error:
            raise UsageError(unreachable(self._asked_by, error)) from error

    def check(self) -> None:
        """Raise a `UsageError` where nothing can be written there."""
        name = f"{JOURNAL}/{self._run_id}/000000.jsonl"
        try:
            self._store.write(name, b"")
            self._store.delete(name)
        except OSError as error:
            raise UsageError(unreachable(self._asked_by, error)) from error

    def begin(self, *, resumed: bool) -> None:
        """Put the last run's results out of the way, so that nobody takes them for this one's, and
        what was interrupted, unless it was `resumed`."""
        names = self._store.names()
        for name in names:
            if name.startswith(f"{JOURNAL}/") and not resumed:
                self._store.delete(name)
        if RESULTS in names:
            self._store.write(f"{PREVIOUS}/{RESULTS}", self._store.read(RESULTS))
            self._store.delete(RESULTS)
        self._thread = Thread(target=self._copy, name="arena-remote-reports", daemon=True)
        self._thread.start()

    def append(self, line: str) -> None:
        """Take a line of the journal, to be put there soon."""
        with self._lock:
            self._pending.append(line)

    def conclude(self, reports: Iterable[Path]) -> str:
        """Put results and reports there, and take the pieces away; returns a line for people.

        An `OSError` says what could not be put there; all is in the folder here still.
        """
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        for path in [*reports, self._folder / RESULTS]:
            if path.is_file() and path.is_relative_to(self._folder):
                name = path.relative_to(self._folder).as_posix()
                self._store.write(name, path.read_bytes())
        for name in self._store.names():
            if name.startswith(f"{JOURNAL}/"):
                self._store.delete(name)
        return f"results and reports are in {self.url}"

    def told(self, error: OSError) -> str:
        """Return what a person must know of a copy that failed."""
        kept = shown_path(self._folder)
        return f"cannot write {error.filename}: {error.strerror}\n  kept: all of it, in {kept}"

    def _copy(self) -> None:
        while not self._over.wait(_EVERY_S):
            self._put_piece()
        self._put_piece()

    def _put_piece(self) -> None:
        with self._lock:
            lines, self._pending = self._pending, []
        if not lines:
            return
        self._pieces += 1
        name = f"{JOURNAL}/{self._run_id}/{self._pieces:06}.jsonl"
        try:
            self._store.write(name, "".join(f"{line}\n" for line in lines).encode())
        except OSError:
            # tried again with the next lines; if it lasts, `conclude` says so
            self._pieces -= 1
            with self._lock:
                self._pending[:0] = lines
