"""Kill a run at random moments, take it up again, and see that nothing was lost or done twice."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from servers.wire import WireRequest, WireServer

from survival.deaths import Death, processes
from survival.kept import has_ended, holding, kept, reported
from survival.ledger import Ledger, case_of
from survival.processes import (
    AT_ONCE,
    PATIENCE_S,
    is_alive,
    process_group,
    pytest_command,
    wait_until,
)
from survival.projects import CONFTEST, PROJECTS, Project


def kill_and_resume(folder: Path, seed: int) -> str:
    """Run, kill up to three times, resume and check; return in a few words what was done."""
    random = Random(seed)
    project = PROJECTS[seed % len(PROJECTS)]
    run = KilledRun(folder, project, random.choice((0, 2, 2, 4)), random)
    with run.server:
        run.write()
        for _ in range(random.choice((1, 1, 2, 3))):
            if run.killed():
                break
        else:
            run.resumed()
        run.check_the_whole()
    return f"seed {seed}: {run.story}"


@dataclass
class KilledRun:
    """A project's run that is killed, once or several times, until it is let come to its end."""

    folder: Path
    project: Project
    workers: int
    random: Random
    report_dir: str = "arena-report"
    story: str = ""
    kills: int = 0
    lost_workers: int = 0
    begun: int = 0
    """When the first of its runs began."""

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.folder)
        self.server = WireServer(self._answer, keep=False)
        self._killed_last = False
        self.story = f"{self.project.name} over {self.workers} workers"

    @property
    def _records(self) -> bool:
        """Whether an answer that was recorded is replayed, though its cell had not finished."""
        return "--arena-record=new" in self.project.options

    @property
    def _is_shard(self) -> bool:
        return any("--arena-shard" in option for option in self.project.options)

    @property
    def report(self) -> Path:
        return self.folder / self.report_dir

    def write(self) -> None:
        """Write the project; of one with a baseline, make that first."""
        self.folder.joinpath("conftest.py").write_text(CONFTEST)
        self.folder.joinpath("pytest.ini").write_text("[pytest]\n")
        for name, text in self.project.files.items():
            self.folder.joinpath(name).write_text(text)
        text = self.project.text(self.server.url)
        if self.project.worse:
            (self.folder / self.project.file).write_text(text.replace(" now", ""))
            self._run("before", "--arena-report-dir=first", "--arena-update-baseline")
        (self.folder / self.project.file).write_text(text)
        self.begun = time.time_ns()

    def killed(self) -> bool:
        """Run until it is killed, and check what is left; return whether it came to its end."""
        death = Death.drawn(self.random, self.workers, len(self.project.asked) * self.project.count)
        self.story += f"; {death}"
        before, started = holding(self._kept()), time.time_ns()
        self._forget_marks()
        with process_group(self._command(), self.folder) as process:
            death.wait(process, self.folder, self.ledger, started)
            blows = death.blows(process, self.folder, self.random)
            # what is on disk by now is never asked for again, whatever becomes of the run
            snapshots = [self._snapshot() for _ in blows]
            process.wait(PATIENCE_S)
            wait_until(lambda: not any(map(is_alive, processes(self.folder))), self.folder)
        output = (self.folder / "output").read_text()
        self.kills += bool(snapshots)
        self._killed_last = bool(snapshots) and death.ends_the_run
        if "worker" in death.by:
            self.lost_workers += min(len(snapshots), death.workers)
        assert "INTERNALERROR" not in output, f"{self.story}\n{output}"
        for since, there in [(started, before), *snapshots]:
            again = self.ledger.cases(since) & (there - self.project.worse)
            assert not again, f"{self.story}: called again {again}\n{output}"
        lost = reported(output.splitlines()) - set(self._kept())
        assert not lost, f"{self.story}: lost {lost}\n{output}"
        return has_ended(self.report)

    def resumed(self) -> None:
        """Take the run up, and let it come to its end: what was not on disk is asked for once."""
        before, started = holding(self._kept()), time.time_ns()
        self._run("output")
        self._killed_last = False
        counts = self.ledger.counts(started)
        rest = self.project.asked_for(set(self.project.cases) - before)
        worse = {what for what in counts if case_of(what) in self.project.worse}
        doubled = {what: n for what, n in (counts - rest).items() if what not in worse}
        assert not doubled, f"{self.story}: {doubled}\n{self._output()}"
        if not self.project.keeps_calls and not self._records:
            missing = {what for what in rest - counts if case_of(what) not in self.project.worse}
            missing = set() if self._is_shard else missing
            assert not missing, f"{self.story}: not called {missing}\n{self._output()}"
        taken = self.project.count - len(set(self.project.cases) - before)
        self.story += f"; the last run took over {taken} of {self.project.count} cells"

    def check_the_whole(self) -> None:
        """Check the results of the run that came to its end, and all that was asked for."""
        said = f"{self.story}\n{self._output()}"
        lines = (self.report / "results.jsonl").read_text().splitlines()
        cells = [record for record in map(json.loads, lines) if record["kind"] == "cell"]
        assert [case_of(cell["case"]) for cell in cells] == self.project.cases, said
        wrong = [cell for cell in cells if cell["verdict"] != self._due(cell)]
        # what a worker was at when it was killed, and what nobody may do twice
        at_once = AT_ONCE * bool(self.project.once)
        most = self.lost_workers * max(1, at_once) + self.kills * at_once
        assert len(wrong) <= most, said
        for cell in wrong:
            assert cell["verdict"] == "error", f"{cell}\n{said}"
            why = json.dumps(cell["trials"])
            assert "crashed" in why or "irreversible" in why or "not made again" in why, why
        left = [*self.report.glob(".*/*/*.jsonl"), *self.report.glob(".resume.jsonl*")]
        # one that was killed when all was written had no time left to remove its journals
        assert self._killed_last or not left, f"{left} {said}"
        self._check_calls(said)
        if self.project.worse and not wrong:
            found = {
                case_of(cell["case"])
                for cell in cells
                if (cell.get("standing") or {}).get("status") == "regressed"
            }
            assert found == self.project.worse, f"{found} {said}"
        if self._records and not wrong:
            self._replay()

    def _check_calls(self, said: str) -> None:
        """Check that each thing was done once, and again only where the one who waited for it was
        killed; no conversation goes back behind what it had."""
        due = self.project.asked_for(self.project.cases)
        for what, count in self.ledger.counts(self.begun).items():
            if case_of(what) in self.project.worse:
                continue
            most = due[what] * (1 + self.kills + self.lost_workers)
            if what.split()[-1] in self.project.once:
                most = 1
            assert count <= most, f"{what} was asked {count} times: {said}"
        if self.project.keeps_calls:
            order = {what: place for place, what in enumerate(self.project.asked)}
            places: dict[str, int] = {}
            for what in self.ledger.entries(self.begun):
                case = case_of(what)
                place = order[what.replace(case, "CASE")]
                assert place >= places.get(case, 0), f"{case} went back to {what}: {said}"
                places[case] = place

    def _replay(self) -> None:
        """Check that a recording of all runs together answers them all."""
        started = time.time_ns()
        options = [one.replace("=new", "=none") for one in self.project.options]
        with process_group(
            pytest_command(0, "--arena-report=", "--arena-report-dir=replayed", *options),
            self.folder,
        ) as process:
            assert process.wait(PATIENCE_S) == 0, f"{self.story}\n{self._output()}"
        assert not self.ledger.entries(started)

    def _due(self, cell: dict[str, Any]) -> str:
        return "failed" if case_of(cell["case"]) in self.project.worse else "passed"

    def _run(self, output: str, *options: str) -> None:
        """Run until the end."""
        self._forget_marks()
        command = pytest_command(self.workers, *options) if options else self._command()
        with process_group(command, self.folder, output) as process:
            code = process.wait(PATIENCE_S)
        said = (self.folder / output).read_text()
        assert "INTERNALERROR" not in said, f"{self.story}\n{said}"
        assert code in (0, 1), f"{self.story}: exit code {code}\n{said}"

    def _command(self) -> list[str]:
        resume = ["--arena-resume"] if self.kills else []
        formats = "html,markdown,json" if self.random.random() < 0.3 else ""
        return pytest_command(
            self.workers, f"--arena-report={formats}", *self.project.options, *resume
        )

    def _answer(self, request: WireRequest) -> Any:
        what, reply = self.project.reply(request)
        self.ledger.hear(what)
        return reply

    def _snapshot(self) -> tuple[int, set[str]]:
        """Return what is on disk, and the time after which none of it may be asked for."""
        there = holding(self._kept())
        return time.time_ns(), there

    def _kept(self) -> dict[str, str]:
        return kept(folder=self.report, told_on=self.project.worse)

    def _output(self) -> str:
        return (self.folder / "output").read_text()

    def _forget_marks(self) -> None:
        for name in ("pids", "collection", "reports"):
            (self.folder / name).unlink(missing_ok=True)
