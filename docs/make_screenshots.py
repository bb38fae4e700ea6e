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
        [sys.executable, "-m", "pytest", "-q", "--arena"], cwd=folder, check=False
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
        browser.close()


if __name__ == "__main__":
    main()
