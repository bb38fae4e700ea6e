"""Presidio's entities: found beside our own, and what is missing is told."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from pytest_arena.judging.detectors.pii import PiiRules
from pytest_arena.judging.detectors.presidio import PresidioError
from pytest_arena.schema.guardrail import Said

HAS_PRESIDIO = importlib.util.find_spec("presidio_analyzer") is not None
with_presidio = pytest.mark.skipif(not HAS_PRESIDIO, reason="presidio-analyzer is not installed")


@pytest.fixture
def pipeline(tmp_path: Path) -> str:
    """Save a spaCy pipeline that knows one name and one place."""
    import spacy

    made = spacy.blank("en")
    ruler = made.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]
        [
            {"label": "PERSON", "pattern": "Ada Lovelace"},
            {"label": "GPE", "pattern": "London"},
        ]
    )
    made.to_disk(tmp_path)
    return str(tmp_path)


@pytest.mark.skipif(HAS_PRESIDIO, reason="presidio-analyzer is installed")
def test_without_the_package_the_extra_is_named() -> None:
    rules = PiiRules(entities=("email", "PERSON"))
    assert rules.is_slow
    with pytest.raises(PresidioError) as caught:
        rules.look("Hello", Said())
    assert str(caught.value) == (
        "entities in upper case are Presidio's, which is not installed\n"
        "  fix: pip install 'pytest-arena[presidio]'"
    )


def test_our_own_entities_need_no_package() -> None:
    assert not PiiRules().is_slow


@with_presidio
def test_names_are_found_beside_our_own(pipeline: str) -> None:
    rules = PiiRules(entities=("email", "PERSON", "LOCATION"), model=pipeline)
    look = rules.look("Ada Lovelace of London, ada@example.org", Said())
    assert look.spans == ((0, 12), (16, 22), (24, 39))
    assert look.shown[0] == "PERSON Ad…ce"


@with_presidio
def test_patterns_alone_need_no_model() -> None:
    rules = PiiRules(entities=("CRYPTO",))
    text = "my wallet is 16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ"
    assert rules.look(text, Said()).spans == ((13, 47),)


@with_presidio
@pytest.mark.parametrize(
    ("entity", "model", "told"),
    [
        ("PERSON", None, "Presidio does not find PERSON without a spaCy model"),
        ("CRYPTO", "en_nowhere", "the spaCy model 'en_nowhere' is not installed"),
    ],
)
def test_what_is_missing_is_told(entity: str, model: str | None, told: str) -> None:
    with pytest.raises(PresidioError) as caught:
        PiiRules(entities=(entity,), model=model).look("x", Said())
    assert str(caught.value).split("\n")[0] == told
