"""What promptfoo says of answers, and what the arena says that its configuration becomes.

`promptfoo_verdicts.jsonl` has a line for each assertion (`assert`) or cell of a column `__expected`
(`cell`): answers, and a letter for each of them in `promptfoo`: passed, failed or error. Where the
arena says otherwise on purpose, `here` has its letters (`-`: left out, and so not run), and `why`.
`benchmarks/promptfoo/judge.py` asks promptfoo anew.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_arena.assertions import BUILTINS
from pytest_arena.assertions.evaluate import evaluate
from pytest_arena.assertions.trial_verdict import conclude
from pytest_arena.importing import read_source
from pytest_arena.importing.arena_writer import arena_text, write_files
from pytest_arena.importing.known import importer_of
from pytest_arena.loading import load_arena
from pytest_arena.loading.plans import CasePlan
from pytest_arena.providers import BUILTINS as PROVIDERS
from pytest_arena.registry import Registry
from pytest_arena.results import Response, Trial
from pytest_arena.schema import CheckContext

TABLE = Path(__file__).with_name("promptfoo_verdicts.jsonl")
Entry = dict[str, Any]


def read_table() -> list[Entry]:
    return [json.loads(line) for line in TABLE.read_text("utf-8").splitlines()]


def write_table(entries: Sequence[Entry]) -> None:
    lines = (json.dumps(entry) for entry in entries)
    TABLE.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def response(answer: Any) -> Mapping[str, Any]:
    """Return an answer as a mapping: its text, and what is known of it."""
    return answer if isinstance(answer, dict) else {"text": answer}


def tests_of(entries: Sequence[Entry], numbers: Sequence[str]) -> tuple[list[Entry], list[Entry]]:
    """Return promptfoo's tests and rows of a CSV file for entries, which go by their numbers."""
    tests, rows = [], []
    for entry, number in zip(entries, numbers, strict=True):
        variables = {**entry.get("vars", {}), "number": number}
        if "cell" in entry:
            rows.append({**variables, "__expected": entry["cell"], "__description": number})
        else:
            asserted = entry["assert"]
            test = {"assert": asserted if isinstance(asserted, list) else [asserted]}
            test |= {"threshold": entry["threshold"]} if "threshold" in entry else {}
            tests.append({"description": number, "vars": variables, **test})
    return tests, rows


def write_rows(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def verdicts_here(entries: Sequence[Entry], folder: Path) -> list[str]:
    """Return what the arena says of every answer of every entry, as letters."""
    numbers = [f"number {index}" for index in range(len(entries))]
    tests, rows = tests_of(entries, numbers)
    write_rows(folder / "cells.csv", rows)
    config = {"prompts": ["{{ number }}"], "providers": ["echo"]}
    path = folder / "promptfooconfig.json"
    path.write_text(json.dumps({**config, "tests": [*tests, "file://cells.csv"]}), "utf-8")
    source = read_source(path, folder)
    imported = importer_of(source).convert(source)
    arena = folder / "imported.arena.yaml"
    write_files(folder, {**imported.files, arena.name: arena_text(imported.arena, "")})
    registry = Registry()
    registry.assertions.ship(BUILTINS)
    registry.providers.ship(PROVIDERS)
    cells = load_arena(arena, root=folder, registry=registry).cells
    plans = {cell.case.name: cell.case for cell in cells}
    return [
        "".join(_verdict(plans[number], response(answer), folder) for answer in entry["answers"])
        for number, entry in zip(numbers, entries, strict=True)
    ]


def _verdict(plan: CasePlan, answer: Mapping[str, Any], folder: Path) -> str:
    if plan.skip:
        return "-"
    context = CheckContext(provider="echo", root=folder, variables=plan.variables)
    given = Response(
        answer["text"],
        latency_ms=5.0,
        cost_usd=answer.get("cost"),
        finish_reason=answer.get("finish", "stop"),
    )
    trial = Trial(
        messages=({"role": "user", "content": "?"},), responses=(given,), verdict="passed"
    )
    found = [evaluate(assertion, trial, context) for assertion in plan.assertions]
    return conclude(trial, plan.assertions, found, threshold=plan.threshold)[0][0]
