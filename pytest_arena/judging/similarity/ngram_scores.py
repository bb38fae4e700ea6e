"""Sentence BLEU and chrF, as sacrebleu counts them by default, from 0 to 1."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from pytest_arena.judging.similarity.lexical import TooLongError

_MOST_CHARACTERS = 100_000
_WORD_RUNS = 4
_CHARACTER_RUNS = 6
_BETA = 2

# The tokens of WMT's mteval-v13a: ASCII punctuation stands alone, but for the period, comma and
# hyphen, which belong to a number, and the apostrophe and hyphen, which belong to a word.
_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_TOKENS = (
    (re.compile(r"([!-&(-+/:-@\[-`{-~ ])"), r" \1 "),
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)


def bleu(answer: str, reference: str) -> float:
    """Return sentence BLEU (Papineni 2002): runs of up to four words that both have, on
    geometric average, with a penalty for an answer that is too short.

    Only lengths of runs that the answer has count, and one without a match counts as a half, a
    quarter, … of a match (exponential smoothing, Chen and Cherry 2014).
    """
    _refuse_long(answer)
    words, wanted = _words(answer), _words(reference)
    logs: list[float] = []
    smoothed = 1.0
    shared_any = False
    for shared, own, _ in _matches(words, wanted, _WORD_RUNS):
        if own == 0:
            break
        if shared == 0:
            smoothed *= 2
        shared_any = shared_any or shared > 0
        logs.append(math.log((shared or 1 / smoothed) / own))
    if not shared_any:
        return 0.0
    brevity = min(0.0, 1 - len(wanted) / len(words))
    return min(1.0, math.exp(brevity + sum(logs) / len(logs)))


def chrf(answer: str, reference: str) -> float:
    """Return chrF2 (Popović 2015): runs of up to six characters, blanks left out, and so for any
    language; recall counts twice as much as precision."""
    _refuse_long(answer)
    own, wanted = "".join(answer.split()), "".join(reference.split())
    counted = [found for found in _matches(own, wanted, _CHARACTER_RUNS) if found[1] and found[2]]
    if not any(shared for shared, _, _ in counted):
        return 0.0
    precision = sum(shared / mine for shared, mine, _ in counted) / len(counted)
    recall = sum(shared / theirs for shared, _, theirs in counted) / len(counted)
    factor = _BETA**2
    return (1 + factor) * precision * recall / (factor * precision + recall)


def _words(text: str) -> list[str]:
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    text = f" {text} "
    for pattern, replacement in _TOKENS:
        text = pattern.sub(replacement, text)
    return text.split()


def _matches(
    first: Sequence[str], second: Sequence[str], longest: int
) -> Iterator[tuple[int, int, int]]:
    """Yield for each length of runs how many both have, and how many each has."""
    for size in range(1, longest + 1):
        runs, others = _runs(first, size), _runs(second, size)
        yield (runs & others).total(), runs.total(), others.total()


def _runs(parts: Sequence[str], size: int) -> Counter[Sequence[str]]:
    if isinstance(parts, str):
        return Counter(parts[i : i + size] for i in range(len(parts) - size + 1))
    return Counter(tuple(parts[i : i + size]) for i in range(len(parts) - size + 1))


def _refuse_long(answer: str) -> None:
    if len(answer) > _MOST_CHARACTERS:
        raise TooLongError(f"an answer of {len(answer):,} characters is too long to be compared")
