"""Providers of a suite as the columns of an arena."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from pytest_arena.errors import ArenaFileError, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext, Region
from pytest_arena.loading.dialects.promptarena.made import mapping
from pytest_arena.loading.dialects.promptarena.manifests import (
    Manifest,
    Manifests,
    known_keys,
)
from pytest_arena.loading.dialects.promptarena.mock_answers import answers_of
from pytest_arena.loading.dialects.promptarena.mock_files import MockFiles
from pytest_arena.loading.dialects.promptarena.recordings import answers_in_recording
from pytest_arena.loading.tree import YamlMap, plain

_KEYS = (
    *("id", "type", "model", "base_url", "rate_limit", "defaults", "pricing", "credential"),
    *("platform", "headers", "additional_config", "mock_config", "role", "capability"),
    *("capabilities", "request_timeout", "timeout"),
)
_DESCRIBED = ("pricing_correct_at", "include_raw_output", "description", "name")
VENDORS = {
    "claude": "anthropic",
    "google": "gemini",
    "ollama": "ollama_chat",
    "vllm": "hosted_vllm",
}
"""What litellm calls a vendor where it has another name."""
_PLATFORMS = {"bedrock": "bedrock", "vertex": "vertex_ai", "azure": "azure"}
_NO_COLUMNS = ("imagen", "voyageai", "elevenlabs", "cartesia", "huggingface")
"""Types that answer no chat."""
_PARAMS = ("temperature", "top_p", "max_tokens")
_PER_TOKEN = 10.0
"""What PromptArena's mock says that a million tokens cost."""


@dataclass(slots=True)
class Column:
    """One provider of a suite, and by what scenarios choose it."""

    manifest: Manifest
    groups: tuple[str, ...]
    kind: str
    capabilities: frozenset[str] | None
    """What it says that it can; None where it says nothing."""
    entry: YamlMap
    answers: YamlMap | None = None
    """A mock's file, as it is written."""
    otherwise: str = ""
    """What a mock says where its file has nothing."""


@dataclass(slots=True)
class SuiteProviders:
    """The providers of a suite by name."""

    manifests: Manifests
    context: LoadContext
    defaults: YamlMap | None
    columns: dict[str, Column] = field(default_factory=dict)
    files: MockFiles = field(init=False)
    left_out: dict[str, str] = field(default_factory=dict)
    """Those that are no columns, and why."""

    def __post_init__(self) -> None:
        self.files = MockFiles(self.manifests, self.context)

    def add(self, manifest: Manifest) -> None:
        """Take one provider, or leave it out with a word of why."""
        owner = f"provider {shorten(manifest.name)!r}"
        tree = known_keys(manifest.spec, _KEYS, owner, self.context, described=_DESCRIBED)
        kind = str(tree.get("type") or "").lower()
        role = str(tree.get("role") or tree.get("capability") or "llm")
        if role != "llm" or kind in _NO_COLUMNS:
            what = role if role != "llm" else f"type {kind}"
            why = f"{owner} is no column: it is of {what}, which answers no chat"
            self.left_out[manifest.name] = why
            self.context.warn(manifest.place, why)
            return
        said = manifest.entry.get("group")
        groups = tuple(part.strip() for part in str(said or "default").split(",") if part.strip())
        groups = groups or ("default",)
        self.context.regions.append(Region(*manifest.lines, columns=frozenset({manifest.name})))
        if self._is_refused(manifest.name, manifest.spec, groups):
            return
        if manifest.name in self.columns:
            other = self.columns[manifest.name].manifest.place
            self.context.problems.add(
                f"duplicate {owner}",
                manifest.place,
                expected=f"a name of its own; the other stands at {other}",
                fix="rename one of them, in metadata: or as id",
            )
        able = tree.get("capabilities")
        column = Column(
            manifest,
            groups,
            kind,
            frozenset(map(str, able)) if isinstance(able, list) else None,
            YamlMap(manifest.spec.files, manifest.mark),
        )
        self._fill(column, tree, owner)
        self.columns[manifest.name] = column

    def _is_refused(self, name: str, like: YamlMap, groups: tuple[str, ...]) -> bool:
        """Return whether a provider cannot answer: its column then answers nothing."""
        if name not in self.context.refused_columns:
            return False
        entry = mapping(like, like.mark, {"name": name, "provider": "mock", "group": groups[0]})
        nowhere = Manifest(name, like, like, like.place, like.place.line, like.place.line)
        self.columns[name] = Column(nowhere, groups, "", None, entry)
        return True

    def refuse(self, name: str, error: ArenaFileError, suite: YamlMap) -> None:
        """Take a provider whose file cannot be read: its cells are an error."""
        self.context.refused_columns.setdefault(name, error.problems)
        self._is_refused(name, suite, ("default",))

    def _fill(self, column: Column, tree: YamlMap, owner: str) -> None:
        spec, entry = column.manifest.spec, column.entry
        model = str(tree.get("model") or "")
        platform = tree.get("platform")
        where = platform.get("type") if isinstance(platform, YamlMap) else None
        vendor = _PLATFORMS.get(str(where)) or VENDORS.get(column.kind, column.kind)
        offline = column.kind in ("mock", "replay")
        if not column.kind:
            self.context.problems.add(
                f"{owner} has no type",
                column.manifest.place,
                expected="type: the vendor, or mock",
                fix="write it like type: openai",
            )
        entry.put("name", column.manifest.name, spec.marks.get("id", spec.mark))
        called = "mock" if offline or not vendor else vendor
        entry.put("provider", called, spec.marks.get("type", spec.mark))
        if model:
            entry.put("model", model, spec.marks.get("model", spec.mark))
        entry.put("group", column.groups[0], spec.mark)
        self._prices(tree, entry, offline=offline)
        if column.kind == "mock":
            self._answers(column, tree, owner)
            return
        if column.kind == "replay":
            self._replayed(column, tree, owner)
            return
        params = self._params(tree)
        for key, value in (
            ("api_base", tree.get("base_url") or _endpoint(platform)),
            ("params", params or None),
            ("headers", plain(tree).get("headers")),
            ("rate_limit", _rate_limit(tree.get("rate_limit"))),
            ("timeout", tree.get("request_timeout") or tree.get("timeout")),
        ):
            if value is not None:
                made = mapping(spec, spec.mark, {key: value})
                entry.put(key, made[key], spec.marks.get(key, spec.mark))
        self._credential(tree, entry, owner)
        for key in ("additional_config", "mock_config"):
            if tree.get(key):
                self.context.warn(tree.key_place(key), f"{key!r} of {owner} has no effect here")

    def _params(self, tree: YamlMap) -> dict[str, Any]:
        """Return the generation parameters: the suite's own go before the provider's."""
        own, shared = tree.get("defaults"), self.defaults
        found = plain(own) if isinstance(own, YamlMap) else {}
        params = {name: found[name] for name in _PARAMS if found.get(name) is not None}
        said = plain(shared) if shared is not None else {}
        params |= {name: said[name] for name in (*_PARAMS, "seed") if said.get(name)}
        return params

    def _prices(self, tree: YamlMap, entry: YamlMap, *, offline: bool) -> None:
        pricing = tree.get("pricing")
        found = plain(pricing) if isinstance(pricing, YamlMap) else {}
        for ours, way in (
            ("input_cost_per_million", "input"),
            ("output_cost_per_million", "output"),
        ):
            price = found.get(ours)
            per_thousand = found.get(f"{way}_cost_per_1k", found.get(f"{way}_per_1k"))
            if price is None and isinstance(per_thousand, (int, float)):
                price = per_thousand * 1000
            if price is None and offline:
                price = _PER_TOKEN
            if price is not None:
                entry.put(ours, price, tree.marks.get("pricing", tree.mark))

    def _credential(self, tree: YamlMap, entry: YamlMap, owner: str) -> None:
        credential = tree.get("credential")
        if not isinstance(credential, YamlMap):
            return
        if credential.get("credential_env"):
            mark = credential.marks["credential_env"]
            entry.put("api_key_env", str(credential["credential_env"]), mark)
        for key in ("api_key", "credential_file"):
            if credential.get(key):
                self.context.warn(
                    credential.key_place(key),
                    f"{key!r} of {owner} is not read: name the variable that holds the key as "
                    "credential_env",
                )

    def _answers(self, column: Column, tree: YamlMap, owner: str) -> None:
        model = tree.get("model") or ""
        extra = tree.get("additional_config")
        if isinstance(extra, YamlMap):
            what = f"'additional_config' of {owner}"
            known_keys(extra, ("mock_config",), what, self.context)
        column.otherwise = f"Mock response for provider {column.manifest.name} model {model}"
        column.answers = self.files.of(tree, column.manifest.name, column.manifest.place, owner)
        if column.answers is None and self.files.is_bare(tree):
            self.context.warn(
                column.manifest.place,
                f"{owner} names no file of answers (additional_config: {{mock_config: …}}): it "
                f"always says {column.otherwise!r}",
            )

    def offline(self, same: dict[str, list[str]], personas: Mapping[str, str]) -> YamlMap | None:
        """Return what real providers say where a run is offline: the file beside the suite."""
        real = [one for one in self.columns.values() if one.kind not in ("mock", "replay", "")]
        found = self.files.beside("", real[0].manifest.place) if real else None
        if found is None:
            return None
        return answers_of(found[1], "Mock response", same, personas, self.context)

    def _replayed(self, column: Column, tree: YamlMap, owner: str) -> None:
        extra = tree.get("additional_config")
        recording = extra.get("recording") if isinstance(extra, YamlMap) else None
        if not isinstance(extra, YamlMap) or not isinstance(recording, str):
            self.context.problems.add(
                f"{owner} replays nothing",
                tree.value_place("type"),
                expected="additional_config with recording: the file of a session",
                fix="write additional_config: {recording: recordings/session.recording.json}",
            )
            return
        known_keys(
            extra, ("recording", "match"), owner, self.context, described=("timing", "speed")
        )
        place = extra.value_place("recording")
        with self.context.gathering():
            path = self.manifests.find(recording, place, "recording")
            by_content = extra.get("match") == "content"
            answers = answers_in_recording(path, place, self.context, by_content=by_content)
            column.entry.put("responses", answers, extra.marks["recording"])

    def complete(
        self, same: dict[str, list[str]], personas: Mapping[str, str], judges: set[str]
    ) -> None:
        """Give mocks their answers, once the names of all cases are known, and who judges."""
        for column in self.columns.values():
            if column.kind == "replay":
                _for_every_case(column.entry.get("responses"), same)
                continue
            if column.kind != "mock":
                continue
            if column.answers is None and not column.otherwise:
                continue
            if column.answers is None:
                answers = mapping(column.entry, column.manifest.mark, {"default": column.otherwise})
            else:
                answers = answers_of(
                    column.answers,
                    column.otherwise,
                    same,
                    personas,
                    self.context,
                    judges=column.manifest.name in judges,
                )
            column.entry.put("responses", answers, answers.mark)


def _for_every_case(responses: Any, same: dict[str, list[str]]) -> None:
    """Give each case the answers of a recording, which are in the order of one."""
    if not isinstance(responses, YamlMap) or "turns" not in responses:
        return
    turns, mark = responses.pop("turns"), responses.marks.pop("turns")
    responses.key_marks.pop("turns", None)
    scenarios = YamlMap(responses.files, mark)
    for cases in same.values():
        for case in cases:
            scenario = YamlMap(responses.files, mark)
            scenario.put("turns", turns, mark)
            scenarios.put(case, scenario, mark)
    responses.put("scenarios", scenarios, mark)


def _endpoint(platform: Any) -> Any:
    return platform.get("endpoint") if isinstance(platform, YamlMap) else None


def _rate_limit(written: Any) -> dict[str, Any] | None:
    rps = written.get("rps") if isinstance(written, YamlMap) else None
    return {"requests_per_minute": rps * 60} if isinstance(rps, (int, float)) and rps > 0 else None
