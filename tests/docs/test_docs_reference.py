"""The tables of keys say what the models say, and leave nothing out."""

from __future__ import annotations

import make_reference
import pytest
from docs_trials import ROOT
from key_tables import keys_of

from pytest_arena import schema
from pytest_arena.schema.base import ArenaModel

NOT_WRITTEN_AS_SUCH = {
    schema.ArenaModel,  # the base of all
    schema.CellAssertion,  # has the keys of Assertion
    schema.MayBeUnsure,  # its key stands with each assertion that has it
    schema.CaseMock,  # written as one answer, a list, or answers by provider
}
MODELS = sorted(
    (
        model
        for model in vars(schema).values()
        if isinstance(model, type)
        and issubclass(model, ArenaModel)
        and model not in NOT_WRITTEN_AS_SUCH
    ),
    key=lambda model: model.__name__,
)
PAGE = ROOT / "docs" / "arena-file.md"


@pytest.mark.parametrize("name", sorted(path.name for path in PAGE.parent.glob("*.md")))
def test_a_page_says_what_the_code_says(name: str) -> None:
    path = PAGE.parent / name
    written = path.read_text(encoding="utf-8")
    assert make_reference.pages()[path] == written, "run `python docs/make_reference.py`"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_of_the_arena_file_is_in_its_reference(model: type[ArenaModel]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f"<!-- fields: {model.__name__} -->" in page
    for name, field in make_reference.fields_of(model.__name__).items():
        assert any(f"| `{key}`" in page for key in keys_of(name, field))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_of_the_arena_file_has_a_meaning(model: type[ArenaModel]) -> None:
    fields = make_reference.fields_of(model.__name__)
    assert [name for name, field in fields.items() if not field.description] == []


def test_the_page_of_assertions_says_that_contains_ignores_case() -> None:
    assert "case is ignored by default" in make_reference.pages()[PAGE.parent / "assertions.md"]
