"""The local server that answers the benchmarks' calls, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

WIRE = Path(__file__).resolve().parents[1] / "tests" / "servers" / "wire.py"


class WireProcess:
    """A server of the wire formats of OpenAI and Anthropic, with a set latency in seconds; calls
    beyond `per_second` are refused."""

    def __init__(self, latency_s: float, per_second: int | None = None) -> None:
        command = [sys.executable, str(WIRE), "--latency", str(latency_s), "--text", "All is well."]
        if per_second is not None:
            command += ["--per-second", str(per_second)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def __enter__(self) -> WireProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(10)

    def reset(self) -> dict[str, Any]:
        """Return the server's own counts since the last reset, and set them to zero."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/_reset", timeout=10) as answer:
            counts: dict[str, Any] = json.load(answer)
        return counts
