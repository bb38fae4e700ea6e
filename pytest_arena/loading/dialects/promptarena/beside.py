"""What a suite says beside its scenarios: servers, defaults, judges, and who plays users."""

from __future__ import annotations

from collections.abc import Collection

from pytest_arena.errors import shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.made import list_under, map_under, mapping
from pytest_arena.loading.dialects.promptarena.manifests import known_keys
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap, plain

_OF_SERVERS = (
    *("name", "command", "args", "env", "url", "headers", "working_dir", "timeout_ms"),
    *("source", "source_args", "scope"),
)
_RUN_WITHOUT = {
    "memory": "a memory of the runtime",
    "compositions": "compositions",
    "skills": "skills",
    "a2a_agents": "agents over A2A",
    "agents": "agents of a pack",
    "runtime": "hooks of PromptKit's runtime",
    "judge_defaults": "prompts of its own for judges",
    "pack_file": "the prompts of a compiled pack",
}


def tell_what_is_missing(spec: YamlMap, context: LoadContext) -> None:
    """Warn of what the suite as a whole is run without."""
    for key, what in _RUN_WITHOUT.items():
        if spec.get(key):
            context.warn(spec.key_place(key), f"the suite is run without {what} ({key!r})")


def servers_of(spec: YamlMap, context: LoadContext) -> tuple[YamlList, str | None]:
    """Return the suite's MCP servers as an arena's, and why its tools cannot be had, if so."""
    made = YamlList(spec.files, spec.marks.get("mcp_servers", spec.mark))
    named = [
        *map_under(spec, "mcp_servers").items(),
        *((None, one) for one in list_under(spec, "mcp_servers")),
    ]
    for name, server in named:
        if not isinstance(server, YamlMap):
            continue
        found = known_keys(server, _OF_SERVERS, "an MCP server", context)
        if found.get("source"):
            where = found.key_place("source")
            return made, f"an MCP server in a sandbox of the runtime (source, at {where})"
        one = found.only({"command", "args", "env", "url", "headers"})
        one.put("id", str(name or server.get("name") or ""), server.mark)
        if server.get("working_dir"):
            one.put("cwd", server["working_dir"], server.marks["working_dir"])
        milliseconds = server.get("timeout_ms")
        if isinstance(milliseconds, (int, float)):
            one.put("timeout", milliseconds / 1000, server.marks["timeout_ms"])
        made.put(one, server.mark)
    return made, None


def defaults_of(spec: YamlMap, defaults: YamlMap | None, context: LoadContext) -> YamlMap | None:
    """Return what the suite says of all calls as `defaults:` of an arena."""
    if defaults is None:
        return None
    said = plain(defaults)
    if said.get("run_timeout"):
        context.warn(
            defaults.key_place("run_timeout"),
            "'run_timeout' has no effect here: 'timeout' bounds each call",
        )
    made = {
        "concurrency": said.get("concurrency") or None,
        "timeout": said.get("timeout"),
        "retries": said.get("max_retries"),
    }
    if all(value is None for value in made.values()):
        return None
    return mapping(defaults, spec.marks["defaults"], made)


def judges_of(spec: YamlMap, providers: Collection[str], context: LoadContext) -> dict[str, str]:
    """Return the providers that play the suite's judges, by the judges' names."""
    found: dict[str, str] = {}
    named = [
        *((one.get("name"), one) for one in list_under(spec, "judges") if isinstance(one, YamlMap)),
        *map_under(spec, "judge_specs").items(),
    ]
    for name, one in named:
        if not isinstance(one, YamlMap):
            continue
        provider = str(one.get("provider") or "")
        if provider in providers:
            found[str(name)] = provider
            if one.get("model"):
                who = f"judge {shorten(str(name))!r}"
                context.warn(one.key_place("model"), f"{who} asks the model of its provider")
            continue
        known = sorted(providers)
        context.problems.add(
            f"judge {shorten(str(name))!r} is an unknown provider {shorten(provider)!r}",
            one.value_place("provider"),
            expected=one_of(provider, known, "a provider of the suite"),
            fix=suggest(provider, known) or "name one of these",
        )
    return found


def roles_of(play: YamlMap, providers: Collection[str], context: LoadContext) -> dict[str, str]:
    """Return the providers that play users, by the roles that scenarios name."""
    keys = ("enabled", "personas", "roles", "persona_specs")
    known_keys(play, keys, "'self_play'", context)
    found: dict[str, str] = {}
    written = list_under(play, "roles")
    for index, role in enumerate(written):
        if not isinstance(role, YamlMap) or not role.get("id"):
            continue
        name = str(role.get("provider") or "")
        if name in providers:
            found[str(role["id"])] = name
            continue
        known = sorted(providers)
        place = role.value_place("provider") if "provider" in role else written.value_place(index)
        context.problems.add(
            f"role {shorten(str(role['id']))!r} is played by an unknown provider {shorten(name)!r}",
            place,
            expected=one_of(name, known, "a provider of the suite"),
            fix=suggest(name, known) or "name one of these",
        )
    return found
