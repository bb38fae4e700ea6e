"""How many files a process may have open, and which failures come of there being no more."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterator

import pytest

from pytest_arena.running import open_files
from pytest_arena.running.open_files import (
    SPARE_FILES,
    SpareFiles,
    allow_files,
    files_open,
    most_files,
    no_file_left,
    patiently,
    ran_out_of_files,
)

resource = pytest.importorskip("resource")


@pytest.fixture
def limit() -> Iterator[Callable[[int], None]]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda soft: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def lowest_free() -> int:
    """Return the number that the next file would have: with it as the limit, there is none."""
    file = os.dup(0)
    os.close(file)
    return file


def test_the_limit_is_raised_to_what_is_wanted_and_no_further(
    limit: Callable[[int], None],
) -> None:
    limit(256)
    assert most_files() == 256
    assert allow_files(200) == 256
    assert allow_files(300) == 300
    assert most_files() == 300


def test_it_is_raised_to_the_hard_limit_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (64, 128))
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, pair: given.append(pair))
    assert allow_files(1000) == 128
    assert given == [(128, 128)]


def test_what_the_system_refuses_leaves_the_limit_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_kind: int, _pair: tuple[int, int]) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (64, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert allow_files(1000) == 64


def test_without_the_module_there_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_files, "_resource", None)
    assert (most_files(), allow_files(10**6)) == (None, None)
    assert no_file_left("x").startswith("no file was left to open in this process (raise")


def test_open_files_are_counted() -> None:
    before = files_open()
    pipe = os.pipe()
    assert files_open() == before + 2
    for file in pipe:
        os.close(file)


def _wrapped(inner: OSError) -> BaseException:
    try:
        try:
            raise inner
        except OSError:
            raise RuntimeError("the client failed") from None
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.EMFILE, "Too many open files"), True),
        (OSError(errno.ENFILE, "Too many open files in system"), True),
        (_wrapped(OSError(errno.EMFILE, "Too many open files")), True),
        (ExceptionGroup("all failed", [OSError(errno.EMFILE, "Too many open files")]), True),
        (OSError(errno.ECONNREFUSED, "Connection refused"), False),
        (socket.gaierror(-2, "Name or service not known"), False),
        (ValueError("no"), False),
    ],
)
def test_what_came_of_no_file_left(error: BaseException, expected: bool) -> None:
    assert ran_out_of_files(error) is expected


def test_a_name_that_was_not_found_came_of_it_where_nothing_can_be_opened(
    limit: Callable[[int], None],
) -> None:
    limit(lowest_free())
    assert ran_out_of_files(socket.gaierror(-2, "Name or service not known"))
    # neither needs a file to be opened
    assert not ran_out_of_files(ConnectionResetError())
    assert not ran_out_of_files(TimeoutError())


def test_spare_files_are_there_when_no_other_is(limit: Callable[[int], None]) -> None:
    spare = SpareFiles()
    spare.hold(3)
    limit(lowest_free())
    with pytest.raises(OSError, match="Too many"):
        os.open(os.devnull, os.O_RDONLY)
    spare.give()
    os.close(os.open(os.devnull, os.O_RDONLY))
    assert (spare.given(), spare.given()) == (3, 0)


def test_what_needs_a_file_has_a_spare_one(limit: Callable[[int], None]) -> None:
    SPARE_FILES.hold(2)
    limit(lowest_free())
    os.close(patiently(lambda: os.open(os.devnull, os.O_RDONLY)))
    assert SPARE_FILES.given() == 2
