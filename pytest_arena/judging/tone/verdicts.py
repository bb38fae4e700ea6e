"""From scales and cues to a verdict on each tone: it has it, it has it not, or unsure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from pytest_arena.judging.tone.analysis import Reading
from pytest_arena.judging.tone.scales import Scales, sigmoid, weigh

HAS, HAS_NOT = 0.7, 0.3
"""Scores from 0.7 say that a text has the tone, scores to 0.3 that it has not."""
COURTEOUS = [
    "thanks",
    "apology",
    "offer",
    "indirect_request",
    "please",
    "please_first",
    "acknowledgement",
    "good_wish",
    "formal_greeting",
    "closing",
    "conditional_question",
    "empathy",
]
SALUTATIONS = ("formal_greeting", "closing")
"""What a letter of any tone has, and so no sign that its writer means well."""
HARD = [
    "dismissive",
    "threat",
    "sarcasm",
    "impatience",
    "blame",
    "accusing_question",
    "scorn",
    "reproach",
    "condescension",
]
"""Cues of contempt: with one of them a text is not called professional or polite."""
SUSPECT, SUSPECT_PART = 0.45, 0.65
"""From these shares on, a text or a part of it may be contempt in fine words, and is `unsure`."""
CIVIL = 0.08
"""Up to this share of contempt in all its parts, plain words need no courtesy beside them."""
SLOPPY = ("textspeak", "elongated")
CASUAL: Mapping[str, float] = {
    "slang": 1.0,
    "textspeak": 1.0,
    "elongated": 1.0,
    "emoji": 0.7,
    "emoticon": 0.5,
    "interjection": 0.6,
    "repeated_marks": 0.5,
    "lower_start": 0.5,
    "bare_contraction": 0.6,
}

WARM: Mapping[str, float] = {
    "warm_word": 1.5,
    "exclamation": 1.2,
    "casual_greeting": 1.2,
    "offer": 1.3,
    "good_wish": 1.3,
    "emoji": 0.8,
    "praise": 0.8,
    "acknowledgement": 0.5,
    "contraction": 0.3,
}

Answer = Literal["yes", "no", "unsure"]


class Evidence(NamedTuple):
    """Put together what the verdicts look at."""

    reading: Reading
    scales: Scales

    @property
    def casual(self) -> float:
        """How much casual wording there is; 1 for one kind in about every sentence."""
        features = self.reading.whole.features
        return sum(weight * features[cue] for cue, weight in CASUAL.items())

    @property
    def courteous(self) -> int:
        """How many kinds of courtesy there are."""
        return len({cue.name for cue in self.reading.cues} & set(COURTEOUS))

    @property
    def well_meant(self) -> int:
        """How many kinds of courtesy there are beside salutations."""
        kinds = {*COURTEOUS, "goodwill"}.difference(SALUTATIONS)
        return len({cue.name for cue in self.reading.cues} & kinds)

    @property
    def is_letter(self) -> bool:
        return self.reading.words[:1] == ("dear",) or self.reading.has("closing")

    @property
    def hard(self) -> bool:
        return self.reading.has(*HARD)

    @property
    def suspect(self) -> bool:
        """Whether courteous or sober words may be meant as contempt."""
        return self.scales.contempt >= SUSPECT or self.scales.scornful >= SUSPECT_PART

    @property
    def hostile(self) -> bool:
        """Whether the text attacks somebody, as far as cues and scales agree."""
        if self.reading.has("profanity", "threat"):
            return True
        level, insulting = self.scales.worst, self.reading.has("insult")
        kinds = len({cue.name for cue in self.reading.cues} & set(HARD)) + insulting
        if self.courteous:
            # what speaks for and against makes no verdict, unless one of them is clear
            return level >= 0.8 or (kinds > 0 and level >= 0.6)
        return (
            level >= 0.8 or kinds > 1 or level >= (0.42 if self.hard else 0.55 if insulting else 1)
        )

    @property
    def valence(self) -> float:
        return self.reading.feeling.of()

    @property
    def warmth(self) -> float:
        features = self.reading.whole.features
        cues = sum(weight * features[cue] for cue, weight in WARM.items())
        return sigmoid(-2.2 + cues + self.valence - 2.5 * self.scales.hostility)


class Leaning(NamedTuple):
    """Whether a text has a tone, and how near it comes, from 0 to 1."""

    answer: Answer
    strength: float

    @property
    def score(self) -> float:
        """From 0.7 for yes, to 0.3 for no, between for unsure; inside by strength."""
        if self.answer == "yes":
            return HAS + (1 - HAS) * self.strength
        if self.answer == "no":
            return HAS_NOT * self.strength
        return min(max(self.strength, HAS_NOT + 0.01), HAS - 0.01)


def lean(reading: Reading, tone: str) -> Leaning:
    """Return which way a text leans; an unknown tone is a KeyError."""
    evidence = Evidence(reading, weigh(reading))
    answer, strength = _RULES[tone](evidence)
    return Leaning(answer, min(1.0, max(0.0, strength)))


def _professional(text: Evidence) -> tuple[Answer, float]:
    formality, hostility = text.scales.formality, text.scales.hostility
    strength = min(
        sigmoid(6 * (formality - 0.55) + 0.7 * min(text.courteous, 2) - 1.2 * text.casual),
        1 - hostility,
    )
    if text.hostile:
        return "no", strength
    is_sloppy = text.reading.has(*SLOPPY)
    if formality < 0.5 and (is_sloppy or text.casual >= 1.5):
        return "no", strength
    is_long = text.reading.whole.words >= 6
    if is_long and (formality <= 0.12 or (formality <= 0.3 and text.casual and not text.courteous)):
        return "no", strength
    doubtful = text.hard or text.suspect or is_sloppy
    doubtful = doubtful or text.reading.has("mild_profanity", "insult")
    if doubtful or text.scales.worst >= 0.8:
        return "unsure", strength
    # sympathy alone is warm, and professional only beside what serves the matter
    if text.is_letter and not text.well_meant:
        # to be sober is not enough in a letter: scorn is sober, too
        return "unsure", strength
    if text.courteous > text.reading.has("empathy") and _is_civil(text):
        return "yes", strength
    return ("yes" if _is_matter_of_fact(text) else "unsure"), strength


def _is_civil(text: Evidence) -> bool:
    """Return whether courteous wording stands in a courteous text."""
    scales = text.scales
    if scales.formality >= 0.5 and scales.courtesy >= 0.6:
        return scales.hostility <= 0.52
    return scales.formality >= 0.4 and scales.courtesy >= 0.5 and scales.hostility <= 0.4


def _is_matter_of_fact(text: Evidence) -> bool:
    """Return whether a text says what it has to say in standard English, and without heat."""
    scales = text.scales
    formality, hostility = scales.formality, scales.hostility
    if text.casual >= 0.7 or text.reading.has("strong_dislike"):
        return False
    if max(scales.contempt, scales.scornful) <= CIVIL and formality >= 0.6 and hostility <= 0.7:
        return text.valence > -0.6
    if text.valence < -0.4:
        return False
    if not text.reading.has("i", "we", "you"):
        return formality >= 0.55 and hostility <= 0.46
    return formality >= (0.7 if hostility <= 0.46 else 0.8) and hostility <= 0.52


def _polite(text: Evidence) -> tuple[Answer, float]:
    courtesy = text.scales.courtesy
    if text.hostile or courtesy <= 0.25:
        return "no", courtesy
    if courtesy >= 0.6 and text.courteous and not text.hard and text.scales.worst <= 0.5:
        return "yes", courtesy
    return "unsure", courtesy


def _formal(text: Evidence) -> tuple[Answer, float]:
    formality = text.scales.formality
    if formality >= 0.85 and text.casual < 0.5 and not text.hostile:
        return "yes", formality
    return ("no" if formality <= 0.5 else "unsure"), formality


def _casual(text: Evidence) -> tuple[Answer, float]:
    formality = text.scales.formality
    strength = sigmoid(-4 * (formality - 0.35) + 1.2 * text.casual - 0.6)
    if strength >= 0.55 and text.casual:
        return "yes", strength
    return ("no" if formality >= 0.75 and text.casual < 0.5 else "unsure"), strength


def _friendly(text: Evidence) -> tuple[Answer, float]:
    if text.hostile or text.warmth <= 0.04:
        return "no", min(text.warmth, 0.3)
    if text.warmth >= 0.45 and not text.hard:
        return "yes", text.warmth
    return "unsure", text.warmth


def _empathetic(text: Evidence) -> tuple[Answer, float]:
    features = text.reading.whole.features
    strength = sigmoid(-2.6 + 4.2 * features["empathy"] + 1.2 * features["feeling"])
    if text.hostile:
        return "no", min(strength, 0.3)
    if text.reading.has("empathy") and strength >= 0.5 and not text.hard:
        return "yes", strength
    none = not text.reading.has("empathy", "feeling", "apology")
    return ("no" if none and text.warmth < 0.4 else "unsure"), strength


def _apologetic(text: Evidence) -> tuple[Answer, float]:
    strength = sigmoid(-3 + 6 * text.reading.whole.features["apology"])
    if text.reading.has("apology"):
        return ("unsure" if text.hostile or text.hard else "yes"), strength
    said = any(word.startswith(("sorry", "apolog", "regret")) for word in text.reading.words)
    return ("unsure" if said else "no"), strength


def _positive(text: Evidence) -> tuple[Answer, float]:
    valence = text.valence
    if text.hostile or valence <= -0.1:
        return "no", (valence + 1) / 2
    return ("yes" if valence >= 0.65 and not text.hard else "unsure"), (valence + 1) / 2


def _negative(text: Evidence) -> tuple[Answer, float]:
    level, valence = text.scales.hostility, text.valence
    strength = max(level, (1 - valence) / 2)
    if text.hostile or (valence <= -0.5 and level >= 0.5):
        return "yes", strength
    calm = level <= 0.4 and text.scales.worst <= 0.5 and valence >= 0
    # no sign of heat is no sign of good will
    kind = text.courteous or valence >= 0.1 or text.scales.formality >= 0.7
    return ("no" if calm and kind and not text.hard else "unsure"), strength


def _neutral(text: Evidence) -> tuple[Answer, float]:
    valence = abs(text.valence)
    strength = 1 - max(valence, text.scales.worst / 2)
    stirred = text.reading.has("empathy", "apology", "exclamation", "emoji", "strong_dislike")
    if text.hostile or stirred or valence >= 0.75 or text.warmth >= 0.45:
        return "no", strength
    calm = valence <= 0.35 and text.scales.worst <= 0.5 and not text.casual and not text.hard
    plain = text.scales.formality >= 0.5 and not text.courteous
    return ("yes" if calm and plain else "unsure"), strength


_RULES: Mapping[str, Callable[[Evidence], tuple[Answer, float]]] = {
    "professional": _professional,
    "polite": _polite,
    "formal": _formal,
    "casual": _casual,
    "friendly": _friendly,
    "empathetic": _empathetic,
    "apologetic": _apologetic,
    "neutral": _neutral,
    "positive": _positive,
    "negative": _negative,
}
