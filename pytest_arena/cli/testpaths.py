"""`testpaths` of a project, so that pytest looks where an arena was written."""

from __future__ import annotations

import re
from glob import glob
from pathlib import Path

from pytest_arena.running.interrupts import held

CONFIGS = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_SETTING = re.compile(
    r"^testpaths[ \t]*=[ \t]*(?P<value>\S[^#\n]*?)[ \t]*(?:#[^\n]*)?$(?!\n[ \t]+\S)", re.MULTILINE
)
"""A setting on one line; one that goes on in indented lines is none."""
_ANY = re.compile(r"^testpaths[ \t]*=", re.MULTILINE)


def add_testpath(folder: Path, here: Path) -> str | None:
    """Add a folder to the `testpaths` that hold for runs in `here`, unless they cover it.

    Returns what to tell the user; None where pytest looks there already.
    """
    config = _config_of(here)
    if config is None:
        return None
    text = config.read_text("utf-8")
    if not folder.resolve().is_relative_to(config.parent.resolve()):
        return None
    name = folder.resolve().relative_to(config.parent.resolve()).as_posix()
    setting = _SETTING.search(text)
    wanted = None if setting is None or re.search(r"\s", name) else _with(setting["value"], name)
    if setting is None or wanted is None:
        return f"pytest looks in testpaths of {config.name} alone: add {name!r} there"
    if any(
        _covers(config.parent, one, folder)
        for one in re.findall(r"[^\s\[\],'\"]+", setting["value"])
    ):
        return None
    start, end = setting.span("value")
    with held():
        config.write_text(text[:start] + wanted + text[end:], "utf-8", newline="")
    return f"added {name!r} to testpaths of {config.name}, so that pytest looks there"


def _config_of(here: Path) -> Path | None:
    """Return the nearest file that sets `testpaths`."""
    for folder in (here.resolve(), *here.resolve().parents):
        for name in CONFIGS:
            config = folder / name
            if config.is_file() and _ANY.search(config.read_text("utf-8", errors="replace")):
                return config
    return None


def _with(value: str, name: str) -> str | None:
    """Return a setting's value with one path more: a TOML list, a text, or words of an ini file;
    None for what is none of them."""
    if value.startswith("["):
        if not value.endswith("]"):
            return None
        inner = value[1:-1].rstrip().rstrip(",")
        return f'[{inner}, "{name}"]' if inner.strip() else f'["{name}"]'
    if value[0] in "\"'":
        return f"{value[:-1]} {name}{value[0]}" if value[-1] == value[0] else None
    return f"{value} {name}"


def _covers(root: Path, testpath: str, folder: Path) -> bool:
    """Return whether a folder lies below a path of `testpaths`, which may be a pattern."""
    found = glob(testpath, root_dir=root) or [testpath]
    return any(folder.resolve().is_relative_to((root / one).resolve()) for one in found)
