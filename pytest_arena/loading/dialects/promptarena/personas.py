"""Personas of a suite as the simulated users of an arena."""

from __future__ import annotations

from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.made import literal, mapping
from pytest_arena.loading.dialects.promptarena.manifests import Manifest, known_keys
from pytest_arena.loading.tree import YamlMap, plain

_KEYS = (
    *("description", "system_prompt", "system_template", "goals", "constraints", "style"),
    *("defaults", "optional_vars", "required_vars", "guidelines", "examples", "provider"),
)
_DESCRIBED = ("id", "name", "prompt_activity")
_OF_STYLES = ("verbosity", "challenge_level", "friction_tags")
_VOICE = ("voice", "tts", "audio")


def persona_of(manifest: Manifest, provider: YamlMap | None, context: LoadContext) -> YamlMap:
    """Return a persona as an entry of `personas:`, played by a provider of the suite."""
    spec = manifest.spec
    owner = f"persona {shorten(manifest.name)!r}"
    keys = (*_KEYS, *(key for key in _VOICE if key not in spec))
    tree = known_keys(spec, keys, owner, context, described=_DESCRIBED)
    said = plain(tree)
    known = _known(said)
    template = said.get("system_template")
    if template is not None:
        system = _filled(str(template), known)
    else:
        system = literal(said.get("system_prompt"))
    constraints = [*_texts(said.get("constraints")), *_texts(said.get("guidelines"))]
    entries: dict[str, Any] = {
        "description": literal(said.get("description")),
        "system": system or None,
        "goals": literal(_texts(said.get("goals"))) or None,
        "constraints": literal(constraints) or None,
        "style": literal(_style(said)) or None,
    }
    made = mapping(spec, spec.mark, entries)
    for key, written in (("system", "system_prompt"), ("system", "system_template")):
        if key in made and written in spec:
            made.put(key, made[key], spec.marks[written], spec.key_marks[written])
    if provider is not None:
        made.put("provider", _playing(provider, said), spec.mark)
    return made


def _playing(provider: YamlMap, said: dict[str, Any]) -> YamlMap:
    """Return the provider that plays a persona, with the persona's own parameters."""
    played = provider.only(set(provider) - {"name", "group"})
    own = said.get("defaults")
    offline = provider.get("provider") == "mock"
    if not isinstance(own, dict) or offline:
        return played
    params = {key: own[key] for key in ("temperature", "seed") if own.get(key)}
    before = provider.get("params")
    whole = {**(plain(before) if isinstance(before, YamlMap) else {}), **params}
    return mapping(played, played.mark, {**dict(played), "params": whole}) if whole else played


def _known(said: dict[str, Any]) -> dict[str, str]:
    """Return what a persona's template may name."""
    style = said.get("style") if isinstance(said.get("style"), dict) else {}
    assert isinstance(style, dict)  # noqa: S101 - made so
    optional = said.get("optional_vars")
    return {
        **({str(k): str(v) for k, v in optional.items()} if isinstance(optional, dict) else {}),
        "persona_goals": ", ".join(_texts(said.get("goals"))),
        "persona_constraints": ", ".join(_texts(said.get("constraints"))),
        "verbosity": str(style.get("verbosity") or "medium"),
        "challenge_level": str(style.get("challenge_level") or "medium"),
        "friction_tags": ", ".join(_texts(style.get("friction_tags"))) or "none",
        "region": "default",
    }


def _filled(template: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        for braces in ("{{%s}}", "{{ %s }}"):
            template = template.replace(braces % name, value)
    return template


def _style(said: dict[str, Any]) -> str:
    style = said.get("style")
    if isinstance(style, str):
        return style
    found = style if isinstance(style, dict) else {}
    words = {
        "verbosity": "Length of your messages: {}.",
        "challenge_level": "How much you challenge: {}.",
        "friction_tags": "You are {}.",
    }
    parts = [
        words[key].format(", ".join(_texts(found[key]))) for key in _OF_STYLES if found.get(key)
    ]
    examples = _texts(said.get("examples"))
    if examples:
        parts.append("You talk like this: " + " / ".join(examples))
    return " ".join(parts)


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
