"""`tests:` and `scenarios:` of a configuration, merged with `defaultTest` and expanded."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, shorten
from pytest_arena.importing.findings import LEFT_OUT
from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.assertions.table import from_csv
from pytest_arena.importing.promptfoo.assertions.written import number
from pytest_arena.importing.promptfoo.templates import BadTemplateError, fill
from pytest_arena.loading.tree import YamlList, YamlMap, plain

_KNOWN = {
    "vars", "assert", "description", "threshold", "options", "metadata", "provider", "providers",
    "providerOutput", "prompts",
}  # fmt: skip
_OPTIONS = {
    "prefix", "suffix", "provider", "disableVarExpansion", "disableDefaultAsserts", "rubricPrompt",
    "runSerially", "storeOutputAs", "transform", "postprocess",
}  # fmt: skip
_OF_COLUMNS = ("__description", "__threshold", "__providerOutput")
_NO_TEXT = (".pdf", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".mp3", ".wav", ".mp4")


@dataclass(slots=True)
class Test:
    """One test with one value for each of its variables, as `defaultTest` completes it."""

    place: Location
    description: str | None
    variables: dict[str, Any]
    asserted: list[tuple[YamlMap, Location]]
    threshold: float | None = None
    options: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    providers: tuple[Any, ...] = ()
    output: str | None = None
    """What is judged instead of a call's answer."""
    prompts: tuple[str, ...] = ()
    from_csv: bool = False
    lost: list[str] = field(default_factory=list)
    """What it has there and not here, without which it may come to another verdict."""


def read_tests(source: Source) -> Iterator[Test]:
    """Yield all tests in their order; a configuration without any has one without variables."""
    tree = source.tree
    default = _default(source)
    found = False
    if "tests" in tree:
        for entry, place, folder, from_csv in _entries(
            tree["tests"], tree.value_place("tests"), source
        ):
            found = True
            yield from _expanded(entry, place, default, source, folder, from_csv=from_csv)
    for entry, place, base in _scenarios(source):
        found = True
        yield from _expanded(entry, place, base or default, source, source.path.parent)
    if not found:
        yield from _expanded(YamlMap([], 0), source.place, default, source, source.path.parent)


def _default(source: Source) -> YamlMap | None:
    written = source.tree.get("defaultTest")
    if isinstance(written, str):
        path = source.neighbour(written)
        written = source.tree_of(path) if path else None
    if "defaultTest" in source.tree and not isinstance(written, YamlMap):
        place = source.tree.value_place("defaultTest")
        source.findings.left_out(place, "defaultTest, which is no mapping and no file with one")
    return written if isinstance(written, YamlMap) else None


Entry = tuple[YamlMap, Location, Path, bool]


def _entries(written: Any, place: Location, source: Source) -> Iterator[Entry]:
    folder = source.path.parent
    if isinstance(written, str):
        yield from _in_files(written, place, source)
    elif isinstance(written, YamlMap):
        if "path" in written and "vars" not in written:
            yield from _in_files(str(written["path"]), place, source)
        else:
            yield written, place, folder, False
    elif isinstance(written, YamlList):
        for index, entry in enumerate(written):
            at = written.value_place(index)
            if isinstance(entry, (str, YamlMap)):
                yield from _entries(entry, at, source)
            else:
                source.findings.left_out(at, "a test that is no mapping")


def _in_files(name: str, place: Location, source: Source) -> Iterator[Entry]:
    bare = name.removeprefix("file://").split("#")[0]
    if re.search(r"\.([cm]?[jt]s|py)(:\w+)?$", bare):
        source.findings.left_out(
            place, f"tests made by code: {name}", "write what it makes as data"
        )
        return
    if "://" in bare or bare.endswith(".xlsx"):
        source.findings.left_out(place, f"tests that are elsewhere: {name}", "save them as CSV")
        return
    if "*" in bare:
        root = source.root.resolve()
        paths = [path for path in sorted(source.path.parent.glob(bare)) if path.is_file()]
        paths = [path for path in paths if path.resolve().is_relative_to(root)]
    else:
        path = source.neighbour(bare)
        paths = [path] if path else []
    if not paths:
        source.findings.left_out(place, f"there is no file {name}")
    for path in paths:
        try:
            yield from _in_file(path, place, source)
        except (ArenaFileError, ValueError, csv.Error) as error:
            source.findings.left_out(place, f"{path.name} cannot be read: {error}")


def _in_file(path: Path, place: Location, source: Source) -> Iterator[Entry]:
    folder = path.parent
    if path.suffix == ".csv":
        for number, row in enumerate(csv.DictReader(io.StringIO(source.text_of(path))), 2):
            at = Location(str(path.relative_to(source.root)), number, 1)
            yield _of_row(row, at, source), at, folder, True
        return
    if path.suffix == ".jsonl":
        for number, line in enumerate(source.text_of(path).splitlines(), 1):
            if line.strip():
                at = Location(str(path.relative_to(source.root)), number, 1)
                yield grown(json.loads(line)), at, folder, False
        return
    tree = source.tree_of(path)
    for entry, at, _, _ in _entries(tree, Location(str(path), 1, 1), source):
        yield entry, at, folder, False


def _of_row(row: dict[str, Any], place: Location, source: Source) -> YamlMap:
    """Return the test that a row of a table is."""
    test: dict[str, Any] = {"vars": {}}
    asserted: list[Any] = []
    thresholds: dict[str, float] = {}
    for column, value in row.items():
        name, text = str(column or "").strip(), value if isinstance(value, str) else ""
        if name.startswith("__") and not text.strip():
            continue
        if re.fullmatch(r"__expected\d*", name):
            asserted.append((name, from_csv(text)))
        elif match := re.fullmatch(r"__config:(__expected\d*):threshold", name):
            if (number := _number(name, text, place, source)) is not None:
                thresholds[match[1]] = number
        elif name in ("__prefix", "__suffix"):
            test.setdefault("options", {})[name[2:]] = text
        elif name in _OF_COLUMNS:
            number = _number(name, text, place, source) if name == "__threshold" else None
            test[name[2:]] = number if name == "__threshold" else text
        elif match := re.fullmatch(r"__metadata:(.+?)(\[\])?", name):
            test.setdefault("metadata", {})[match[1]] = text
        elif name.startswith("__") and name != "__metric":
            source.findings.left_out(place, f"unknown column {name!r}")
        elif name and not name.startswith("__"):
            test["vars"][name] = text
    for name, made in asserted:
        if name in thresholds or "__expected" in thresholds:
            made["threshold"] = thresholds.get(name, thresholds.get("__expected"))
    test["assert"] = [made for _, made in asserted]
    tree: YamlMap = grown(test)
    return tree


def _number(column: str, text: str, place: Location, source: Source) -> float | None:
    found = number(text)
    if found is None:
        source.findings.left_out(place, f"{column}: {text!r} is no number")
    return found


def grown(value: Any) -> Any:
    """Return plain values as a tree; their places are those of the row."""
    if isinstance(value, dict):
        tree = YamlMap(["?"], 0)
        for key, inner in value.items():
            tree[key] = grown(inner)
        return tree
    if isinstance(value, list):
        listed = YamlList(["?"], 0)
        for inner in value:
            listed.put(grown(inner), 0)
        return listed
    return value


def _scenarios(source: Source) -> Iterator[tuple[YamlMap, Location, YamlMap | None]]:
    """Yield the tests of scenarios: each of `config` with each of `tests`."""
    written = source.tree.get("scenarios")
    default = _default(source)
    if written is not None and not isinstance(written, YamlList):
        source.findings.left_out(source.tree.value_place("scenarios"), "scenarios: no list")
    for index, scenario in enumerate(written if isinstance(written, YamlList) else ()):
        if not isinstance(scenario, YamlMap):
            place = source.tree.value_place("scenarios")
            source.findings.left_out(place, "a scenario that is no mapping")
            continue
        place = written.value_place(index) if isinstance(written, YamlList) else source.place
        configs = list(_entries(scenario.get("config"), place, source)) or [
            (YamlMap(["?"], 0), place, source.path.parent, False)
        ]
        tests = list(_entries(scenario.get("tests"), place, source)) or [
            (YamlMap(["?"], 0), place, source.path.parent, False)
        ]
        for config, _, _, _ in configs:
            base = _over(config, default) if default is not None else config
            for test, at, _, _ in tests:
                yield test, at, base


def _over(test: YamlMap, base: YamlMap) -> YamlMap:
    """Return a test with what it has not from a base: assertions of both, the base's first."""
    made = YamlMap(test.files, test.mark)
    for key in base:
        made.adopt(key, base) if key in base.marks else made.__setitem__(key, base[key])
    for key, value in test.items():
        before = made.get(key)
        if key == "assert" and isinstance(before, YamlList) and isinstance(value, YamlList):
            joined = YamlList(before.files, before.mark)
            joined.extend_from(before)
            joined.extend_from(value)
            made[key] = joined
        elif isinstance(before, YamlMap) and isinstance(value, YamlMap):
            made[key] = _over(value, before)
        else:
            made[key] = value
            made.marks.pop(key, None)
        if key in test.marks:
            made.marks[key], made.key_marks[key] = test.marks[key], test.key_marks[key]
    return made


def _expanded(
    entry: YamlMap,
    place: Location,
    default: YamlMap | None,
    source: Source,
    folder: Path,
    *,
    from_csv: bool = False,
) -> Iterator[Test]:
    findings = source.findings
    # without its defaults no test is what it is there
    lost = ["defaultTest"] if "defaultTest" in source.tree and default is None else []
    for key in entry:
        if key in ("assertScoringFunction", "derivedMetrics", "transform"):
            findings.left_out(entry.key_place(key), f"{key!r} of a test, which is code")
            lost += [] if key == "derivedMetrics" else [key]
        elif key not in _KNOWN:
            findings.left_out(entry.key_place(key), f"unknown key {key!r} of a test")
    own = entry
    options = plain(entry.get("options")) or {}
    if default is not None:
        if isinstance(options, dict) and options.get("disableDefaultAsserts") is True:
            default = default.only([key for key in default if key != "assert"])
        own = _over(entry, default)
    options = plain(own.get("options")) or {}
    for key in options if isinstance(options, dict) else ():
        if key not in _OPTIONS:
            findings.left_out(place, f"{key!r} of a test's options", "")
        elif key in ("rubricPrompt", "storeOutputAs"):
            findings.left_out(place, f"{key!r} of a test's options")
    asserted = list(_asserted(own.get("assert"), place, source, lost))
    threshold = own.get("threshold")
    metadata = plain(own.get("metadata"))
    given = own.get("provider", own.get("providers"))
    chosen = (given,) if isinstance(given, (str, YamlMap)) else tuple(given or ())
    output = own.get("providerOutput")
    said = output if isinstance(output, str) else json.dumps(plain(output), ensure_ascii=False)
    every = list(_combinations(own.get("vars"), options, place, source, folder, lost))
    for variables in every:
        yield Test(
            place,
            str(own["description"]) if own.get("description") else None,
            variables,
            asserted,
            number(threshold),
            options if isinstance(options, dict) else {},
            metadata if isinstance(metadata, dict) else {},
            chosen,
            None if output is None else said,
            tuple(map(str, own["prompts"])) if isinstance(own.get("prompts"), YamlList) else (),
            from_csv,
            list(lost),
        )


def _asserted(
    written: Any, place: Location, source: Source, lost: list[str]
) -> Iterator[tuple[YamlMap, Location]]:
    def lose(at: Location, what: str) -> None:
        source.findings.left_out(at, what)
        source.findings.count_assertion(LEFT_OUT, at, what)
        lost.append("an assertion")

    if not isinstance(written, YamlList):
        if written is not None:
            lose(place, "assert: no list")
        return
    templates = source.tree.get("assertionTemplates")
    for index, entry in enumerate(written):
        at = written.value_place(index) if written.marks[index] else place
        if isinstance(entry, YamlMap) and isinstance(entry.get("$ref"), str):
            name = entry["$ref"].rpartition("/")[2]
            found = templates.get(name) if isinstance(templates, YamlMap) else None
            if not isinstance(found, YamlMap):
                lose(at, f"no assertion template {entry['$ref']}")
                continue
            entry = _over(entry.only([key for key in entry if key != "$ref"]), found)
        if isinstance(entry, YamlMap):
            yield entry, at
        else:
            lose(at, "an assertion that is no mapping")


def _combinations(
    written: Any, options: Any, place: Location, source: Source, folder: Path, lost: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield the variables of each combination of those that have several values."""
    names: dict[Any, Any] = {}
    for part in written if isinstance(written, YamlList) else [written]:
        path = source.neighbour(part, folder) if isinstance(part, str) else None
        tree = source.tree_of(path) if path else part
        if isinstance(tree, YamlMap):
            names |= plain(tree)
        elif part is not None:
            source.findings.left_out(place, "vars: no mapping and no file with one")
            lost.append("vars")
    expands = not (isinstance(options, dict) and options.get("disableVarExpansion") is True)
    values: list[list[Any]] = []
    for name, value in names.items():
        if isinstance(value, str) and value.startswith("file://") and "*" in value:
            paths = sorted(source.path.parent.glob(value.removeprefix("file://")))
            root = source.root.resolve()
            kept = [path for path in paths if path.resolve().is_relative_to(root)]
            texts = [source.text_of(path).strip() for path in kept if path.is_file()]
            if not texts:
                source.findings.left_out(place, f"the variable {name!r}: there is no file {value}")
                lost.append(f"the variable {name}")
            values.append(texts or [value])
            continue
        # a list of numbers, lists or mappings is one value
        several = isinstance(value, list) and value and isinstance(value[0], str) and expands
        each = value if several else [value]
        values.append([_value(str(name), one, place, source, lost) for one in each])
    for chosen in itertools.product(*values):
        yield _resolved(dict(zip(map(str, names), chosen, strict=True)))


def _value(name: str, value: Any, place: Location, source: Source, lost: list[str]) -> Any:
    if not isinstance(value, str):
        return value
    if not value.startswith("file://"):
        return value.removesuffix("\n")
    bare = value.removeprefix("file://")
    if bare.endswith(_NO_TEXT) or re.search(r"\.([cm]?[jt]s|py)$", bare):
        source.findings.left_out(place, f"the variable {name!r} from {value}", "write its text")
        lost.append(f"the variable {name}")
        return value
    # relative to the configuration, within files of tests, too
    path = source.neighbour(bare)
    if path is None:
        source.findings.left_out(place, f"the variable {name!r}: there is no file {value}")
        lost.append(f"the variable {name}")
        return value
    if path.suffix in (".yaml", ".yml", ".json"):
        return json.dumps(plain(source.tree_of(path)), ensure_ascii=False)
    return source.text_of(path).strip()


def _resolved(variables: dict[str, Any]) -> dict[str, Any]:
    """Return variables with those filled in that name others."""
    made = {}
    for name, value in variables.items():
        made[name] = value
        if isinstance(value, str) and "{{" in value:
            try:
                made[name] = fill(value, variables)[0]
            except BadTemplateError:
                continue
    return made


def name_of(test: Test) -> str:
    """Return what a case is called: its description, else its first variable, shortened."""
    text = test.description
    if text is None:
        first = next((value for value in test.variables.values() if value not in (None, "")), None)
        text = "Case" if first is None else first if isinstance(first, str) else json.dumps(first)
    return shorten(" ".join(text.split()), 60).replace("::", ": ").strip() or "Case"
