"""What must hold of `gates:` beyond the shape of its entries."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from pytest_arena.errors import shorten, suggest
from pytest_arena.loading.cases import CaseSettings, LoadedCase
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.inventory import Inventory
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.schema import ArenaSpec
from pytest_arena.schema.thresholds import OF_COVERAGE, OF_LABELS
from pytest_arena.text.labels import label_key


def check_gates(
    spec: ArenaSpec, tree: YamlMap, settings: CaseSettings, context: LoadContext
) -> None:
    """Refuse limits on what nobody measures, and providers and variants that the file lacks."""
    variants = [variant.name for variant in settings.variants]
    columns = sorted(settings.in_columns - set(variants))
    known = {"provider": [*sorted(settings.providers), *columns], "variant": variants}
    if not settings.providers:
        # where one of the file's providers has no name, nobody can tell which are unknown
        del known["provider"]
    for index, gate in enumerate(spec.gates):
        written = tree["gates"][index]
        place = written.value_place("metric")
        problem = gate.problem(context.registry.assertions, place, _named_metrics(tree))
        if problem is not None:
            context.problems.add(problem.what, place, expected=problem.expected, fix=problem.fix)
        for kind, names in known.items():
            for number, name in enumerate(getattr(gate, f"{kind}s")):
                if name not in names:
                    context.problems.add(
                        f"unknown {kind} {shorten(name)!r} in gate {gate.title!r}",
                        written[f"{kind}s"].value_place(number),
                        expected=one_of(name, names, f"an entry of {kind}s:"),
                        fix=suggest(name, names) or f"name one of these, or add it to {kind}s:",
                    )


def _named_metrics(written: object) -> set[str]:
    """Return the names that assertions anywhere in a tree have for what they measure."""
    found: set[str] = set()
    if isinstance(written, YamlMap):
        name = written.get("metric")
        if "type" in written and isinstance(name, str):
            found.add(name)
        for inner in written.values():
            found |= _named_metrics(inner)
    elif isinstance(written, YamlList):
        for inner in written:
            found |= _named_metrics(inner)
    return found


def check_label_gates(
    spec: ArenaSpec, tree: YamlMap, cases: Iterable[list[LoadedCase]], context: LoadContext
) -> None:
    """Refuse limits on labels that no case has."""
    found = sorted({case.plan.label for case in chain(*cases) if case.plan.label is not None})
    known = {label_key(label) for label in found}
    for index, gate in enumerate(spec.gates if not len(context.problems) else ()):
        written = tree["gates"][index]
        if gate.canonical in OF_LABELS and not known:
            context.problems.add(
                f"gate {gate.title!r} limits {gate.metric!r}, and no case has a label",
                written.value_place("metric"),
                expected="cases with a label: to compare answers with",
                fix="add label: to the cases, or write metric: case_verdict",
            )
        elif gate.label is not None and label_key(gate.label) not in known:
            context.problems.add(
                f"unknown label {shorten(gate.label)!r} in gate {gate.title!r}",
                written.value_place("label"),
                expected=one_of(gate.label, found, "the label of a case"),
                fix=suggest(gate.label, found) or "name one of these",
            )


def check_coverage_gates(
    spec: ArenaSpec, tree: YamlMap, inventory: Inventory, context: LoadContext
) -> None:
    """Refuse limits on the coverage of what the file has nothing of."""
    named: set[str] = set(inventory.named)
    for index, gate in enumerate(spec.gates if not len(context.problems) else ()):
        kind = OF_COVERAGE.get(gate.canonical)
        if kind is None or kind in named:
            continue
        known = [metric for metric, of in OF_COVERAGE.items() if of in named]
        context.problems.add(
            f"gate {gate.title!r} limits {gate.metric!r}, and the file has no {kind}",
            tree["gates"][index].value_place("metric"),
            expected=one_of(gate.metric, known, f"a file with {kind}"),
            fix="name one of these, or remove the gate" if known else "remove the gate",
        )
