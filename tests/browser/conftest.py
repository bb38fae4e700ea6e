"""A Chromium for the browser tests; without one they are skipped, and say why."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from synthetic_run import compared_with_baseline, synthetic_run

from pytest_arena.results import RunResult
from pytest_arena_reporters.html import HtmlReporter

ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
AXE = "axe-core@4"


DESCRIPTION = files("pytest_arena_reporters.html").joinpath("payload.json").read_text("utf-8")
STRICT = """
{
  // Whatever the page inflates complains of a name that payload.json does not have.
  const described = DESCRIPTION;
  const strict = (value, kind) => {
    if (Array.isArray(value)) return value.map((item) => strict(item, kind));
    if (!kind || value === null || typeof value !== "object") return value;
    const own = new Set();
    return new Proxy(value, {
      set(target, name, given) { own.add(name); target[name] = given; return true; },
      get(target, name) {
        if (own.has(name) || typeof name === "symbol" || name === "then") return target[name];
        const field = described[kind][name];
        if (!field || field.left_out) console.error(`payload.json has no ${kind}.${name}`);
        return strict(target[name], field?.of);
      },
    });
  };
  const read = Response.prototype.json;
  Response.prototype.json = async function json() {
    const block = await read.call(this);
    return Array.isArray(block) ? block : strict(block, block.cells ? "Chunk" : "Index");
  };
}
""".replace("DESCRIPTION", DESCRIPTION)


@dataclass
class Opened:
    """A page, and everything that it did besides showing itself."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def go(self, address: str) -> None:
        """Change the hash, and wait until the page has followed it."""
        self.page.evaluate("address => { location.hash = address }", address)
        self.settle()

    def flaws(self) -> list[tuple[Any, ...]]:
        """Return what axe-core, which must have been evaluated before, finds of the view."""
        found = self.page.evaluate("() => axe.run(document)")["violations"]
        return [(v["id"], v["nodes"][0]["html"][:200], v["nodes"][0]["any"]) for v in found]

    def foreign(self) -> list[str]:
        """Return what a view may hold only where a text of strangers was taken for markup."""
        made: list[str] = self.page.evaluate(
            "() => [...document.querySelectorAll("
            "'.view.shown :is(img, iframe, script, style, link, meta, base, object, embed, svg,"
            ' math, form:not(#filters)), .view.shown a:not([href^="#c"]):not([href^="#pairs"]),'
            " .view.shown [style]:not(.row, .rows, .grid, .bar, table)')]"
            ".map(node => node.outerHTML.slice(0, 200))"
        )
        return made

    @property
    def width(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth"))

    def settle(self) -> None:
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 30)))"
        )


# Not for the session: its event loop runs as long as it does, and other tests start their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("no chromium on the PATH (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else list(ARGUMENTS)
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=found, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def open_report(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    contexts = []

    def opened(
        run: RunResult | Path, address: str = "", *, strict: bool = True, **options: Any
    ) -> Opened:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = browser.new_context(**options)
        contexts.append(context)
        made = Opened(context.new_page())
        if strict:
            made.page.add_init_script(STRICT)
        made.page.on("console", lambda message: made.complaints.append(message.text))
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.on("dialog", lambda dialog: made.complaints.append(dialog.message))
        path = run if isinstance(run, Path) else HtmlReporter().write(run, tmp_path).path
        made.page.on("request", lambda request: made.requests.append(request.url))
        made.page.goto(f"{path.as_uri()}{address}")
        made.requests.clear()
        if options.get("java_script_enabled", True):
            made.page.wait_for_selector("html[data-ready=all]")
            made.settle()
        return made

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return axe-core's source: from the file in $ARENA_AXE, else from npm."""
    given = os.environ.get("ARENA_AXE")
    if given:
        return Path(given).read_text(encoding="utf-8")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("axe-core is not here: set ARENA_AXE to axe.min.js, or install npm")
    folder = tmp_path_factory.mktemp("axe")
    packed = subprocess.run(
        [npm, "pack", AXE, "--silent"], cwd=folder, capture_output=True, text=True, timeout=120
    )
    if packed.returncode:
        pytest.skip(f"npm could not fetch {AXE}: {packed.stderr.strip()[-200:]}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        source = archive.extractfile("package/axe.min.js")
        assert source is not None
        return source.read().decode("utf-8")


@pytest.fixture(scope="session")
def run() -> RunResult:
    """A run with everything in it: conversations, tools, guardrails, errors, skipped cells."""
    return synthetic_run(60, 4)


@pytest.fixture(scope="session")
def compared() -> RunResult:
    """A run beside a baseline: six cells regressed, and there is one of every status."""
    return compared_with_baseline(synthetic_run(60, 4, trials=3), regressed=6)
