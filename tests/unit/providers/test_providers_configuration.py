"""Keys, base URLs, headers and proxies with which no call could be made."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.errors import ErrorKind, Location, Problem, ProviderError
from pytest_arena.providers.base import ProviderEnvironment
from pytest_arena.providers.litellm import LiteLLMProvider
from pytest_arena.providers.openai import OpenAIProvider
from pytest_arena.results import Request
from pytest_arena.schema import ProviderSpec

GOOD = "https://models.example.com/v1"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "ssl_cert_file",
        "ssl_cert_dir",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def problems(variables: dict[str, str] | None = None, **given: Any) -> list[Problem]:
    spec = ProviderSpec(**{"name": "p", "provider": "openai", "model": "m", **given})
    spec._place = Location("arena.yaml", 2, 5)
    kind = OpenAIProvider if spec.provider == "openai" else LiteLLMProvider
    found = kind.problems(spec, variables or {})
    assert all(problem.place == spec.place and problem.fix for problem in found)
    return found


@pytest.mark.parametrize(
    "base",
    [
        GOOD,
        f"{GOOD}/",
        "http://localhost:8000/v1",
        "http://[::1]:1/v1",
        "http://user:pw@h/v1",
        None,
    ],
)
def test_a_good_base_url_is_no_problem(base: str | None) -> None:
    assert problems(api_base=base) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SSL_CERT_FILE", "which holds no certificates"),
        ("SSL_CERT_DIR", "which is no folder"),
    ],
)
def test_certificates_that_are_not_there_are_a_problem(
    name: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # relative, since a long name is shortened
    monkeypatch.chdir(tmp_path)
    for value in (Path("nope"), Path("text.pem")):
        Path("text.pem").write_text("no certificate")
        monkeypatch.setenv(name, str(value))
        (problem,) = problems()
        assert problem.what == f"{name} names {str(value)!r}, {said}"
    assert problems(api_base="http://localhost:1/v1") == []


def test_certificates_that_are_there_are_no_problem(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", f"/no/such{os.pathsep}{tmp_path}")
    assert problems() == []


def test_a_template_in_a_model_is_a_problem() -> None:
    (problem,) = problems(model="{{ model }}")
    assert problem.what == (
        "model of provider 'p' holds a template, and these are filled in for cases alone"
    )


@pytest.mark.parametrize(
    ("base", "wrong", "fix"),
    [
        ("127.0.0.1:18771/v1", "has no scheme", "write http://127.0.0.1:18771/v1"),
        ("localhost:8000", "has no scheme", "write http://localhost:8000"),
        ("models.example.com/v1", "has no scheme", "write https://models.example.com/v1"),
        ("htp://h/v1", "has the scheme 'htp'", "write https://h/v1"),
        ("http:///v1", "has no host", "name the host behind http://"),
        (f"{GOOD}?a=1", "has a query, behind which no path can follow", f"write {GOOD}"),
        (
            "{{ url }}/v1",
            "holds a template, and these are filled in for cases alone",
            "write ${NAME}, which stands for an environment variable",
        ),
        (f"{GOOD}#x", "has a query, behind which no path can follow", f"write {GOOD}"),
        (
            f"{GOOD}/chat/completions",
            "ends in /chat/completions, which each call adds itself",
            f"write {GOOD}",
        ),
        (
            f"{GOOD}/chat/completions/",
            "ends in /chat/completions, which each call adds itself",
            f"write {GOOD}",
        ),
        (f"{GOOD}/embeddings", "ends in /embeddings, which each call adds itself", f"write {GOOD}"),
        ("", "is empty", "write the URL, or leave api_base out"),
        (f"{GOOD}\n", "holds a blank or a line break", "remove it"),
        ("https://h:port/v1", "is no URL", "write it as scheme, host and path"),
    ],
)
@pytest.mark.parametrize("provider", ["openai", "openrouter"])
def test_a_base_url_that_cannot_be_called(base: str, wrong: str, fix: str, provider: str) -> None:
    (found,) = problems(api_base=base, provider=provider)
    assert found.what == f"api_base of provider 'p' {wrong}"
    assert found.fix == fix


def test_a_base_url_of_an_empty_variable_is_told() -> None:
    said = problems({"BASE_URL": ""}, api_base="${BASE_URL}")
    assert str(said[0]).splitlines()[0].endswith("api_base of provider 'p' is empty")


def test_azures_url_with_a_query_says_what_to_write_and_is_fine_for_azure_itself() -> None:
    url = "https://x.openai.azure.com/openai/deployments/d?api-version=2024-02-01"
    (found,) = problems(api_base=url)
    assert "provider: azure" in str(found.fix)
    assert problems(api_base=url, provider="azure") == []


@pytest.mark.parametrize("name", ["OPENAI_BASE_URL", "OPENAI_API_BASE"])
def test_the_variables_of_the_endpoint_are_looked_at_by_name(name: str) -> None:
    (found,) = problems({name: "localhost:1/v1"})
    assert found.what == f"the environment variable {name} has no scheme"
    assert problems({name: "localhost:1/v1"}, api_base=GOOD) == []


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("sk-canary\n", "holds a line break"),
        ("sk-canary\r\n", "holds a line break"),
        (" sk-canary", "holds a blank"),
        ("sk- canary", "holds a blank"),
        ('"sk-canary"', "stands in quotes"),
        ("Bearer sk-canary", "begins with 'Bearer ', which each call adds itself"),
        ("sk-canar\u00fd", "holds a character that no key has"),
    ],
)
@pytest.mark.parametrize("provider", ["openai", "groq"])
def test_a_key_that_no_header_can_hold_is_told_without_it(
    key: str, wrong: str, provider: str
) -> None:
    name = f"{provider.upper()}_API_KEY"
    (found,) = problems({name: key}, provider=provider)
    assert found.what == f"the key in the environment variable {name} {wrong}"
    assert "canar" not in str(found)
    (named,) = problems({"MINE": key, name: "sk-good"}, provider=provider, api_key_env="MINE")
    assert named.what == f"the key in the environment variable MINE {wrong}"


@pytest.mark.parametrize(
    ("name", "value"), [("X Team", "a"), ("X:", "a"), ("", "a"), ("X", "a\nb"), ("X", "${V}")]
)
def test_a_bad_header_is_told_without_its_value(name: str, value: str) -> None:
    (found,) = problems({"V": "canary\n"}, headers={name: value})
    assert found.what.startswith(f"the header {name!r} of provider 'p' ")
    assert "canary" not in str(found)


@pytest.mark.parametrize("proxy", ["proxy.example.com:3128", "socks5://proxy:1080"])
def test_a_proxy_without_http_is_told(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    (found,) = problems()
    assert found.what.startswith("the proxy in HTTPS_PROXY cannot be used")
    assert str(found.fix).startswith("export HTTPS_PROXY=http://proxy")
    assert problems(api_base="http://localhost:1/v1") == []
    monkeypatch.setenv("no_proxy", "api.openai.com")
    assert problems() == []


def test_a_variable_that_is_not_set_is_left_to_the_call() -> None:
    assert problems(api_base="${BASE}/v1", headers={"X": "${TEAM}"}) == []


@pytest.mark.parametrize("cls", [OpenAIProvider, LiteLLMProvider])
def test_a_call_tells_it_once_and_is_not_tried_again(cls: Any) -> None:
    spec = ProviderSpec(name="p", provider="openai", model="m", api_base="localhost:1/v1")
    provider = cls(spec, ProviderEnvironment({"OPENAI_API_KEY": "sk-good-1"}))
    with pytest.raises(ProviderError) as caught:
        asyncio.run(provider.complete(Request([{"role": "user", "content": "hi"}])))
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert not caught.value.retryable
    assert "api_base of provider 'p' has no scheme" in caught.value.message
