"""Private attributes of models are set once, whatever a class inherits from."""

from __future__ import annotations

from typing import Any

from pydantic import PrivateAttr

from pytest_arena.assertions.text import Contains
from pytest_arena.schema.base import ArenaModel
from pytest_arena.schema.provider import ProviderSpec


class _Noted(ArenaModel):
    name: str = ""
    _notes: list[str] = PrivateAttr(default_factory=list)

    def model_post_init(self, context: Any, /) -> None:
        self._notes.append(f"made {self.name}")


class _Heir(_Noted):
    _own: int = PrivateAttr(default=3)


class _Plain(ArenaModel):
    _first: list[str] = PrivateAttr(default_factory=list)


class _PlainHeir(_Plain):
    _second: int = PrivateAttr(default=2)


def test_they_are_set_by_one_call() -> None:
    for kind in (Contains, ProviderSpec, _Plain, _PlainHeir):
        assert kind.model_post_init is ArenaModel.model_post_init


def test_those_of_all_bases_are_there_and_no_two_models_share_them() -> None:
    one, other = _PlainHeir(), _PlainHeir()
    one._first.append("x")
    assert (other._first, other._second, other.place) == ([], 2, None)
    assert one != other


def test_what_a_class_does_when_a_model_is_made_is_done() -> None:
    assert _Noted(name="a")._notes == ["made a"]
    heir = _Heir(name="b")
    assert (heir._notes, heir._own, heir.place) == (["made b"], 3, None)
