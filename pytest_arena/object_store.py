"""Folders of object stores (`s3://…`, `gs://…`, `az://…`, `memory://…`), reached through fsspec."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from pytest_arena.errors import Problem, UsageError, first_line, shorten

T = TypeVar("T")

REMOTE_EXTRA = "pip install 'pytest-arena[remote]'"
JOURNAL = ".journal"
"""The folder of the objects with what a run finished, as long as it has not ended."""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_ADDRESS = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]+:/)?/[^\s'\"<>]+")
"""A URL amid a text, or the path of one."""


def is_url(place: str) -> bool:
    """Return whether a place is one of an object store, and no path here."""
    return _URL.match(place) is not None


def shown_url(url: str) -> str:
    """Return a URL as it may be told: without what signs it, or says who comes."""
    return re.sub(r"(?<=://)[^/]*@", "", url.partition("?")[0])


class ObjectFolder:
    """A folder of an object store, whose objects are named by their paths in it.

    What cannot be opened at all is a `UsageError` that begins with `asked_by`; what fails later is
    an `OSError` that names the object.
    """

    def __init__(self, url: str, asked_by: str) -> None:
        self.url = shown_url(url).rstrip("/")
        if not url.partition("?")[0].partition(":")[2].strip("/"):
            raise UsageError(_without_bucket(asked_by, url))
        if find_spec("fsspec") is None:
            raise UsageError(
                Problem(
                    f"{asked_by}: {self.url} needs the package fsspec, which is not installed",
                    fix=REMOTE_EXTRA,
                )
            )
        from fsspec.core import url_to_fs

        try:
            more = {"auto_mkdir": True} if urlsplit(url).scheme in ("file", "local") else {}
            self._store, self._root = url_to_fs(url.rstrip("/"), **more)
        except Exception as error:
            # some stores connect at once, and each has exceptions of its own
            raise UsageError(_unopened(asked_by, self.url, error)) from error

    def names(self) -> list[str]:
        """Return the names of all objects, in their order; of a folder that is not there, none."""

        def find() -> list[str]:
            self._store.invalidate_cache()
            try:
                found = sorted(self._store.find(self._root))
                if not found:
                    # `find` passes over what cannot be reached
                    self._store.ls(self._root)
                return found
            except FileNotFoundError:
                return []

        found = self._try("", find)
        start = self._root.strip("/") + "/"
        return [name.lstrip("/").removeprefix(start) for name in found]

    def read(self, name: str) -> bytes:
        """Return what an object holds."""
        data: bytes = self._try(name, lambda: self._store.cat_file(self._path(name)))
        return data

    def write(self, name: str, data: bytes) -> None:
        """Put an object, in the place of one that is there."""
        self._try(name, lambda: self._store.pipe_file(self._path(name), data))

    def delete(self, name: str) -> None:
        """Take an object away."""
        self._try(name, lambda: self._store.rm_file(self._path(name)))

    def fetch(self, name: str, target: Path) -> None:
        """Copy an object into a file here."""
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self.read(name))

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}" if name else str(self._root)

    def _try(self, name: str, work: Callable[[], T]) -> T:
        try:
            return work()
        except Exception as error:
            # each store has exceptions of its own, as for credentials that are missing
            code = (error.errno if isinstance(error, OSError) else None) or _code(error)
            place = shown_url(f"{self.url}/{name}" if name else self.url)
            raise OSError(code or errno.EIO, _reason(error), place) from error


_CODES = {
    FileNotFoundError: errno.ENOENT,
    PermissionError: errno.EACCES,
    NotADirectoryError: errno.ENOTDIR,
    FileExistsError: errno.EEXIST,
    IsADirectoryError: errno.EISDIR,
}
_USUAL = {"s3", "gs", "az", "abfs", "file", "memory", "sftp", "hdfs", "http"}


_REACHABLE = "a place that can be reached with the credentials of this machine"


def _code(error: Exception) -> int | None:
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), None)


def _reason(error: Exception) -> str:
    """Return what a store says, in one line, and without the secrets of URLs."""
    code = _code(error)
    if code is not None:
        return os.strerror(code)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {_shown_text(error)}"


def _shown_text(error: Exception) -> str:
    return shorten(_ADDRESS.sub(lambda found: shown_url(found[0]), first_line(str(error))), 300)


def _without_bucket(asked_by: str, url: str) -> Problem:
    """Return what to tell of a URL that ends behind its scheme."""
    start = f"{url.partition(':')[0]}://"
    return Problem(
        f"{asked_by}: {start} names nothing in that store",
        expected="a bucket and a folder of it",
        fix=f"name them, as in {start}bucket/folder (a variable of the shell may not be set)",
    )


def _unopened(asked_by: str, url: str, error: Exception) -> Problem:
    """Return what to tell of a store that cannot be opened."""
    if isinstance(error, ImportError):
        return Problem(
            f"{asked_by}: {url} needs a package that is not installed",
            fix=f"see what fsspec says of {urlsplit(url).scheme}: {_shown_text(error)}",
        )
    if isinstance(error, ValueError):
        from fsspec import available_protocols

        known = ", ".join(sorted(set(available_protocols()) & _USUAL))
        what = f"{asked_by}: {_shown_text(error)}"
        return Problem(what, expected=f"a path, or a URL as of {known}")
    return Problem(f"{asked_by}: {url}: {_reason(error)}", expected=_REACHABLE)


def local_copy(url: str, target: Path, asked_by: str) -> Path:
    """Copy one object into a file here, and return that; one that cannot be read is a
    `UsageError`."""
    place, mark, query = url.partition("?")
    folder, _, name = place.rstrip("/").rpartition("/")
    try:
        ObjectFolder(folder, asked_by).fetch(f"{name}{mark}{query}", target)
    except OSError as error:
        raise UsageError(unreachable(asked_by, error)) from error
    return target


def unreachable(asked_by: str, error: OSError) -> Problem:
    """Return what to tell of an object or a folder that could not be reached."""
    return Problem(
        f"{asked_by}: {error.filename}: {error.strerror}",
        expected=_REACHABLE,
    )
