"""Personal data that Presidio finds beyond what is found here: names, places, passports, …

Presidio's recognizers of e-mail addresses and URLs are left out: they fetch a list of domains from
the network when they are first used.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pytest_arena.errors import ArenaError

_NETWORKED = ("EmailRecognizer", "UrlRecognizer")
_LANGUAGE = "en"


class PresidioError(ArenaError):
    """Presidio cannot be asked; the text says what it needs."""


def find_by_presidio(
    text: str, entities: Sequence[str], model: str | None, min_score: float
) -> list[tuple[str, int, int]]:
    """Return what Presidio finds of these entities, by its own names, with the spans.

    `model` is a spaCy pipeline, by its package's name or its folder; None: patterns alone.
    """
    analyzer = _analyzer(model)
    known = set(analyzer.get_supported_entities(language=_LANGUAGE))
    unknown = sorted(set(entities) - known)
    if unknown:
        raise PresidioError(
            f"Presidio does not find {', '.join(unknown)}"
            + ("" if model else " without a spaCy model")
            + f"\n  expected: of {', '.join(sorted(known))}"
            + ("" if model else "\n  fix: name an installed model, such as model: en_core_web_sm")
        )
    found = analyzer.analyze(
        text, language=_LANGUAGE, entities=list(entities), score_threshold=min_score
    )
    return [(one.entity_type, one.start, one.end) for one in found]


@lru_cache(maxsize=4)
def _analyzer(model: str | None) -> Any:
    try:
        import spacy
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
    except ImportError as error:
        raise PresidioError(
            "entities in upper case are Presidio's, which is not installed\n"
            "  fix: pip install 'pytest-arena[presidio]'"
        ) from error
    # Loaded here, since Presidio would download a model that is missing.
    try:
        pipeline = spacy.blank(_LANGUAGE) if model is None else spacy.load(model)
    except OSError as error:
        raise PresidioError(
            f"the spaCy model {model!r} is not installed\n  fix: python -m spacy download {model}"
        ) from error
    engine = SpacyNlpEngine()
    engine.nlp = {_LANGUAGE: pipeline}
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=[_LANGUAGE], nlp_engine=engine)
    for name in _NETWORKED:
        registry.remove_recognizer(name)
    if model is None:
        registry.remove_recognizer("SpacyRecognizer")
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[_LANGUAGE])
