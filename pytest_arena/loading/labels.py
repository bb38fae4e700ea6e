"""`label:` and `predicted:` of a case, which are short for an assertion."""

from __future__ import annotations

from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.plans import with_members
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.tree import YamlMap
from pytest_arena.schema import CaseSpec


def with_label(spec: CaseSpec, case: YamlMap, context: LoadContext) -> CaseSpec:
    """Return a case with the assertion that its `label:` is short for."""
    cls = context.registry.assertions.get("label")
    if spec.label is None or cls is None:
        return spec
    where = spec.predicted or context.defaults.predicted
    label = cls.model_validate({"value": spec.label, "predicted": where})
    label._place = case.value_place("label")
    return spec.model_copy(update={"assertions": (*spec.assertions, label)})


def check_label(spec: CaseSpec, case: YamlMap, owner: str, problems: ProblemList) -> None:
    """Refuse several labels of a case, those of a part of it, and a place of a label without one.

    The figures of labels count each answer once.
    """
    own = [one for one in spec.assertions if one.right_label is not None]
    turns = [one for turn in spec.turns for one in turn.assertions]
    inside = [
        one
        for one in (*with_members(spec.assertions), *with_members(turns))
        if one.right_label is not None and not any(one is each for each in own)
    ]
    if inside:
        problems.add(
            f"a label in a group or a turn of {owner}",
            inside[0].place or case.place,
            expected="a label of the whole case, since its figures count each answer once",
            fix="write label: and predicted: of the case",
        )
    if len(own) > 1:
        problems.add(
            f"{owner} has {len(own)} labels",
            own[1].place or case.place,
            expected="one label",
            fix="make a case for each of them",
        )
    if spec.predicted is not None and spec.label is None:
        problems.add(
            f"{owner} has 'predicted' and no label",
            case.key_place("predicted"),
            expected="a label to compare with",
            fix="add label: …",
        )
