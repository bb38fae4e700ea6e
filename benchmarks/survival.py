"""Kill runs at random moments, resume them, and count what was lost or done twice: nothing."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from survival import kill_and_resume


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50, help="how many (default 50)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first (default 0)")
    given = parser.parse_args()
    for seed in range(given.seed, given.seed + given.runs):
        with tempfile.TemporaryDirectory(prefix="arena-survival-") as folder:
            print(kill_and_resume(Path(folder), seed), flush=True)
    print(f"{given.runs} runs: nothing was lost, and nothing was called again")


if __name__ == "__main__":
    main()
