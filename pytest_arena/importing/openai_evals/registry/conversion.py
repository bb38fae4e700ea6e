"""The evals of a registry's file as an arena."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import field
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem
from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.data_sets.cases import DEFAULT_JUDGE
from pytest_arena.importing.findings import ALIKE, EXACT, LEFT_OUT
from pytest_arena.importing.importer import Imported, Source
from pytest_arena.importing.made import LeftOutError
from pytest_arena.importing.openai_evals.messages import Said, read_messages, sent
from pytest_arena.importing.openai_evals.names import Unique, case_name, column_name
from pytest_arena.importing.openai_evals.registry.classes import (
    GRADED,
    check_of,
    params_of,
    unknown_args,
)
from pytest_arena.importing.openai_evals.registry.graded import TEXTS, GradedSpec
from pytest_arena.importing.openai_evals.registry.logs import read_logs
from pytest_arena.importing.openai_evals.registry.specs import (
    EvalSpec,
    graded_spec,
    read_samples,
    read_specs,
    with_registry,
)
from pytest_arena.importing.openai_evals.rows import RowFiles
from pytest_arena.importing.refused import why_refused
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.tree import YamlMap, plain

MODEL = "model"


@dataclass(slots=True)
class _Part:
    """Samples of one form, which become one case."""

    said: tuple[Said, ...]
    answer: str
    rows: list[dict[str, Any]] = field(default_factory=list)


class Conversion:
    """The evals of one file while they are converted."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._registry = with_registry(source)
        self._findings = source.findings
        self._files = RowFiles(source)
        self._names = Unique()
        self._cases: list[dict[str, Any]] = []
        self._params: list[dict[str, Any]] = []
        self._judges = False
        self._logs = read_logs(source)
        self._columns = Unique(MODEL)
        self._providers: list[dict[str, Any]] = []

    def run(self) -> Imported:
        why: list[str] = []
        for spec in read_specs(self._source):
            try:
                self._convert(spec)
            except LeftOutError as error:
                self._findings.left_out(spec.place, f"{spec.name}: {error}", error.instead)
                self._findings.count_assertion(LEFT_OUT, spec.place, spec.kind)
                why.append(f"{spec.name}: {error}")
        if not self._cases:
            raise ArenaFileError(
                Problem("no eval can be imported", self._source.place, fix="; ".join(why))
            )
        arena: dict[str, Any] = {"providers": self._all_providers()}
        if self._judges:
            self._findings.alike(
                self._source.place,
                "so is the model that grades",
                "/".join(DEFAULT_JUDGE.values()) + " judges; name another under judge:",
            )
            arena["judge"] = dict(DEFAULT_JUDGE)
        defaults = self._defaults()
        if defaults:
            arena["defaults"] = {"params": defaults}
        arena["tests"] = self._cases
        return Imported(arena, self._findings, self._source.files)

    def _all_providers(self) -> list[dict[str, Any]]:
        """Return the columns: answers of logs, and the model that the command line names there."""
        if all("providers" in case for case in self._cases):
            for case in self._cases:
                if len(self._providers) == 1:
                    del case["providers"]
            return self._providers
        self._findings.alike(
            self._source.place,
            "the model is named on the command line there",
            f"the column `{MODEL}` stands for it: name yours under providers:",
        )
        for case in self._cases:
            if self._providers and "providers" not in case:
                case["providers"] = [MODEL]
        return [*self._providers, {"name": MODEL, "provider": "mock"}]

    def _add_logs(self, spec: EvalSpec, numbers: dict[int, int]) -> list[str]:
        """Add the columns of the logs of an eval, and return their names."""
        names = []
        for log in self._logs:
            rows = [
                {"row": numbers[index], "output": said}
                for index, said in sorted(log.answers.items())
                if index in numbers
            ]
            if log.eval_name == spec.name and rows:
                names.append(self._columns.take(column_name(log.models)))
                path = self._files.add("answers", rows)
                made = {"name": names[-1], "provider": "outputs", "path": path, "case": "row"}
                self._providers.append(made)
        return names

    def _defaults(self) -> dict[str, Any]:
        """Return the parameters that all evals ask with, where they agree."""
        several = {json.dumps(params, sort_keys=True) for params in self._params}
        if len(several) == 1:
            return self._params[0]
        self._findings.alike(
            self._source.place,
            "its evals ask with different parameters",
            f"add those that you want to params: {', '.join(sorted(several))}",
        )
        return {}

    def _convert(self, spec: EvalSpec) -> None:
        graded = None
        if spec.kind == GRADED:
            tree = graded_spec(spec.arg("modelgraded_spec"), self._registry)
            graded = GradedSpec(spec, tree)
        unknown = unknown_args(spec)
        if unknown:
            raise LeftOutError(f"its class does not take {', '.join(unknown)}")
        samples = read_samples(spec.arg("samples_jsonl"), self._registry)
        shots = self._shots(spec)
        parts: dict[Any, _Part] = {}
        numbers: dict[int, int] = {}
        for index, tree in enumerate(samples):
            place = samples.value_place(index)
            try:
                part, row = self._row(plain(tree), graded, shots, place)
            except LeftOutError as error:
                self._findings.left_out(place, f"a sample: {error}", error.instead)
                continue
            key = (part.said, part.answer)
            parts.setdefault(key, part).rows.append(row)
            numbers[index] = row["row"]
        if not parts:
            raise LeftOutError("none of its samples can be a case")
        self._params.append(params_of(spec))
        first = len(self._cases)
        self._add_cases(spec, graded, list(parts.values()))
        columns = self._add_logs(spec, numbers)
        for case in self._cases[first:] if columns else ():
            case["providers"] = columns

    def _add_cases(self, spec: EvalSpec, graded: GradedSpec | None, parts: Sequence[_Part]) -> None:
        name = self._names.take(case_name(spec.name))
        description = self._description(spec)
        cases = []
        for part in parts:
            checks = self._checks(spec, graded, part.answer)
            case: dict[str, Any] = {"name": f"{name} {{{{ row }}}}"}
            if description:
                case["description"] = escaped(description)
            case["data"] = part.rows
            cases.append({**case, **sent(part.said), "assertions": checks})
        for case in cases:
            case["data"] = self._files.add("samples", case["data"])
        self._cases += cases
        self._findings.count_assertion(ALIKE if graded else EXACT, spec.place, spec.kind)

    def _checks(
        self, spec: EvalSpec, graded: GradedSpec | None, answer: str
    ) -> list[dict[str, Any]]:
        if graded is None:
            return [check_of(spec)]
        graded.notes.clear()
        made = graded.assertion(answer)
        refused = why_refused({**made, "reference": "x"} if "reference" in made else made)
        if refused is not None:
            raise LeftOutError(f"an arena refuses it: {refused}")
        self._judges = True
        self._findings.alike(
            spec.place,
            f"{spec.name}: a judge of an arena is asked, in its own words around these",
            "see docs/judging.md for how answers are judged here",
        )
        for what, instead in graded.notes:
            self._findings.alike(spec.place, f"{spec.name}: {what}", instead)
        return [made] if made.get("weight", 1) else [made, {"type": "success"}]

    def _description(self, spec: EvalSpec) -> str:
        """Return what is told of an eval: by itself, or by the name that stands for it."""
        for tree in (spec.tree, *self._source.tree.values()):
            if isinstance(tree, YamlMap) and (tree is spec.tree or tree.get("id") == spec.name):
                told = tree.get("description")
                if isinstance(told, str) and told.strip():
                    return told.strip()
        return ""

    def _shots(self, spec: EvalSpec) -> list[Said]:
        """Return the examples that stand before each sample's last message."""
        number = spec.arg("num_few_shot")
        if not isinstance(number, int) or number <= 0:
            return []
        found: list[Said] = []
        for tree in list(read_samples(spec.arg("few_shot_jsonl"), self._registry))[:number]:
            written = plain(tree).get("sample")
            if not isinstance(written, list):
                raise LeftOutError("an example of few_shot_jsonl without a sample of messages")
            found += [Said(one.role, escaped(one.text)) for one in read_messages(written)]
        return found

    def _row(
        self,
        sample: dict[str, Any],
        graded: GradedSpec | None,
        shots: Sequence[Said],
        place: Location,
    ) -> tuple[_Part, dict[str, Any]]:
        """Return the form of a sample, and the row that it becomes."""
        key = graded.asked(sample) if graded is not None else "input"
        if key not in sample:
            raise LeftOutError(f"it has no {key!r}")
        written = sample[key]
        said = read_messages(written)
        if isinstance(written, list) and any(
            not isinstance(one.get("content"), str) for one in written
        ):
            raise LeftOutError("a message whose content is no text")
        if not said[-1].text.strip():
            raise LeftOutError("its last message is empty")
        if isinstance(written, str):
            templates = [Said("user", "{{ input }}")]
            if shots:
                raise LeftOutError("examples before a prompt that is one text")
        else:
            templates = [
                Said(one.role, f"{{{{ input[{index}].content }}}}")
                for index, one in enumerate(said)
            ]
        templates = [*templates[:-1], *shots, templates[-1]]
        row: dict[str, Any] = {"row": self._files.next_row(), "input": written}
        if graded is None:
            if "ideal" not in sample:
                raise LeftOutError("it has no 'ideal'")
            row["ideal"] = sample["ideal"]
            return _Part(tuple(templates), ""), row
        row[TEXTS] = graded.texts(sample)
        return _Part(tuple(templates), graded.pairs[key]), row
