"""Vectors of texts: how alike two are, and a local model that makes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pytest_arena.errors import ArenaError

Vector = tuple[float, ...]


class EmbeddingError(ArenaError):
    """Report that texts could not be embedded, and why."""


def cosine(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the cosine of two vectors, from 0 to 1: what points apart counts as 0."""
    if len(first) != len(second):
        raise EmbeddingError(f"vectors of {len(first)} and {len(second)} numbers do not compare")
    shared = math.fsum(a * b for a, b in zip(first, second, strict=True))
    size = math.sqrt(math.fsum(a * a for a in first) * math.fsum(b * b for b in second))
    if not size or not math.isfinite(size):
        raise EmbeddingError("a vector is empty or not finite")
    return min(1.0, max(0.0, shared / size))


def embed_locally(folder: str, texts: Sequence[str]) -> list[Vector]:
    """Return the vectors of a static model (model2vec) that lies in a folder; no network."""
    vectors = _local_model(folder).encode(list(texts))
    return [tuple(float(value) for value in vector) for vector in vectors]


@lru_cache(maxsize=4)
def _local_model(folder: str) -> Any:
    try:
        from model2vec import StaticModel
    except ImportError as error:
        raise EmbeddingError(
            "a local embedding model needs the package model2vec\n"
            "  fix: pip install 'pytest-arena[embeddings]'"
        ) from error
    try:
        return StaticModel.from_pretrained(folder)
    except Exception as error:
        # the package raises whatever its readers raise
        said = str(error).split("\n")[0]
        raise EmbeddingError(f"the embedding model cannot be read: {said}") from error
