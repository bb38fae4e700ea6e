"""`providers:` of a configuration, as columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.python_code import PythonModule, transform_of
from pytest_arena.importing.promptfoo.scripts import UnusableScriptError
from pytest_arena.loading.tree import YamlList, YamlMap, plain

VENDORS: Mapping[str, str] = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google": "gemini",
    "palm": "gemini",
    "vertex": "vertex_ai",
    "bedrock": "bedrock",
    "azure": "azure",
    "azureopenai": "azure",
    "mistral": "mistral",
    "groq": "groq",
    "openrouter": "openrouter",
    "deepseek": "deepseek",
    "togetherai": "together_ai",
    "cohere": "cohere",
    "replicate": "replicate",
    "huggingface": "huggingface",
    "xai": "xai",
    "perplexity": "perplexity",
    "fireworks": "fireworks_ai",
    "cerebras": "cerebras",
    "databricks": "databricks",
    "watsonx": "watsonx",
    "sagemaker": "sagemaker",
}
_LOCAL = {"vllm": 8000, "lmstudio": 1234, "localai": 8080, "llamafile": 8080, "llama": 8080}
"""The ports at which local servers of OpenAI's format listen."""
_KINDS = {"chat", "completion", "messages", "responses", "text", "text-generation", "inference"}
_SPECIAL = {"image", "realtime", "embedding", "embeddings", "moderation", "assistant", "agents"}
_PARAMS: Mapping[str, str] = {
    "maxOutputTokens": "max_tokens",
    "max_tokens": "max_tokens",
    "maxTokens": "max_tokens",
    "num_predict": "max_tokens",
    "max_completion_tokens": "max_completion_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "topP": "top_p",
    "stop": "stop",
    "stopSequences": "stop",
    "seed": "seed",
    "response_format": "response_format",
    "reasoning_effort": "reasoning_effort",
    "tools": "tools",
    "tool_choice": "tool_choice",
    "thinking": "thinking",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}
_SECRET = re.compile(r"authorization|key|token|cookie", re.IGNORECASE)
_ENVIRONMENT = re.compile(r"\{\{\s*env\.(\w+)\s*\}\}")


class Providers:
    """The columns that a configuration names, and those that its tests and judges add."""

    def __init__(self, source: Source, module: PythonModule) -> None:
        self._source = source
        self._module = module
        self._by_id: dict[str, str] = {}
        self.entries: list[dict[str, Any]] = []
        self.only_prompts: dict[str, tuple[str, ...]] = {}
        """The labels of the prompts that a column is limited to, by its name."""

    def read(self) -> None:
        """Read `providers:` (or `targets:`, as it is called as well)."""
        tree = self._source.tree
        key = "providers" if "providers" in tree else "targets"
        written, place = tree.get(key), tree.value_place(key)
        for entry, at in _entries(written, place):
            self.add(entry, at)

    def add(self, entry: Any, place: Location, group: str | None = None) -> str | None:
        """Add an entry, and return its column's name; None where it cannot be one."""
        made = self._column(entry, place)
        if made is None:
            return None
        taken = {one["name"] for one in self.entries}
        name, number = made["name"], 2
        while made["name"] in taken:
            made["name"] = f"{name} {number}"
            number += 1
        if group is not None:
            made["group"] = group
        self.entries.append(made)
        if isinstance(entry, str):
            self._by_id[entry] = made["name"]
        elif isinstance(entry, YamlMap) and isinstance(entry.get("id"), str):
            self._by_id[entry["id"]] = made["name"]
        return str(made["name"])

    def named(self, written: str) -> str | None:
        """Return the column that a test names, by its label or its id."""
        names = {entry["name"] for entry in self.entries}
        return written if written in names else self._by_id.get(written)

    def _column(self, entry: Any, place: Location) -> dict[str, Any] | None:
        findings = self._source.findings
        config: Any = None
        label = None
        if isinstance(entry, YamlMap):
            if "id" not in entry and len(entry) == 1:
                # written as {id: {config: …}}
                (identity, inner) = next(iter(entry.items()))
                config = inner.get("config") if isinstance(inner, YamlMap) else None
                label = inner.get("label") if isinstance(inner, YamlMap) else None
            else:
                identity, config, label = entry.get("id"), entry.get("config"), entry.get("label")
                self._note_others(entry)
        else:
            identity = entry
        if not isinstance(identity, str):
            findings.left_out(place, "a provider without an id")
            return None
        made = self._of_id(identity, config if isinstance(config, YamlMap) else None, place)
        if made is None:
            return None
        name = str(label) if label else made.pop("name", identity)
        made.pop("name", None)
        if isinstance(entry, YamlMap) and entry.get("transform") is not None:
            made |= self._transform(entry)
        clean = re.sub(r"[\[\]\n/]|::", "-", name)
        if isinstance(entry, YamlMap) and isinstance(entry.get("prompts"), YamlList):
            self.only_prompts[clean] = tuple(map(str, entry["prompts"]))
        return {"name": clean, **made}

    def _transform(self, entry: YamlMap) -> dict[str, Any]:
        try:
            return {"transform": transform_of(plain(entry["transform"]), self._module)}
        except UnusableScriptError as error:
            place = entry.key_place("transform")
            self._source.findings.left_out(place, f"of a provider: {error}", error.instead)
            return {}

    def _note_others(self, entry: YamlMap) -> None:
        findings = self._source.findings
        for key in entry:
            if key == "delay":
                findings.alike(
                    entry.key_place(key), "delay of a provider", "rate_limit: bounds its pace here"
                )
            elif key not in ("id", "label", "config", "prompts", "env", "transform"):
                findings.left_out(entry.key_place(key), f"unknown key {key!r} of a provider")

    def _of_id(
        self, identity: str, config: YamlMap | None, place: Location
    ) -> dict[str, Any] | None:
        head, _, rest = identity.partition(":")
        if identity == "echo":
            return {"name": "echo", "provider": "echo"}
        if identity.startswith("exec:"):
            return self._exec(rest.strip(), place)
        if identity.startswith(("http:", "https:")) or identity == "http":
            return self._http(identity, config, place)
        if head in VENDORS or head in _LOCAL or head in ("ollama", "litellm"):
            return self._model(head, rest, config, place)
        code = identity.removeprefix("file://").removeprefix("python:")
        if ".py" in code or identity.startswith("python:"):
            return self._python(code, plain(config) if config is not None else None, place)
        if re.search(r"\.[cm]?[jt]s\b", code):
            what, fix = "a provider of JavaScript code", "wrap it in a program: provider: exec"
        else:
            what, fix = "a provider that an arena has not", "provider: http or exec may reach it"
        self._source.findings.left_out(place, f"{what}: {identity}", fix)
        return None

    def _python(self, code: str, config: Any, place: Location) -> dict[str, Any] | None:
        findings = self._source.findings
        try:
            made = self._module.provider(code, config)
        except UnusableScriptError as error:
            findings.left_out(place, f"a provider of Python code: {error}", error.instead)
            return None
        findings.alike(
            place,
            f"call_api of {code}",
            "an output that is no text is told as JSON; version: names its answers for recordings",
        )
        return made

    def _exec(self, command: str, place: Location) -> dict[str, Any]:
        import shlex

        try:
            words = shlex.split(command)
        except ValueError:
            words = command.split()
        self._source.findings.alike(
            place,
            f"exec: {command}",
            "there the arguments are prompt, options and context as JSON, in this order; here the "
            "last two are empty objects",
        )
        name = words[0].rpartition("/")[2] if words else "exec"
        return {
            "name": name, "provider": "exec", "command": [*words, "{{ prompt }}", "{}", "{}"]
        }  # fmt: skip

    def _http(
        self, identity: str, config: YamlMap | None, place: Location
    ) -> dict[str, Any] | None:
        findings = self._source.findings
        given = config if config is not None else {}
        url = given.get("url") or (identity if "://" in identity else None)
        if not isinstance(url, str) or "{{" in _ENVIRONMENT.sub("", url):
            findings.left_out(place, "an http provider whose url is no plain text")
            return None
        made: dict[str, Any] = {"name": "http", "provider": "http", "url": _ours(url)}
        if isinstance(given.get("method"), str):
            made["method"] = given["method"].upper()
        headers = given.get("headers")
        if config is not None and isinstance(headers, YamlMap):
            kept = dict(self._headers(headers))
            if kept:
                made["headers"] = kept
        body = given.get("body")
        if body is not None:
            made["body"] = _with_variables(plain(body))
        path = given.get("transformResponse", given.get("responseParser"))
        if isinstance(path, str):
            jmespath = _jmespath_of(path)
            if jmespath is None and config is not None:
                findings.left_out(
                    config.key_place("transformResponse"),
                    f"transformResponse in JavaScript: {path}",
                    "write output: a JMESPath to the answer's text",
                )
            elif jmespath:
                made["output"] = jmespath
        if config is not None:
            for key in config:
                if key not in _HTTP_KEYS:
                    findings.left_out(config.key_place(key), f"{key!r} of an http provider")
        return made

    def _headers(self, headers: YamlMap) -> Iterator[tuple[str, str]]:
        for name, value in headers.items():
            text = _ours(str(value))
            if _SECRET.search(str(name)) and "${" not in text:
                self._source.findings.left_out(
                    headers.key_place(name),
                    f"the header {name!r}, which holds a secret",
                    f"write {name}: ${{NAME}}, and set the variable",
                )
                continue
            yield str(name), text

    def _model(
        self, head: str, rest: str, config: YamlMap | None, place: Location
    ) -> dict[str, Any] | None:
        kind, _, model = rest.partition(":")
        if kind in _SPECIAL:
            self._source.findings.left_out(place, f"a provider for other uses: {head}:{rest}")
            return None
        if kind not in _KINDS or not model:
            model = rest
        made: dict[str, Any] = {"name": model or head}
        if head == "ollama":
            made |= {"provider": "ollama" if kind == "completion" else "ollama_chat"}
        elif head in _LOCAL:
            made |= {"provider": "openai", "api_base": f"http://localhost:{_LOCAL[head]}/v1"}
        elif head == "litellm":
            made |= {"provider": model.partition("/")[0] if "/" in model else "openai"}
        else:
            made |= {"provider": VENDORS[head]}
        made["model"] = model.removeprefix(f"{made['provider']}/")
        if config is not None:
            self._config(made, config)
        return made

    def _config(self, made: dict[str, Any], config: YamlMap) -> None:
        findings, params = self._source.findings, dict[str, Any]()
        for key, value in config.items():
            at = config.key_place(key)
            if key in _PARAMS:
                if isinstance(value, str) and value.startswith("file://"):
                    findings.left_out(at, f"{key} from a file: {value}", "write it in params:")
                    continue
                params[_PARAMS[key]] = plain(value)
            elif key == "region" and made["provider"] == "bedrock":
                params["aws_region_name"] = str(value)
            elif key in ("apiBaseUrl", "apiHost"):
                base = _ours(str(value))
                made["api_base"] = base if "://" in base else f"https://{base}"
            elif key == "apiKeyEnvar":
                made["api_key_env"] = str(value)
            elif key == "apiKey":
                variable = _ENVIRONMENT.fullmatch(str(value))
                made["api_key_env"] = (
                    variable[1] if variable else f"{made['provider'].upper()}_API_KEY"
                )
                if not variable:
                    findings.left_out(
                        at, "apiKey, a secret in a file", f"set {made['api_key_env']}"
                    )
            elif key == "headers" and isinstance(value, YamlMap):
                headers = dict(self._headers(value))
                if headers:
                    made["headers"] = headers
            elif key == "passthrough" and isinstance(value, YamlMap):
                params |= plain(value)
            else:
                findings.left_out(
                    at, f"{key!r} of a provider's config", "where it is a parameter, add to params:"
                )
        if params:
            made["params"] = params


_HTTP_KEYS = {"url", "method", "headers", "body", "transformResponse", "responseParser"}


def _entries(written: Any, place: Location) -> Iterator[tuple[Any, Location]]:
    if isinstance(written, YamlList):
        for index, entry in enumerate(written):
            yield entry, written.value_place(index)
    elif isinstance(written, (str, YamlMap)):
        yield written, place


def _ours(text: str) -> str:
    """Return a text whose variables of the environment are written as an arena writes them."""
    return _ENVIRONMENT.sub(r"${\1}", text)


def _with_variables(body: Any) -> Any:
    """Return a body in which variables of a test have the names that an application's have."""
    if isinstance(body, dict):
        return {key: _with_variables(value) for key, value in body.items()}
    if isinstance(body, list):
        return [_with_variables(value) for value in body]
    if not isinstance(body, str):
        return body
    named = re.sub(r"\{\{\s*(?!prompt\s*\}\})(\w[^}]*?)\s*\}\}", r"{{ variables.\1 }}", _ours(body))
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
