"""A long run against a server that fails now and then, each call counted by the server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from servers.formats import Reply
from servers.wire import WireRequest, WireServer

TIMEOUT_S = 20
PRICE = 18 * 1000 / 1e6
"""Of a call, in dollars: 11 tokens in and 7 out."""


@dataclass(frozen=True)
class Fault:
    """What the server does to a cell, and what must come of it."""

    name: str
    calls: int
    verdict: str
    reply: Reply
    error: str | None = None
    """The kind of error that the cell's trial has."""

    def answer(self, call: int, plain: Reply) -> Reply:
        """Return what the n-th call of the cell gets; where it passes, its last one is answered."""
        return plain if self.verdict == "passed" and call >= self.calls else self.reply


def _passes(name: str, reply: Reply) -> Fault:
    return Fault(name, 2, "passed", reply)


def _stays(name: str, error: str, reply: Reply, calls: int = 3) -> Fault:
    return Fault(name, calls, "error", reply, error)


_ERROR_BODY = json.dumps({"error": {"message": "upstream died", "code": 502}}).encode()
RETRY_AFTER = "0.1"
FAULTS = (
    _passes("HTTP 500 once", Reply(error="server")),
    _passes("HTTP 503 once, with Retry-After", Reply(error="overloaded", retry_after=RETRY_AFTER)),
    _passes("HTTP 429 once, with Retry-After", Reply(error="rate_limit", retry_after=RETRY_AFTER)),
    _passes("a connection that is closed once", Reply(fault="close")),
    _passes("an answer that is cut short once", Reply(fault="cut")),
    _passes("HTTP 408 once", Reply(status=408, error="server")),
    _stays("HTTP 500 always", "server", Reply(error="server")),
    _stays(
        "HTTP 503 always, with Retry-After",
        "server",
        Reply(error="overloaded", retry_after=RETRY_AFTER),
    ),
    _stays("a connection that is always closed", "connection", Reply(fault="close")),
    _stays("an answer that is always cut short", "connection", Reply(fault="cut")),
    _stays("HTTP 400", "bad_request", Reply(error="bad_request"), 1),
    _stays("HTTP 404", "not_found", Reply(error="not_found"), 1),
    _stays("a prompt that is too long", "context_length", Reply(error="context_length"), 1),
    _stays("a filter of the provider", "content_filter", Reply(error="content_filter"), 1),
    _stays("HTML in an answer's place", "bad_response", Reply(fault="garbage"), 1),
    _stays("an answer without choices", "bad_response", Reply(fault="no_choices"), 1),
    _stays("half a JSON", "bad_response", Reply(body=b'{"choices": [{"mess'), 1),
    Fault("a wrong answer", 1, "failed", Reply(text="nothing of the kind")),
)
SLOW = _passes("no answer within the time limit, once", Reply(fault="hang"))
"""Put in another's place now and then: each holds a run up for as long as the limit is."""
MOST_SLOW = 5
PLAIN = Fault("no fault", 1, "passed", Reply())


@dataclass
class Soak:
    """A run of so many cells, of which a share meets a fault of one kind or another."""

    folder: Path
    cells: int
    share: float = 0.01
    workers: int = 0
    concurrency: int = 50
    budget_usd: float | None = None
    seed: int = 0
    timeout_s: int = TIMEOUT_S
    said: str = ""
    exit_code: int = 0
    largest_mb: float = 0.0
    """The most memory that any of its processes took."""
    calls: Counter[int] = field(default_factory=Counter)
    """How often each cell was asked for, as the server counted."""
    faults: dict[int, Fault] = field(default_factory=dict)

    def run(self) -> None:
        """Run the cells, and count."""
        self.faults = dict(self._deal())

        def script(request: WireRequest) -> Reply:
            number = int(request.prompt.removeprefix("Q "))
            self.calls[number] += 1
            return self.fault(number).answer(self.calls[number], Reply(text=f"A {number}"))

        with WireServer(script, keep=False) as server:
            self._write(server.url)
            self._run_pytest()

    def fault(self, number: int) -> Fault:
        """Return what is done to a cell; `PLAIN` for most."""
        return self.faults.get(number, PLAIN)

    def found(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Give the cells of the results file by their numbers, one after the other."""
        with (self.folder / "arena-report" / "results.jsonl").open(encoding="utf-8") as file:
            for line in file:
                if line.startswith('{"kind": "cell"'):
                    cell = json.loads(line)
                    yield int(cell["case"].rpartition("=")[2].rstrip(")")), cell

    def complaints(self) -> list[str]:
        """Return what is not as it should be, of verdicts and of calls; of all cells where no
        budget ended the run."""
        return list(self._complaints())

    def _deal(self) -> Iterator[tuple[int, Fault]]:
        random = Random(self.seed)
        many = round(self.cells * self.share)
        for place, number in enumerate(sorted(random.sample(range(self.cells), many))):
            times, kind = divmod(place, len(FAULTS))
            yield number, SLOW if not kind and times < MOST_SLOW else FAULTS[kind]

    def _write(self, url: str) -> None:
        arena = f"""\
providers:
  - {{name: m, provider: openai, model: m, api_base: {url}/v1, timeout: {self.timeout_s}s,
     input_cost_per_million: 1000, output_cost_per_million: 1000}}
tests:
  - name: Q
    matrix: {{n: {list(range(self.cells))}}}
    prompt: "Q {{{{ n }}}}"
    assertions: [{{type: equals, value: "A {{{{ n }}}}"}}]
"""
        (self.folder / "arena.yaml").write_text(arena, "utf-8")
        (self.folder / "pytest.ini").write_text("[pytest]\n", "utf-8")

    def _run_pytest(self) -> None:
        command = [sys.executable, "-m", "pytest", "--arena", "--arena-report=", "-q", "--tb=no"]
        for plugin in ("randomly", "cacheprovider", "hypothesispytest", "asyncio", "rerunfailures"):
            command += ["-p", f"no:{plugin}"]
        command += [f"--arena-concurrency={self.concurrency}", "-r", "N"]
        command += [f"-n{self.workers}"] if self.workers else []
        if self.budget_usd is not None:
            command += [f"--arena-max-cost={self.budget_usd}"]
        with open(self.folder / "output", "w+", encoding="utf-8") as output:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, "OPENAI_API_KEY": "sk-soak"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = self.exit_code = os.waitstatus_to_exitcode(status)
            self.largest_mb = usage.ru_maxrss / 1024
            output.seek(0)
            self.said = output.read()

    def _complaints(self) -> Iterator[str]:
        ids: Counter[int] = Counter()
        not_run = 0
        for number, cell in self.found():
            ids[number] += 1
            not_run += bool(cell.get("over_budget"))
            yield from self._complaints_of(number, cell)
        yield from (f"cell {number} stands there {n} times" for number, n in ids.items() if n > 1)
        yield from (f"cell {number} is missing" for number in range(self.cells) if not ids[number])
        if self.exit_code != 1:
            yield f"exit code {self.exit_code}"
        if "INTERNALERROR" in self.said:
            yield "INTERNALERROR"
        if self.budget_usd is None:
            return
        if not not_run or f"{not_run:,} cells were not run to the end" not in " ".join(
            self.said.split()
        ):
            yield f"{not_run:,} cells were not run, which is not told"
        if self.billed_usd > self.budget_usd + PRICE:
            yield f"{self.billed_usd:.2f} dollars were spent of {self.budget_usd:.2f}"

    @property
    def billed_usd(self) -> float:
        """What the answers cost that the server gave."""
        return PRICE * sum(
            max(0, calls - fault.calls + 1) if fault.verdict != "error" else 0
            for number, calls in self.calls.items()
            for fault in (self.fault(number),)
        )

    def _complaints_of(self, number: int, cell: dict[str, Any]) -> Iterator[str]:
        fault, calls, verdict = self.fault(number), self.calls[number], cell["verdict"]
        name = f"cell {number} ({fault.name})"
        if cell.get("over_budget"):
            # what is not run to its end has been called less often, and never passes
            if verdict != "skipped" or calls >= fault.calls:
                yield f"{name} is {verdict} with {calls} calls, beyond the budget"
            return
        if calls != fault.calls:
            yield f"{name} was called {calls} times, not {fault.calls}"
        if verdict != fault.verdict:
            yield f"{name} is {verdict}, not {fault.verdict}"
        error = next((t["error"]["kind"] for t in cell["trials"] if t.get("error")), None)
        if error != fault.error:
            yield f"{name} has the error {error}, not {fault.error}"


def told(soak: Soak) -> str:
    """Return in a line what a soak came to."""
    met = Counter(fault.verdict for fault in soak.faults.values())
    return (
        f"{soak.cells:,} cells over {soak.workers or 1} process(es), {len(soak.faults):,} with a "
        f"fault ({met['passed']:,} pass on a retry, {met['error']:,} do not, {met['failed']:,} "
        f"wrong): {soak.calls.total():,} calls, at most {soak.largest_mb:.0f} MB in a process"
    )
