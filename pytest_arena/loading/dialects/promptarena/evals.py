"""Evals of a suite: recorded conversations, judged without asking anybody again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_arena.errors import ArenaFileError, Problem, shorten
from pytest_arena.loading.context import LoadContext, Region
from pytest_arena.loading.dialects.promptarena.check_base import Around
from pytest_arena.loading.dialects.promptarena.checks import Checks
from pytest_arena.loading.dialects.promptarena.made import literal, mapping
from pytest_arena.loading.dialects.promptarena.manifests import Manifest, Manifests, known_keys
from pytest_arena.loading.dialects.promptarena.providers import VENDORS
from pytest_arena.loading.dialects.promptarena.recordings import exchanges_in_recording
from pytest_arena.loading.dialects.promptarena.scenarios import reason_of
from pytest_arena.loading.tree import YamlList, YamlMap, plain

COLUMN = "recorded"
"""The column of what was said in recordings."""
_KEYS = ("recording", "turns", "conversation_assertions", "assertions", "tags", "judge_targets")
_DESCRIBED = ("id", "description", "mode", "speed")


class SuiteEvals:
    """The evals of a suite: their cases, and the column that answers in them."""

    def __init__(self, manifests: Manifests, judges: dict[str, Any], context: LoadContext) -> None:
        self._manifests = manifests
        self._judges = judges
        self._context = context
        self.column: YamlMap | None = None
        self.broken: dict[str, ArenaFileError] = {}

    def cases(self) -> Iterator[YamlMap]:
        """Yield a case for each eval that can be read."""
        for found in self._manifests.named("evals", "Eval"):
            if not isinstance(found, Manifest):
                self.broken[found[0]] = found[1]
            elif found.name not in self._context.refused:
                try:
                    yield self._case(found)
                except ArenaFileError as error:
                    self.broken[found.name] = error

    def _case(self, manifest: Manifest) -> YamlMap:
        spec, owner = manifest.spec, f"eval {shorten(manifest.name)!r}"
        cases = frozenset([manifest.name])
        self._context.regions.append(Region(*manifest.lines, cases))
        tree = known_keys(spec, _KEYS, owner, self._context, described=_DESCRIBED)
        asked = list(self._answers(manifest, tree, owner))
        judges = {**self._judges, **_targets(tree.get("judge_targets"))}
        checks = Checks(Around(judges), (), self._context)
        of_all = checks.of_conversation(tree, "conversation_assertions", owner)
        of_all.extend_from(checks.of_conversation(tree, "assertions", owner))
        of_each = YamlList(spec.files, spec.mark)
        for turn in tree.get("turns") or ():
            each = turn.get("all_turns") if isinstance(turn, YamlMap) else None
            if isinstance(each, YamlMap):
                of_each.extend_from(checks.of(each, "assertions", owner))
        for check in checks.of_each_turn:
            of_each.put(check, check.mark)
        if not of_all and not of_each:
            of_all.put(mapping(spec, spec.mark, {"type": "success"}), spec.mark)
        case = mapping(spec, spec.mark, {"name": manifest.name, "providers": [COLUMN]})
        turns = YamlList(spec.files, spec.mark)
        for text in asked:
            turn = mapping(spec, spec.mark, {"user": literal(text)})
            if of_each:
                turn.put("assertions", of_each, of_each.mark)
            turns.put(turn, spec.mark)
        if checks.needs:
            case.put("skip", reason_of(checks.needs), spec.mark)
        case.put("conversation", turns, spec.mark)
        if of_all:
            case.put("assertions", of_all, of_all.mark)
        return case

    def _answers(self, manifest: Manifest, tree: YamlMap, owner: str) -> Iterator[str]:
        """Yield what was asked in a recording, and keep its answers under the eval's name."""
        source = tree.get("recording")
        written = source.get("path") if isinstance(source, YamlMap) else None
        if not isinstance(source, YamlMap) or not isinstance(written, str):
            raise ArenaFileError(_no_recording(owner, tree))
        place = source.value_place("path")
        beside = (self._context.root / place.file).parent / written
        if beside.is_file():
            path = self._context.find(written, place, "recording")
        else:
            path = self._manifests.find(written, place, "recording")
        answers: list[dict[str, Any]] = []
        for text, answer in exchanges_in_recording(path, place, self._context):
            answers.append(answer)
            yield text
        turns = dict(enumerate(answers, 1))
        spec = manifest.spec
        if self.column is None:
            scenarios = YamlMap(spec.files, spec.mark)
            responses = mapping(spec, spec.mark, {})
            responses.put("scenarios", scenarios, spec.mark)
            self.column = mapping(spec, spec.mark, {"name": COLUMN, "provider": "mock"})
            self.column.put("responses", responses, spec.mark)
        made = mapping(spec, spec.mark, {"turns": turns})
        self.column["responses"]["scenarios"].put(manifest.name, made, spec.mark)


def _targets(written: Any) -> dict[str, Any]:
    """Return the judges that an eval has of its own, as providers."""
    found: dict[str, Any] = {}
    for name, one in plain(written).items() if isinstance(written, YamlMap) else ():
        if isinstance(one, dict):
            kind = str(one.get("type") or "")
            vendor = VENDORS.get(kind, kind)
            found[str(name)] = {"provider": vendor, "model": str(one.get("model") or "")}
    return found


def _no_recording(owner: str, tree: YamlMap) -> Problem:
    return Problem(
        f"{owner} names no recording",
        tree.value_place("recording"),
        "recording: {path: …}, the file of a session",
        "add recording: {path: recordings/session.recording.json}",
    )
