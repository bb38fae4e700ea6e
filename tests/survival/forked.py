"""Runs of pytest that are forked of the warm process, and killed as others are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from warm_forks import Forked, Order
from warm_programs import WARM

from survival.processes import is_alive, killed_at_the_end


class ForkedRun:
    """A run that was forked of the warm process, as those see it who kill it: with its pid."""

    def __init__(self, forked: Forked) -> None:
        self._forked = forked
        self.pid = forked.pid

    def poll(self) -> int | None:
        return None if is_alive(self.pid) else self._forked.wait()

    def wait(self, _seconds: float = 0) -> int:
        return self._forked.wait()

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)


@contextmanager
def forked_group(code: str, arguments: Sequence[str], folder: Path) -> Iterator[ForkedRun]:
    """Run code without workers as `process_group` does, but with all imports done."""
    (folder / "run.py").write_text(f"import os\nos.setsid()\n{code}\n")
    order = Order(["python", "run.py", *arguments], str(folder), dict(os.environ))
    with open(os.devnull, "rb") as nothing, open(folder / "output", "w") as output:
        files = [file.fileno() for file in (nothing, output, output)]
        run = ForkedRun(order.sent(WARM.address(), files))
    with killed_at_the_end(run):
        yield run
