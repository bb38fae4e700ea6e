"""One entry of a provider's `endpoints:`: another place that answers for the same provider."""

from pydantic import Field

from pytest_arena.schema.base import ArenaModel


class EndpointSpec(ArenaModel):
    """One of several endpoints of a provider; what it does not say is the provider's."""

    api_base: str | None = None
    """The endpoint's base URL."""
    api_key_env: str | None = None
    """The environment variable that holds the key for this endpoint."""
    model: str | None = None
    """What the model is called there (a deployment's name, for example)."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Extra HTTP headers, beside the provider's own."""
    weight: float = Field(default=1.0, gt=0)
    """Its share of the calls under `load_balance: weighted`."""
