"""Vectors: their cosine, and a static model that lies in a folder."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from pytest_arena.judging.similarity.embeddings import EmbeddingError, cosine, embed_locally
from pytest_arena.schema.embedding import PACKAGED

HAS_WORDLLAMA = importlib.util.find_spec("wordllama") is not None
HAS_MODEL2VEC = importlib.util.find_spec("model2vec") is not None


def test_the_cosine_runs_from_0_to_1() -> None:
    assert cosine((1, 2), (2, 4)) == pytest.approx(1)
    assert cosine((1, 0), (0, 1)) == 0
    assert cosine((1, 0), (-1, 0)) == 0


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ((1.0,), (1.0, 2.0), "vectors of 1 and 2 numbers do not compare"),
        ((0.0, 0.0), (1.0, 2.0), "a vector is empty or not finite"),
        ((float("inf"), 0.0), (1.0, 2.0), "a vector is empty or not finite"),
    ],
)
def test_vectors_that_do_not_compare_are_refused(
    first: tuple[float, ...], second: tuple[float, ...], told: str
) -> None:
    with pytest.raises(EmbeddingError) as caught:
        cosine(first, second)
    assert str(caught.value) == told


@pytest.mark.skipif(HAS_MODEL2VEC, reason="model2vec is installed")
def test_without_the_package_the_extra_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError) as caught:
        embed_locally(str(tmp_path), ["a"])
    assert str(caught.value) == (
        "a local embedding model needs the package model2vec\n"
        "  fix: pip install 'pytest-arena[embeddings]'"
    )


@pytest.mark.skipif(not HAS_MODEL2VEC, reason="model2vec is not installed")
def test_a_static_model_embeds_without_a_network(tmp_path: Path) -> None:
    import numpy as np
    from model2vec import StaticModel
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    words = {word: place for place, word in enumerate(("[UNK]", "parcel", "package", "cat"))}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    vectors = np.array([[0.1, 0.1], [1.0, 0.1], [0.9, 0.2], [0.0, 1.0]], dtype=np.float32)
    StaticModel(vectors, tokenizer).save_pretrained(str(tmp_path))
    parcel, package, cat = embed_locally(str(tmp_path), ["parcel", "package", "cat"])
    assert cosine(parcel, package) > 0.9 > 0.3 > cosine(parcel, cat)


@pytest.mark.skipif(not HAS_MODEL2VEC, reason="model2vec is not installed")
def test_a_folder_without_a_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"^the embedding model cannot be read: "):
        embed_locally(str(tmp_path), ["a"])


@pytest.mark.skipif(not HAS_WORDLLAMA, reason="wordllama is not installed")
def test_the_model_of_the_package_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_arguments: object) -> None:
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    texts = ["How do I reset my password?", "Where can I change my password?", "It rains."]
    reset, change, rain = embed_locally(PACKAGED, texts)
    assert cosine(reset, change) > 0.5 > 0.2 > cosine(reset, rain)
