"""Ask openai/evals itself what it says of answers, and print where our checks say otherwise.

    pip download --no-deps evals && unzip evals-*.whl -d evals-package
    python benchmarks/openai_evals/compare.py evals-package

Of its package two files are read, `elsuite/utils.py` and `elsuite/basic/json_match.py`; nothing
that it depends on need be installed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_arena.openai_evals import (
    fuzzy_match,
    includes,
    includes_in_any_case,
    json_match,
    match,
)

PAIRS = 60_000
PARTS = (
    "a", "the", "Paris", "paris ", ".", "  ", "Ä", "ß", "K", "İ", '"', "-", "an", "42", "\n", "x",
)  # fmt: skip


def theirs(package: Path) -> tuple[dict[str, Callable[..., bool]], Callable[[Any, Any], bool]]:
    """Return the functions of the package that decide, without what it depends on."""
    for name in (
        "evals",
        "evals.prompt",
        "evals.prompt.base",
        "evals.api",
        "evals.record",
        "numpy",
    ):
        module = types.ModuleType(name)
        module.__getattr__ = lambda _name: object  # type: ignore[method-assign]
        sys.modules.setdefault(name, module)
    suites = package / "evals" / "elsuite"
    utils, matching = _run(suites / "utils.py"), _run(suites / "basic" / "json_match.py")
    answer, fuzzy = utils["get_answer"], utils["fuzzy_match"]
    found: dict[str, Callable[..., bool]] = {
        "match": lambda said, ideal: said.startswith(ideal),
        "includes": lambda said, ideal: answer(said, ideal) is not None,
        "includes_in_any_case": lambda said, ideal: answer(said, ideal, True) is not None,
        "fuzzy_match": fuzzy,
    }
    return found, matching["json_match"]


def _run(path: Path) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": path.stem}
    exec(compile(path.read_text("utf-8"), str(path), "exec"), names)
    return names


def text(chance: random.Random) -> str:
    """Return a short text of what tells the classes apart."""
    return "".join(chance.choice(PARTS) for _ in range(chance.randint(0, 6)))


def value(chance: random.Random, depth: int = 0) -> Any:
    """Return a small value of JSON."""
    plain = (None, True, False, 0, 1, 1.0, 2, "a", "b", "")
    kind = chance.randint(0, 3 if depth < 3 else 1)
    if kind == 2:
        return [value(chance, depth + 1) for _ in range(chance.randint(0, 2))]
    if kind == 3:
        return {chance.choice("ab"): value(chance, depth + 1) for _ in range(chance.randint(0, 2))}
    return chance.choice(plain)


def main() -> int:
    """Compare all classes; return 1 where a verdict differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("package", type=Path, help="the folder that holds the package `evals`")
    package = parser.parse_args().package
    decide, same_json = theirs(package)
    ours = {
        "match": match,
        "includes": includes,
        "includes_in_any_case": includes_in_any_case,
        "fuzzy_match": fuzzy_match,
    }
    chance, differ = random.Random(4), 0
    for _ in range(PAIRS):
        said, ideals = text(chance), [text(chance) for _ in range(chance.randint(0, 3))]
        for name, check in ours.items():
            there = any(decide[name](said, ideal) for ideal in ideals)
            here = check(said, {"ideal": ideals}).verdict == "passed"
            if there != here:
                differ += 1
                print(f"{name}: {said!r} for {ideals!r}: there {there}, here {here}")
    for _ in range(PAIRS):
        one, other = value(chance), value(chance)
        there = same_json(one, other)
        here = json_match(json.dumps(one), {"ideal": json.dumps(other)}).verdict == "passed"
        if there != here:
            differ += 1
            print(f"json_match: {one!r} for {other!r}: there {there}, here {here}")
    print(f"{2 * PAIRS:,} pairs, of which {differ} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
