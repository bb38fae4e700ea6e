"""Variables of the environment, copied while another thread changes them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import pytest

from pytest_arena.environment import copied
from pytest_arena.text.redaction import Redactor


class Changing(Mapping[str, str]):
    """Variables of which one goes, and another comes, as soon as somebody looks for their names."""

    def __init__(self) -> None:
        self._known = {"PATH": "/bin", "GOES": "soon", "API_KEY": "very-secret-value"}

    def __iter__(self) -> Iterator[str]:
        names = list(self._known)
        self._known.pop("GOES", None)
        self._known["COMES"] = "late"
        return iter(names)

    def __len__(self) -> int:
        return len(self._known)

    def __getitem__(self, name: str) -> str:
        return self._known[name]


def test_a_variable_that_goes_meanwhile_is_left_out() -> None:
    with pytest.raises(KeyError):
        dict(Changing())
    assert copied(Changing()) == {"PATH": "/bin", "API_KEY": "very-secret-value"}


def test_a_redactor_learns_while_variables_go() -> None:
    assert Redactor(Changing()).clean("it is very-secret-value") == "it is [REDACTED]"


def test_the_environment_is_copied_while_another_thread_changes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import os

    monkeypatch.setenv("ARENA_STAYS", "1")
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            os.environ["ARENA_COMES_AND_GOES"] = "1"
            os.environ.pop("ARENA_COMES_AND_GOES")

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    try:
        assert all(copied(os.environ)["ARENA_STAYS"] == "1" for _ in range(2_000))
    finally:
        over.set()
        thread.join()
