"""The tables of keys say what the models say, and leave nothing out."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest
from docs_trials import ROOT

from pytest_arena import schema
from pytest_arena.schema.base import ArenaModel

NOT_WRITTEN_AS_SUCH = {
    schema.ArenaModel,  # the base of all
    schema.CellAssertion,  # has the keys of Assertion
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


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs/make_reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", sorted(path.name for path in PAGE.parent.glob("*.md")))
def test_the_tables_of_a_page_are_up_to_date(page: str, reference: ModuleType) -> None:
    text = (PAGE.parent / page).read_text(encoding="utf-8")
    assert reference.render(text) == text, f"run `python docs/make_reference.py` ({page})"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_of_the_arena_file_is_in_its_reference(
    model: type[ArenaModel], reference: ModuleType
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f"<!-- fields: {model.__name__} -->" in page
    for key in reference.fields_of(model):
        assert f"`{key}`" in reference.table(model)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_of_the_arena_file_has_a_meaning(
    model: type[ArenaModel], reference: ModuleType
) -> None:
    without = [key for key, field in reference.fields_of(model).items() if not field.description]
    assert without == []
