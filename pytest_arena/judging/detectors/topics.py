"""Topics of a text, told by the words that belong to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.judging.detectors.base import Detector, Look
from pytest_arena.judging.detectors.messages import listed
from pytest_arena.judging.words import Texts, stem
from pytest_arena.schema.guardrail import Said
from pytest_arena.text.folding import fold, fold_in_place
from pytest_arena.text.numbers import reaches

Topics = dict[str, Texts]
Alike = Callable[[tuple[str, ...]], dict[str, list[tuple[int, int]]]]
"""Return of some phrases those that sentences of a text are like, and where these stand."""
_WORD = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|"
    r"(?:[A-Za-z0-9À-ɏḀ-ỿ]+|[^\W_]+)(?:['’][^\W_]+)?"
)
"""A word; in scripts without blanks, one sign, so that a phrase is found amid others."""
_SENTENCE = re.compile(r"[^\s.!?\n][^.!?\n]*")
_EXAMPLE_WORDS = 3
_LONGEST_SENTENCE = 1_000


class TopicRules(Detector):
    """Settings of what looks at topics."""

    nothing: ClassVar[str] = "only what may be talked about"

    forbidden: Topics = Field(default_factory=dict)
    """Topics that must not come up, each with the words and phrases that belong to it."""
    allowed: Topics = Field(default_factory=dict)
    """Topics of which one at least must come up, each with its words and phrases."""
    min_words: int = Field(default=1, ge=1)
    """How many different words of a topic it takes."""
    min_similarity: float | None = Field(default=None, gt=0, le=1)
    """Let a sentence count, too, that is as similar as this to a phrase of three words or more;
    such phrases may be whole example sentences. Words and letters are compared, as by `similar`."""

    @model_validator(mode="after")
    def _names_some(self) -> TopicRules:
        if not self.forbidden and not self.allowed:
            raise PydanticCustomError(
                "topics",
                "topics names none",
                {"expected": "`forbidden` or `allowed`, such as {medicine: [dose, diagnosis]}"},
            )
        return self

    @model_validator(mode="after")
    def _can_come_up(self) -> TopicRules:
        """Refuse topics that take more words than they have, where no sentence may count either."""
        for topic, words in {**self.forbidden, **self.allowed}.items():
            known = len({word for word in words if _stems_of(word)})
            if known < self.min_words and self.min_similarity is None:
                raise PydanticCustomError(
                    "cannot_fail",
                    "the topic {topic} can never come up: it has {known} of the {least} words that "
                    "min_words asks for",
                    {
                        "topic": repr(topic),
                        "known": known,
                        "least": self.min_words,
                        "expected": "as many different words as min_words, or more",
                        "fix": "add words to it, or lower min_words",
                    },
                )
        return self

    def look(self, text: str, said: Said) -> Look:
        least = self.min_similarity
        if least is None:
            return self.look_by(text, None)
        return self.look_by(text, lambda phrases: similar_sentences(phrases, text, least))

    def look_by(self, text: str, alike: Alike | None) -> Look:
        """Return which topics a text holds, by their words and, where there is `alike`, by the
        sentences that this finds to be like one of some phrases."""
        folded = fold_in_place(text, wide=True)
        stems = [
            (stem(match[0]), folded.span(*match.span())) for match in _WORD.finditer(folded.text)
        ]
        for topic, words in self.forbidden.items():
            found = self._found(words, stems, alike)
            if found:
                spans = tuple(span for places in found.values() for span in places)
                named = tuple(dict.fromkeys(text[start:end] for start, end in spans))
                return Look(True, f"the topic {topic!r} comes up: {listed(named)}", named, spans)
        if not self.allowed:
            return Look(False, f"none of the topics comes up: {', '.join(self.forbidden)}")
        for topic, words in self.allowed.items():
            found = self._found(words, stems, alike)
            if found:
                return Look(False, f"the topic is {topic!r}: {listed(found)}")
        return Look(True, f"none of the allowed topics comes up: {', '.join(self.allowed)}")

    def _found(
        self,
        words: tuple[str, ...],
        stems: list[tuple[str, tuple[int, int]]],
        alike: Alike | None,
    ) -> dict[str, list[tuple[int, int]]]:
        """Return what of a topic a text holds; nothing where that is too little."""
        found = topic_words(words, stems)
        if len(found) >= self.min_words:
            return found
        return alike(words) if alike is not None else {}


def sentences_of(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the sentences of a text, very long ones cut, and where each of them stands."""
    for match in _SENTENCE.finditer(text):
        yield match[0][:_LONGEST_SENTENCE], match.span()


def similar_sentences(
    phrases: tuple[str, ...], text: str, least: float
) -> dict[str, list[tuple[int, int]]]:
    """Return the phrases of three words or more that sentences are like, and those sentences."""
    from pytest_arena.judging.similarity.lexical import similarity

    examples = [phrase for phrase in phrases if len(_stems_of(phrase)) >= _EXAMPLE_WORDS]
    found: dict[str, list[tuple[int, int]]] = {}
    for sentence, span in sentences_of(text) if examples else ():
        for phrase in examples:
            if reaches(similarity(sentence, phrase), least):
                found.setdefault(phrase, []).append(span)
    return found


def topic_words(
    words: tuple[str, ...], stems: list[tuple[str, tuple[int, int]]]
) -> dict[str, list[tuple[int, int]]]:
    """Return which words and phrases of a topic a text holds, and where, by their stems."""
    found: dict[str, list[tuple[int, int]]] = {}
    plain = [one for one, _ in stems]
    for word in words:
        wanted = _stems_of(word)
        if not wanted or wanted[0] not in plain:
            continue
        size = len(wanted)
        places = [
            (stems[index][1][0], stems[index + size - 1][1][1])
            for index in range(len(plain) - size + 1)
            if tuple(plain[index : index + size]) == wanted
        ]
        if places:
            found[word] = places
    return found


@lru_cache(maxsize=4096)
def _stems_of(phrase: str) -> tuple[str, ...]:
    return tuple(stem(match[0]) for match in _WORD.finditer(fold(phrase, wide=True)))
