"""One column of the comparison: a named model and how to reach it."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.base import ArenaModel, Duration
from pytest_arena.schema.endpoints import EndpointSpec
from pytest_arena.schema.limits import BudgetSpec, RateLimitSpec
from pytest_arena.schema.params import Params
from pytest_arena.schema.system import SystemOptions
from pytest_arena.schema.transform import Transform

DEFAULT_TIMEOUT_S = 60.0
"""Of one attempt, where neither the case nor the provider has a limit of its own."""


class CacheSpec(ArenaModel):
    """The `cache:` of a provider: answers are kept for local work, for so long."""

    ttl: Duration
    """How long an answer is taken from the cache instead of calling again."""


class ProviderSpec(ArenaModel):
    """One entry of `providers:`.

    `${NAME}` in `api_base`, `headers` and `params` stands for an environment variable; it is
    looked up when the provider is first called, so that collecting needs no keys.
    """

    name: str
    """The column's name; unique in the file, without `[`, `]` and `::`."""
    provider: str = ""
    """What litellm calls the provider (openai, anthropic, ollama, gemini, …), an application
    of your own (`python`, `exec`, `http`), `mock`, `outputs`, `echo`, or a plug-in's; may be left
    out where `model` is written `provider/model`."""
    model: str = ""
    """The model, with or without `provider/` before it."""
    group: str = "default"
    """A name for several providers at once, in `providers:` lists and `--arena-provider`."""
    api_base: str | None = None
    """The endpoint's base URL."""
    api_key_env: str | None = None
    """The environment variable that holds the key, where it is not the usual one."""
    endpoints: tuple[EndpointSpec, ...] = ()
    """Several places that answer for this provider; calls are dealt to them."""
    load_balance: Literal["round_robin", "weighted"] | None = None
    """How calls are dealt to `endpoints`: in turn (default), or by their `weight`."""
    fallbacks: tuple[str, ...] = ()
    """Other entries of `providers:` that are asked, in this order, while this one is down. Their
    answers are marked."""
    params: Params = Field(default_factory=dict)
    """Generation parameters: temperature, max_tokens, seed, top_p, …"""
    headers: dict[str, str] = Field(default_factory=dict)
    """Extra HTTP headers."""
    timeout: Duration | None = None
    """The most that one attempt may take (default 60s)."""
    retries: int | None = Field(default=None, ge=0, le=20)
    """Further attempts after a rate limit, a timeout, a 5xx or a lost connection (default 2)."""
    retry_for: Duration | None = None
    """The most that all attempts of one call and the pauses between them may take (default 90s,
    or the timeout where that is longer)."""
    max_response_mb: float = Field(default=16, ge=0.001, le=1024)
    """The most that one answer may have, in MiB when unpacked; a longer one is given up."""
    concurrency: int | None = Field(default=None, gt=0)
    """Calls in flight at once, over all workers together."""
    cache: CacheSpec | None = None
    """Keep answers for a while, for local work; off in CI."""
    rate_limit: RateLimitSpec | None = None
    """What the provider allows in a minute, over all workers together."""
    budget: BudgetSpec | None = None
    """What may be spent on this provider, over all workers together."""
    transform: Transform | None = None
    """What is made of each answer before assertions look at it: [Transforms](transforms.md)."""
    input_cost_per_million: float | None = Field(default=None, ge=0)
    """US dollars for a million input tokens, over litellm's price."""
    output_cost_per_million: float | None = Field(default=None, ge=0)
    """US dollars for a million output tokens, over litellm's price."""
    options: Any = Field(default=None, exclude=True)
    """The keys that belong to this kind of provider alone, as its `Options` model."""
    _vendor: bool = PrivateAttr(default=False)
    _root: Path | None = PrivateAttr(default=None)
    _asks_nobody: bool = PrivateAttr(default=False)
    _from_defaults: frozenset[str] = PrivateAttr(default=frozenset())
    _entry: "ProviderSpec | None" = PrivateAttr(default=None)

    @property
    def entry(self) -> "ProviderSpec":
        """The entry of `providers:` that this is, whatever a variant makes of its params."""
        return self._entry or self

    def under(self, params: dict[str, Any], *, wanted: Iterable[str]) -> "ProviderSpec":
        """Return the entry with other params, of which `wanted` are no defaults."""
        made = self.model_copy(update={"params": params})
        made._entry = self.entry
        made._from_defaults = self._from_defaults - frozenset(wanted)
        return made

    @property
    def params_from_defaults(self) -> frozenset[str]:
        """The names in `params` that the file's `defaults:` have set."""
        return self._from_defaults

    @property
    def system(self) -> SystemOptions | None:
        """The keys of an application; None for a model."""
        return self.options if isinstance(self.options, SystemOptions) else None

    @property
    def takes_params(self) -> bool:
        """Whether generation parameters mean anything: it is a model that is asked."""
        return self.system is None and not self.asks_nobody

    @property
    def root(self) -> Path:
        """The root directory of the run that loaded the entry."""
        return self._root or Path.cwd()

    @property
    def folder(self) -> Path:
        """The folder of the file that the entry stands in, which its relative paths start from."""
        return (self.root / self.place.file).parent if self.place else self.root

    @field_validator("name", "group")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if not value.strip() or any(part in value for part in ("[", "]", "::", "\n")):
            raise PydanticCustomError(
                "name",
                "bad name {given}",
                {"given": repr(value), "expected": "a text without '[', ']' and '::'"},
            )
        return value

    @model_validator(mode="after")
    def _balances_what_there_is(self) -> Self:
        weighted = self.load_balance == "weighted"
        if self.load_balance is not None and not self.endpoints:
            what, expected, fix = (
                "load_balance without endpoints",
                "endpoints:",
                "add endpoints: […]",
            )
        elif not weighted and any("weight" in one.model_fields_set for one in self.endpoints):
            what, expected = "weights that nothing looks at", "load_balance: weighted beside them"
            fix = "add load_balance: weighted"
        else:
            return self
        raise PydanticCustomError(
            "endpoints",
            "provider {name} has {what}",
            {"name": repr(self.name), "what": what, "expected": expected, "fix": fix},
        )

    def is_one_of(self, select: Sequence[str]) -> bool:
        """Return whether the name or the group is among these; none given means all."""
        return not select or self.name in select or self.group in select

    @property
    def full_model(self) -> str:
        """`provider/model`, as results and prices name it."""
        prefix = f"{self.provider}/" if self.provider else ""
        if not self.model:
            return ""
        return self.model if self.model.startswith(prefix) else prefix + self.model

    @property
    def is_model_alone(self) -> bool:
        """Whether a vendor's model answers: an endpoint that is named may have code of ours
        behind it."""
        # read without pydantic's `__getattr__`: it is asked for each cell
        vendor = bool((self.__pydantic_private__ or {}).get("_vendor"))
        return vendor and not (self.api_base or any(one.api_base for one in self.endpoints))

    @property
    def most_bytes(self) -> int:
        """The most bytes that one answer may have."""
        return int(self.max_response_mb * (1 << 20))

    @property
    def longest_s(self) -> float:
        """How long one attempt may take, in seconds, where the case does not say."""
        return self.timeout or DEFAULT_TIMEOUT_S

    @property
    def asks_nobody(self) -> bool:
        """Whether its answers are there already, so that no load can be put on it."""
        # read without pydantic's `__getattr__`: it is asked several times a call
        return bool((self.__pydantic_private__ or {}).get("_asks_nobody"))

    @property
    def endpoint(self) -> str:
        """What tells the endpoint, the key and the model that are asked from all others, whatever
        the entry is called: its rate and its calls in flight are limited by these."""
        url = getattr(self.options, "url", None)
        if not (self._vendor or url):
            # what runs in this process, or is another's plug-in, is known by its name, and by the
            # keys that are its own
            return f"entry {self.name} {_facts_of(self.options)}".rstrip()
        places = [one.model_dump(exclude={"weight"}) for one in self.endpoints]
        base = self.api_base and self.api_base.rstrip("/")
        facts = (self.full_model, base, url, self.api_key_env, self.headers, places)
        return _hash((*facts, *self._login()))

    @property
    def pool(self) -> str:
        """What has the places for its calls in flight: its endpoint, where the entry limits them,
        as do all entries that limit those; else nobody but its name."""
        # no name has a bracket
        return f"[{self.endpoint}]" if self.concurrency else self.name

    def _login(self) -> tuple[str, ...]:
        """Return what an application is told of who asks, beside a key."""
        given = (getattr(self.options, name, None) for name in ("login", "query"))
        return tuple(repr(value) for value in given if value)

    @property
    def host(self) -> str:
        """Host and port of `api_base`, which keys and paths are no part of; empty without one."""
        return host_of(self.api_base)


def _facts_of(options: object) -> str:
    """Return what tells keys of an entry's own from others; nothing where there are none."""
    if not isinstance(options, ArenaModel):
        return ""
    given = options.model_dump(mode="json", fallback=lambda value: type(value).__qualname__)
    return _hash(given) if given else ""


def _hash(facts: object) -> str:
    return sha256(repr(facts).encode("utf-8", "replace")).hexdigest()


def host_of(api_base: str | None) -> str:
    """Return host and port of a base URL, without the user and the key that may stand before."""
    if not api_base:
        return ""
    try:
        return urlsplit(api_base).netloc.rpartition("@")[2] or api_base
    except ValueError:
        return api_base
