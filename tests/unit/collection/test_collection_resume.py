"""What is known of an interrupted run when it is taken up."""

from __future__ import annotations

from pathlib import Path

from pytest_arena.collection.resume import Interrupted
from pytest_arena.results.journal import Journal
from pytest_arena.settings import Settings


def test_a_run_whose_workers_are_still_ending_was_interrupted_now(tmp_path: Path) -> None:
    """Each of them holds its journal until it has gone, and leaves its calls all the same."""
    journal = Journal(tmp_path / ".calls" / "0123456789ab" / "gw0-1.jsonl", lock=True)
    journal.append('{"record": "off"}')
    interrupted = Interrupted(tmp_path, Settings())
    interrupted.calls_taken = 6
    said = interrupted.line()
    journal.close()
    assert said.startswith("6 calls of conversations were taken from the run interrupted at 20")
