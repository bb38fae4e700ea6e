"""The package `mcp`: whether it is there, and its import, which takes a second."""

from __future__ import annotations

import asyncio
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

EXTRA = "pip install 'pytest-arena[mcp]'"
_FIRST = 2
"""The major version that is spoken; those before have another client."""


def fault() -> str | None:
    """Return why the package cannot be used, None where it can; imports nothing."""
    try:
        found = version("mcp")
    except PackageNotFoundError:
        return "the package mcp is not installed"
    major = found.partition(".")[0]
    if major.isdecimal() and int(major) < _FIRST:
        return f"mcp {found} is installed, and version {_FIRST} is needed"
    return None


def load() -> None:
    """Import the package, and the modules of ours that speak it."""
    import_module("pytest_arena.mcp_servers.connection")


async def loaded() -> None:
    """Import the package in a thread, where that has not been done."""
    await asyncio.to_thread(load)
