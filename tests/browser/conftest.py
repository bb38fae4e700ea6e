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
LONGEST_MS = 120_000
"""How long an action may take: what it takes on a busy machine says nothing."""


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
        found = self.page.evaluate(
            "async () => (await axe.run(document,"
            " { resultTypes: ['violations'], selectors: false })).violations"
        )
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


class Tab:
    """A page that reports are opened in, one test after another: a new one costs more than most
    tests do. What a test leaves in it is taken out before the next."""

    def __init__(self, context: Any, *, strict: bool) -> None:
        self.context = context
        self.strict = strict
        self.page = context.new_page()
        self.page.set_default_timeout(LONGEST_MS)
        self.shown = Opened(self.page)
        if strict:
            self.page.add_init_script(STRICT)
        self.page.on("console", lambda message: self.shown.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.shown.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.shown.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.shown.requests.append(request.url))

    def show(self, address: str, viewport: Any, color_scheme: str) -> Opened:
        self.page.set_viewport_size(viewport)
        self.page.emulate_media(media="null", color_scheme=color_scheme)
        self.shown = Opened(self.page)
        self.page.goto(address)
        self.shown.requests.clear()
        return self.shown

    def empty(self) -> None:
        self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear() }")
        self.page.mouse.move(0, 0)
        self.page.goto("about:blank")


class Tabs:
    """The tabs of a browser that no test is in."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._free: list[Tab] = []

    def take(self, *, strict: bool, **options: Any) -> Tab:
        for tab in self._free:
            if tab.strict == strict and not options:
                self._free.remove(tab)
                return tab
        return Tab(self._browser.new_context(**options), strict=strict)

    def give_back(self, tab: Tab) -> None:
        tab.empty()
        self._free.append(tab)


@pytest.fixture(scope="module")
def tabs(browser: Any) -> Tabs:
    return Tabs(browser)


@pytest.fixture
def open_report(tabs: Tabs, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open the report of a run; `alone` is for a test that changes more of a page than others
    can take back."""
    shared: list[Tab] = []
    own: list[Tab] = []

    def opened(
        run: RunResult | Path,
        address: str = "",
        *,
        strict: bool = True,
        alone: bool = False,
        viewport: Any = None,
        color_scheme: str = "light",
        **options: Any,
    ) -> Opened:
        tab = tabs.take(strict=strict, **options)
        (own if alone or options else shared).append(tab)
        path = run if isinstance(run, Path) else HtmlReporter().write(run, tmp_path).path
        size = viewport or {"width": 1280, "height": 800}
        made = tab.show(f"{path.as_uri()}{address}", size, color_scheme)
        if options.get("java_script_enabled", True):
            made.page.wait_for_selector("html[data-ready=all]")
            made.settle()
        return made

    yield opened
    for tab in own:
        tab.context.close()
    for tab in shared:
        tabs.give_back(tab)


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
