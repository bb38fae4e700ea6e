"""`tests:` and `scenarios:` of a configuration, merged with `defaultTest` and expanded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Any

from pytest_arena.errors import Location, shorten
from pytest_arena.importing.findings import LEFT_OUT
from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.assertions.written import number
from pytest_arena.importing.promptfoo.code_runner import CodeRunner
from pytest_arena.importing.promptfoo.entries import Entry, EntryReader
from pytest_arena.importing.promptfoo.javascript_values import as_in_javascript, json_text
from pytest_arena.importing.promptfoo.variables import VariableReader
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.tree import YamlList, YamlMap, plain

_KNOWN = {
    "vars", "assert", "description", "threshold", "options", "metadata", "provider", "providers",
    "providerOutput", "prompts",
}  # fmt: skip
_OPTIONS = {
    "prefix", "suffix", "provider", "disableVarExpansion", "disableDefaultAsserts", "rubricPrompt",
    "runSerially", "storeOutputAs", "transform", "postprocess", "transformVars", "repeat",
    "disableConversationVar",
}  # fmt: skip


_BY_NAME = ("vars", "options", "metadata")
_DEEPEST = 20
"""References to assertions within assertions that are followed."""


@dataclass(slots=True)
class Test:
    """One test with one value for each of its variables, as `defaultTest` completes it."""

    place: Location
    description: str | None
    variables: dict[str, Any]
    asserted: list[tuple[YamlMap, Location]]
    threshold: float | None = None
    options: dict[str, Any] = field(default_factory=dict)
    judge: Any = None
    """`provider` of its options, as a tree."""
    metadata: dict[str, Any] = field(default_factory=dict)
    providers: tuple[Any, ...] = ()
    output: str | None = None
    """What is judged instead of a call's answer."""
    prompts: tuple[str, ...] = ()
    from_csv: bool = False
    lost: list[str] = field(default_factory=list)
    """What it has there and not here, without which it may come to another verdict."""


class TestReader:
    """All tests of a configuration, in their order."""

    def __init__(self, source: Source, code: CodeRunner, prompts: Sequence[str]) -> None:
        self._source = source
        self._findings = source.findings
        self._files = EntryReader(source, code)
        self._variables = VariableReader(source, code, prompts)
        self._default = self._read_default()

    def read(self) -> Iterator[Test]:
        """Yield all tests; a configuration without any has one without variables."""
        tree, folder = self._source.tree, self._source.path.parent
        found = False
        if "tests" in tree:
            for entry in self._files.entries(tree["tests"], tree.value_place("tests")):
                found = True
                yield from self._expanded(entry, self._default)
        for entry, base in self._scenarios():
            found = True
            yield from self._expanded(entry, base)
        if not found:
            lost = ["its tests"] if tree.get("tests") or tree.get("scenarios") else []
            empty = Entry(YamlMap(["?"], 0), self._source.place, folder)
            yield from self._expanded(empty, self._default, lost)

    def _read_default(self) -> YamlMap | None:
        tree = self._source.tree
        written = tree.get("defaultTest")
        if isinstance(written, str):
            path = self._source.neighbour(written)
            written = self._source.tree_of(path) if path else None
        if "defaultTest" in tree and not isinstance(written, YamlMap):
            place = tree.value_place("defaultTest")
            self._findings.left_out(place, "defaultTest, which is no mapping and no file with one")
        return written if isinstance(written, YamlMap) else None

    def _scenarios(self) -> Iterator[tuple[Entry, YamlMap | None]]:
        """Yield the tests of scenarios: each of `config` with each of `tests`."""
        tree = self._source.tree
        for scenario, place in self._listed_scenarios(tree.get("scenarios"), tree):
            configs = [e.tree for e in self._files.entries(scenario.get("config"), place)]
            tests = list(self._files.entries(scenario.get("tests"), place))
            empty = YamlMap(["?"], 0)
            for config in configs or [empty]:
                base = config if self._default is None else over(config, self._default)
                for test in tests or [Entry(empty, place, self._source.path.parent)]:
                    yield test, base

    def _listed_scenarios(self, written: Any, tree: YamlMap) -> Iterator[tuple[YamlMap, Location]]:
        place = tree.value_place("scenarios")
        if isinstance(written, str):
            path = self._source.neighbour(written)
            written = self._source.tree_of(path) if path else written
        if written is not None and not isinstance(written, YamlList):
            self._findings.left_out(place, "scenarios: no list and no file with one")
            return
        for index, scenario in enumerate(written or ()):
            at = written.value_place(index) if isinstance(written, YamlList) else place
            if isinstance(scenario, str):
                path = self._source.neighbour(scenario)
                scenario = self._source.tree_of(path) if path else scenario
            if isinstance(scenario, YamlList):
                yield from self._listed_scenarios(scenario, tree)
            elif isinstance(scenario, YamlMap):
                yield scenario, at
            else:
                self._findings.left_out(at, "a scenario that is no mapping and no file with one")

    def _expanded(
        self, entry: Entry, default: YamlMap | None, lost: Sequence[str] = ()
    ) -> Iterator[Test]:
        written, place = entry.tree, entry.place
        losses = [*lost, *self._unknown(written)]
        if "defaultTest" in self._source.tree and self._default is None:
            # without its defaults no test is what it is there
            losses.append("defaultTest")
        if default is not None and _options(written).get("disableDefaultAsserts") is True:
            default = default.only([key for key in default if key != "assert"])
        own = written if default is None else over(written, default)
        options = _options(own)
        for key in options:
            if key not in _OPTIONS or key == "storeOutputAs":
                self._findings.left_out(place, f"{key!r} of a test's options")
        asserted = list(self._asserted(own.get("assert"), place, losses))
        metadata = as_in_javascript(plain(own.get("metadata")))
        given = own.get("provider", own.get("providers"))
        chosen = tuple(given) if isinstance(given, YamlList) else (given,) if given else ()
        output = own.get("providerOutput")
        said = output if isinstance(output, str) else json_text(plain(output))
        written_options = own.get("options")
        judge = written_options.get("provider") if isinstance(written_options, YamlMap) else None
        for variables in list(
            self._variables.combinations(own.get("vars"), options, place, entry.folder, losses)
        ):
            yield Test(
                place,
                str(own["description"]) if own.get("description") else None,
                variables,
                asserted,
                number(own.get("threshold")),
                options,
                judge,
                metadata if isinstance(metadata, dict) else {},
                chosen,
                None if output is None else said,
                tuple(map(str, own["prompts"])) if isinstance(own.get("prompts"), YamlList) else (),
                entry.from_csv,
                list(losses),
            )

    def _unknown(self, entry: YamlMap) -> list[str]:
        lost: list[str] = []
        for key in entry:
            if key in ("assertScoringFunction", "derivedMetrics", "transform"):
                self._findings.left_out(entry.key_place(key), f"{key!r} of a test, which is code")
                lost += [] if key == "derivedMetrics" else [key]
            elif key not in _KNOWN:
                self._findings.left_out(entry.key_place(key), f"unknown key {key!r} of a test")
        return lost

    def _asserted(
        self, written: Any, place: Location, lost: list[str]
    ) -> Iterator[tuple[YamlMap, Location]]:
        if not isinstance(written, YamlList):
            if written is not None:
                self._lose(place, "assert: no list", lost)
            return
        for index, entry in enumerate(written):
            at = written.value_place(index) if written.marks[index] else place
            if isinstance(entry, YamlMap):
                found = self._referred(entry)
                if found is None:
                    self._lose(at, f"no assertion template {entry['$ref']}", lost)
                else:
                    yield found, at
            else:
                self._lose(at, "an assertion that is no mapping", lost)

    def _referred(self, entry: YamlMap, depth: int = 0) -> YamlMap | None:
        """Return an assertion with what its `$ref` names, in groups, too; None where nothing is
        named by it."""
        made = entry
        while isinstance(made.get("$ref"), str):
            found = self._at(made["$ref"])
            depth += 1
            if found is None or depth > _DEEPEST:
                return None
            made = over(made.only([key for key in made if key != "$ref"]), found)
        members = made.get("assert")
        if isinstance(members, YamlList):
            joined = YamlList(members.files, members.mark)
            for index, member in enumerate(members):
                known = self._referred(member, depth + 1) if isinstance(member, YamlMap) else member
                if known is None:
                    return None
                joined.put(known, members.marks[index])
            made = made.only(made)
            made.put("assert", joined, made.marks.get("assert", 0))
        return made

    def _at(self, reference: str) -> YamlMap | None:
        """Return what a local reference names, such as `#/assertionTemplates/short`."""
        found: Any = self._source.tree
        for part in reference.removeprefix("#").strip("/").split("/"):
            found = found.get(part) if isinstance(found, YamlMap) else None
        return found if isinstance(found, YamlMap) else None

    def _lose(self, at: Location, what: str, lost: list[str]) -> None:
        self._findings.left_out(at, what)
        self._findings.count_assertion(LEFT_OUT, at, what)
        lost.append("an assertion")


def over(test: YamlMap, base: YamlMap) -> YamlMap:
    """Return a test with what it has not from a base: assertions of both, the base's first;
    variables, options and metadata name by name."""
    made = base.only(base)
    for key, value in test.items():
        before = made.get(key)
        if key == "assert" and isinstance(before, YamlList) and isinstance(value, YamlList):
            joined = YamlList(before.files, before.mark)
            joined.extend_from(before)
            joined.extend_from(value)
            value = joined
        elif key in _BY_NAME and isinstance(before, YamlMap) and isinstance(value, YamlMap):
            value = over(value, before)
        mark = test.marks.get(key, test.mark)
        made.put(key, value, mark, test.key_marks.get(key, mark))
    return made


def name_of(test: Test) -> str:
    """Return what a case is called: its description, else its first variable, shortened."""
    text = test.description
    if text is None:
        first = next((value for value in test.variables.values() if value not in (None, "")), None)
        text = "Case" if first is None else first if isinstance(first, str) else json_text(first)
    return shorten(" ".join(text.split()), 60).replace("::", ": ").strip() or "Case"


def _options(tree: YamlMap) -> dict[str, Any]:
    found = as_in_javascript(plain(tree.get("options")))
    return found if isinstance(found, dict) else {}
