"""What was asked so far, as those who were asked count it."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from pathlib import Path

CASE = re.compile(r"\bc\d+x*\b")
FILE = "calls"
NOTE = f"""
import time

def note(what):
    with open("{FILE}", "a") as file:
        file.write(f"{{time.time_ns()}} {{what}}\\n")
"""
"""What functions of a project count by."""


class Ledger:
    """Calls in the order in which they came, each as the name of its case and what was asked.

    A model's server counts in this process; functions of the project write them into a file.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._heard: list[tuple[int, str]] = []
        self._lock = threading.Lock()

    def hear(self, what: str) -> None:
        """Count a call of the server."""
        with self._lock:
            self._heard.append((time.time_ns(), what))

    def entries(self, since: int = 0) -> list[str]:
        """Return what was asked since a time."""
        with self._lock:
            found = list(self._heard)
        lines = self._file.read_text().split("\n")[:-1] if self._file.exists() else []
        found += [(int(at), what) for at, _, what in (line.partition(" ") for line in lines)]
        return [what for at, what in sorted(found) if at >= since]

    def counts(self, since: int = 0) -> Counter[str]:
        return Counter(self.entries(since))

    def cases(self, since: int = 0) -> set[str]:
        return set(map(case_of, self.entries(since)))


def case_of(what: str) -> str:
    """Return the case that a name or a text is of."""
    found = CASE.search(what)
    assert found is not None, what
    return found[0]
