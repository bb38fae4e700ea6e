"""What is imported from promptfoo comes to promptfoo's verdicts, which it gave itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptfoo_cases import read_table, verdicts_here


def test_every_answer_has_the_verdict_that_promptfoo_gave_it(tmp_path: Path) -> None:
    pytest.importorskip("quickjs")
    entries = read_table()
    here = verdicts_here(entries, tmp_path)
    differ = [
        (entry.get("cell", entry.get("assert")), entry["answers"], wanted, found)
        for entry, found in zip(entries, here, strict=True)
        if not _agree(found, wanted := entry.get("here", entry["promptfoo"]))
    ]
    assert differ == []


def test_what_differs_on_purpose_says_why() -> None:
    differ = [entry for entry in read_table() if "here" in entry]
    assert all(entry["why"] for entry in differ)
    assert not any(entry["here"] == entry["promptfoo"] for entry in differ)


def _agree(found: str, wanted: str) -> bool:
    # what is an error there may be left out here, with its reason
    return all(a == b or (a, b) == ("-", "e") for a, b in zip(found, wanted, strict=True))
