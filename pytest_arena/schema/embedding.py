"""What turns texts into vectors: a provider's model, or a local one."""

from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.base import ArenaModel
from pytest_arena.schema.provider import ProviderSpec

PACKAGED = "wordllama"
"""Stands for the model that comes in the package of this name, in place of a folder."""


class EmbeddingSpec(ArenaModel):
    """What embeds texts: `provider/model`, the name of an entry of `providers:`, a provider of
    its own, or `{local: folder}`."""

    provider: ProviderSpec | None = None
    """A provider with an embedding model."""
    local: str | None = Field(default=None, min_length=1)
    """`wordllama`, whose package brings its model along, or a folder beside the arena file with a
    static model (model2vec's format); for the extra `pytest-arena[embeddings]`."""

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if (self.provider is None) == (self.local is None):
            raise PydanticCustomError(
                "embedding", "an embedding needs one model", {"expected": "a provider, or `local`"}
            )
        return self
