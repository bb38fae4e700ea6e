"""Vectors of texts: how alike two are, and a local model that makes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

from pytest_arena.errors import ArenaError
from pytest_arena.schema.embedding import PACKAGED

Vector = tuple[float, ...]
_Embed = Callable[[list[str]], Any]


class EmbeddingError(ArenaError):
    """Texts could not be embedded; the text says why."""


def cosine(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the cosine of two vectors, from 0 to 1: what points apart counts as 0."""
    if len(first) != len(second):
        raise EmbeddingError(f"vectors of {len(first)} and {len(second)} numbers do not compare")
    shared = math.fsum(a * b for a, b in zip(first, second, strict=True))
    size = math.sqrt(math.fsum(a * a for a in first) * math.fsum(b * b for b in second))
    if not size or not math.isfinite(size):
        raise EmbeddingError("a vector is empty or not finite")
    return min(1.0, max(0.0, shared / size))


def mean_cosine(vectors: Sequence[Sequence[float] | None]) -> float:
    """Return the mean cosine of all pairs, from 0 to 1; needs two vectors.

    None stands for an empty text, which is like another one and like nothing else.
    """
    pairs = [
        float(first is second) if first is None or second is None else cosine(first, second)
        for first, second in combinations(vectors, 2)
    ]
    return math.fsum(pairs) / len(pairs)


def embed_locally(local: str, texts: Sequence[str]) -> list[Vector]:
    """Return the vectors of a model on this machine, without any network: that of the package
    wordllama, or a static model (model2vec) that lies in a folder."""
    vectors = (
        _packaged_model()(list(texts)) if local == PACKAGED else _in_folder(local)(list(texts))
    )
    return [tuple(float(value) for value in vector) for vector in vectors]


@cache
def _packaged_model() -> _Embed:
    try:
        import wordllama
    except ImportError as error:
        raise _missing(PACKAGED) from error
    try:
        # its own folder as the cache, since it looks for one of its files in another place
        folder = Path(wordllama.__file__).parent
        model: Any = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
    except Exception as error:
        raise _unreadable(error) from error
    return lambda texts: model.embed(texts)


@lru_cache(maxsize=4)
def _in_folder(folder: str) -> _Embed:
    try:
        from model2vec import StaticModel
    except ImportError as error:
        raise _missing("model2vec") from error
    try:
        model: Any = StaticModel.from_pretrained(folder)
    except Exception as error:
        raise _unreadable(error) from error
    return lambda texts: model.encode(texts)


def _missing(package: str) -> EmbeddingError:
    return EmbeddingError(
        f"a local embedding model needs the package {package}\n"
        "  fix: pip install 'pytest-arena[embeddings]'"
    )


def _unreadable(error: Exception) -> EmbeddingError:
    # the packages raise whatever their readers raise
    said = str(error).split("\n")[0]
    return EmbeddingError(f"the embedding model cannot be read: {said}")
