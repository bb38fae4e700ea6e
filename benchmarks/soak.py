"""Run thousands of cells against a server with faults of all kinds, and count each call.

    python benchmarks/soak.py                    50,000 cells, one per cent of them with a fault
    python benchmarks/soak.py --cells 2000 --only "two workers"

The server counts how often each cell was asked for: once, and again as often as its fault demands.
What is not as it should be is printed, and ends it with 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from soak import PRICE, Soak, told

SHOWN = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cells", type=int, default=50_000, help="how many (default 50,000)")
    parser.add_argument("--share", type=float, default=0.01, help="with a fault (default 0.01)")
    parser.add_argument("--seed", type=int, default=0, help="which cells these are (default 0)")
    parser.add_argument("--only", default="", help="of the ways, those whose name holds this")
    given = parser.parse_args()
    ways = {
        "one process": (0, None),
        "two workers": (2, None),
        "one process, a budget for half": (0, given.cells * PRICE / 2),
        "two workers, a budget for half": (2, given.cells * PRICE / 2),
    }
    wrong = 0
    for name, (workers, budget_usd) in ways.items():
        if given.only not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="arena-soak-") as folder:
            soak = Soak(
                Path(folder),
                given.cells,
                given.share,
                workers,
                budget_usd=budget_usd,
                seed=given.seed,
            )
            started = time.monotonic()
            soak.run()
            complaints = soak.complaints()
            wrong += len(complaints)
            print(f"{name}: {told(soak)}, {time.monotonic() - started:.0f} s", flush=True)
            for complaint in complaints[:SHOWN]:
                print(f"  {complaint}", flush=True)
            print(f"  {len(complaints):,} things are not as they should be", flush=True)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
