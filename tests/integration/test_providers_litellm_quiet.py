"""litellm in a process of its own: off the network, silent, and only when it is needed."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from dataclasses import dataclass

import pytest
from servers.wire import WireServer


def run(code: str, *arguments: str) -> str:
    """Run code in a fresh process and return all that it wrote, on both streams."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *arguments],
        env={"PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_importing_the_providers_imports_no_client() -> None:
    out = run("""
        import sys
        import pytest_arena.providers
        from pytest_arena.providers.litellm_data import known_providers
        assert "anthropic" in known_providers()
        heavy = {"openai", "litellm", "aiohttp", "httpx", "regex", "jinja2", "pandas"}
        print(sorted(heavy & set(sys.modules)))
    """)
    assert out == "[]\n"


GUARD = """
    import socket
    def guarded(original):
        def connect(self, address, *rest):
            host = address[0] if isinstance(address, tuple) else address
            if host not in ("127.0.0.1", "::1", "localhost"):
                print("connects to", address)
            return original(self, address, *rest)
        return connect
    socket.socket.connect = guarded(socket.socket.connect)
    socket.socket.connect_ex = guarded(socket.socket.connect_ex)
    looked_up = socket.getaddrinfo
    def getaddrinfo(host, *rest, **named):
        if host not in ("127.0.0.1", "::1", "localhost", None):
            print("looks up", host)
        return looked_up(host, *rest, **named)
    socket.getaddrinfo = getaddrinfo
"""


CALLS = """
    import asyncio, json, os, sys
    from pytest_arena.errors import ErrorKind, Location, ProviderError
    from pytest_arena.providers.base import ProviderEnvironment
    from pytest_arena.providers.litellm import LiteLLMProvider
    from pytest_arena.results import Request
    from pytest_arena.schema import ProviderSpec

    TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    told = {"missing": [], "refused": []}
    before = dict(os.environ)
    LiteLLMProvider.warm_up()
    # where its tokenizer finds its tables, without which it would fetch them
    assert {**before, "TIKTOKEN_CACHE_DIR": ""} == {**os.environ, "TIKTOKEN_CACHE_DIR": ""}
    imported = set(sys.modules)

    async def calls(provider, model):
        spec = ProviderSpec(name="p", provider=provider, model=model, api_base=sys.argv[1])
        p = LiteLLMProvider(spec, ProviderEnvironment({}))
        for prompt in ("hi", "<<error=server>>", "<<close>>", "<<garbage>>"):
            for stream in (False, True):
                request = Request(
                    [{"role": "user", "content": prompt}], stream=stream, tools=[TOOL],
                    params={"max_tokens": 5},
                )
                try:
                    await p.complete(request)
                except ProviderError as error:
                    assert "litellm" not in error.message.lower() or provider == "nope"
                told.setdefault("late", sorted(set(sys.modules) - imported))
        await p.close()

    async def without_key(provider, model):
        spec = ProviderSpec(name="column", provider=provider, model=model)
        spec._place = Location("arenas/x.yaml", 5, 5)
        try:
            await LiteLLMProvider(spec, ProviderEnvironment({})).complete(Request([]))
        except ProviderError as error:
            assert error.kind is ErrorKind.MISSING_KEY
            told["missing"].append(error.message)

    async def with_parameter(name):
        spec = ProviderSpec(name="p", provider="ollama", model="llama3")
        try:
            provider = LiteLLMProvider(spec, ProviderEnvironment({}))
            await provider.complete(Request([], params={name: "x"}))
        except ProviderError as error:
            told["refused"].append(error.message)

    async def main():
        for provider, model in (
            ("anthropic", "claude-haiku-4-5"), ("gemini", "gemini-2.5-pro"),
            ("ollama", "llama3"), ("nope", "nope"),
        ):
            await calls(provider, model)
        for provider, model in (
            ("anthropic", "claude-haiku-4-5"), ("gemini", "gemini-2.5-pro"),
            ("groq", "llama3"), ("mistral", "mistral-large-latest"), ("deepseek", "deepseek-chat"),
        ):
            await without_key(provider, model)
        for name in ("mock_response", "fallbacks"):
            await with_parameter(name)

    asyncio.run(main())
    print("TOLD", json.dumps(told))
"""


@dataclass(frozen=True)
class Said:
    """What the calls of one process said, on both streams, and what they were told."""

    noise: str
    told: dict[str, list[str]]
    calls: int


@pytest.fixture(scope="module")
def said() -> Said:
    """Import litellm in one process, which takes seconds, and make all calls there."""
    with WireServer() as server:
        noise, _, told = run(GUARD + CALLS, server.url).partition("TOLD ")
        return Said(noise, json.loads(told), server.calls)


def test_litellm_is_silent_and_stays_off_the_network(said: Said) -> None:
    assert said.noise == ""
    assert said.calls == 24


def test_its_late_imports_stand_in_no_latency(said: Said) -> None:
    # the costly ones: its proxy's types, and a tokenizer's tables
    late = ("litellm.proxy", "litellm.litellm_core_utils.default_encoding", "tiktoken")
    assert [name for name in said.told["late"] if name.startswith(late)] == []


def test_a_missing_key_is_told_before_any_call(said: Said) -> None:
    assert said.told["missing"] == [
        "arenas/x.yaml:5:5: provider 'column' has no API key\n"
        f"  expected: the environment variable {name}\n"
        f"  fix: export {name}=…, or name another variable with api_key_env"
        for name in (
            "ANTHROPIC_API_KEY",
            "GEMINI_API_KEY",
            "GROQ_API_KEY",
            "MISTRAL_API_KEY",
            "DEEPSEEK_API_KEY",
        )
    ]


def test_a_parameter_with_which_litellm_answers_by_itself_is_refused(said: Said) -> None:
    assert said.told["refused"] == [
        f"provider 'p' cannot have the parameter '{name}'\n"
        "  expected: parameters of the model: temperature, max_tokens, seed, …\n"
        f"  fix: remove '{name}' from params"
        for name in ("mock_response", "fallbacks")
    ]


def test_warnings_stay_ignored_when_pytest_makes_errors_of_them_again() -> None:
    import warnings

    from pytest_arena.providers.litellm_import import ignore_warnings

    with warnings.catch_warnings():
        ignore_warnings()
        warnings.simplefilter("error")
        ignore_warnings()
        warnings.warn_explicit("chatter", UserWarning, "x.py", 1, module="litellm.main")
        with pytest.raises(UserWarning):
            warnings.warn_explicit("of mine", UserWarning, "x.py", 1, module="mine")
