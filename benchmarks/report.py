"""Measure the HTML report: its size, the time to write, open, scroll and filter it, and its nodes.

Run `python benchmarks/report.py` with Chromium on the PATH, with numbers of cells for other sizes
than 100, 1,000 and 10,000. Cells hold answers of 1 KB each, in four columns.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "reporters"), str(ROOT / "tests")]

from synthetic_run import synthetic_run  # noqa: E402  the tests are no package

from pytest_arena_reporters.html import HtmlReporter  # noqa: E402
from pytest_arena_reporters.markdown import MarkdownReporter  # noqa: E402
from pytest_arena_reporters.terminal import TerminalReporter  # noqa: E402

SIZES = (100, 1_000, 10_000)
PROVIDERS = 4
ROUNDS = 3
QUERIES = ("p", "password", "reset link", "no such words")
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
FILTER = """query => {
  const box = document.getElementById('search');
  const start = performance.now();
  box.value = query;
  box.dispatchEvent(new Event('input'));
  document.body.offsetHeight;
  return performance.now() - start;
}"""
SCROLL = """async () => {
  // Three seconds at 60 px a frame: as fast as a wheel or a finger moves a page.
  const tasks = [], gaps = [];
  const seen = (entries) => entries.forEach((one) => tasks.push(one.duration));
  const observer = new PerformanceObserver((list) => seen(list.getEntries()));
  observer.observe({ entryTypes: ['longtask'] });
  let last = await new Promise(requestAnimationFrame);
  for (let n = 0; n < 180; n++) {
    scrollBy(0, 60);
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  seen(observer.takeRecords());
  observer.disconnect();
  gaps.sort((a, b) => a - b);
  return [gaps[90], gaps[171], Math.max(0, ...tasks)];
}"""
FIRST_PAINT = "() => performance.getEntriesByType('paint')[0]?.startTime ?? NaN"
PAINTED = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))"


def main() -> None:
    """Print one line a size; times are medians of three, in milliseconds."""
    found = shutil.which("chromium")
    if found is None:
        sys.exit("no chromium on the PATH")
    from playwright.sync_api import sync_playwright

    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)
    writing = ("cells", "MB", "html", "terminal", "markdown")
    reading = ("paint", "open", "all text", "frame", "p95", "longest", "filter", "nodes")
    titles = (*writing, *reading)
    print("".join(f"{title:>10}" for title in titles))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        for size in [int(word) for word in sys.argv[1:]] or SIZES:
            print("".join(f"{value:>10}" for value in measure(browser, size, Path(folder))))
        browser.close()


def measure(browser: Any, size: int, folder: Path) -> list[str]:
    """Return one line of the table."""
    run = synthetic_run(size // PROVIDERS, PROVIDERS, answer_chars=1_000, rich=False)
    html, path = timed(lambda: HtmlReporter().write(run, folder).path)
    terminal, _ = timed(lambda: TerminalReporter().render(run, width=100, color=True))
    markdown, _ = timed(lambda: MarkdownReporter().write(run, folder))
    rounds = [opened(browser, path) for _ in range(ROUNDS)]
    return [
        f"{size:,}",
        f"{path.stat().st_size / 1e6:.2f}",
        f"{html:.0f}",
        f"{terminal:.0f}",
        f"{markdown:.0f}",
        *(f"{statistics.median(each):.0f}" for each in list(zip(*rounds, strict=True))[:-1]),
        str(max(nodes for *_, nodes in rounds)),
    ]


def timed(work: Any) -> tuple[float, Any]:
    """Return the median CPU time in milliseconds, and the last result."""
    times, result = [], None
    for _ in range(ROUNDS):
        start = time.process_time()
        result = work()
        times.append((time.process_time() - start) * 1000)
    return statistics.median(times), result


def opened(browser: Any, path: Path) -> tuple[float, ...]:
    """Return what a reader waits for, and the nodes.

    The times until anything is painted, until answers stand in the grid, and until search sees
    all; of a frame while the grid scrolls (median, 95th percentile) and of its longest task over
    50 ms, or 0; of a search.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    start = time.perf_counter()
    page.goto(f"{path.as_uri()}#cells")
    page.wait_for_selector("html[data-ready]")
    page.evaluate(PAINTED)
    shown = (time.perf_counter() - start) * 1000
    page.wait_for_selector("html[data-ready=all]")
    everything = (time.perf_counter() - start) * 1000
    painted = page.evaluate(FIRST_PAINT)
    scrolled = page.evaluate(SCROLL)
    nodes = 0
    for view in ("#overview", "#cells?layout=cells", "#cells?density=full", "#cells"):
        page.evaluate("view => { location.hash = view }", view)
        page.evaluate(PAINTED)
        nodes = max(nodes, page.evaluate("document.querySelectorAll('*').length"))
    slowest = max(page.evaluate(FILTER, query) for query in QUERIES)
    context.close()
    return painted, shown, everything, *scrolled, slowest, nodes


if __name__ == "__main__":
    main()
