"""The fitted weights, read once; `benchmarks/tone/fit.py` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("weights.json")


class Model(NamedTuple):
    """A linear model: a weight for each feature, an intercept, the means of the data that it was
    fitted on, a slope and an offset that make its sum a logit, and weights of words, if any."""

    weights: Mapping[str, float]
    intercept: float
    means: Mapping[str, float]
    slope: float
    offset: float
    words: Mapping[str, float]


class Weights(NamedTuple):
    """All that was fitted: the linear models by name, and the valence of words."""

    models: Mapping[str, Model]
    valences: Mapping[str, float]


@cache
def load() -> Weights:
    """Return the weights that ship with the plugin."""
    data = json.loads(FILE.read_text(encoding="utf-8"))
    models = {name: Model(**model) for name, model in data["models"].items()}
    return Weights(models, data["valences"])
