"""Models by `vendor:model`, and what their `config` becomes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pytest_arena.errors import ArenaFileError, Location
from pytest_arena.importing.importer import Source
from pytest_arena.loading.tree import YamlMap, plain
from pytest_arena.providers.prices import price_of
from pytest_arena.schema import ProviderSpec
from pytest_arena.schema.params import Params

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
    "github": "github",
    "nscale": "nscale",
    "novita": "novita",
    "hyperbolic": "hyperbolic",
    "cloudflare-ai": "cloudflare",
}
LOCAL: Mapping[str, int] = {
    "vllm": 8000, "lmstudio": 1234, "localai": 8080, "llamafile": 8080, "llama": 8080,
}  # fmt: skip
"""The ports at which local servers of OpenAI's format listen."""
_KINDS = {"chat", "completion", "messages", "responses", "text", "text-generation", "inference"}
_SPECIAL = {
    "image", "realtime", "embedding", "embeddings", "moderation", "assistant", "agents", "video",
    "speech", "transcription", "live", "codex", "codex-sdk", "claude-agent-sdk",
}  # fmt: skip
_PARAMS: Mapping[str, str] = {
    "maxOutputTokens": "max_tokens",
    "max_tokens": "max_tokens",
    "maxTokens": "max_tokens",
    "max_new_tokens": "max_tokens",
    "num_predict": "max_tokens",
    "max_completion_tokens": "max_completion_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "topP": "top_p",
    "topK": "top_k",
    "top_k": "top_k",
    "stop": "stop",
    "stopSequences": "stop",
    "stop_sequences": "stop",
    "seed": "seed",
    "response_format": "response_format",
    "reasoning_effort": "reasoning_effort",
    "tools": "tools",
    "tool_choice": "tool_choice",
    "parallel_tool_calls": "parallel_tool_calls",
    "thinking": "thinking",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "apiVersion": "api_version",
    "projectId": "vertex_project",
}
_CLIENTS_OWN = {
    "organization": "an account's organization",
    "functionToolCallbacks": "functions that its tools call",
    "functions": "functions of the old form: write tools:",
    "mcp": "MCP servers: write mcp_servers: (docs/mcp.md)",
    "credentials": "credentials, a secret",
    "showThinking": "whether thinking is part of the answer: here it is not",
    "delay": "delay: stands beside config:, and is rate_limit: here",
    "maxConcurrency": "concurrency: of a provider bounds it",
    "timeout": "timeout: of a provider bounds it",
    "working_dir": "a folder that an agent works in",
    "transformRequest": "code that makes requests",
    "transformResponse": "code that reads responses",
}
_QUIET = {"apiKeyRequired", "basePath", "showUsage", "cache", "usePromptCache"}
SECRET = re.compile(r"authorization|key|token|cookie|secret|password", re.IGNORECASE)
ENVIRONMENT = re.compile(r"\{\{-?\s*env\.(\w+)\s*-?\}\}")
_CHECKED: TypeAdapter[dict[str, Any]] = TypeAdapter(Params)


def ours(text: str) -> str:
    """Return a text whose variables of the environment are written as an arena writes them."""
    return ENVIRONMENT.sub(r"${\1}", text)


def model_of(
    head: str, rest: str, config: YamlMap | None, place: Location, source: Source
) -> dict[str, Any] | None:
    """Return the column of a model; None for one that is for other uses."""
    kind, _, model = rest.partition(":")
    if kind in _SPECIAL:
        source.findings.left_out(place, f"a provider for other uses: {head}:{rest}")
        return None
    if kind not in _KINDS or not model:
        model = "" if rest in _KINDS else rest
    deployed = config.get("deploymentName", config.get("modelName")) if config else None
    model = model or str(deployed or "")
    made: dict[str, Any] = {"name": model or head}
    if head == "ollama":
        made |= {"provider": "ollama" if kind == "completion" else "ollama_chat"}
    elif head in LOCAL:
        made |= {"provider": "openai", "api_base": f"http://localhost:{LOCAL[head]}/v1"}
    elif head == "litellm":
        made |= {"provider": model.partition("/")[0] if "/" in model else "openai"}
    else:
        made |= {"provider": VENDORS[head]}
    made["model"] = ours(model.removeprefix(f"{made['provider']}/"))
    if not made["model"]:
        source.findings.left_out(place, f"a provider without a model: {head}:{rest}")
        return None
    if config is not None:
        _ModelConfig(made, config, source).read()
    return made


class _ModelConfig:
    """`config` of one model."""

    def __init__(self, made: dict[str, Any], config: YamlMap, source: Source) -> None:
        self._made = made
        self._config = config
        self._source = source
        self._findings = source.findings

    def read(self) -> None:
        params: dict[str, Any] = {}
        for key, value in self._config.items():
            if key == "passthrough" and isinstance(value, YamlMap):
                params |= params_of(value, self._source)
            elif not self._of_column(key, value):
                params |= params_of(self._config.only([key]), self._source)
        if params:
            self._made["params"] = params
        self._leave_half_a_price_out()

    def _leave_half_a_price_out(self) -> None:
        """Leave out a price of one kind of token where that of the other is not known."""
        made = self._made
        given = [way for way in ("input", "output") if f"{way}_cost_per_million" in made]
        spec = ProviderSpec(name="priced", provider=made["provider"], model=made["model"])
        if len(given) == 1 and price_of(spec) is None:
            del made[f"{given[0]}_cost_per_million"]
            self._findings.left_out(
                self._config.key_place(f"{given[0]}Cost"),
                f"'{given[0]}Cost' of a provider's config: the model's other price is not known",
            )

    def _of_column(self, key: str, value: Any) -> bool:
        """Take what is no parameter of the model's; return whether it was none."""
        made, at = self._made, self._config.key_place(key)
        if key == "region" and made["provider"] == "bedrock":
            made.setdefault("params", {})["aws_region_name"] = str(value)
        elif key == "region" and made["provider"] == "vertex_ai":
            made.setdefault("params", {})["vertex_location"] = str(value)
        elif key in ("apiBaseUrl", "apiHost", "baseUrl", "base_url"):
            base = ours(str(value))
            if "{{" in base:
                self._findings.left_out(at, f"{key!r} of a provider's config, which is a template")
                return True
            made["api_base"] = base if "://" in base or "${" in base else f"https://{base}"
        elif key == "apiKeyEnvar":
            made["api_key_env"] = str(value)
        elif key == "apiKey":
            text = str(value).strip()
            variable = ENVIRONMENT.fullmatch(text) or re.fullmatch(r"\$\{?([A-Z_]\w*)\}?", text)
            made["api_key_env"] = variable[1] if variable else f"{made['provider'].upper()}_API_KEY"
            if not variable:
                self._findings.left_out(
                    at, "apiKey, a secret in a file", f"set {made['api_key_env']}"
                )
        elif key == "headers" and isinstance(value, YamlMap):
            headers = dict(headers_of(value, self._source))
            if headers:
                made["headers"] = headers
        elif key in ("cost", "inputCost", "outputCost") and _is_price(value):
            for name in ("input", "output"):
                if key in ("cost", f"{name}Cost"):
                    made[f"{name}_cost_per_million"] = round(value * 1_000_000, 6)
        elif key == "maxRetries" and isinstance(value, int) and 0 <= value <= 20:
            made["retries"] = value
        elif key == "showThinking" and value is False:
            # thinking is no part of an answer here
            pass
        elif key in _CLIENTS_OWN:
            self._findings.left_out(at, f"{key!r} of a provider's config: {_CLIENTS_OWN[key]}")
        elif key not in _QUIET and key not in ("deploymentName", "modelName"):
            return False
        return True


def params_of(config: Mapping[Any, Any], source: Source) -> dict[str, Any]:
    """Return generation parameters by the names that an arena has for them; one that is not known
    keeps its name, and is listed."""
    params: dict[str, Any] = {}
    for key, value in config.items():
        at = config.key_place(key) if isinstance(config, YamlMap) else source.place
        if SECRET.search(str(key)) and isinstance(value, str) and "{{" not in value:
            source.findings.left_out(at, f"{key!r} of a provider's config, which may be a secret")
            continue
        try:
            made = _inlined(plain(value), source)
            kept = {_PARAMS.get(str(key), str(key)): made}
            _CHECKED.validate_python(kept)
        except (ValidationError, ArenaFileError, ValueError) as error:
            why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            source.findings.left_out(at, f"{key!r} of a provider's config: {why}")
            continue
        if key not in _PARAMS:
            source.findings.alike(
                at, f"{key!r} of a provider's config", "it is handed on as a parameter"
            )
        params |= kept
    return params


def _inlined(value: Any, source: Source) -> Any:
    """Return a value with the files read that it names, and variables as an arena writes them."""
    if isinstance(value, dict):
        return {key: _inlined(inner, source) for key, inner in value.items()}
    if isinstance(value, list):
        return [_inlined(inner, source) for inner in value]
    if not isinstance(value, str):
        return value
    if not value.startswith("file://"):
        text = ours(value)
        if "{{" in text:
            raise ValueError("variables of a test do not stand in parameters here")
        return text
    path = source.neighbour(value)
    if path is None:
        raise ValueError(f"there is no file {value}")
    if path.suffix in (".json", ".yaml", ".yml"):
        return _inlined(plain(source.tree_of(path)), source)
    if path.suffix in (".txt", ".md"):
        return source.text_of(path).strip()
    raise ValueError(f"{value} is no data")


def headers_of(headers: YamlMap, source: Source) -> Iterator[tuple[str, str]]:
    """Yield headers without those that hold a secret, which are listed."""
    for name, value in headers.items():
        text = ours(str(value))
        if SECRET.search(str(name)) and "${" not in text:
            source.findings.left_out(
                headers.key_place(name),
                f"the header {name!r}, which holds a secret",
                f"write {name}: ${{NAME}}, and set the variable",
            )
            continue
        yield str(name), text


def _is_price(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
