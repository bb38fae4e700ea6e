"""The prompt of a pack around a case: its text, params, guardrails, evals, tools, and its tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pytest_arena.errors import Location, shorten
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptpack.eval_types import listed
from pytest_arena.loading.dialects.promptpack.evals import PackEvals
from pytest_arena.loading.dialects.promptpack.pack_message import PackMessage
from pytest_arena.loading.dialects.promptpack.pack_prompts import PackPrompt
from pytest_arena.loading.plans import CasePlan, TurnPlan
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.targets import Agent, Prompt, Target
from pytest_arena.loading.tools import DeclaredTools
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.results.trial import GuardrailEvent
from pytest_arena.schema import Assertion, Guardrail, ProviderSpec
from pytest_arena.schema.pack import ModelOverride

T = TypeVar("T")
Dialogues = tuple[tuple[TurnPlan, ...], ...]
_CHECKS = {
    "contains": ("contains_all", "values"),
    "equals": ("equals", "value"),
    "matches": ("matches", "pattern"),
    "not_contains": ("not_contains", "values"),
}
"""What a pack's tests expect, and the assertion with its key that checks it."""
_TAKEN_OVER = ("variables", "description", "tags", "skip")
_OF_TESTS = ("name", "expected", *_TAKEN_OVER)
_SAID = ("input", "user", "prompt", "message")
"""What a pack's test may call the user's message."""


def with_pack(
    plan: CasePlan,
    pack: PackPrompt,
    place: Location,
    context: LoadContext,
    *,
    has_own_system: bool,
    override: ModelOverride | None = None,
) -> CasePlan:
    """Return a case under a prompt of a pack, which stands at `place`.

    The arena file goes before the pack: its params, and a system prompt of the case's own
    (`has_own_system`). Where both have guardrails or assertions, all of them hold.
    """
    system = plan.system
    if not has_own_system:
        system = pack.text(plan.variables, place, context.problems, override)
    said = {**pack.spec.parameters, **(override.parameters if override is not None else {})}
    params = {name: value for name, value in said.items() if value is not None}
    choice = pack.spec.tool_policy.tool_choice
    if choice not in (None, "auto") and pack.tools:
        params["tool_choice"] = choice
    several = any(len(dialogue) > 1 for dialogue in plan.dialogues)
    evals = pack.evals.of_last if several else pack.evals.all
    guardrails = (*plan.guardrails, *pack.guardrails)
    if wants_block(plan.assertions, guardrails):
        evals = ()  # there is to be no answer that they could be asked about
    return replace(
        plan,
        system=system,
        params={**params, **plan.params},
        guardrails=guardrails,
        assertions=(*plan.assertions, *evals),
        dialogues=judged_turns(plan.dialogues, pack.evals),
    )


def wants_block(assertions: Iterable[Assertion], guardrails: Iterable[Guardrail]) -> bool:
    """Return whether a case is there for a guardrail that blocks."""
    blocks = [
        GuardrailEvent(one.type, way, "block", "")
        for one in guardrails
        for way in (("input", "output") if one.direction == "both" else (one.direction,))
        if one.on_violation == "block"
    ]
    return any(one.expects_block(event) for one in assertions for event in blocks)


def judged_turns(dialogues: Dialogues, evals: PackEvals) -> Dialogues:
    """Return conversations with what a pack holds each answer to."""
    if not evals.of_each:
        return dialogues
    return tuple(
        tuple(replace(turn, assertions=(*turn.assertions, *evals.of_each)) for turn in dialogue)
        if len(dialogue) > 1
        else dialogue
        for dialogue in dialogues
    )


def model_entry(entries: Mapping[str, T], asked: ProviderSpec) -> T | None:
    """Return what is said of a column's model: by its name, with or without the vendor."""
    if not entries:
        return None
    full = asked.full_model
    names = (full, full.partition("/")[2], full.rpartition("/")[2])
    return next((entries[name] for name in names if name in entries), None)


def agent_under(agent: Agent, pack: PackPrompt) -> Agent:
    """Return an agent with the limits of a pack's `tool_policy`, where it has none of its own."""
    policy, spec = pack.spec.tool_policy, agent.spec
    update: dict[str, Any] = {}
    if policy.max_rounds is not None and "max_llm_turns" not in spec.model_fields_set:
        update["max_llm_turns"] = policy.max_rounds + 1
    most = policy.max_tool_calls_per_turn
    if most is not None and spec.limits.tool_calls_per_turn is None:
        limits = spec.limits.model_copy(update={"tool_calls_per_turn": most})
        update["limits"] = limits
    return replace(agent, spec=spec.model_copy(update=update)) if update else agent


def tools_under(pack: PackPrompt, tree: YamlMap, context: LoadContext) -> DeclaredTools:
    """Return the tools of a pack's prompt, each with what the arena file says of one of that name:
    how it is run."""
    own = _by_name(tree.get("tools"))
    tools = YamlMap(pack.tools.files, pack.tools.mark)
    for name, described in pack.tools.items():
        said = own.get(name, YamlMap(pack.tools.files, described.mark))
        tool = said.only(said)
        for key in described:
            if key not in tool and not (key == "parameters" and "python" in tool):
                tool.adopt(key, described)
        tools.put(name, tool, pack.tools.marks[name])
    holder = YamlMap(pack.tools.files, pack.tools.mark)
    holder.put("tools", tools, pack.tools.mark)
    return DeclaredTools(holder, context)


def _by_name(written: Any) -> dict[str, YamlMap]:
    if isinstance(written, YamlMap):
        named: Iterable[tuple[Any, Any]] = written.items()
    else:
        entries = written if isinstance(written, YamlList) else ()
        named = [(one.get("name"), one) for one in entries if isinstance(one, YamlMap)]
    return {str(name): one for name, one in named if isinstance(one, YamlMap)}


def add_tests(
    tree: YamlMap, prompts: Mapping[str, Prompt], targets: dict[str, Target], context: LoadContext
) -> YamlMap:
    """Return an arena with the tests of its packs among its cases, each under a target of its
    own, which is added."""
    packs = {one.pack.owner: one.pack for one in prompts.values() if one.pack is not None}
    cases = YamlList(tree.files, tree.mark)
    if tree.get("tests") is not None and not isinstance(tree["tests"], YamlList):
        return tree  # which is told as the arena's own mistake
    if isinstance(tree.get("tests"), YamlList):
        cases.extend_from(tree["tests"])
    number = len(cases)
    for pack in packs.values():
        for case in _tests_of(pack, targets, context):
            cases.put(case, case.mark)
    if len(cases) == number:
        return tree
    whole = tree.only(tree)
    whole.put("tests", cases, tree.marks.get("tests", tree.mark))
    return whole


def _tests_of(
    pack: PackPrompt, targets: dict[str, Target], context: LoadContext
) -> Iterator[YamlMap]:
    for index, test in enumerate(pack.tests or ()):
        if not isinstance(test, YamlMap):
            context.problems.add(
                f"a test of {pack.owner} is not a mapping",
                pack.tests.value_place(index) if pack.tests is not None else pack.place,
                expected="a mapping with name, variables and expected",
                fix="write it like {name: polite, variables: {…}, expected: {contains: please}}",
            )
            continue
        said = next((key for key in _SAID if key in test), None)
        target = f"{pack.owner}, {'under it' if said else 'as the message'}"
        message = None if said else PackMessage(pack, test.place)
        targets.setdefault(target, Target(Prompt(user=message, pack=pack)))
        case = YamlMap(test.files, test.mark)
        name = str(test.get("name") or index + 1)
        case.put("name", f"{pack.task}: {name}", test.marks.get("name", test.mark))
        case.put("target", target, test.mark)
        case.put("prompt", test[said] if said else pack.task, test.mark)
        for key in _TAKEN_OVER:
            if key in test:
                case.adopt(key, test)
        for key in test.keys() - {*_OF_TESTS, *_SAID}:
            context.warn(
                test.key_place(key), f"{key!r} of a test of {pack.owner} has no effect here"
            )
        case.put("assertions", _checks_of(test, pack, context), test.mark)
        yield case


def _checks_of(test: YamlMap, pack: PackPrompt, context: LoadContext) -> YamlList:
    """Return the assertions that a test means; one that expects nothing expects an answer."""
    checks = YamlList(test.files, test.mark)
    expected = test.get("expected")
    if isinstance(expected, YamlMap):
        for key in expected:
            _expect(str(key), expected, checks, pack, context)
    elif expected is not None:
        context.problems.add(
            f"'expected' of a test of {pack.owner} is not a mapping",
            test.value_place("expected"),
            expected=f"a mapping with {', '.join(_CHECKS)}",
            fix="write it like expected: {contains: please}",
        )
    if not checks:
        check = YamlMap(test.files, test.mark)
        check.put("type", "success", test.mark)
        checks.put(check, test.mark)
    return checks


def _expect(
    key: str, expected: YamlMap, checks: YamlList, pack: PackPrompt, context: LoadContext
) -> None:
    """Add the assertions that an entry under `expected:` means."""
    if key not in _CHECKS:
        context.problems.add(
            f"unknown key {shorten(key)!r} in 'expected' of a test of {pack.owner}",
            expected.key_place(key),
            expected=one_of(key, _CHECKS, ""),
            fix="write the case in the arena file, with assertions",
        )
        return
    kind, name = _CHECKS[key]
    written, mark = expected[key], expected.marks[key]
    every = listed(written, expected, key)
    for value in [every] if name == "values" else every:
        check = YamlMap(expected.files, mark)
        check.put("type", kind, expected.key_marks[key])
        check.put(name, value, mark)
        checks.put(check, mark)
