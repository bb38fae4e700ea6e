"""Entries of `providers:` to provider specs: the columns of the comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.mcp import build_server, find_server
from pytest_arena.loading.mocks import build_responses
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.provider_files import OptionsWithFiles
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.unknown_keys import GENERATION, means_key, unknown_key
from pytest_arena.loading.validate import aliases_of, build_model
from pytest_arena.loading.validation_messages import key_names
from pytest_arena.schema import (
    ArenaModel,
    Defaults,
    McpServerSpec,
    MockResponses,
    ProviderSpec,
    SystemOptions,
)
from pytest_arena.schema.mcp import McpColumnOptions

if TYPE_CHECKING:
    from pytest_arena.providers.base import Provider

_OWN_KEYS = [name for name in ProviderSpec.model_fields if name != "options"]
_CALLING = frozenset(
    {
        *("api_base", "api_key_env", "cache", "concurrency", "endpoints", "fallbacks", "headers"),
        *("load_balance", "max_response_mb", "params", "rate_limit"),
        *("retries", "retry_for", "timeout"),
    }
)
"""Keys that say how a model is called."""
_PRICES = ("input_cost_per_million", "output_cost_per_million")


def build_providers(
    tree: YamlMap, defaults: Defaults, context: LoadContext
) -> tuple[ProviderSpec, ...]:
    """Return the file's providers with its defaults under their own settings."""
    written = tree.get("providers")
    if not isinstance(written, YamlList) or not written:
        context.problems.add(
            "the arena has no providers",
            tree.value_place("providers") if "providers" in tree else tree.place,
            expected="a list of providers, each with a name, a provider and a model",
            fix="write it like providers: [{name: mini, provider: openai, model: gpt-5.4-mini}]",
        )
        return ()
    seen: dict[str, Location] = {}
    built: list[ProviderSpec] = []
    for index, entry in enumerate(written):
        if not isinstance(entry, YamlMap):
            context.problems.add(
                "a provider is not a mapping",
                written.value_place(index),
                expected="a mapping with name, provider and model",
                fix=f"write it like {_as_entry(entry)}",
            )
            context.broken_providers.add("")
            continue
        spec = build_provider(entry, context)
        if spec is None:
            context.broken_providers.add(str(entry.get("name") or ""))
        elif _is_new(spec.name, entry, seen, context):
            built.append(with_defaults(spec, defaults))
    _check_fallbacks(built, written, context)
    return tuple(built)


def _as_entry(written: object) -> str:
    """Return how to write a provider that is a text, as `openai:gpt-5.5`, or an example."""
    vendor, separator, model = str(written).replace(":", "/", 1).partition("/")
    if isinstance(written, str) and separator and vendor and model:
        return f"{{name: {shorten(model, 40)}, model: {shorten(vendor, 40)}/{shorten(model, 40)}}}"
    return "{name: mini, provider: openai, model: gpt-5.4-mini}"


def build_provider(entry: YamlMap, context: LoadContext) -> ProviderSpec | None:
    """Return the spec of one provider, or None after adding its problems."""
    before = len(context.problems)
    owner = f"provider {shorten(str(entry['name']))!r}" if "name" in entry else "a provider"
    if "id" in entry and not {"provider", "model"} & set(entry):
        # as promptfoo has it: one mistake, though it leaves a provider without all that it needs
        context.problems.add(
            f"{owner} has an 'id' in place of a model",
            entry.key_place("id"),
            expected="a name, a provider and a model",
            fix=f"write it like {_as_entry(entry['id'])}",
        )
        return None
    values: dict[str, Any] = {key: entry[key] for key in entry if key in _OWN_KEYS}
    model = values.get("model")
    if not values.get("provider") and isinstance(model, str):
        values["provider"] = model.partition("/")[0] if "/" in model else ""
    if any(means_key(key, "name") for key in set(entry) - set(_OWN_KEYS)):
        # a name under another key is told as that key
        values.setdefault("name", "?")
    spec = build_model(ProviderSpec, entry, context.problems, owner, values)
    cls = _class_of(values, entry, owner, context)
    further = entry.only(set(entry) - set(_OWN_KEYS))
    options = _options(cls, further, owner, context) if cls or further else None
    if cls is not None and cls.asks_nobody:
        _refuse_calling(entry, owner, context)
    if isinstance(options, OptionsWithFiles):
        options = options.with_files(entry, context)
    if spec is None or len(context.problems) > before:
        return None
    # A copy without validation: the options are a model of the class's own.
    filled = spec.model_copy(update={"options": options})
    filled._place = entry.place
    filled._vendor = cls is not None and cls.vendor
    filled._asks_nobody = cls is not None and cls.asks_nobody
    filled._root = context.root
    if filled.system is not None:
        from pytest_arena.loading.systems import check_system

        return check_system(filled, entry, context)
    if cls is not None and not _is_priced_whole(filled, cls, entry, context):
        return None
    return filled


def _is_priced_whole(
    spec: ProviderSpec, cls: type[Provider], entry: YamlMap, context: LoadContext
) -> bool:
    """Return whether no half of a price stands alone; the other may be known of the model."""
    missing = [key for key in _PRICES if getattr(spec, key) is None]
    if len(missing) != 1 or cls.price(spec) is not None:
        return True
    given = next(key for key in _PRICES if key not in missing)
    context.problems.add(
        f"provider {shorten(spec.name)!r} has {given!r} without {missing[0]!r}, and no price is "
        "known of its model",
        entry.key_place(given),
        expected="US dollars for a million tokens, in and out",
        fix=f"add {missing[0]}: … (0 where those tokens are free)",
    )
    return False


def _class_of(
    values: dict[str, Any], entry: YamlMap, owner: str, context: LoadContext
) -> type[Provider] | None:
    name = values.get("provider")
    if not name:
        context.problems.add(
            f"{owner} does not say which provider it is",
            entry.value_place("model"),
            expected="a provider, or a model written provider/model",
            fix="add provider: openai, or write it like model: openai/gpt-5.4-mini",
        )
        return None
    if not isinstance(name, str):
        return None
    cls = context.registry.providers.get(name)
    key = "provider" if "provider" in entry else "model"
    if cls is None:
        context.problems.add(
            f"unknown provider {shorten(name)!r}",
            entry.value_place(key),
            expected=one_of(name, context.registry.providers, "a provider")
            + ", or any that litellm knows",
            fix=context.registry.providers.suggest(name)
            or "name one of these, or register your own with pytest_arena_register",
        )
    elif cls.needs_model and not cls.offline and not values.get("model"):
        context.problems.add(
            f"{owner} has no 'model'",
            entry.place,
            expected="the model's name, as the provider writes it",
            fix="add model: …",
        )
    return cls


def _options(
    cls: type[Provider] | None, further: YamlMap, owner: str, context: LoadContext
) -> ArenaModel | None:
    """Return the keys that belong to one kind of provider, as its `Options`."""
    options = cls.Options if cls else None
    names: list[str] = key_names(options) if options else []
    fields = options.model_fields if options else {}
    known = {*names, *fields, *(name for one in fields.values() for name in aliases_of(one))}
    if cls is not None and cls.asks_nobody:
        # what would be a model's parameter is told with the keys that say how one is called
        further = further.only(set(further) - set(GENERATION))
    strangers = [key for key in further if key not in known]
    refused = _refused_keys(cls)
    expected = sorted({*_OWN_KEYS, *names} - refused)
    for key in strangers:
        problem = unknown_key(str(key), further.key_place(key), owner, expected)
        context.problems.add(
            problem.what, further.key_place(key), expected=problem.expected, fix=problem.fix
        )
    if options is None or strangers:
        return None
    values: dict[str, Any] = dict(further)
    if _takes_responses(options) and values.get("responses") is not None:
        before = len(context.problems)
        values["responses"] = build_responses(
            values["responses"], further.value_place("responses"), context
        )
        if len(context.problems) > before:
            return None
    if issubclass(options, McpColumnOptions) and values.get("server") is not None:
        before = len(context.problems)
        values["server"] = _server(further, owner, context)
        if len(context.problems) > before:
            return None
    return build_model(options, further, context.problems, owner, values)


def _server(entry: YamlMap, owner: str, context: LoadContext) -> McpServerSpec | None:
    """Return the MCP server that an entry names, or that is written in it."""
    written, place = entry["server"], entry.value_place("server")
    if isinstance(written, str):
        return find_server(written, place, owner, context)
    return build_server(written, place, context)


def _refused_keys(cls: type[Provider] | None) -> frozenset[str]:
    """Return the keys of every provider that a kind of provider does not have."""
    if cls is None:
        return frozenset()
    if cls.Options is not None and issubclass(cls.Options, SystemOptions):
        from pytest_arena.loading.systems import keys_of_models

        return keys_of_models(cls.Options)
    return _CALLING if cls.asks_nobody else frozenset()


def _refuse_calling(entry: YamlMap, owner: str, context: LoadContext) -> None:
    """Refuse keys that say how a model is called, where none is."""
    for key in sorted({*_CALLING, *GENERATION} & set(entry)):
        context.problems.add(
            f"{key!r} says nothing of {owner}, which calls nobody",
            entry.key_place(key),
            expected="keys of a provider whose answers are there already",
            fix=f"remove {key!r}",
        )


def _takes_responses(options: type[ArenaModel]) -> bool:
    field = options.model_fields.get("responses")
    kinds = (field.annotation, *getattr(field.annotation, "__args__", ())) if field else ()
    return MockResponses in kinds


def _check_fallbacks(specs: list[ProviderSpec], written: YamlList, context: LoadContext) -> None:
    names = [spec.name for spec in specs]
    known = {*names, *context.broken_providers}
    for spec in specs:
        others = [name for name in names if name != spec.name]
        for name in spec.fallbacks:
            if (name not in known and "" not in known) or name == spec.name:
                own = name == spec.name
                said = "itself" if own else f"the unknown provider {shorten(name)!r}"
                context.problems.add(
                    f"provider {spec.name!r} falls back to {said}",
                    spec.place or written.place,
                    expected=one_of(name, others, "another entry of providers:"),
                    fix=suggest(name, others) or "name another entry of providers:",
                )


def _is_new(name: str, entry: YamlMap, seen: dict[str, Location], context: LoadContext) -> bool:
    place = entry.value_place("name")
    first = seen.setdefault(name, place)
    if first is place:
        return True
    context.problems.add(
        f"duplicate provider {shorten(name)!r}",
        place,
        expected=f"a name of its own; the other stands at {first}",
        fix="rename one of them",
    )
    return False


def with_defaults(spec: ProviderSpec, defaults: Defaults, *, params: bool = True) -> ProviderSpec:
    """Return a spec with the file's defaults under its own settings, `params` where wanted."""
    changes: dict[str, Any] = {
        name: getattr(defaults, name)
        for name in ("timeout", "retries", "concurrency", "cache")
        if getattr(spec, name) is None and getattr(defaults, name) is not None
    }
    if defaults.params and params and spec.takes_params:
        changes["params"] = {**defaults.params, **spec.params}
    if not changes:
        return spec
    filled = spec.model_copy(update=changes)
    filled._place, filled._vendor = spec.place, spec._vendor
    filled._asks_nobody = spec._asks_nobody
    filled._from_defaults = frozenset(set(filled.params) - set(spec.params))
    return filled
