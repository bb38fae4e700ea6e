"""A process and all that it started: ended together, on POSIX by its group, on Windows by its
tree."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

TERMINATE = signal.SIGTERM
KILL: signal.Signals = getattr(signal, "SIGKILL", signal.SIGTERM)


def signal_group(leader: int, number: signal.Signals = KILL) -> None:
    """Send a signal to the group that a process leads; on Windows, which has neither, end its tree.

    One that is gone is none of our business.
    """
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, number)
        return
    subprocess.run(  # noqa: S603 - a number is all that is given to it
        ["taskkill", "/F", "/T", "/PID", str(leader)],  # noqa: S607 - part of Windows
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
