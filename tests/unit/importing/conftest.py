"""What every test of importing needs."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def own_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave no module and no folder of one test to others, whose modules have the same names."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in ("promptfooconfig_providers", "promptfooconfig_promptfoo"):
        sys.modules.pop(name, None)
