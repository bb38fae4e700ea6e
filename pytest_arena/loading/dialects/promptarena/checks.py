"""Assertions of scenarios as those of an arena, with thresholds, conditions and trials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.check_base import OF_EACH_TURN, Around, Check
from pytest_arena.loading.dialects.promptarena.check_kinds import KINDS
from pytest_arena.loading.dialects.promptarena.judged_kinds import BY_RULES, JUDGED, NEEDS, SILENT
from pytest_arena.loading.dialects.promptarena.made import tree_of
from pytest_arena.loading.dialects.promptarena.manifests import known_keys
from pytest_arena.loading.dialects.promptarena.params import Given, Params, UnusableError
from pytest_arena.loading.dialects.promptarena.tools import NeedsError, tool_of_runtime
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap

_KEYS = ("type", "params", "when", "pass_threshold")
_DESCRIBED = ("message", "description", "name", "id", "metric")
_WRAPPER = "assertion"
_TOOLS = {"tool", "tools", "sequence"}
"""Keys of checks that name tools."""
_EVERY = sorted({*KINDS, *JUDGED, *NEEDS, _WRAPPER})


class Checks:
    """The assertions of one scenario, each translated; what they need that is not there is kept."""

    def __init__(self, around: Around, known: Iterable[str], context: LoadContext) -> None:
        """`known` are the scenario's variables."""
        self._around = around
        self._known = frozenset(known)
        self._context = context
        self.needs: dict[str, None] = {}
        self.of_each_turn: list[YamlMap] = []
        """Those of the whole conversation that stand at each turn, since they see one answer."""
        self._of_all = False

    def of_conversation(self, holder: YamlMap, key: str, owner: str) -> YamlList:
        """Return the assertions on a whole conversation under a key; `of_each_turn` has more."""
        self._of_all = True
        try:
            return self.of(holder, key, owner)
        finally:
            self._of_all = False

    def of(self, holder: YamlMap, key: str, owner: str) -> YamlList:
        """Return the assertions under a key, of a turn unless they are of all."""
        made = YamlList(holder.files, holder.marks.get(key, holder.mark))
        written = holder.get(key)
        if written is None:
            return made
        if not isinstance(written, YamlList):
            self._context.problems.add(
                f"{key!r} of {owner} is not a list",
                holder.value_place(key),
                expected="a list of assertions, each with a type and its params",
                fix="write it like [{type: content_includes, params: {patterns: [hello]}}]",
            )
            return made
        for index, entry in enumerate(written):
            place = written.value_place(index)
            for check in self._checks(entry, place, owner):
                made.put(check, check.mark)
        return made

    def _checks(self, entry: Any, place: Location, owner: str) -> Iterator[YamlMap]:
        if not isinstance(entry, YamlMap) or not isinstance(entry.get("type"), str):
            self._context.problems.add(
                f"an assertion of {owner} without a type",
                place,
                expected="a mapping with type and params",
                fix="write it like {type: content_includes, params: {patterns: [hello]}}",
            )
            return
        kind = entry["type"]
        named = f"assertion {shorten(kind)!r}"
        tree = known_keys(entry, _KEYS, named, self._context, described=_DESCRIBED)
        written = tree.get("params")
        params = written if isinstance(written, YamlMap) else None
        at = entry.value_place("type")
        bounds = _bounds(params)
        if kind == _WRAPPER:
            inner = params.get("eval_type") if params is not None else None
            if params is None or not isinstance(inner, str):
                self._unusable(named, "eval_type: the type that it is about", entry)
                return
            at = params.value_place("eval_type")
            own = params.get("eval_params")
            self._tell_unasked(params, {"eval_type", "eval_params", *bounds.keys()}, named)
            kind, params = inner, own if isinstance(own, YamlMap) else None
        elif params is not None:
            params = params.only(set(params) - bounds.keys())
        yield from self._translated(kind, params, bounds, tree, at, owner)

    def _translated(
        self,
        kind: str,
        params: YamlMap | None,
        bounds: dict[str, Given],
        entry: YamlMap,
        at: Location,
        owner: str,
    ) -> Iterator[YamlMap]:
        read = JUDGED.get(kind) or KINDS.get(kind)
        named = f"assertion {shorten(kind)!r}"
        if kind in NEEDS:
            self.needs[f"{NEEDS[kind]}, for its {named} at {at}"] = None
            return
        if read is None:
            self._context.problems.add(
                f"unknown type of assertion {shorten(kind)!r} in {owner}",
                at,
                expected=one_of(kind, _EVERY, ""),
                fix=suggest(kind, _EVERY) or "name one of these",
            )
            return
        mark = entry.mark
        given = Params(params, self._known, mark)
        try:
            checks = [_with_own_names(one, self._around) for one in read(given, self._around)]
            found = list(self._held_to(kind, checks, bounds, entry))
        except UnusableError as error:
            self._unusable(named, str(error), entry, error.fix)
            return
        except NeedsError as error:
            self.needs[f"{error}, for its {named} at {at}"] = None
            return
        for tool in _tools_of(checks):
            if (runtime := tool_of_runtime(tool)) is not None:
                self.needs[f"{runtime}, for its {named} on {tool!r} at {at}"] = None
                return
        if params is not None:
            silent = SILENT if kind in JUDGED else frozenset()
            self._tell_unasked(params, given.asked | silent, named)
        for check in found:
            made = self._tree(check, entry)
            if self._of_all and check.get(OF_EACH_TURN):
                self.of_each_turn.append(made)
            else:
                yield made

    def _held_to(
        self, kind: str, checks: list[Check], bounds: dict[str, Given], entry: YamlMap
    ) -> Iterator[Check]:
        """Yield checks as their bounds on the score want them: it is 1 unless they say less."""
        least, most = (_number(bounds.get(key)) for key in ("min_score", "max_score"))
        if least is not None and least <= 0 and (most is None or most >= 1):
            # it holds whatever comes, and is there for its score
            yield from ({**check, "weight": 0} for check in checks)
            return
        if kind in JUDGED and kind not in BY_RULES:
            yield from self._judged(checks, least, most, bounds)
            return
        if most is not None and most < 1:
            if least is not None and least > 0:
                raise UnusableError("min_score or max_score: this is either 0 or 1")
            if len(checks) > 1:
                inner = [self._tree(check, entry) for check in checks]
                yield {"type": "all_of", "assertions": inner, "not": True}
            for check in checks if len(checks) == 1 else ():
                turned = not check.get("not", False)
                yield {**check, "not": turned or None}
            return
        yield from checks

    def _judged(
        self,
        checks: list[Check],
        least: float | None,
        most: float | None,
        bounds: dict[str, Given],
    ) -> Iterator[Check]:
        for check in checks:
            if most is not None and most < 1:
                if least is not None and least > 0:
                    raise UnusableError("min_score or max_score, not both of a judge's score")
                bound = bounds["max_score"]
                yield {**check, "min_score": Given(max(most, 0.01), bound.mark), "not": True}
            else:
                said = bounds.get("min_score")
                yield {**check, "min_score": 1.0 if said is None else said}

    def _tree(self, check: Check, entry: YamlMap) -> YamlMap:
        mark = entry.mark
        made = YamlMap(entry.files, mark)
        made.put("type", check["type"], entry.marks["type"], entry.key_marks["type"])
        for key, value in check.items():
            if (
                key in ("type", OF_EACH_TURN)
                or value is None
                or (isinstance(value, Given) and value.value is None)
            ):
                continue
            if isinstance(value, Given):
                made.put(key, tree_of(value.value, entry, value.mark), value.mark)
            elif key == "assertions":
                made.put(key, self._listed(value, entry), mark)
            else:
                made.put(key, tree_of(value, entry, mark), mark)
        for key in ("when", "pass_threshold"):
            if entry.get(key) is not None:
                made.adopt(key, entry)
        return made

    def _listed(self, checks: list[Any], entry: YamlMap) -> YamlList:
        bare = entry.only({"type"})
        made = YamlList(entry.files, entry.mark)
        for check in checks:
            one = check if isinstance(check, YamlMap) else self._tree(check, bare)
            made.put(one, one.mark)
        return made

    def _unusable(
        self, named: str, expected: str, entry: YamlMap, otherwise: str | None = None
    ) -> None:
        params = entry.get("params")
        place, fix = entry.value_place("type"), "add params: {…}"
        if otherwise is None and isinstance(params, YamlMap):
            place, fix = entry.value_place("params"), "add it under params:"
            inner = params.get("eval_params")
            for tree in (params, inner) if isinstance(inner, YamlMap) else (params,):
                if (key := expected.partition(":")[0]) in tree:
                    place, fix = tree.value_place(key), f"mend {key}, or leave it out"
        self._context.problems.add(
            f"{named} cannot be judged with these params",
            place,
            expected=expected,
            fix=otherwise or fix,
        )

    def _tell_unasked(self, params: YamlMap, asked: set[str] | frozenset[str], named: str) -> None:
        known_keys(params, asked, named, self._context)


def _with_own_names(check: Check, around: Around) -> Check:
    """Return a check on tools of MCP servers under the names that the servers have for them."""

    def plain_name(name: Any) -> Any:
        for server in around.servers:
            if isinstance(name, str):
                name = name.removeprefix(f"mcp__{server}__")
        return name

    made = dict(check)
    for key in _TOOLS & made.keys():
        given = made[key]
        value = given.value if isinstance(given, Given) else given
        value = [plain_name(one) for one in value] if isinstance(value, list) else plain_name(value)
        made[key] = Given(value, given.mark) if isinstance(given, Given) else value
    if "assertions" in made:
        made["assertions"] = [_with_own_names(one, around) for one in made["assertions"]]
    return made


def _tools_of(checks: list[Check]) -> Iterator[str]:
    """Yield the tools that checks look at."""
    for check in checks:
        for key in _TOOLS:
            given = check.get(key)
            value = given.value if isinstance(given, Given) else given
            yield from map(str, value if isinstance(value, list) else [value])


def _bounds(params: YamlMap | None) -> dict[str, Given]:
    """Return what params say of the score."""
    keys = ("min_score", "max_score", "passing_score")
    return {
        "min_score" if key == "passing_score" else key: Given(params[key], params.marks[key])
        for key in (keys if params is not None else ())
        if params is not None and params.get(key) is not None
    }


def _number(given: Given | None) -> float | None:
    if given is None:
        return None
    if isinstance(given.value, bool) or not isinstance(given.value, (int, float)):
        raise UnusableError("min_score and max_score: numbers from 0 to 1")
    return float(given.value)
