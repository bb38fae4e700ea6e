"""`judge:` of a file or of an assertion to the providers that judge."""

from __future__ import annotations

from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.providers import build_provider, with_defaults
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import JudgeSpec, ProviderSpec

DEFAULT_NAME = "judge"
_OWN_KEYS = frozenset({"panel", "on_unavailable"})
_SHAPE = "write it like judge: {provider: openai, model: gpt-5.5}, or name an entry of providers:"


def build_judge(written: Any, place: Location, context: LoadContext) -> JudgeSpec | None:
    """Return who judges; None where nothing is written, or after adding its problems."""
    if written is None:
        return None
    before = len(context.problems)
    own: dict[str, Any] = {}
    tree = written if isinstance(written, YamlMap) else YamlMap(context.files, 0)
    if isinstance(written, YamlMap) and "panel" in written:
        own = dict(written)
        panel = _panel(written, context)
    else:
        if isinstance(written, YamlMap):
            own = {key: value for key, value in written.items() if key in _OWN_KEYS}
        judge = asked_provider(written, place, DEFAULT_NAME, context)
        panel = (judge,) if judge else None
    if panel is None or len(context.problems) > before:
        return None
    own["panel"] = panel
    built = build_model(JudgeSpec, tree, context.problems, "'judge'", own)
    if built is not None:
        context.judges |= {id(spec): spec for spec in built.panel}
    return built


def _panel(written: YamlMap, context: LoadContext) -> tuple[ProviderSpec, ...] | None:
    """Return the judges of a panel; None where one of them could not be built."""
    members = written["panel"]
    if not isinstance(members, YamlList) or len(members) < 2:
        context.problems.add(
            "'panel' of 'judge' is not a list of judges",
            written.value_place("panel"),
            expected="a list of two judges or more, each a name or a provider",
            fix="write it like panel: [{provider: openai, model: gpt-5.5}, strict, lenient]",
        )
        return None
    built: list[ProviderSpec] = []
    for index, member in enumerate(members):
        place = members.value_place(index)
        judge = asked_provider(member, place, f"{DEFAULT_NAME} {index + 1}", context)
        if judge is None:
            continue
        if judge.name in {other.name for other in built}:
            context.problems.add(
                f"judge {shorten(judge.name)!r} is twice in the panel",
                place,
                expected="judges with names of their own",
                fix="give one of them another name, or remove it",
            )
        built.append(judge)
    return tuple(built) if len(built) == len(members) else None


def asked_provider(
    written: Any,
    place: Location,
    name: str,
    context: LoadContext,
    word: str = "judge",
    shape: str = _SHAPE,
) -> ProviderSpec | None:
    """Return who is asked beside the columns, by the name of an entry of `providers:` or as a
    provider of its own, which is called `name`; None after adding its problems.

    `word` is what it is there for.
    """
    if isinstance(written, str):
        return _named(written, place, context, word, shape)
    if not isinstance(written, YamlMap):
        context.problems.add(
            f"{word!r} is neither a name nor a provider",
            place,
            expected="the name of an entry of providers:, or a provider",
            fix=shape,
        )
        return None
    keys = set(written) - _OWN_KEYS
    entry = written.only(keys)
    if keys == {"provider"} and written["provider"] in context.providers:
        return context.providers[written["provider"]]
    if not keys:
        context.problems.add(f"{word!r} names no provider", place, expected="a provider", fix=shape)
        return None
    if "name" not in entry:
        entry.put("name", name, entry.mark)
    spec = build_provider(entry, context)
    return with_defaults(spec, context.defaults, params=False) if spec else None


def _named(
    name: str, place: Location, context: LoadContext, word: str, shape: str
) -> ProviderSpec | None:
    found = context.providers.get(name)
    # where the file's providers have problems of their own, theirs are enough
    if found is None and context.providers and not context.broken_providers:
        known = sorted(context.providers)
        context.problems.add(
            f"unknown {word} {shorten(name)!r}",
            place,
            expected=one_of(name, known, "an entry of providers:"),
            fix=suggest(name, known) or shape,
        )
    return found
