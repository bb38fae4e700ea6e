"""`embedding:` of an assertion: what may be named, and its mistakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_arena.assertions.similar import Similar
from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import load_arena
from pytest_arena.registry import Registry

ARENA = """\
providers:
  - {name: bot, provider: mock}
  - {name: vectors, model: openai/text-embedding-3-large}
defaults: {providers: [bot], timeout: 9s}
tests:
  - name: A
    prompt: Hi
    assertions: [{type: similar, value: Hello, embedding: EMBEDDING}]
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Similar]:
    registry = Registry()
    register(registry)
    (tmp_path / "models").mkdir()

    def load_one(embedding: str) -> Similar:
        path = tmp_path / "arena.yaml"
        path.write_text(ARENA.replace("EMBEDDING", embedding))
        (plan,) = load_arena(path, root=tmp_path, registry=registry).cells
        (assertion,) = plan.case.assertions
        assert isinstance(assertion, Similar)
        return assertion

    return load_one


@pytest.mark.parametrize(
    ("embedding", "name", "model"),
    [
        ("vectors", "vectors", "openai/text-embedding-3-large"),
        ("openai/text-embedding-3-small", "openai/text-embedding-3-small", None),
        ("{provider: openai, model: m, retries: 5}", "embedding", "openai/m"),
        ("{name: v, model: openai/m}", "v", "openai/m"),
    ],
)
def test_a_model_may_be_named_in_several_ways(
    load: Callable[[str], Similar], embedding: str, name: str, model: str | None
) -> None:
    built = load(embedding).embedding
    assert built is not None
    assert built.provider is not None
    assert built.provider.name == name
    assert built.provider.full_model == (model or name)
    assert built.provider.timeout == 9


def test_a_local_model_is_a_folder_named_from_the_root(load: Callable[[str], Similar]) -> None:
    built = load("{local: models}").embedding
    assert built is not None
    assert (built.local, built.provider) == ("models", None)


@pytest.mark.parametrize(
    ("embedding", "told"),
    [
        (
            "vektors",
            "arena.yaml:8:59: unknown embedding 'vektors'\n"
            "  expected: one of bot, vectors\n"
            "  fix: did you mean 'vectors'?",
        ),
        (
            "3",
            "arena.yaml:8:59: 'embedding' is neither a name nor a mapping\n"
            "  expected: provider/model, an entry of providers:, a provider, or {local: folder}\n"
            "  fix: write it like embedding: openai/text-embedding-3-small, or "
            "{local: models/static}",
        ),
        (
            "{local: arena.yaml}",
            "arena.yaml:8:67: embedding model 'arena.yaml' is not a folder\n"
            "  expected: wordllama, or a folder with config.json, model.safetensors and "
            "tokenizer.json\n"
            "  fix: name the folder that the model was saved in",
        ),
        (
            "{local: ../elsewhere}",
            "arena.yaml:8:67: embedding model '../elsewhere' is outside the root directory\n"
            "  expected: a file inside the root directory, links followed\n"
            "  fix: move the file into the project",
        ),
    ],
)
def test_a_mistake_is_shown_at_its_place(
    load: Callable[[str], Similar], embedding: str, told: str
) -> None:
    with pytest.raises(ArenaFileError) as caught:
        load(embedding)
    assert str(caught.value) == told
