"""When and how a run is ended: what is drawn for it, and doing it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from survival.ledger import Ledger
from survival.processes import is_alive, wait_until

MOMENTS = ("calls", "calls", "calls", "start", "collection", "reports")
ALONE = ("kill", "kill", "group", "term", "int", "int twice", "int and kill")
AMONG_WORKERS = ("worker", "worker", "two workers", "worker and kill", "group int")


@dataclass(frozen=True)
class Death:
    """How a run ends: at which moment, and by what."""

    moment: str
    by: str
    calls: int
    """After so many, where calls are the moment."""
    later_s: float
    """Beyond the moment, wherever the run happens to be."""
    pause_s: float
    """Between two signals."""

    @classmethod
    def drawn(cls, random: Random, workers: int, calls: int) -> Death:
        """Draw one for a run of about so many calls."""
        moment = random.choice(MOMENTS)
        by = random.choice((*ALONE, *AMONG_WORKERS) if workers else ALONE)
        if "worker" in by:
            moment = "calls"
        longest_s = {"calls": 0.05, "start": 1.5, "collection": 0.3, "reports": 0.4}[moment]
        return cls(
            moment,
            by,
            random.randrange(1, max(2, calls - 4)),
            random.uniform(0, longest_s),
            random.choice((0, random.uniform(0, 0.3))),
        )

    def __str__(self) -> str:
        return f"{self.by} at {self.moment}"

    @property
    def workers(self) -> int:
        """How many workers die by it, while the run goes on."""
        return {"worker": 1, "two workers": 2, "worker and kill": 1}.get(self.by, 0)

    @property
    def ends_the_run(self) -> bool:
        return self.by not in ("worker", "two workers")

    @property
    def may_end_by_itself(self) -> bool:
        """Whether the run may write all that it has: it was asked to end, and no more."""
        return self.by in ("int", "group int")

    def wait(
        self, process: subprocess.Popen[str], folder: Path, ledger: Ledger, since: int
    ) -> None:
        """Wait for its moment, or for the end of the run if that comes first."""
        if self.moment == "calls":
            wait_until(
                lambda: len(ledger.entries(since)) >= self.calls or process.poll() is not None,
                folder,
                0.005,
            )
        elif self.moment != "start":
            wait_until(
                lambda: (folder / self.moment).exists() or process.poll() is not None, folder
            )
        time.sleep(self.later_s)

    def blows(self, process: subprocess.Popen[str], folder: Path, random: Random) -> Iterator[None]:
        """End the run, or workers of it; gives control back before each signal."""
        for number, what in enumerate(_SIGNALS[self.by]):
            if number:
                time.sleep(self.pause_s)
            if process.poll() is not None:
                return
            victims = alive_workers(folder, process.pid)
            if what == "worker" and not victims:
                return
            yield
            with suppress(ProcessLookupError):
                if what == "worker":
                    os.kill(random.choice(victims), signal.SIGKILL)
                elif what == "group":
                    os.killpg(process.pid, signal.SIGKILL)
                elif what == "group int":
                    os.killpg(process.pid, signal.SIGINT)
                else:
                    os.kill(process.pid, _NUMBERS[what])


_NUMBERS = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "int": signal.SIGINT}
_SIGNALS = {
    "kill": ("kill",),
    "group": ("group",),
    "term": ("term",),
    "int": ("int",),
    "int twice": ("int", "int"),
    "int and kill": ("int", "kill"),
    "worker": ("worker",),
    "two workers": ("worker", "worker"),
    "worker and kill": ("worker", "kill"),
    "group int": ("group int",),
}


def processes(folder: Path) -> dict[int, str]:
    """Return the processes of a run that have begun, each with the name of the worker it is."""
    file = folder / "pids"
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return {int(pid): worker for pid, _, worker in (line.partition(" ") for line in lines)}


def alive_workers(folder: Path, controller: int) -> list[int]:
    found = processes(folder)
    return [pid for pid, name in found.items() if name and pid != controller and is_alive(pid)]
