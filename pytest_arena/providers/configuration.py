"""Mistakes in what reaches a provider: keys, base URLs, headers and proxies, before any call."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from pytest_arena.errors import Problem, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.schema.http import VARIABLE
from pytest_arena.schema.provider import ProviderSpec

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What a header's name may be (RFC 9110, section 5.6.2)."""
_PATHS = ("/chat/completions", "/completions", "/embeddings", "/responses")
_BY_VARIABLE = "write ${NAME}, which stands for an environment variable"
_WHOLE_URLS = frozenset(
    {"azure", "azure_ai", "azure_text", "anthropic", "bedrock", "cloudflare", "cohere", "custom"}
    | {"databricks", "gemini", "huggingface", "oci", "ollama", "ollama_chat", "oobabooga"}
    | {"predibase", "replicate", "sagemaker", "snowflake", "triton", "vertex_ai", "watsonx"}
)
"""Providers of litellm whose URL may hold a path of its own, or a query."""


@dataclass(frozen=True, slots=True)
class Base:
    """A base URL, and where it stands."""

    url: str
    origin: str
    variable: str | None = None


def base_of(spec: ProviderSpec, variables: Mapping[str, str], names: Sequence[str]) -> Base | None:
    """Return the base URL that counts: the entry's own, or the first of these variables.

    None without one, and where a variable within it is not set, which its call will tell.
    """
    if spec.api_base is not None:
        url = filled(spec.api_base, variables)
        return Base(url, f"api_base of provider {spec.name!r}") if url is not None else None
    for name in names:
        if variables.get(name):
            return Base(variables[name], f"the environment variable {name}", name)
    return None


def redirection_note(spec: ProviderSpec, base: Base) -> str:
    """Say where a provider's calls go, since a variable sends them there."""
    address = urlsplit(base.url)
    place = f"{address.scheme}://{address.netloc.rpartition('@')[2]}{address.path}"
    return f"provider {spec.name!r} calls {place}, as {base.variable} says"


def problems_of(
    spec: ProviderSpec,
    variables: Mapping[str, str],
    *,
    base_variables: Sequence[str],
    key_variables: Sequence[str],
) -> list[Problem]:
    """Return what no call could be made with. A variable that is not set is no problem here."""
    found: list[Problem] = []
    if "{{" in spec.model:
        found.append(
            Problem(
                f"model of provider {spec.name!r} holds a template, and these are filled in for "
                "cases alone",
                spec.place,
                expected="the model's name, as the provider writes it",
                fix="write the name, or one provider for each model",
            )
        )
    base = base_of(spec, variables, base_variables)
    if base is not None:
        found += _base_problems(spec, base)
    names = [spec.api_key_env] if spec.api_key_env else key_variables
    key_name = next((name for name in names if variables.get(name)), None)
    if key_name is not None and (wrong := _wrong_with_key(variables[key_name])):
        found.append(
            Problem(
                f"the key in the environment variable {key_name} {wrong}",
                spec.place,
                expected="the key alone",
                fix=f"export {key_name}=… again, without it",
            )
        )
    found += header_problems(spec, variables)
    if not found:
        found += connection_problems(spec, base.url if base else "https://api.openai.com")
    return found


def filled(text: str, variables: Mapping[str, str]) -> str | None:
    """Return a text with its variables filled in, None where one is not set."""
    if any(match[1] not in variables for match in VARIABLE.finditer(text)):
        return None
    return VARIABLE.sub(lambda match: variables[match[1]], text)


def _base_problems(spec: ProviderSpec, base: Base) -> Iterator[Problem]:
    def problem(wrong: str, fix: str) -> Problem:
        expected = "a base URL such as https://models.example.com/v1"
        return Problem(f"{base.origin} {wrong}", spec.place, expected=expected, fix=fix)

    if not base.url:
        # or its calls, with the key, would go to the provider's public address
        yield problem("is empty", "write the URL, or leave api_base out")
        return
    if "{{" in base.url:
        yield problem("holds a template, and these are filled in for cases alone", _BY_VARIABLE)
        return
    if re.search(r"\s", base.url):
        yield problem("holds a blank or a line break", "remove it")
        return
    address = _split(base.url)
    if address is None:
        yield problem("is no URL", "write it as scheme, host and path")
        return
    shown = shorten(f"{address.netloc.rpartition('@')[2]}{address.path}", 80)
    if address.scheme not in ("http", "https") or not address.hostname:
        rest = base.url.partition("://")[2] or base.url.lstrip("/")
        scheme = (
            "http" if re.match(r"(?:localhost|127\.|10\.|192\.168\.|\[?::1)", rest) else "https"
        )
        if "://" in base.url and not address.hostname:
            yield problem("has no host", f"name the host behind {address.scheme}://")
            return
        has = f"has the scheme {address.scheme!r}" if "://" in base.url else "has no scheme"
        rest = shorten(rest.rpartition("@")[2], 80)
        yield problem(has, f"write {scheme}://{rest}" if rest else "name the host")
        return
    if spec.provider in _WHOLE_URLS:
        return
    if address.query or address.fragment:
        fix = f"write {address.scheme}://{shown}"
        if "api-version" in address.query:
            fix = (
                "use provider: azure, with params: {api_version: …}, and the URL without its query"
            )
        yield problem("has a query, behind which no path can follow", fix)
    path = address.path.rstrip("/")
    ending = next((one for one in _PATHS if path.endswith(one)), None)
    if ending is not None:
        kept = shown.rstrip("/").removesuffix(ending)
        yield problem(
            f"ends in {ending}, which each call adds itself", f"write {address.scheme}://{kept}"
        )


def _split(url: str) -> SplitResult | None:
    try:
        address = urlsplit(url)
        _ = address.port
    except ValueError:
        return None
    return address


def _wrong_with_key(key: str) -> str | None:
    if "\n" in key or "\r" in key:
        return "holds a line break"
    if key.lower().startswith("bearer "):
        return "begins with 'Bearer ', which each call adds itself"
    if key[0] in "\"'" and key[-1] == key[0]:
        return "stands in quotes"
    if re.search(r"\s", key):
        return "holds a blank"
    if not key.isascii() or not key.isprintable():
        return "holds a character that no key has"
    return None


def header_problems(spec: ProviderSpec, variables: Mapping[str, str]) -> Iterator[Problem]:
    """Yield headers that no request could have."""
    for name, text in spec.headers.items():
        value = filled(text, variables)
        wrong = None
        if not _TOKEN.fullmatch(name):
            wrong = "has a name that no header can have"
        elif value is not None and not (value.isascii() and value.isprintable()):
            wrong = "holds a character that no header can, such as a line break"
        if wrong is not None:
            yield Problem(
                f"the header {name!r} of provider {spec.name!r} {wrong}",
                spec.place,
                expected="a name without blanks and colons, and a value of ASCII on one line",
                fix="correct it in headers, or the variable that it names",
            )


def connection_problems(spec: ProviderSpec, url: str) -> Iterator[Problem]:
    """Yield what in the environment keeps calls from a URL: a proxy, or certificates to trust."""
    yield from _proxy_problems(spec, url)
    yield from _certificate_problems(spec, url)


def _proxy_problems(spec: ProviderSpec, url: str) -> Iterator[Problem]:
    """Yield what is wrong with the proxy that stands before a URL."""
    address = urlsplit(url)
    if address.hostname is None or proxy_bypass(address.hostname):
        return
    proxies = getproxies()
    kind = address.scheme if proxies.get(address.scheme) else "all"
    proxy = proxies.get(kind)
    if not proxy:
        return
    named = _split(proxy)
    if named is None or named.scheme not in ("http", "https") or not named.hostname:
        host = shorten(proxy.rpartition("@")[2].rpartition("//")[2], 80)
        yield Problem(
            f"the proxy in {kind.upper()}_PROXY cannot be used: it has no scheme http or https",
            spec.place,
            expected="a URL such as http://proxy.example.com:3128",
            fix=f"export {kind.upper()}_PROXY=http://{host}",
        )


def _certificate_problems(spec: ProviderSpec, url: str) -> Iterator[Problem]:
    """Yield what is wrong with the certificates that are trusted in place of certifi's."""
    file, folders = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if urlsplit(url).scheme != "https":
        return
    if file and not _holds_certificates(Path(file)):
        yield Problem(
            f"SSL_CERT_FILE names {shorten(file, 80)!r}, which holds no certificates",
            spec.place,
            expected="a file of certificates in PEM",
            fix="export SSL_CERT_FILE=… with the file's path, or unset it",
        )
    if folders and not any(Path(one).is_dir() for one in folders.split(os.pathsep)):
        yield Problem(
            f"SSL_CERT_DIR names {shorten(folders, 80)!r}, which is no folder",
            spec.place,
            expected="a folder of certificates, with OpenSSL's names for them",
            fix="export SSL_CERT_DIR=… with the folder's path, or unset it",
        )


def _holds_certificates(file: Path) -> bool:
    try:
        return b"CERTIFICATE-----" in file.read_bytes()
    except OSError:
        return False
