"""Kill runs at random moments, resume them, and count what was lost or done twice: nothing.

python benchmarks/survival.py                    100 runs, in one process and over workers
python benchmarks/survival.py --runs 1 --seed 17 the one that failed, again
python benchmarks/survival.py --merges 10 --ray 20
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from survival import kill_and_resume
from survival.merges import kill_merges
from survival.ray_runs import RayNodes, kill_on_ray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=100, help="of pytest (default 100)")
    parser.add_argument("--merges", type=int, default=0, help="of arena merge (default 0)")
    parser.add_argument("--ray", type=int, default=0, help="of arena ray, with Ray (default 0)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first (default 0)")
    given = parser.parse_args()
    os.environ["OPENAI_API_KEY"] = "sk-survival"
    if given.ray and find_spec("ray") is None:
        parser.error("--ray needs the package ray: pip install 'pytest-arena[ray]'")
    repeat(kill_and_resume, given.seed, given.runs)
    repeat(kill_merges, given.seed, given.merges)
    if given.ray:
        with RayNodes() as nodes:
            repeat(lambda folder, seed: kill_on_ray(folder, seed, nodes), given.seed, given.ray)
    many = given.runs + given.merges + given.ray
    print(f"{many} runs: nothing was lost, and nothing was called again")


def repeat(kill: Callable[[Path, int], str], first: int, many: int) -> None:
    """Do something in a folder of its own for each of so many seeds, and say what was done."""
    for seed in range(first, first + many):
        with tempfile.TemporaryDirectory(prefix="arena-survival-") as folder:
            print(kill(Path(folder), seed), flush=True)


if __name__ == "__main__":
    main()
