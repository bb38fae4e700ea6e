"""What of a run is on disk, and what pytest has said of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from survival.ledger import CASE, case_of

HOLDING = ("passed", "failed")
"""Verdicts that are taken over: an error may pass."""


def kept(*patterns: str, folder: Path, told_on: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return the verdicts of the cells in journals and results.

    Each stands once in its file, and once more as the gate has judged it, but for those whose
    further trials are `told_on` as they come.
    """
    found: dict[str, str] = {}
    for pattern in patterns or (".resume.jsonl", ".shards/*/*.jsonl", "results.jsonl"):
        for file in folder.glob(pattern):
            try:
                lines = file.read_text().splitlines(keepends=True)
            except FileNotFoundError:
                # its run has come to its end meanwhile
                continue
            records = [json.loads(line) for line in lines if line.endswith("\n")]
            cells = [record for record in records if record["kind"] == "cell"]
            found |= {case_of(cell["case"]): cell["verdict"] for cell in cells}
            counts = Counter((case_of(cell["case"]), "standing" in cell) for cell in cells)
            assert all(n == 1 or case in told_on for (case, _), n in counts.items()), file
    return found


def holding(verdicts: Mapping[str, str]) -> set[str]:
    return {case for case, verdict in verdicts.items() if verdict in HOLDING}


def has_ended(folder: Path) -> bool:
    """Return whether the results are those of a run that came to its end."""
    results = folder / "results.jsonl"
    if not results.exists():
        return False
    whole = [line for line in results.read_text().splitlines(keepends=True) if line.endswith("\n")]
    last = json.loads(whole[-1]) if whole else {}
    return last.get("kind") == "end" and not last.get("interrupted")


def reported(output: Iterable[str]) -> set[str]:
    """Return the cases that pytest has called passed."""
    return {match[0] for line in output if "PASSED" in line and (match := CASE.search(line))}
