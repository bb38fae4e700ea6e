"""How a request reaches a model: one file a provider."""
