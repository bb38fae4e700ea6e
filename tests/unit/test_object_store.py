"""Folders of object stores, by fsspec's own stores in memory and on disk."""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from pytest_arena.errors import UsageError
from pytest_arena.object_store import ObjectFolder, is_url, local_copy, shown_url


@pytest.fixture(params=["memory", "file"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "memory":
        return f"memory://bucket-{tmp_path.name}/run"
    return f"file://{tmp_path}/bucket/run"


def test_objects_are_put_listed_read_and_taken_away(url: str, tmp_path: Path) -> None:
    store = ObjectFolder(url + "/", "--x")
    assert store.names() == []
    store.write("b.jsonl", b"1\n")
    store.write("deep/er/a.jsonl", b"2\n")
    store.write("b.jsonl", b"3\n")
    assert store.names() == ["b.jsonl", "deep/er/a.jsonl"]
    assert store.read("b.jsonl") == b"3\n"
    store.fetch("deep/er/a.jsonl", tmp_path / "new" / "a.jsonl")
    assert (tmp_path / "new" / "a.jsonl").read_bytes() == b"2\n"
    store.delete("b.jsonl")
    assert ObjectFolder(url, "--x").names() == ["deep/er/a.jsonl"]
    assert local_copy(f"{url}/deep/er/a.jsonl", tmp_path / "one", "--x").read_bytes() == b"2\n"


def test_what_is_not_there_is_named(url: str) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        ObjectFolder(url, "--x").read("none.jsonl")
    assert caught.value.filename == f"{url}/none.jsonl"
    with pytest.raises(UsageError) as refused:
        local_copy(f"{url}/none.jsonl", Path("there"), "--x")
    assert str(refused.value).startswith(f"--x: {url}/none.jsonl: ")


def test_a_store_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        ObjectFolder("s4://bucket/run", "--arena-report-dir")
    assert str(caught.value).startswith("--arena-report-dir: Protocol not known: s4\n  expected: ")


@pytest.mark.parametrize("url", ["s3://", "s3:///", "s3://?x=1", "memory://", "file:///"])
def test_a_url_that_ends_behind_its_scheme_is_no_folder_here(url: str) -> None:
    start = f"{url.partition(':')[0]}://"
    for ask in (
        lambda: ObjectFolder(url, "--x"),
        lambda: local_copy(f"{start}a", Path("t"), "--x"),
    ):
        with pytest.raises(UsageError) as caught:
            ask()
        assert str(caught.value) == (
            f"--x: {start} names nothing in that store\n"
            "  expected: a bucket and a folder of it\n"
            f"  fix: name them, as in {start}bucket/folder (a variable of the shell may not be set)"
        )


def test_a_store_whose_package_is_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(UsageError) as caught:
        ObjectFolder("s3://key:word@bucket/run", "--arena-report-dir")
    text = str(caught.value)
    assert text.startswith("--arena-report-dir: s3://bucket/run needs a package that is not inst")
    assert "s3fs" in text
    assert "word" not in text


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://me:word@127.0.0.1:1/run", "ftp://127.0.0.1:1/run: *refused*"),
        ("dir://run", "dir://run: AttributeError: 'NoneType' object has no attribute 'startswith'"),
        ("zip://x::file:///none.zip", "zip://x::file:///none.zip: No such file or directory"),
        ("reference://run", "reference://run: TypeError: *"),
    ],
)
def test_a_store_that_cannot_be_opened_is_refused(url: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        ObjectFolder(url, "--x")
    first, expected = str(caught.value).split("\n")
    assert fnmatchcase(first, f"--x: {said}")
    assert (
        expected == "  expected: a place that can be reached with the credentials of this machine"
    )


def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        ObjectFolder("https://me:word@[bad/run", "--x")
    assert str(caught.value).startswith(
        "--x: Invalid IPv6 URL\n  expected: a path, or a URL as of "
    )


def test_a_store_that_cannot_be_reached_is_no_empty_one() -> None:
    with pytest.raises(OSError, match=r"Connect|refused") as caught:
        ObjectFolder("http://127.0.0.1:1/run", "--x").names()
    assert caught.value.filename == "http://127.0.0.1:1/run"


def test_what_a_store_says_is_told_without_secrets(tmp_path: Path) -> None:
    def fail() -> None:
        raise RuntimeError(
            "401, url='https://me:w@rd@host/run?sig=abc' at /run?sig=abc\nand the rest of it"
        )

    store = ObjectFolder(f"file://{tmp_path}", "--x")
    with pytest.raises(OSError) as caught:  # noqa: PT011  its whole text is looked at
        store._try("a.jsonl?sig=abc", fail)
    assert caught.value.strerror == "RuntimeError: 401, url='https://host/run' at /run"
    assert caught.value.filename == f"file://{tmp_path}/a.jsonl"


def test_without_fsspec_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(UsageError) as caught:
        ObjectFolder("s3://bucket/run", "--arena-report-dir")
    assert str(caught.value) == (
        "--arena-report-dir: s3://bucket/run needs the package fsspec, which is not installed\n"
        "  fix: pip install 'pytest-arena[remote]'"
    )


@pytest.mark.parametrize(
    ("place", "is_one"),
    [
        ("s3://bucket/run", True),
        ("abfs+https://x", True),
        ("arena-report", False),
        ("C:\\reports", False),
        ("C:/reports", False),
        ("/srv/a:b/c", False),
        ("s3:bucket", False),
    ],
)
def test_paths_are_no_urls(place: str, is_one: bool) -> None:
    assert is_url(place) is is_one


def test_a_shown_url_has_no_secret() -> None:
    assert shown_url("https://me:word@host/run?X-Amz-Signature=abc") == "https://host/run"
    assert shown_url("zip://x::ftp://me:w@rd@host/a@b") == "zip://x::ftp://host/a@b"
