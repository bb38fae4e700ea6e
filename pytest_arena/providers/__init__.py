"""How a request reaches a model: one file a provider.

A provider takes a `Request` and returns a `Response`, one attempt and nothing around it: retries,
limits and budgets are the engine's. OpenAI's format is spoken straight over HTTP (`openai`),
everything else goes through litellm, which one module imports, lazily and silenced
(`litellm_import`), `mock` answers from the arena file, `outputs` from a file of answers, and `echo`
with the prompt. Whichever client met a failure,
`error_mapping` gives it one kind and one text, so that the engine can tell what to try again.

Providers live on the event loop and must not block it. They know neither cases nor assertions.
"""

from pytest_arena.registry import Shipped

_HERE = __name__

LITELLM = Shipped("litellm", f"{_HERE}.litellm:LiteLLMProvider")
"""It also stands for every name in `litellm_data.known_providers()`."""

BUILTINS = (
    Shipped("mock", f"{_HERE}.mock:MockProvider"),
    Shipped("python", f"{_HERE}.systems.python:PythonProvider"),
    Shipped("exec", f"{_HERE}.systems.exec:ExecProvider"),
    Shipped("http", f"{_HERE}.systems.http:HttpProvider"),
    Shipped("mcp", f"{_HERE}.mcp:McpProvider"),
    Shipped("outputs", f"{_HERE}.outputs:OutputsProvider"),
    Shipped("echo", f"{_HERE}.echo:EchoProvider"),
    Shipped(
        "openai",
        f"{_HERE}.openai:OpenAIProvider",
        ("openai_compatible", "openai-compatible", "custom_openai"),
    ),
    LITELLM,
)

__all__ = ["BUILTINS", "LITELLM"]
