"""The texts under the keys of models are found wherever a class is written."""

from __future__ import annotations

from pytest_arena.schema.base import ArenaModel
from pytest_arena.schema.describing import described_fields, field_docs

if field_docs:

    class Guarded(ArenaModel):
        """A model within a statement."""

        size: int = 1
        """How large it is."""
        color: str = ""


class Outer(Guarded):
    """A model that inherits a key, and holds another model."""

    class Inner(ArenaModel):
        """A model of the same name as one elsewhere may have."""

        size: int = 1
        """How much
        is in it."""

    color: str = ""
    """As it is painted."""


def test_each_class_has_its_own_texts_and_those_that_it_inherits() -> None:
    class Inner(ArenaModel):
        size: int = 1
        """How large one in a function is."""

    assert field_docs(Guarded) == {"size": "How large it is."}
    assert field_docs(Outer) == {"size": "How large it is.", "color": "As it is painted."}
    assert field_docs(Outer.Inner) == {"size": "How much\nis in it."}
    assert field_docs(Inner) == {"size": "How large one in a function is."}
    assert described_fields(Outer)["color"].description == "As it is painted."


def test_a_class_without_a_source_has_no_texts() -> None:
    made: dict[str, type] = {}
    exec("class Made:\n    size: int = 1\n    'Its size.'", {"__name__": "nowhere"}, made)
    assert field_docs(made["Made"]) == {}
