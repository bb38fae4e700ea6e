"""`http` providers, as applications that are asked over HTTP."""

from __future__ import annotations

import re
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.provider_models import ENVIRONMENT, headers_of, ours
from pytest_arena.javascript import Source as Script
from pytest_arena.javascript import is_installed, why_not_compiled
from pytest_arena.loading.tree import YamlMap, plain

_KEYS = {
    "url", "method", "headers", "body", "transformResponse", "responseParser", "timeout",
    "maxRetries", "queryParams",
}  # fmt: skip


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
    made |= _bounds(given)
    key = "transformResponse" if "transformResponse" in given else "responseParser"
    path = given.get(key)
    if isinstance(path, str):
        jmespath = _jmespath_of(path)
        if jmespath:
            made["output"] = jmespath
        elif jmespath is None:
            code = _as_transform(path)
            if code is None:
                findings.left_out(
                    given.key_place(key),
                    f"{key} in JavaScript that cannot be kept: {path}",
                    "write output: a JMESPath to the answer's text",
                )
            else:
                made["transform"] = {"javascript": code}
    for name in given:
        if name not in _KEYS:
            findings.left_out(given.key_place(name), f"{name!r} of an http provider")
    return made


def _bounds(given: YamlMap) -> dict[str, Any]:
    """Return how long a call may take, how often it is tried again, and what its address asks."""
    made: dict[str, Any] = {}
    timeout, retries, query = (given.get(key) for key in ("timeout", "maxRetries", "queryParams"))
    if isinstance(timeout, int) and timeout > 0:
        made["timeout"] = f"{timeout}ms"
    if isinstance(retries, int) and 0 <= retries <= 20:
        made["retries"] = retries
    if isinstance(query, YamlMap):
        made["query"] = {str(key): str(_with_variables(text)) for key, text in query.items()}
    return made


_FUNCTION = re.compile(r"(?:\(.*?\)|\w+)\s*=>|function\s*\(.*?\)", re.DOTALL)
_TRANSFORM = """\
const text = output;
let json = null;
try {{
  json = JSON.parse(text);
}} catch (error) {{
  json = null;
}}
const given = ({code}){call};
if (given !== null && typeof given === 'object' && given.error) throw new Error(given.error);
return given !== null && typeof given === 'object' && 'output' in given ? given.output : given;
"""


def _as_transform(code: str) -> str | None:
    """Return JavaScript that makes the answer of a body, as `transformResponse` does; None for a
    file, and for what is no expression."""
    bare = code.strip().rstrip(";")
    if bare.startswith("file://"):
        return None
    call = "(json, text, context)" if _FUNCTION.match(bare) else ""
    made = _TRANSFORM.format(code=bare, call=call)
    if is_installed() and why_not_compiled(Script(made)) is not None:
        return None
    return escaped(made)


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
