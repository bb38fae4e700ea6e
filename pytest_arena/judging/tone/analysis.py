"""From a text to its cues with their spans, and to the features that the models weigh."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from pytest_arena.judging.tone.cues import read_lists
from pytest_arena.judging.tone.marks import MARKS, find_marks
from pytest_arena.judging.tone.masking import mask, quotations
from pytest_arena.judging.tone.measures import MEASURES, measure
from pytest_arena.judging.tone.phrases import Phrases
from pytest_arena.judging.tone.sentiment import Feeling, feel
from pytest_arena.judging.tone.tokens import STOP, Tokens, tokenize
from pytest_arena.text.folding import visible

_KIND = {**read_lists("courtesy"), **read_lists("warmth")}
SUSPECT = read_lists("irony")
"""Cues that say little alone, by which the scale of contempt goes."""
CUES = {
    **_KIND,
    **read_lists("formality"),
    **read_lists("hostility"),
    **read_lists("contempt"),
    **SUSPECT,
}
FEATURES = (*CUES, *MARKS, "contraction", *MEASURES, "valence", "positive_words", "negative_words")
_BY_WORDS = frozenset(
    [
        "i",
        "we",
        "you",
        "nominal",
        "formal_word",
        "vague",
        "contraction",
        "passive",
        "negative_word",
        "feeling",
        "warm_word",
        "hedge",
        "slang",
    ]
)
"""Cues that are counted by the word; all others by the sentence."""
_TURNED = frozenset(_KIND) - {"i", "we", "you", "i_first", "you_first", "hedge"}
"""Cues that say nothing, or the opposite, behind a negation."""
_NEGATIONS = frozenset(("not", "no", "never", "without", "hardly", "neither", "nor"))


class Cue(NamedTuple):
    """A cue in a text: its name, its place in the text, the sentence that it stands in."""

    name: str
    start: int
    end: int
    sentence: int


class Part(NamedTuple):
    """Some sentences of a text, with their features."""

    features: Mapping[str, float]
    words: int
    sentences: int
    vocabulary: frozenset[str]


class Reading(NamedTuple):
    """A text as the models see it: as a whole, in parts of two sentences, and its cues in order."""

    text: str
    whole: Part
    parts: tuple[Part, ...]
    cues: tuple[Cue, ...]
    words: tuple[str, ...]
    """The writer's own words in lower case, without numbers."""
    feeling: Feeling
    has_code: bool

    def has(self, *names: str) -> bool:
        return any(cue.name in names for cue in self.cues)


def read(text: str) -> Reading:
    """Read a text: code and citations have no part in it, quotations only by their form."""
    text = visible(text)
    plain, has_code = mask(text)
    tokens = tokenize(plain)
    spans = quotations(plain)
    found = [cue for cue in _cues(plain, tokens) if not _is_inside(cue.start, spans)]
    cues = sorted(found, key=lambda cue: (cue.start, cue.end, cue.name))
    feeling = feel(tokens, plain)
    if spans:
        own = tuple(word for word in feeling.words if not _is_inside(word[1], spans))
        feeling = feeling._replace(words=own)
    sentences = _sentences(tokens, cues)
    whole = _part(plain, feeling, sentences, 0)
    parts = [whole]
    if len(sentences) > 2:
        parts = [
            _part(plain[pair[0].start : pair[-1].end], feeling, pair, first)
            for first in range(0, len(sentences), 2)
            if (pair := sentences[first : first + 2])
        ]
    words = tuple(
        word.lower()
        for word, _, start in tokens.words
        if word[0].isalpha() and not _is_inside(start, spans)
    )
    return Reading(text, whole, tuple(parts), tuple(cues), words, feeling, has_code)


def _is_inside(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


@cache
def _phrases() -> Phrases:
    return Phrases(CUES)


def _cues(plain: str, tokens: Tokens) -> Iterable[Cue]:
    spans, sentence = tokens.spans, tokens.sentence
    for hit in _phrases().find(tokens.texts):
        if hit.cue in _TURNED and _is_negated(tokens.texts, hit.first):
            continue
        yield Cue(hit.cue, spans[hit.first][0], spans[hit.last][1], sentence[hit.first])
    for first, start, end in tokens.contractions:
        yield Cue("contraction", start, end, sentence[first])
    begins = [start for start, _ in spans]
    for name, start, end in find_marks(plain):
        yield Cue(name, start, end, sentence[max(0, bisect_right(begins, start) - 1)])


def _is_negated(texts: Sequence[str], first: int) -> bool:
    """Return whether one of the three words before says no, in the same sentence."""
    for back in range(first - 1, max(first - 4, -1), -1):
        if texts[back] == STOP:
            return False
        if texts[back] in _NEGATIONS:
            # "do not hesitate", "cannot thank you enough" are cues of their own
            return " ".join(texts[back - 1 : back + 1]) != "can not" or texts[first] != "thank"
    return False


class _Sentence:
    """One sentence: its words as written and as tokens, how often each cue stands in it."""

    __slots__ = ("counts", "end", "mark", "start", "tokens", "words")

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.words: list[str] = []
        self.tokens: list[str] = []
        self.counts: dict[str, int] = {}
        self.start, self.end = -1, 0


def _sentences(tokens: Tokens, cues: Sequence[Cue]) -> list[_Sentence]:
    found = [_Sentence(mark) for mark in tokens.ends] or [_Sentence("")]
    last = len(found) - 1
    for word, number, _ in tokens.words:
        found[number].words.append(word)
    for text, (start, end), number in zip(
        tokens.texts[1:], tokens.spans[1:], tokens.sentence[1:], strict=True
    ):
        own = found[min(number, last)]
        own.start = start if own.start < 0 else own.start
        own.end = end
        if text != STOP:
            own.tokens.append(text)
    for cue in cues:
        counts = found[min(cue.sentence, last)].counts
        counts[cue.name] = counts.get(cue.name, 0) + 1
    return found


def _part(plain: str, feeling: Feeling, sentences: Sequence[_Sentence], first: int) -> Part:
    """Return the features of sentences that follow each other, from the number `first` on."""
    words = [word for sentence in sentences for word in sentence.words]
    letters = max(1, sum(word[0].isalpha() for word in words))
    counts: dict[str, int] = {}
    for sentence in sentences:
        for name, count in sentence.counts.items():
            counts[name] = counts.get(name, 0) + count
    features = dict.fromkeys(FEATURES, 0.0)
    for name, count in counts.items():
        if name in _BY_WORDS:
            features[name] = min(1.0, 8 * count / letters)
        else:
            features[name] = 0.5 + 0.5 * min(1.0, count / len(sentences))
    features |= measure(
        plain,
        words,
        [sentence.mark for sentence in sentences],
        [sentence.tokens[0] if sentence.tokens else "" for sentence in sentences],
    )
    numbers = range(first, first + len(sentences))
    features["valence"] = feeling.of(numbers)
    good, bad = feeling.shares(numbers, letters)
    features["positive_words"], features["negative_words"] = good, bad
    vocabulary = frozenset(text for sentence in sentences for text in sentence.tokens)
    return Part(features, letters, len(sentences), vocabulary)
