"""`embedding:` of an assertion to the model that embeds."""

from __future__ import annotations

from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.files import display_name
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.providers import build_provider, with_defaults
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import EmbeddingSpec, ProviderSpec
from pytest_arena.schema.embedding import PACKAGED

_SHAPE = "write it like embedding: openai/text-embedding-3-small, or {local: models/static}"


def build_embedding(written: Any, place: Location, context: LoadContext) -> EmbeddingSpec | None:
    """Return what embeds; None where nothing is written, or after adding its problems."""
    before = len(context.problems)
    provider: ProviderSpec | None = None
    if isinstance(written, YamlMap) and "local" in written:
        return _local(written, context)
    if isinstance(written, YamlMap):
        provider = _own(written, context)
    elif isinstance(written, str):
        provider = _named(written, place, context)
    else:
        context.problems.add(
            "'embedding' is neither a name nor a mapping",
            place,
            expected="provider/model, an entry of providers:, a provider, or {local: folder}",
            fix=_SHAPE,
        )
    if provider is None or len(context.problems) > before:
        return None
    context.judges |= {id(provider): provider}
    return EmbeddingSpec(provider=provider)


def _local(written: YamlMap, context: LoadContext) -> EmbeddingSpec | None:
    place = written.value_place("local")
    spec = build_model(EmbeddingSpec, written, context.problems, "'embedding'", dict(written))
    if spec is None or spec.local is None:
        return None
    if spec.local == PACKAGED:
        return spec
    with context.gathering():
        folder = context.find(spec.local, place, "embedding model")
        if folder.is_dir():
            return spec.model_copy(update={"local": display_name(folder, context.root.resolve())})
        context.problems.add(
            f"embedding model {shorten(spec.local)!r} is not a folder",
            place,
            expected="wordllama, or a folder with config.json, model.safetensors and "
            "tokenizer.json",
            fix="name the folder that the model was saved in",
        )
    return None


def _own(written: YamlMap, context: LoadContext) -> ProviderSpec | None:
    if "name" not in written:
        named = written.like()
        named.update(written)
        named.put("name", "embedding", written.mark)
        written = named
    spec = build_provider(written, context)
    return with_defaults(spec, context.defaults, params=False) if spec else None


def _named(name: str, place: Location, context: LoadContext) -> ProviderSpec | None:
    if name in context.providers:
        return context.providers[name]
    prefix, slash, model = name.partition("/")
    if slash and model and context.registry.providers.get(prefix) is not None:
        # lanes, limits and reports know it by this name
        spec = ProviderSpec(name=name, provider=prefix, model=model)
        spec._place = place
        return with_defaults(spec, context.defaults, params=False)
    known = sorted(context.providers)
    if (known or not slash) and not context.broken_providers:
        context.problems.add(
            f"unknown embedding {shorten(name)!r}",
            place,
            expected=one_of(name, known, "provider/model, or an entry of providers:"),
            fix=suggest(name, known) or _SHAPE,
        )
    return None
