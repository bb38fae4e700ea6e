"""Scenarios of a suite as cases of an arena: their turns, their columns, and what they lack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from itertools import product
from math import prod
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.checks import Checks
from pytest_arena.loading.dialects.promptarena.made import list_under, literal, mapping
from pytest_arena.loading.dialects.promptarena.manifests import Manifest, Manifests, known_keys
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap, plain
from pytest_arena.text.shown_path import path_from

_KEYS = (
    *("task_type", "turns", "tool_policy", "providers", "provider_group", "variables", "trials"),
    *("required_capabilities", "conversation_assertions", "streaming", "duplex", "voice"),
    *("context_policy", "seed_memories", "steps", "pack", "mode"),
)
_DESCRIBED = (
    "id",
    "name",
    "description",
    "context",
    "context_metadata",
    "labels",
    "tags",
    "context_carry_forward",
)
_OF_TURNS = (
    *("role", "content", "parts", "persona", "turns", "max_turns", "assertions", "perturbations"),
    *("chaos", "consent_overrides", "streaming", "tts", "audio", "type"),
)
_MOST_WAYS = 1000
_PARTS = {"image": "image", "document": "pdf", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class Roles:
    """Who may speak in a scenario beside the user: roles with their providers, and personas."""

    providers: dict[str, str] = field(default_factory=dict)
    personas: tuple[str, ...] = ()


class ScenarioReader:
    """Reads one scenario; `needs` is what it asks for that an arena has not."""

    def __init__(
        self,
        manifest: Manifest,
        manifests: Manifests,
        roles: Roles,
        checks: Checks,
        context: LoadContext,
    ) -> None:
        self.manifest = manifest
        self.needs: dict[str, None] = {}
        self.personas: dict[str, tuple[str, str]] = {}
        """Who talks in it: by what an arena calls them, the persona and the role that plays it."""
        self._manifests = manifests
        self._roles = roles
        self._checks = checks
        self._context = context
        self.owner = f"scenario {shorten(manifest.name)!r}"
        self.tree = known_keys(
            manifest.spec,
            _KEYS,
            self.owner,
            context,
            described=_DESCRIBED,
            mappings=("variables",),
        )
        variables = self.tree.get("variables")
        self.variables: dict[str, Any] = plain(variables) if isinstance(variables, YamlMap) else {}

    @property
    def task(self) -> str | None:
        """The prompt that it is under."""
        task = self.tree.get("task_type")
        return str(task) if task else None

    @property
    def place(self) -> Location:
        """Where it begins."""
        return self.manifest.place

    def cases(self) -> Iterator[tuple[str, YamlList, YamlList]]:
        """Yield the cases that it is, one for each way to fill in what is perturbed: the name, the
        turns, and what must hold of the whole."""
        self._look()
        of_all = self._checks.of_conversation(self.tree, "conversation_assertions", self.owner)
        written = self.tree.get("turns", self.tree.get("steps"))
        listed = written if isinstance(written, YamlList) else ()
        turns = [one for one in listed if isinstance(one, YamlMap)]
        if not isinstance(written, YamlList) or len(turns) < len(written) or not turns:
            if not self.needs or written is None:
                self._context.problems.add(
                    f"{self.owner} has no turns",
                    self.tree.value_place("turns"),
                    expected="a list of turns, each with role and content",
                    fix="write it like turns: [{role: user, content: Hello!}]",
                )
            yield self.manifest.name, YamlList(self.tree.files, self.tree.mark), of_all
            return
        ways = list(self._ways(turns))
        for way in ways:
            made = YamlList(written.files, written.mark)
            for index, turn in enumerate(turns):
                if "turns" not in self.tree and self._is_event(turn):
                    continue
                one = self._turn(turn, index, way.get(index, {}))
                if one is not None:
                    made.put(one, turn.mark)
            values = [value for found in way.values() for value in found.values()]
            name = self.manifest.name
            yield f"{name} ({', '.join(values)})" if values else name, made, of_all

    def _ways(self, turns: list[YamlMap]) -> Iterator[dict[int, dict[str, str]]]:
        """Yield each combination of what turns are perturbed with, by turn and name."""
        axes: list[list[tuple[int, str, str]]] = []
        for index, turn in enumerate(turns):
            said = turn.get("perturbations")
            for name, values in plain(said).items() if isinstance(said, YamlMap) else ():
                listed = values if isinstance(values, list) else [values]
                axes.append([(index, str(name), str(value)) for value in listed])
        count = prod(map(len, axes))
        if count > _MOST_WAYS:
            self._context.problems.add(
                f"{self.owner} is perturbed in {count:,} ways",
                self.place,
                expected=f"at most {_MOST_WAYS:,} combinations of what perturbations: hold",
                fix="perturb fewer turns of it, or write several scenarios",
            )
            yield {}
            return
        for combination in product(*axes):
            way: dict[int, dict[str, str]] = {}
            for index, name, value in combination:
                way.setdefault(index, {})[name] = value
            yield way

    def _look(self) -> None:
        """Keep what the scenario as a whole needs."""
        tree = self.tree
        if isinstance(tree.get("duplex"), YamlMap) or tree.get("voice"):
            key = "duplex" if "duplex" in tree else "voice"
            self._need(f"a conversation by voice ({key})", tree.key_place(key))
        if any(self._is_event(step) for step in list_under(tree, "steps")):
            self._need("events that the scenario sends itself (steps)", tree.key_place("steps"))
        if tree.get("seed_memories"):
            self._need("a memory of the runtime (seed_memories)", tree.key_place("seed_memories"))
        policy = tree.get("context_policy")
        if isinstance(policy, YamlMap) and policy.get("token_budget"):
            how = policy.get("strategy")
            self._need(
                f"a context that is cut (context_policy: {how or 'oldest'})",
                tree.key_place("context_policy"),
            )

    @staticmethod
    def _is_event(step: Any) -> bool:
        return not isinstance(step, YamlMap) or step.get("type", "input") != "input"

    def _need(self, what: str, place: Location) -> None:
        self.needs[f"{what}, at {place}"] = None

    def _turn(self, turn: YamlMap, index: int, perturbed: dict[str, str]) -> YamlMap | None:
        owner = f"turn {index + 1} of {self.owner}"
        tree = known_keys(
            turn,
            _OF_TURNS,
            owner,
            self._context,
            described=("description", "name"),
        )
        role = str(tree.get("role") or ("user" if tree.get("type") == "input" else ""))
        self._look_at_turn(tree)
        made = YamlMap(turn.files, turn.mark)
        if role == "user":
            self._say(tree, made, owner, perturbed)
        elif role == "assistant":
            self._need("an answer that is scripted (role: assistant)", tree.key_place("role"))
            return None
        elif role in self._roles.providers or tree.get("persona"):
            if not self._play(tree, made, owner, role):
                return None
        else:
            known = ["user", *self._roles.providers]
            self._context.problems.add(
                f"{owner} has an unknown role {shorten(role)!r}",
                tree.value_place("role"),
                expected=one_of(role, known, ""),
                fix=suggest(role, known) or "write role: user, or a role of self_play:",
            )
            return None
        checks = self._checks.of(tree, "assertions", owner)
        for check in self._checks.of_each_turn:
            checks.put(check, check.mark)
        if checks:
            made.put("assertions", checks, checks.mark)
        return made

    def _look_at_turn(self, tree: YamlMap) -> None:
        chaos = tree.get("chaos")
        if isinstance(chaos, YamlMap):
            self._need("faults in the tools of a single turn (chaos)", tree.key_place("chaos"))
        consent = tree.get("consent_overrides")
        if isinstance(consent, YamlMap) and any(one != "grant" for one in consent.values()):
            self._need(
                "a user who denies a tool (consent_overrides)", tree.key_place("consent_overrides")
            )
        for key in ("tts", "audio"):
            if tree.get(key):
                self._need(f"sound ({key})", tree.key_place(key))

    def _say(self, tree: YamlMap, made: YamlMap, owner: str, perturbed: dict[str, str]) -> None:
        parts = tree.get("parts")
        if isinstance(parts, YamlList) and parts:
            said = [part for part in map(self._part, parts) if part is not None]
            made.put("user", mapping(parts, parts.mark, {"parts": said})["parts"], parts.mark)
            return
        text = tree.get("content")
        if text is None:
            self._context.problems.add(
                f"{owner} says nothing",
                tree.place,
                expected="content: what the user says, or parts",
                fix="add content: …",
            )
            made.put("user", "-", tree.mark)
            return
        whole = text if isinstance(text, str) else tree.spelling("content")
        for name, value in perturbed.items():
            for braces in ("{{%s}}", "{{ %s }}", "{%s}"):
                whole = whole.replace(braces % name, value)
        made.put("user", literal(whole, self.variables), tree.marks["content"])

    def _part(self, part: Any) -> dict[str, Any] | None:
        if not isinstance(part, YamlMap):
            return {"text": literal(str(part), self.variables)}
        kind, media = str(part.get("type") or "text"), part.get("media")
        if kind == "text":
            return {"text": literal(str(part.get("text") or ""), self.variables)}
        if not isinstance(media, YamlMap):
            media = part
        path = media.get("file_path")
        if kind not in _PARTS or kind == "audio" or not isinstance(path, str):
            how = kind if kind not in _PARTS or kind == "audio" else f"{kind} that is no file"
            self._need(f"{how} in what the user says", part.place)
            return None
        made = {_PARTS[kind]: self._beside(path, part.place)}
        if kind == "image" and media.get("detail"):
            made["detail"] = str(media["detail"])
        return made

    def _beside(self, path: str, place: Location) -> str:
        """Return a file, which the suite names from its folder, from the folder of this file."""
        here = (self._context.root / place.file).parent
        return path_from(here, self._manifests.folder / path)

    def _play(self, tree: YamlMap, made: YamlMap, owner: str, role: str) -> bool:
        persona = str(tree.get("persona") or "")
        if role not in self._roles.providers:
            known = sorted(self._roles.providers)
            self._context.problems.add(
                f"{owner} is said by an unknown role {shorten(role)!r}",
                tree.value_place("role"),
                expected=one_of(role, known, "a role of self_play: roles:"),
                fix=suggest(role, known) or "add it under self_play: roles: of the suite",
            )
            return False
        if persona not in self._roles.personas:
            known = list(self._roles.personas)
            self._context.problems.add(
                f"{owner} names an unknown persona {shorten(persona)!r}",
                tree.value_place("persona"),
                expected=one_of(persona, known, "a persona under self_play: personas:"),
                fix=suggest(persona, known) or "add it under self_play: personas: of the suite",
            )
            return False
        # with a single role that can play, the persona's own name is enough
        name = persona if len(self._roles.providers) == 1 else f"{persona} as {role}"
        self.personas[name] = (persona, role)
        made.put("persona", name, tree.marks["persona"])
        least = tree.get("turns") or 1
        made.put("turns", least, tree.marks.get("turns", tree.mark))
        most = tree.get("max_turns")
        if isinstance(most, int) and isinstance(least, int):
            made.put("max_turns", max(most, least), tree.marks["max_turns"])
        return True

    def capabilities(self) -> list[str]:
        """Return what a provider must be able to do."""
        written = self.tree.get("required_capabilities")
        return [str(one) for one in written] if isinstance(written, YamlList) else []


def reason_of(needs: Iterable[str]) -> str | None:
    """Return why a scenario is not run; None where it is."""
    listed = "; ".join(needs)
    return f"it needs {listed}" if listed else None
