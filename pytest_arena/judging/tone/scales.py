"""How formal, courteous, hostile and contemptuous a text is, by linear models of its features."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from pytest_arena.judging.tone.analysis import Part, Reading
from pytest_arena.judging.tone.weights import Model, load

Scale = Literal["formality", "courtesy", "hostility", "contempt"]


class Scales(NamedTuple):
    """Where a text stands on each scale, from 0 to 1.

    `worst` is its most hostile part, `scornful` its most contemptuous one.
    """

    formality: float
    courtesy: float
    hostility: float
    worst: float
    contempt: float
    scornful: float


def weigh(reading: Reading) -> Scales:
    """Return where a text stands.

    Formality and contempt are figures of the whole text: praise stands in one sentence, what turns
    it into scorn in the next. Courtesy and hostility are means over parts of two sentences, which
    is what the models were fitted on. One rude part is found in `worst` and in `scornful`.
    """
    parts = reading.parts
    hostile = [share("hostility", part) for part in parts]
    return Scales(
        share("formality", reading.whole),
        sum(share("courtesy", part) for part in parts) / len(parts),
        sum(hostile) / len(hostile),
        max(hostile),
        share("contempt", reading.whole),
        max(share("contempt", part) for part in parts),
    )


def share(scale: Scale, part: Part) -> float:
    """Return the model's share for a part of a text, from 0 to 1."""
    model = load().models[scale]
    return sigmoid(model.slope * total(model, part) + model.offset)


def total(model: Model, part: Part) -> float:
    """Return the sum of a model's weights × features, with its words per sentence."""
    features = part.features
    found = sum(weight * features[name] for name, weight in model.weights.items())
    if model.words:
        known = sum(model.words.get(word, 0.0) for word in part.vocabulary)
        found += known / part.sentences
    return found + model.intercept


def sigmoid(value: float) -> float:
    """Return the logistic function of a value."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))
