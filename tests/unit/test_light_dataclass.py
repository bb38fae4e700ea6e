"""Dataclasses of ours are those of the standard library."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from typing import Any, ClassVar

import pytest

from pytest_arena import light_dataclass


def _decorated(decorator: Callable[..., Any]) -> dict[str, type[Any]]:
    @decorator(frozen=True, slots=True)
    class Frozen:
        """All that a field may say."""

        KIND: ClassVar[str] = "frozen"
        name: str
        tags: list[str] = field(default_factory=list)
        score: float | None = None
        seen: bytes = field(default=b"", compare=False, repr=False)
        made: dict[str, int] = field(default_factory=dict, init=False)
        fixed: int = field(default=3, init=False)
        why: str = field(kw_only=True)
        last: tuple[str, ...] = field(default=(), kw_only=True)

        @property
        def upper(self) -> str:
            return self.name.upper()

    @decorator(slots=True)
    class Open:
        """One that may be changed."""

        name: str
        count: int = 0
        total: int = field(init=False)
        late: int = field(init=False)

        def __post_init__(self) -> None:
            self.total = self.count + 1

    @decorator(frozen=True, slots=True)
    class Single:
        """One field."""

        name: str = "x"

    @decorator(frozen=True, slots=True)
    class Empty:
        """None."""

    @decorator(frozen=True, slots=True)
    class Heir(Single):
        """Fields of its own, and those of another."""

        more: int = 0

    @decorator(frozen=True, slots=True)
    class Own:
        """Methods of its own."""

        name: str

        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "own"

    return {kind.__name__: kind for kind in (Frozen, Open, Single, Empty, Heir, Own)}


OURS = _decorated(light_dataclass.dataclass)
THEIRS = _decorated(dataclasses.dataclass)
MADE: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = (
    ("Frozen", ("a",), {"why": "w"}),
    ("Frozen", ("a", ["t"], 0.5, b"raw"), {"why": "w", "last": ("z",)}),
    ("Open", ("a", 4), {}),
    ("Single", (), {}),
    ("Single", ("b",), {}),
    ("Empty", (), {}),
    ("Heir", ("b", 7), {}),
    ("Own", ("b",), {}),
)


def _pairs() -> list[Any]:
    return [
        pytest.param(
            OURS[name](*given, **named), THEIRS[name](*given, **named), id=f"{name}{given}"
        )
        for name, given, named in MADE
    ]


def _held(value: Any) -> dict[str, Any]:
    return {
        one.name: getattr(value, one.name)
        for one in dataclasses.fields(value)
        if hasattr(value, one.name)
    }


@pytest.mark.parametrize(("ours", "theirs"), _pairs())
def test_what_they_hold_and_show_is_the_same(ours: Any, theirs: Any) -> None:
    assert _held(ours) == _held(theirs)
    assert type(ours).__match_args__ == type(theirs).__match_args__
    assert not hasattr(ours, "__dict__")
    if isinstance(theirs, THEIRS["Open"]):
        ours.late = theirs.late = 1
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("name", THEIRS)
def test_signatures_are_the_same(name: str) -> None:
    ours, theirs = inspect.signature(OURS[name]), inspect.signature(THEIRS[name])
    assert [(one.name, one.kind, one.annotation) for one in ours.parameters.values()] == [
        (one.name, one.kind, one.annotation) for one in theirs.parameters.values()
    ]
    assert ours.return_annotation == theirs.return_annotation
    assert OURS[name].__init__.__qualname__ == THEIRS[name].__init__.__qualname__  # type: ignore[misc]
    for flag in ("init", "repr", "eq", "frozen"):
        params = OURS[name].__dataclass_params__, THEIRS[name].__dataclass_params__
        assert getattr(params[0], flag) == getattr(params[1], flag)


@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), (("a",), {}), (("a", [], 1, b"", "w"), {}), (("a",), {"why": "w", "made": {}})],
)
def test_arguments_that_do_not_fit_are_refused(
    given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    for kinds in (OURS, THEIRS):
        with pytest.raises(TypeError, match="argument"):
            kinds["Frozen"](*given, **named)


def test_each_has_what_a_factory_makes_for_itself() -> None:
    first, second = OURS["Frozen"]("a", why="w"), OURS["Frozen"]("a", why="w")
    first.tags.append("t")
    first.made["n"] = 1
    assert (second.tags, second.made) == ([], {})


def test_equal_ones_are_equal_and_of_one_hash() -> None:
    single, heir = OURS["Single"], OURS["Heir"]
    assert single("b") == single("b") != single("c")
    assert hash(single("b")) == hash(THEIRS["Single"]("b"))
    assert {OURS["Empty"](), OURS["Empty"]()} == {OURS["Empty"]()}
    assert single("b") != heir("b")
    assert single("b") != THEIRS["Single"]("b")
    frozen = OURS["Frozen"]
    assert frozen("a", [], 1.0, b"one", why="w") == frozen("a", [], 1.0, b"two", why="w")
    nan = float("nan")
    assert frozen("a", [], nan, why="w") == frozen("a", [], nan, why="w")
    with pytest.raises(TypeError, match="unhashable"):
        hash(OURS["Open"]("a"))


@pytest.mark.parametrize("name", ["Single", "Heir", "Frozen"])
def test_frozen_ones_refuse_changes_in_the_same_words(name: str) -> None:
    said: list[list[str]] = []
    for kinds in (OURS, THEIRS):
        value = kinds[name](**({"name": "a", "why": "w"} if name == "Frozen" else {"name": "a"}))
        with pytest.raises(FrozenInstanceError) as setting:
            value.name = "b"
        with pytest.raises(FrozenInstanceError) as deleting:
            del value.name
        assert value.name == "a"
        said.append([str(one.value) for one in (setting, deleting)])
    assert said[0] == said[1]


def test_frozen_ones_take_nothing_more() -> None:
    # where a class has slots, the standard library says this in Python 3.11 by a mistake of its own
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'other'"):
        OURS["Single"]().other = 1  # type: ignore[attr-defined]


def test_open_ones_may_be_changed() -> None:
    value = OURS["Open"]("a", 4)
    value.count = 9
    assert (value.count, value.total) == (9, 5)


def test_copies_and_replacements() -> None:
    value = OURS["Frozen"]("a", ["t"], 0.5, why="w")
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value
    assert copy.deepcopy(value).tags is not value.tags
    changed = dataclasses.replace(value, name="b")
    assert (changed.name, changed.tags) == ("b", ["t"])
    assert dataclasses.asdict(OURS["Heir"]("b", 7)) == {
        "name": "b",
        "more": 7,
    }


def test_an_application_may_inherit_from_ours() -> None:
    @dataclasses.dataclass(frozen=True)
    class Theirs(OURS["Single"]):  # type: ignore[misc]
        more: int = 1

    assert Theirs("b").more == 1
    assert repr(Theirs("b")).endswith("Theirs(name='b', more=1)")
    with pytest.raises(TypeError, match="frozen"):
        dataclasses.dataclass(type("Open", (OURS["Single"],), {"__annotations__": {"n": int}}))


def test_a_record_that_holds_itself_is_shown() -> None:
    value = OURS["Frozen"]("a", [], why="w")
    value.tags.append(value)
    assert "tags=[...]" in repr(value)


@light_dataclass.dataclass(frozen=True, slots=True)
class Pickled:
    """One that pickle finds by its name."""

    name: str
    tags: tuple[str, ...] = ()


def test_frozen_ones_are_pickled() -> None:
    value = Pickled("a", ("t",))
    assert pickle.loads(pickle.dumps(value)) == value
