"""How the providers of arena files were asked, which the `run` line of results keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.results.serialize import ShapeError

MAPPINGS = ("params", "further")
TEXTS = ("provider", "model", "api_base", "api_key_env")


def versions_in(options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the versions of providers by their hashes, as the options of a run have them; one that
    is not as it must be is a `ShapeError`."""
    found: dict[str, dict[str, Any]] = {}
    path = "options.arenas"
    arenas = options.get("arenas") or ()
    if not isinstance(arenas, (list, tuple)):
        raise ShapeError(path, "a list")
    for number, arena in enumerate(arenas):
        of_file = _mapping(arena, f"{path}[{number}]")
        versions = f"{path}[{number}].versions"
        for hashed, version in _mapping(of_file.get("versions") or {}, versions).items():
            found[hashed] = _version(version, f"{versions}.{hashed}")
    return found


def _version(given: Any, path: str) -> dict[str, Any]:
    said = _mapping(given, path)
    version = {name: said[name] for name in (*TEXTS, *MAPPINGS) if said.get(name) is not None}
    for name, value in version.items():
        if name in MAPPINGS:
            _mapping(value, f"{path}.{name}")
        elif not isinstance(value, str):
            raise ShapeError(f"{path}.{name}", "a text")
    return version


def _mapping(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ShapeError(path, "a mapping")
    return value
