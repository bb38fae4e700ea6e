"""The base of assertions that may compare by an embedding model."""

import asyncio
from collections.abc import Sequence

from pytest_arena.schema.assertion import Assertion, CheckContext
from pytest_arena.schema.embedding import EmbeddingSpec
from pytest_arena.schema.judge import JudgeSpec
from pytest_arena.schema.provider import ProviderSpec


class Embedded(Assertion):
    """An assertion that compares texts, by words or by an embedding; subclass it, write `check`."""

    embedding: EmbeddingSpec | None = None
    """Compare by the vectors of this model: `provider/model`, an entry of `providers:`, a
    provider, or `{local: folder}`. Without it words and letters are compared."""

    def asks(self, judge: JudgeSpec | None) -> tuple[ProviderSpec, ...]:
        spec = self.embedding
        return (spec.provider,) if spec is not None and spec.provider is not None else ()

    async def similarities(
        self, answer: str, references: Sequence[str], context: CheckContext
    ) -> list[float]:
        """Return how alike the vectors of an answer and of each reference are, from 0 to 1.

        A model that gives none is a `ProviderError` or an `EmbeddingError`.
        """
        from pytest_arena.judging.similarity.embeddings import cosine

        first, *others = await self.vectors([answer, *references], context)
        return [cosine(first, other) for other in others]

    async def vectors(self, texts: Sequence[str], context: CheckContext) -> list[tuple[float, ...]]:
        """Return the vectors of texts, in their order; a model that gives none is a
        `ProviderError` or an `EmbeddingError`."""
        from pytest_arena.judging.similarity.embeddings import EmbeddingError, embed_locally

        spec = self.embedding
        if spec is not None and spec.local is not None:
            folder = str(context.root / spec.local)
            return await asyncio.to_thread(embed_locally, folder, texts)
        if spec is not None and spec.provider is not None and context.embed is not None:
            return await context.embed(spec.provider, texts)
        raise EmbeddingError("an embedding can only be asked for by a run of the engine")


def no_embedding(error: Exception) -> str:
    """Return the reason of an error for want of vectors."""
    return f"the texts could not be embedded: {error}"
