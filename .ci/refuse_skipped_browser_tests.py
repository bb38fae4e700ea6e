"""End with a message where browser tests were skipped: they have shown nothing."""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree

_BROWSER = re.compile("browser|chromium|playwright", re.IGNORECASE)


def skipped_browser_tests(results: str) -> list[str]:
    """Return the tests in a JUnit file that were skipped and have to do with a browser."""
    return [
        f"{case.get('classname')}::{case.get('name')}: {mark.get('message')}"
        for case in ElementTree.parse(results).iter("testcase")
        for mark in case.iter("skipped")
        if _BROWSER.search(f"{case.get('classname')} {case.get('name')} {mark.get('message')}")
    ]


if __name__ == "__main__":
    skipped = skipped_browser_tests(sys.argv[1])
    if skipped:
        sys.exit("browser tests were skipped:\n  " + "\n  ".join(skipped))
