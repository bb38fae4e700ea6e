"""Fit the weights of the tone scorer and write `pytest_arena/judging/tone/weights.json`.

`python benchmarks/tone/fit.py FOLDER` reads public data sets (see data.py), takes about a minute,
and gives the same file each time. It needs numpy and scipy, which the scorer itself does not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
from data import (
    BAD,
    FORMALITY_SETS,
    FRIENDLY,
    GOOD,
    HOSTILE,
    Numbers,
    Rated,
    ToneData,
    emails,
    folder_from_arguments,
    outer_quarters,
)
from linear import Fit, Line, held_out, logistic, ridge, with_signs
from scipy import sparse
from scipy.sparse.linalg import lsqr

from pytest_arena.judging.tone import sentiment
from pytest_arena.judging.tone import weights as shipped
from pytest_arena.judging.tone.analysis import FEATURES, SUSPECT, read
from pytest_arena.judging.tone.masking import mask
from pytest_arena.judging.tone.measures import MEASURES
from pytest_arena.judging.tone.sentiment import reaches
from pytest_arena.judging.tone.tokens import tokenize

LEAST_SUPPORT = 25
"""A cue that fewer texts have gets no weight: too little is known of it."""
WORD_SUPPORT = 8
_SURE = 1.3
"""A weight counts from about one and a half standard errors on: .8 / √support, at a guess."""
STACK_EXCHANGE_COUNTS = 0.4
# What differs between the sources of the data more than between tones.
_LENGTHS = ("words", "variety", "sentence_length", "long_words", "word_length", "reading_ease")
NOT_FORMALITY = tuple(SUSPECT)
NOT_COURTESY = (*_LENGTHS, *SUSPECT)
NOT_HOSTILITY = (*MEASURES, "formal_greeting", *SUSPECT)
NOT_CONTEMPT = ("words", "variety", "capitals")
CONTEMPT_PARTS = ("rules", "before", "after", "second", "third", "fourth", "fitted")
CONTEMPT_SUPPORT = 8
OTHERS_COUNT = 0.5
"""How much the texts that are no e-mails count, all together, beside these."""

KIND = [
    "please",
    "please_first",
    "thanks",
    "praise",
    "apology",
    "greeting",
    "formal_greeting",
    "closing",
    "offer",
    "good_wish",
    "conditional_question",
    "indirect_request",
    "acknowledgement",
    "warm_word",
    "empathy",
    "goodwill",
]
UNKIND = [
    "insult",
    "strong_dislike",
    "profanity",
    "mild_profanity",
    "dismissive",
    "blame",
    "impatience",
    "sarcasm",
    "threat",
    "accusing_question",
    "blunt_order",
    "scorn",
    "reproach",
    "condescension",
]
_FORMAL = ["connective", "formal_word", "passive", "nominal", "formal_greeting", "closing"]
_CASUAL = [
    "bare_contraction",
    "slang",
    "textspeak",
    "interjection",
    "informal_verb",
    "vague",
    "elongated",
    "exclamation",
    "repeated_marks",
    "capitals_word",
    "emoji",
    "emoticon",
    "lower_start",
    "lower_i",
    "contraction",
]


def signs(*, up: Sequence[str], down: Sequence[str]) -> Numbers:
    """Return which way each feature may count: what data of one kind says otherwise is chance."""
    return np.array([(name in up) - float(name in down) for name in FEATURES])


HOSTILITY_FIT = with_signs(logistic(20), signs(up=UNKIND, down=KIND))
# thanks and praise count either way: they are what scorn is wrapped in
CONTEMPT_FIT = with_signs(
    logistic(100), signs(up=[*UNKIND, *SUSPECT.keys() - {"amends"}], down=["amends"])
)


def main() -> None:
    data = ToneData(folder_from_arguments())
    found: dict[str, object] = {"valences": valences(data), "models": {}}
    write(found)
    shipped.load.cache_clear()
    sentiment._valences.cache_clear()
    found["models"] = {
        "formality": formality(data),
        "courtesy": courtesy(data),
        "hostility": hostility(data),
        "contempt": contempt(data),
    }
    write(found)
    print(f"{shipped.FILE.name}: {shipped.FILE.stat().st_size:,} bytes")


def write(found: dict[str, object]) -> None:
    text = json.dumps(found, separators=(",", ":"), sort_keys=True)
    shipped.FILE.write_text(text + "\n", encoding="utf-8")


def features_of(texts: Sequence[str]) -> Numbers:
    read_texts = (read(text).whole.features for text in texts)
    return np.array([[found[name] for name in FEATURES] for found in read_texts])


def supported(features: Numbers, without: Sequence[str], least: int = LEAST_SUPPORT) -> Numbers:
    """Return the features with zeros for those that are rare, or not wanted."""
    support = (features != 0).sum(axis=0)
    dropped = np.array([name in without for name in FEATURES])
    return np.where((support < least) | dropped, 0.0, features)


def formality(data: ToneData) -> dict[str, object]:
    texts, scores = formality_rows(data)
    features, words = with_words(texts, NOT_FORMALITY)
    fit, every = formality_fit(len(words)), np.ones(len(scores))
    said = held_out(fit, features, scores, every)
    line = fit(features, scores, every)
    return packed(line, features, calibrated(said, (scores > 0).astype(float)), words)


def formality_fit(words: int) -> Fit:
    return with_signs(ridge(20, words=words), signs(up=_FORMAL, down=[*_CASUAL, *UNKIND]))


def with_words(texts: Sequence[str], without: Sequence[str]) -> tuple[Numbers, list[str]]:
    """Return the features of texts, behind them whether each frequent word is there, and these."""
    rows = [dict.fromkeys(word for word, _ in signed_words(text)) for text in texts]
    support = Counter(word for row in rows for word in row)
    words = sorted(word for word, count in support.items() if count >= 20 and len(word) > 1)
    present = np.array([[float(word in row) for word in words] for row in rows])
    return np.hstack([supported(features_of(texts), without), present]), words


def formality_rows(data: ToneData) -> Rated:
    sets = [data.formality(genre) for genre in FORMALITY_SETS]
    return [text for texts, _ in sets for text in texts], np.concatenate([s for _, s in sets])


def courtesy(data: ToneData) -> dict[str, object]:
    texts, scores, counts = courtesy_rows(data)
    features, words = with_words(texts, NOT_COURTESY)
    fit = courtesy_fit(len(words))
    said = held_out(fit, features, scores, counts)
    line = fit(features, scores, counts)
    low, high = np.quantile(scores, [0.25, 0.75])
    outer = (scores <= low) | (scores >= high)
    scale = calibrated(said[outer], (scores[outer] > 0).astype(float))
    return packed(line, features, scale, words)


def courtesy_fit(words: int) -> Fit:
    return with_signs(ridge(50, words=words), signs(up=KIND, down=UNKIND))


def courtesy_rows(data: ToneData) -> tuple[list[str], Numbers, Numbers]:
    wiki, wiki_scores = data.politeness("wiki")
    stack, stack_scores = data.politeness("se")
    counts = np.concatenate([np.ones(len(wiki)), np.full(len(stack), STACK_EXCHANGE_COUNTS)])
    return [*wiki, *stack], np.concatenate([wiki_scores, stack_scores]), counts


def hostility(data: ToneData) -> dict[str, object]:
    texts, labels = hostility_rows(data)
    features = supported(features_of(texts), NOT_HOSTILITY)
    # as much weight on either side
    counts = np.where(labels == 1, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    return packed(HOSTILITY_FIT(features, labels, counts), features, (1.0, 0.0))


def hostility_rows(data: ToneData) -> Rated:
    """Return hostile texts (1) and others (0) of five kinds of source."""
    chance = np.random.default_rng(0)
    comments, emotions = data.emotions("train")
    hostile = [
        t for t, e in zip(comments, emotions, strict=True) if e & HOSTILE and not e & FRIENDLY
    ]
    friendly = [t for t, e in zip(comments, emotions, strict=True) if e and e <= FRIENDLY]
    formal = [t for t, s in zip(*formality_rows(data), strict=True) if s > 1]
    some = [
        (drawn(hostile, 4000, chance), np.ones(4000)),
        (drawn(friendly, 6000, chance), np.zeros(6000)),
        (drawn(formal, 1500, chance), np.zeros(1500)),
    ]
    asked, polite = outer_quarters(data.politeness("wiki"))
    some += [(asked, 1 - polite), data.abuse("train"), data.toxicity()]
    parts = [(texts, labels[: len(texts)]) for texts, labels in some]
    return [t for texts, _ in parts for t in texts], np.concatenate([y for _, y in parts])


def contempt(data: ToneData) -> dict[str, object]:
    features, labels, counts, words = contempt_rows(data)
    return packed(CONTEMPT_FIT(features, labels, counts), features, (1.0, 0.0), words)


def contempt_rows(data: ToneData) -> tuple[Numbers, Numbers, Numbers, list[str]]:
    """Return features of rude (1) and other (0) texts in formal words, how much each counts, and
    the words behind the features, which count by the sentence, as the scorer weighs them.

    Cues and words are those of the e-mails. Requests and sentences of other kinds, none of them
    contemptuous, are there so that what is peculiar to the e-mails is not taken for good will.
    """
    texts, labels = emails(*CONTEMPT_PARTS)
    others = civil_texts(data)
    rows = [tokenize(mask(text)[0]) for text in [*texts, *others]]
    support = Counter(word for row in rows[: len(texts)] for word in {*row.texts} if word.isalpha())
    words = sorted(word for word, count in support.items() if count >= CONTEMPT_SUPPORT)
    shares = [[(word in row.texts) / max(1, len(row.ends)) for word in words] for row in rows]
    own = supported(features_of(texts), NOT_CONTEMPT, CONTEMPT_SUPPORT)
    known = own.any(axis=0)
    features = np.vstack([own, np.where(known, features_of(others), 0.0)])
    counts = np.ones(len(rows))
    counts[len(texts) :] = OTHERS_COUNT * len(texts) / len(others)
    every = np.concatenate([labels, np.zeros(len(others))])
    return np.hstack([features, np.array(shares)]), every, counts, words


def civil_texts(data: ToneData) -> list[str]:
    """Return requests that people found polite, and sentences that they found formal."""
    chance, found = np.random.default_rng(0), []
    for source in ("wiki", "se"):
        requests, polite = outer_quarters(data.politeness(source))
        kept = [text for text, is_polite in zip(requests, polite, strict=True) if is_polite]
        found += drawn(kept, 400, chance)
    formal = [t for t, s in zip(*formality_rows(data), strict=True) if s > 1]
    return found + drawn(formal, 800, chance)


def drawn(texts: Sequence[str], most: int, chance: np.random.Generator) -> list[str]:
    return [texts[i] for i in chance.permutation(len(texts))[:most]]


def calibrated(said: Numbers, labels: Numbers) -> tuple[float, float]:
    """Return slope and offset that make of a line's sum the logit of a share (Platt 1999)."""
    line = logistic(0.01)(said.reshape(-1, 1), labels, np.ones(len(labels)))
    return float(line.weights[0]), line.intercept


def packed(
    line: Line, features: Numbers, scale: tuple[float, float], words: Sequence[str] = ()
) -> dict[str, object]:
    own = slice(len(FEATURES))
    kept = {f: w for f, w in zip(FEATURES, line.weights[own], strict=True) if abs(w) >= 0.005}
    means = dict(zip(FEATURES, features.mean(axis=0)[own], strict=True))
    of_words = zip(words, line.weights[len(FEATURES) :], strict=True)
    return {
        "weights": {name: round(float(weight), 3) for name, weight in kept.items()},
        "means": {name: round(float(means[name]), 3) for name in kept},
        "intercept": round(line.intercept, 3),
        "slope": round(scale[0], 3),
        "offset": round(scale[1], 3),
        "words": {word: round(float(x), 2) for word, x in of_words if abs(x) >= 0.03},
    }


def valences(data: ToneData) -> dict[str, float]:
    """Return how good (up) or bad (down) a word feels, from comments and their emotions."""
    texts, emotions = data.emotions("train")
    labels = np.array([bool(e & GOOD) - float(bool(e & BAD)) for e in emotions])
    rows = [dict(signed_words(text)) for text in texts]
    support = Counter(word for row in rows for word in row)
    words = sorted(w for w, n in support.items() if n >= WORD_SUPPORT and w[0].isalpha())
    column = {word: number for number, word in enumerate(words)}
    filled = [
        (number, column[word], value)
        for number, row in enumerate(rows)
        for word, value in row.items()
        if word in column
    ]
    at, of, value = zip(*filled, strict=True)
    table = sparse.csr_matrix((value, (at, of)), shape=(len(rows), len(words)))
    weights = lsqr(table, labels - labels.mean(), damp=2.5, iter_lim=300)[0]
    return {
        word: round(3 * float(weight), 2)
        for word, weight in zip(words, weights, strict=True)
        if abs(weight) >= 0.1 and len(word) > 1 and abs(weight) * support[word] ** 0.5 >= _SURE
    }


def signed_words(text: str) -> list[tuple[str, float]]:
    """Return the words of a text, with the sign that negations give to each."""
    plain, _ = mask(text)
    texts = tokenize(plain).texts
    return [(word, reaches(texts, place)) for place, word in enumerate(texts) if word.isalpha()]


if __name__ == "__main__":
    main()
