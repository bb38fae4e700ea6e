"""Shards that are killed and resumed, and merges that are killed and made again."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

from survival.killed_runs import KilledRun
from survival.ledger import case_of
from survival.processes import PATIENCE_S, arena_command, process_group
from survival.projects import PROJECTS

SHARDS = 2
_MERGE = ("merge", "shards", "--output", "whole", "--format", "html,markdown,json")


def kill_merges(folder: Path, seed: int) -> str:
    """Run shards, kill one on the way, then kill the merge of them up to three times, and check
    that it comes to the whole."""
    random = Random(seed)
    victim = random.randrange(SHARDS)
    counts: Counter[str] = Counter()
    stories, lost = [], 0
    for number in range(SHARDS):
        options = (f"--arena-shard={number + 1}/{SHARDS}", f"--arena-report-dir=shards/{number}")
        project = replace(PROJECTS[0], options=options)
        run = KilledRun(folder, project, random.choice((0, 2)), random, f"shards/{number}")
        with run.server:
            run.write()
            if number != victim or not run.killed():
                run.resumed()
            counts += run.ledger.counts()
            lost += run.lost_workers
            stories += [run.story] if number == victim else []
    before = {path: path.read_bytes() for path in folder.glob("shards/*/results.jsonl")}
    killed = random.choice((1, 2, 3))
    for _ in range(killed):
        with process_group(arena_command(*_MERGE), folder) as merge:
            time.sleep(random.uniform(0, 2.5))
            if merge.poll() is None:
                os.kill(merge.pid, random.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGINT)))
            merge.wait(PATIENCE_S)
        _check(folder, lost, may_be_missing=True)
    story = f"seed {seed}: {stories[0]}; its merge killed {killed} times"
    with process_group(arena_command(*_MERGE), folder) as merge:
        assert merge.wait(PATIENCE_S) <= bool(lost), f"{story}\n{(folder / 'output').read_text()}"
    _check(folder, lost)
    assert before == {path: path.read_bytes() for path in folder.glob("shards/*/results.jsonl")}
    assert max(counts.values()) <= 2 + lost, f"{story} {counts}"
    return story


def _check(folder: Path, lost: int, *, may_be_missing: bool = False) -> None:
    """Check that the results of the whole are there in whole, or not at all; those of so many
    workers that died are errors."""
    results = folder / "whole" / "results.jsonl"
    if may_be_missing and not results.exists():
        return
    records = [json.loads(line) for line in results.read_text().splitlines()]
    assert records[-1]["kind"] == "end"
    cells = [record for record in records if record["kind"] == "cell"]
    assert [case_of(cell["case"]) for cell in cells] == PROJECTS[0].cases
    verdicts = Counter(cell["verdict"] for cell in cells)
    assert verdicts["passed"] + verdicts["error"] == len(cells)
    assert verdicts["error"] <= lost
