"""Take the pictures of the report for the README: run the demo's arenas, open the report, light
and dark. Needs chromium (Debian's will do) and the development tools."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")


def run_arenas(folder: Path) -> Path:
    """Run copies of the demo's arenas and return the report."""
    for name in ("quickstart", "formats"):
        shutil.copytree(ROOT / "arenas" / name, folder / "arenas" / name)
    (folder / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        # in file order, also where a plugin of the development tools would shuffle
        [sys.executable, "-m", "pytest", "-q", "--arena", "-p", "no:randomly"],
        cwd=folder,
        check=False,
    )
    if done.returncode > 1:  # 1: cells failed, as the cheaper models should
        sys.exit(done.returncode)
    return folder / "arena-report" / "report.html"


def take(browser: Browser, report: Path, scheme: Literal["light", "dark"]) -> Path:
    """Save one picture of the report, as it opens on a laptop."""
    page = browser.new_page(
        viewport={"width": 1280, "height": 860}, device_scale_factor=1.5, color_scheme=scheme
    )
    page.goto(report.as_uri())
    page.wait_for_load_state("networkidle")
    path = IMAGES / f"report-{scheme}.png"
    page.screenshot(path=path)
    page.close()
    return path


def take_views(browser: Browser, report: Path) -> list[Path]:
    """Save pictures of the grid, of a case's page and of a cell's."""
    page = browser.new_page(
        viewport={"width": 1280, "height": 860}, device_scale_factor=1.5, color_scheme="light"
    )
    page.goto(f"{report.as_uri()}#cells")
    page.wait_for_selector(".row")
    cells = IMAGES / "report-cells.png"
    page.screenshot(path=cells)
    page.get_by_role("button", name="premium").click()
    page.fill("#search", '"Late parcel"')
    page.locator(".row .title").first.click()
    page.wait_for_selector("#case h1")
    case = IMAGES / "report-case.png"
    page.screenshot(path=case)
    page.goto(f"{report.as_uri()}#overview")
    page.click(".failures a")
    page.wait_for_selector("#cell h1")
    page.select_option("#cell select", index=1)
    page.wait_for_selector("#cell ins, #cell del")
    cell = IMAGES / "report-cell.png"
    page.screenshot(path=cell)
    page.close()
    return [cells, case, cell]


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("chromium is not installed; on Debian: apt-get install chromium")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = run_arenas(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme in SCHEMES:
            print(take(browser, report, scheme))
        print(*take_views(browser, report), sep="\n")
        browser.close()


if __name__ == "__main__":
    main()
