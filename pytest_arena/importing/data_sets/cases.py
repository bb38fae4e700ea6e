"""The arena that a data set becomes: its cases, and the answers that the set brings along."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten
from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.data_sets.asked import Asked
from pytest_arena.importing.findings import ALIKE, EXACT, LEFT_OUT
from pytest_arena.importing.importer import Imported, Source
from pytest_arena.importing.made import LeftOutError, Made, lost_in_words, without_templates
from pytest_arena.importing.refused import why_refused
from pytest_arena.light_dataclass import dataclass
from pytest_arena.text.key_patterns import find_keys
from pytest_arena.text.redaction import is_secret

DEFAULT_JUDGE = {"provider": "openai", "model": "gpt-5.5"}
_LONGEST_NAME = 60
_PLAYED = {"name": "yours", "provider": "mock", "model": "any"}
"""Stands for who answers a simulated user, in cases that are not run."""


@dataclass(slots=True)
class Judged:
    """What is to hold of a case, as it is gathered."""

    source: Source
    made: list[Made] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    asks_judge: bool = False
    """Whether an assertion asks the file's judge."""

    def keep(
        self,
        made: Iterable[Made],
        place: Location,
        kind: str,
        alike: tuple[str, str] | None = None,
        *,
        of_all: bool = False,
    ) -> None:
        """Take assertions that one thing of the set became; `alike` says why they are not exact,
        once for the file where it holds of all rows."""
        kept = [without_templates(one) for one in made]
        for one in kept:
            if (problem := why_refused(one)) is not None:
                self.lose(place, kind, LeftOutError(f"an arena does not take it: {problem}"))
                return
        if alike is not None:
            told_at = self.source.place if of_all else place
            self.source.findings.alike(told_at, f"{kind}: {alike[0]}", alike[1])
        self.source.findings.count_assertion(ALIKE if alike else EXACT, place, kind)
        self.made += kept

    def lose(self, place: Location, kind: str, why: LeftOutError) -> None:
        """Tell of an assertion that is not in the arena."""
        self.source.findings.left_out(place, f"{kind}: {why}", why.instead)
        self.source.findings.count_assertion(LEFT_OUT, place, kind)
        self.lost.append(kind)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that the set has for a case; several texts are those of a conversation's turns."""

    output: str | list[str] | None
    tool_calls: list[dict[str, Any]] | None = None
    """The tools that were called; None where the set does not tell."""
    facts: Mapping[str, float | int] = field(default_factory=dict)
    """Latency, tokens and cost, by the names of an `outputs` provider's columns."""
    error: str | None = None
    """Why there is no output."""


class DataSet:
    """A data set while it becomes an arena."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._names: dict[str, int] = {}
        self._cases: list[dict[str, Any]] = []
        self._answers: list[dict[str, Any]] = []
        self._personas: dict[str, dict[str, Any]] = {}
        self._unanswered = 0
        self._asks_judge = False

    def add(
        self,
        name: str | None,
        sent: Asked,
        judged: Judged,
        place: Location,
        *,
        answer: Answer | None = None,
        variables: Mapping[str, Any] | None = None,
        further: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a case; `variables` are kept beside those of its input, `further` are other keys."""
        plain = self._name(name or sent.summary or f"case {len(self._cases) + 1}")
        case: dict[str, Any] = {"name": escaped(plain), **sent.keys, **(further or {})}
        kept = {**case.pop("variables", {}), **self._without_secrets(variables or {}, place)}
        if kept:
            case["variables"] = kept
        if sent.lost:
            told = ", ".join(sent.lost)
            self.source.findings.left_out(place, f"of what is asked: {told}")
        lost = [*sent.lost, *judged.lost]
        if lost and (sent.lost or not self.source.partial):
            case["skip"] = escaped(lost_in_words(lost))
        if sent.is_named:
            self.source.findings.alike(
                self.source.place,
                "inputs of several values, which are sent as JSON",
                "write your own prompt, with {{ inputs.name }} where a value goes",
            )
        case["assertions"] = judged.made or [{"type": "success"}]
        if not any(one.get("weight", 1) for one in case["assertions"]):
            case["assertions"] = [*judged.made, {"type": "success"}]
        if not judged.made and not judged.lost:
            self.source.findings.alike(
                self.source.place,
                "cases that nothing judges",
                "type: success, which fails on an empty answer, stands there; write what must hold",
            )
        self._asks_judge = self._asks_judge or judged.asks_judge
        self._cases.append(case)
        self._answer(plain, answer)

    def _without_secrets(self, values: Mapping[str, Any], place: Location) -> dict[str, Any]:
        """Return values without keys and passwords, which are told and never copied."""
        kept: dict[str, Any] = {}
        for name, value in values.items():
            if isinstance(value, dict):
                kept[name] = self._without_secrets(value, place)
            elif isinstance(value, str) and (is_secret(str(name), value) or find_keys(value)):
                self.source.findings.left_out(place, f"{name}, which looks like a secret")
            else:
                kept[name] = value
        return kept

    def add_persona(self, persona: dict[str, Any]) -> str:
        """Return the name of a simulated user, who is added where nobody is like that."""
        for name, known in self._personas.items():
            if known == persona:
                return name
        name = f"user {len(self._personas) + 1}"
        self._personas[name] = persona
        return name

    def imported(
        self, description: str | None = None, *, judge: Mapping[str, str] = DEFAULT_JUDGE
    ) -> Imported:
        """Return the arena; a set without a case is an `ArenaFileError`."""
        if not self._cases:
            told = "; ".join(finding.what for finding in self.source.findings)
            raise ArenaFileError(
                Problem("no case can be read", self.source.place, fix=told or "add a row")
            )
        arena: dict[str, Any] = {}
        if description:
            arena["description"] = escaped(description)
        arena["providers"] = self._providers()
        if self._asks_judge:
            arena["judge"] = dict(judge)
            self.source.findings.alike(
                self.source.place,
                "who judges is not in the file",
                "/".join(judge.values()) + " judges; name another under judge:",
            )
        if self._personas:
            arena["personas"] = self._personas
        arena["tests"] = self._cases
        return Imported(arena, self.source.findings, self.source.files)

    def _providers(self) -> list[dict[str, Any]]:
        played = [case for case in self._cases if _has_persona(case)]
        found = [self._provider()]
        if not played:
            return found
        # neither an echo nor answers that are there already can answer a simulated user
        if len(played) == len(self._cases):
            found = []
        for case in self._cases:
            case["providers"] = [_PLAYED["name"] if case in played else found[0]["name"]]
            if case in played:
                case.setdefault("skip", "imported without who answers")
        return [*found, dict(_PLAYED)]

    def _provider(self) -> dict[str, Any]:
        findings = self.source.findings
        if not self._answers:
            findings.left_out(
                self.source.place,
                "who answers, which is code elsewhere",
                "echo answers with the prompt in its place: name yours under providers: "
                "(docs/your-application.md)",
            )
            return {"name": "echo", "provider": "echo"}
        if self._unanswered:
            number = self._unanswered
            findings.left_out(
                self.source.place,
                f"answers of {number} case{'' if number == 1 else 's'}, which the file does not "
                "have",
                "they are an error until a provider answers them",
            )
        name = f"{re.sub(r'[^A-Za-z0-9_.-]', '-', self.source.path.stem)}.outputs.jsonl"
        self.source.files[name] = "".join(
            json.dumps(row, ensure_ascii=False) + "\n" for row in self._answers
        )
        return {"name": "recorded", "provider": "outputs", "path": name}

    def _answer(self, case: str, answer: Answer | None) -> None:
        if answer is None:
            self._unanswered += 1
            return
        row: dict[str, Any] = {"case": case, "output": answer.output}
        if answer.error is not None:
            row["error"] = answer.error
        if answer.tool_calls is not None:
            row["tool_calls"] = answer.tool_calls
        self._answers.append({**row, **answer.facts})

    def _name(self, wanted: str) -> str:
        bare = " ".join(re.sub(r"::|[\[\]\x00-\x1f]", " ", wanted).split())
        bare = shorten(bare, _LONGEST_NAME) or "case"
        number = self._names[bare] = self._names.get(bare, 0) + 1
        name = bare if number == 1 else f"{bare} #{number}"
        return self._name(name) if number > 1 and name in self._names else name


def _has_persona(case: Mapping[str, Any]) -> bool:
    return any("persona" in turn for turn in case.get("conversation", ()))
