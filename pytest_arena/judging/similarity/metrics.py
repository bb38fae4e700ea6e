"""How alike two texts are, from 0 to 1, by well-known measures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Literal

from pytest_arena.judging.similarity.lexical import TooLongError, similarity
from pytest_arena.text.folding import fold

RougeVariant = Literal["rouge1", "rouge2", "rouge3", "rouge4", "rouge5", "rougeL"]

# Edit distance costs about length × length / 64 steps: this product takes around a second.
_MOST_WORK = 20_000_000_000
_NOT_ROUGE = re.compile(r"[^a-z0-9]+")


def edit_distance(first: str, second: str) -> int:
    """Count the characters to insert, delete or replace (Levenshtein 1966)."""
    from rapidfuzz.distance import Levenshtein

    _refuse_too_long(len(first), len(second))
    return Levenshtein.distance(first, second)


def edit_similarity(first: str, second: str) -> float:
    """Return 1 − distance / length of the longer text; 1 for two empty texts."""
    longer = max(len(first), len(second))
    return 1.0 if longer == 0 else 1.0 - edit_distance(first, second) / longer


def rouge_words(text: str) -> list[str]:
    """Return the words that ROUGE counts: runs of a-z and 0-9, in lower case, unstemmed."""
    return _NOT_ROUGE.sub(" ", text.lower()).split()


def rouge(answer: str, reference: str, variant: RougeVariant) -> float:
    """Return ROUGE's F-measure (Lin 2004), counted as the package `rouge-score` counts it."""
    got, wanted = rouge_words(answer), rouge_words(reference)
    if variant == "rougeL":
        from rapidfuzz.distance import LCSseq

        _refuse_too_long(len(got), len(wanted))
        return _f_measure(LCSseq.similarity(got, wanted), len(got), len(wanted))
    size = int(variant.removeprefix("rouge"))
    grams, wanted_grams = _grams(got, size), _grams(wanted, size)
    shared = (grams & wanted_grams).total()
    return _f_measure(shared, grams.total(), wanted_grams.total())


def mean_pairwise(texts: Sequence[str]) -> float:
    """Return the mean over all pairs of the best of three similarities; needs two texts.

    They are the edit similarity of the texts, folded and with single blanks, the same of their
    sorted words, so that two answers that say the same in another order stay alike, and that of
    words and letters that `similar` compares by.
    """
    from rapidfuzz.fuzz import ratio

    folded = [fold(text) for text in texts]
    ordered = [" ".join(sorted(text.split())) for text in folded]
    scores = []
    for (first, first_words), (second, second_words) in combinations(
        zip(folded, ordered, strict=True), 2
    ):
        _refuse_too_long(len(first), len(second))
        edits = max(ratio(first, second), ratio(first_words, second_words)) / 100
        scores.append(max(edits, similarity(first, second)))
    return sum(scores) / len(scores)


def _grams(words: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + size]) for i in range(len(words) - size + 1))


def _f_measure(shared: int, answer: int, reference: int) -> float:
    return 2 * shared / (answer + reference) if shared else 0.0


def _refuse_too_long(first: int, second: int) -> None:
    if first * second > _MOST_WORK:
        raise TooLongError(
            f"texts of {first:,} and {second:,} characters are too long to be compared"
        )
