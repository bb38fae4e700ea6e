"""What all tests share: how hypothesis runs them, and what coverage leaves out."""

from __future__ import annotations

import sys
from collections.abc import Generator

import pytest
from hypothesis import settings

# How long an example takes says nothing on a busy machine.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Run a test marked `untraced` without coverage's tracer.

    pytest-cov's own mark has no effect in xdist's workers.
    """
    if item.get_closest_marker("untraced") is None:
        return (yield)
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)
