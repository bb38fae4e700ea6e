"""Measures of how near a text is to a reference, by the names that OpenAI's graders have for them.

Those graders' own code was never published; each is counted here by the package or the paper that
its name stands for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise

from pytest_arena.judging.similarity.lexical import TooLongError
from pytest_arena.judging.similarity.metrics import rouge
from pytest_arena.judging.similarity.ngram_scores import bleu
from pytest_arena.judging.words import stem

_LONGEST = 100_000
_MOST_WORDS = 5_000
_RUNS = 4
_ALPHA, _BETA, _GAMMA = 0.9, 3.0, 0.5


def fuzzy(answer: str, reference: str) -> float:
    """Return rapidfuzz's weighted ratio from 0 to 1, in small letters without punctuation."""
    from rapidfuzz import fuzz, utils

    if len(answer) > _LONGEST or len(reference) > _LONGEST:
        raise TooLongError(f"a text of more than {_LONGEST:,} characters cannot be compared")
    return fuzz.WRatio(answer, reference, processor=utils.default_process) / 100


def gleu(answer: str, reference: str) -> float:
    """Return GLEU (Wu 2016): the share of shared runs of up to four words, of whichever text has
    more of them."""
    said, wanted = answer.split(), reference.split()
    own, theirs = _runs(said), _runs(wanted)
    most = max(own.total(), theirs.total())
    return (own & theirs).total() / most if most else 0.0


def meteor(answer: str, reference: str) -> float:
    """Return METEOR (Banerjee and Lavie 2005) by equal words and equal stems, without synonyms."""
    said, wanted = answer.lower().split(), reference.lower().split()
    if max(len(said), len(wanted)) > _MOST_WORDS:
        raise TooLongError(f"a text of more than {_MOST_WORDS:,} words cannot be compared")
    pairs = _aligned(said, wanted)
    if not pairs:
        return 0.0
    precision, recall = len(pairs) / len(said), len(pairs) / len(wanted)
    mean = precision * recall / (_ALPHA * precision + (1 - _ALPHA) * recall)
    chunks = 1 + sum(
        (following[0] - pair[0], following[1] - pair[1]) != (1, 1)
        for pair, following in pairwise(pairs)
    )
    penalty: float = _GAMMA * (chunks / len(pairs)) ** _BETA
    return mean * (1 - penalty)


def _aligned(said: Sequence[str], wanted: Sequence[str]) -> list[tuple[int, int]]:
    """Return which words of both belong together: equal ones first, then those of one stem."""
    pairs: list[tuple[int, int]] = []
    left, open_places = list(range(len(said))), list(range(len(wanted)))
    for form in (str, stem):
        places: dict[str, list[int]] = {}
        for place in open_places:
            places.setdefault(form(wanted[place]), []).append(place)
        # from the end, as nltk does it
        for place in reversed(left):
            found = places.get(form(said[place]))
            if found:
                pairs.append((place, found.pop()))
        left = sorted(set(left) - {pair[0] for pair in pairs})
        open_places = sorted(set(open_places) - {pair[1] for pair in pairs})
    return sorted(pairs)


def _runs(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    return Counter(
        tuple(words[start : start + size])
        for size in range(1, _RUNS + 1)
        for start in range(len(words) - size + 1)
    )


TEXT_SCORES: Mapping[str, Callable[[str, str], float]] = {
    "fuzzy_match": fuzzy,
    "bleu": bleu,
    "gleu": gleu,
    "meteor": meteor,
    "rouge_1": partial(rouge, variant="rouge1"),
    "rouge_2": partial(rouge, variant="rouge2"),
    "rouge_3": partial(rouge, variant="rouge3"),
    "rouge_4": partial(rouge, variant="rouge4"),
    "rouge_5": partial(rouge, variant="rouge5"),
    "rouge_l": partial(rouge, variant="rougeL"),
}
