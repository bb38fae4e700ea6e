"""`http` providers, as applications that are asked over HTTP."""

from __future__ import annotations

import re
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.provider_models import ENVIRONMENT, headers_of, ours
from pytest_arena.loading.tree import YamlMap, plain

_KEYS = {"url", "method", "headers", "body", "transformResponse", "responseParser"}


def http_of(
    identity: str, config: YamlMap | None, place: Location, source: Source
) -> dict[str, Any] | None:
    """Return the column of an `http` provider; None where its address is a template."""
    findings = source.findings
    given = config if config is not None else YamlMap(["?"], 0)
    url = given.get("url") or (identity if "://" in identity else None)
    if not isinstance(url, str) or "{{" in ENVIRONMENT.sub("", url):
        findings.left_out(place, "an http provider whose url is no plain text")
        return None
    made: dict[str, Any] = {"name": "http", "provider": "http", "url": ours(url)}
    if isinstance(given.get("method"), str):
        made["method"] = given["method"].upper()
    headers = given.get("headers")
    if isinstance(headers, YamlMap):
        kept = dict(headers_of(headers, source))
        if kept:
            made["headers"] = kept
    if given.get("body") is not None:
        made["body"] = _with_variables(plain(given["body"]))
    key = "transformResponse" if "transformResponse" in given else "responseParser"
    path = given.get(key)
    if isinstance(path, str):
        jmespath = _jmespath_of(path)
        if jmespath is None:
            findings.left_out(
                given.key_place(key),
                f"{key} in JavaScript: {path}",
                "write output: a JMESPath to the answer's text",
            )
        elif jmespath:
            made["output"] = jmespath
    for name in given:
        if name not in _KEYS:
            findings.left_out(given.key_place(name), f"{name!r} of an http provider")
    return made


def _with_variables(body: Any) -> Any:
    """Return a body in which variables of a test have the names that an application's have."""
    if isinstance(body, dict):
        return {key: _with_variables(value) for key, value in body.items()}
    if isinstance(body, list):
        return [_with_variables(value) for value in body]
    if not isinstance(body, str):
        return body
    named = re.sub(r"\{\{\s*(?!prompt\s*\}\})(\w[^}]*?)\s*\}\}", r"{{ variables.\1 }}", ours(body))
    return re.sub(r"\{\{\s*prompt\s*\}\}", "{{ prompt }}", named)


def _jmespath_of(code: str) -> str | None:
    """Return the JMESPath of `json.a.b[0].c`; None for other JavaScript; empty for the whole."""
    text = re.sub(
        r"\s*\|\|\s*(json|text)\s*$", "", code.strip().removeprefix("return ").rstrip(";")
    )
    if text in ("text", "json"):
        return ""
    match = re.fullmatch(r"json((?:\??\.[A-Za-z_]\w*|\[\d+\])+)", text)
    return match[1].replace("?.", ".").lstrip(".") if match else None
