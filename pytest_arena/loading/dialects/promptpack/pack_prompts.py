"""The prompts of a pack: each with its text, tools, guardrails, evals and tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import Location, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.left_out import LeftOut
from pytest_arena.loading.dialects.promptpack.evals import EvalList, PackEvals, build_evals
from pytest_arena.loading.dialects.promptpack.pack_texts import PackTexts
from pytest_arena.loading.dialects.promptpack.validators import build_validators
from pytest_arena.loading.dialects.promptpack.variables import values_of
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import Guardrail
from pytest_arena.schema.pack import ModelOverride, PackPromptSpec, PackVariable

_KEYS = {"evals", "tests", "validators", "template", *PackPromptSpec.model_fields}
_INERT = ("media", "provider", "skills", "extensions")
_STAGES = ("prompt", "template", "provider", "validator", "guardrail")
"""What a pipeline goes through that a case here goes through as well."""


@dataclass(frozen=True, slots=True)
class PackPrompt:
    """One prompt of a pack, as it is written and with what checks its answers."""

    task: str
    owner: str
    """What messages call it."""
    spec: PackPromptSpec
    written: YamlMap
    texts: PackTexts
    tools: YamlMap
    """The tools of the pack that it may use, as they are written."""
    guardrails: tuple[Guardrail, ...]
    evals: PackEvals
    own_evals: EvalList
    """Those of its own, as they are written."""
    tests: YamlList | None
    whole: YamlMap
    """The pack that it is one of, as it is written."""

    @property
    def place(self) -> Location:
        """Where its text stands."""
        key = "template" if "template" in self.written else "system_template"
        return self.written.value_place(key)

    def text(
        self,
        variables: Mapping[str, Any],
        asked_at: Location,
        problems: ProblemList,
        override: ModelOverride | None = None,
    ) -> str:
        """Return its template filled in, as it is for one model where that has an `override`.

        What is wrong with the variables is a problem at `asked_at`.
        """
        values = values_of(self.spec.variables, variables, self.owner, asked_at, problems)
        template = self.spec.system_template
        if override is not None:
            whole = override.system_template or template
            template = override.system_template_prefix + whole + override.system_template_suffix
        return self.texts.fill(template, self.place, values, problems)


class PromptReader:
    """A reader of prompts of one pack, with what of the pack they share."""

    def __init__(
        self,
        texts: PackTexts,
        tools: YamlMap | None,
        whole: YamlMap,
        evals: EvalList,
        left_out: LeftOut,
        context: LoadContext,
    ) -> None:
        self._texts = texts
        self._tools = tools
        self._whole = whole
        self._shared_evals = evals
        self._left_out = left_out
        self._context = context

    def prompt(self, task: str, written: YamlMap, owner: str) -> PackPrompt | None:
        """Return a prompt with all that belongs to it; None after adding its problems."""
        context, before = self._context, len(self._context.problems)
        known = self._left_out.known(written, _KEYS, owner, _INERT, ("pipeline",))
        self._note_pipeline(written.get("pipeline"), owner)
        known = known.only(key for key, value in known.items() if value is not None)
        apart = {"evals", "tests", "validators"}
        fitting = self._left_out.fitting(known.only(known.keys() - apart), PackPromptSpec, owner)
        values: dict[str, Any] = dict(fitting)
        if isinstance(known.get("variables"), YamlList):
            values["variables"] = self._variables(known["variables"], owner)
        spec = build_model(PackPromptSpec, fitting, context.problems, owner, values)
        place = known.value_place("validators")
        guardrails = build_validators(
            known.get("validators"), place, owner, self._left_out, context
        )
        own = (known.get("evals"), owner, known.value_place("evals"))
        evals = build_evals(self._shared_evals, own, self._left_out, context)
        if spec is None or len(context.problems) > before:
            return None
        tests = known.get("tests")
        if tests is not None and not isinstance(tests, YamlList):
            self._left_out.add(f"the tests of {owner}, which are no list", known.key_place("tests"))
        return PackPrompt(
            task,
            owner,
            spec,
            known,
            self._texts,
            self._tools_of(spec, known, owner),
            guardrails,
            evals,
            own,
            tests if isinstance(tests, YamlList) else None,
            self._whole,
        )

    def _note_pipeline(self, pipeline: Any, owner: str) -> None:
        """Keep as left out what a pipeline has beyond the stages that a case goes through here."""
        for key in pipeline if isinstance(pipeline, YamlMap) else ():
            if _is_beyond_ours(pipeline[key]):
                said = f"{key!r} of the pipeline of {owner}"
                self._left_out.add(said, pipeline.key_place(key))

    def _variables(self, written: YamlList, owner: str) -> tuple[PackVariable, ...]:
        found = []
        for index, entry in enumerate(written):
            if not isinstance(entry, YamlMap):
                self._context.problems.add(
                    f"a variable of {owner} is not a mapping",
                    written.value_place(index),
                    expected="a mapping with name, type and required",
                    fix="write it like {name: company, type: string, required: true}",
                )
                continue
            named = f"variable {shorten(str(entry.get('name')))!r} of {owner}"
            if entry.get("binding"):
                place = entry.key_place("binding")
                self._left_out.add(f"the binding of {named}", place)
            known = self._left_out.fitting(entry, PackVariable, named)
            found.append(build_model(PackVariable, known, self._context.problems, named))
        return tuple(variable for variable in found if variable is not None)

    def _tools_of(self, spec: PackPromptSpec, written: YamlMap, owner: str) -> YamlMap:
        """Return the tools that a prompt may use, under the names that models are told."""
        known = self._tools or YamlMap(written.files, written.mark)
        allowed = YamlMap(known.files, known.mark)
        for name in spec.tools:
            if name in spec.tool_policy.blocklist:
                continue
            if isinstance(known.get(name), YamlMap):
                described = {"name", "description", "parameters"}
                tool = self._left_out.known(known[name], described, f"tool {name!r}")
                told = str(tool.get("name") or name)
                allowed.put(told, tool.only({"description", "parameters"}), known.marks[name])
            else:
                place = written["tools"].value_place(spec.tools.index(name))
                self._left_out.add(f"tool {name!r} of {owner}, which it does not describe", place)
        return allowed


def _is_beyond_ours(part: Any) -> bool:
    """Return whether a part of a pipeline is more than the stages that are known."""
    entries = part if isinstance(part, list) else [part]
    names = [one.get("type") if isinstance(one, dict) else one for one in entries]
    configured = any(isinstance(one, dict) and one.get("config") for one in entries)
    return configured or any(name not in _STAGES for name in names)
