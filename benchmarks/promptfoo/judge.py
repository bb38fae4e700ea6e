"""Ask promptfoo itself what it says of answers, and print where an imported arena says otherwise.

    npm install promptfoo@0.121
    python benchmarks/promptfoo/judge.py node_modules/.bin/promptfoo

The answers stand in `tests/unit/importing/promptfoo_verdicts.jsonl`; `--write` keeps what promptfoo
says of them there, for the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "unit" / "importing"))

from promptfoo_cases import (
    Entry,
    read_table,
    response,
    tests_of,
    verdicts_here,
    write_rows,
    write_table,
)

ENVIRONMENT = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
}
PROVIDER = """\
const answers = require('./answers.json');
module.exports = class {
  id() { return 'answers'; }
  async callApi(prompt, context) { return answers[context.vars.number]; }
};
"""
FAILURE_IS_AN_ERROR = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("promptfoo", help="the command, such as node_modules/.bin/promptfoo")
    parser.add_argument("--write", action="store_true", help="keep what promptfoo says")
    arguments = parser.parse_args()
    entries = read_table()
    with tempfile.TemporaryDirectory() as made:
        there = verdicts_there([os.path.abspath(arguments.promptfoo)], entries, Path(made))
    with tempfile.TemporaryDirectory() as made:
        here = verdicts_here(entries, Path(made).resolve())
    differ = 0
    for entry, said, found in zip(entries, there, here, strict=True):
        entry["promptfoo"] = said
        for answer, a, b in zip(entry["answers"], said, found, strict=True):
            if a != b and (a, b) != ("e", "-"):
                differ += 1
                what = entry.get("cell") or json.dumps(entry["assert"], ensure_ascii=False)
                print(
                    f"{what}\t{answer!r}\tpromptfoo {a}, here {b}\t{entry.get('why', 'NOT WANTED')}"
                )
    print(f"{sum(len(entry['answers']) for entry in entries)} answers, {differ} differ")
    if arguments.write:
        write_table(entries)


def verdicts_there(command: Sequence[str], entries: Sequence[Entry], folder: Path) -> list[str]:
    """Return what promptfoo says of every answer of every entry, as letters."""
    alone = [{**e, "answers": [answer]} for e in entries for answer in e["answers"]]
    numbers = list(map(str, range(len(alone))))
    tests, rows = tests_of(alone, numbers)
    (folder / "answers.cjs").write_text(PROVIDER, "utf-8")
    answers = [_of_provider(entry["answers"][0]) for entry in alone]
    (folder / "answers.json").write_text(json.dumps(answers), "utf-8")
    write_rows(folder / "cells.csv", rows)
    found = _run(command, folder, "tests", tests) | _run(
        command, folder, "cells", "file://cells.csv"
    )
    letters = map(found.__getitem__, numbers)
    return ["".join(next(letters) for _ in entry["answers"]) for entry in entries]


def _of_provider(answer: Any) -> dict[str, Any]:
    known = response(answer)
    named = {"output": "text", "cost": "cost", "finishReason": "finish"}
    return {name: known[key] for name, key in named.items() if key in known}


def _run(command: Sequence[str], folder: Path, name: str, tests: Any) -> dict[str, str]:
    config = {"prompts": ["{{ number }}"], "providers": ["file://answers.cjs"], "tests": tests}
    (folder / f"{name}.json").write_text(json.dumps(config), "utf-8")
    out = folder / f"{name}.out.json"
    quietly = ["--no-cache", "--no-table", "--no-progress-bar", "--no-write"]
    done = subprocess.run(
        [*command, "eval", "-c", f"{name}.json", *quietly, "-o", out.name],
        cwd=folder,
        env={**os.environ, **ENVIRONMENT, "PROMPTFOO_CONFIG_DIR": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    if not out.is_file():
        raise SystemExit(f"promptfoo wrote nothing:\n{done.stdout}\n{done.stderr}")
    results = json.loads(out.read_text("utf-8"))["results"]["results"]
    return {result["vars"]["number"]: _letter(result) for result in results}


def _letter(result: dict[str, Any]) -> str:
    if result.get("failureReason") == FAILURE_IS_AN_ERROR:
        return "e"
    return "p" if result["success"] else "f"


if __name__ == "__main__":
    main()
