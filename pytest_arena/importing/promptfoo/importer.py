"""A whole configuration of promptfoo's as an arena."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pytest_arena.errors import ArenaFileError, Problem
from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.importer import Imported, Importer, Source
from pytest_arena.importing.promptfoo import templates
from pytest_arena.importing.promptfoo.cases import NO_PROMPT, Cases
from pytest_arena.importing.promptfoo.code_module import CodeModule
from pytest_arena.importing.promptfoo.code_runner import CodeRunner
from pytest_arena.importing.promptfoo.environment import with_environment
from pytest_arena.importing.promptfoo.prompts import Prompt, chat_of, read_prompts
from pytest_arena.importing.promptfoo.provider_models import params_of
from pytest_arena.importing.promptfoo.providers import Providers
from pytest_arena.importing.promptfoo.sent import parts_of, variant_names, variants_of
from pytest_arena.importing.promptfoo.tests import Test, TestReader
from pytest_arena.loading.tree import YamlMap, plain

_SILENT = {
    "prompts", "providers", "targets", "tests", "scenarios", "defaultTest", "description",
    "assertionTemplates", "evaluateOptions", "outputPath", "sharing", "tags", "metadata",
    "writeLatestResults", "commandLineOptions", "$schema", "env",
}  # fmt: skip
_LEFT_OUT = {
    "extensions": "extensions, which are code",
    "nunjucksFilters": "filters of templates, which are code",
    "tracing": "tracing",
    "redteam": "red teaming: attacks: of a case, and docs/red-team.md, are what an arena has",
    "derivedMetrics": "derived metrics",
    "envPath": "a file with variables of the environment",
}
_QUIET_OPTIONS = ("showProgressBar", "cache", "maxEvalTimeMs", "timeoutMs")
DEFAULT_JUDGE = {"provider": "openai", "model": "gpt-4.1"}


class PromptfooImporter(Importer):
    """Turns a `promptfooconfig.yaml` into an arena."""

    format: ClassVar[str] = "promptfoo"

    def recognises(self, source: Source) -> bool:
        tree = source.tree
        if not isinstance(tree, YamlMap) or "kind" in tree:
            return False
        asked = "prompts" in tree and ("providers" in tree or "targets" in tree or "tests" in tree)
        return asked or "redteam" in tree

    def convert(self, source: Source) -> Imported:
        if "redteam" in source.tree and not {"tests", "scenarios"} & source.tree.keys():
            raise ArenaFileError(
                Problem(
                    "a red teaming configuration without tests",
                    source.place,
                    expected="tests: with assertions",
                    fix="write cases with attacks: (docs/red-team.md)",
                )
            )
        source = with_environment(source)
        code = CodeRunner(source)
        try:
            return _Conversion(source, code).run()
        finally:
            code.close()


class _Conversion:
    """One configuration while it is converted."""

    def __init__(self, source: Source, code: CodeRunner) -> None:
        self._source = source
        self._findings = source.findings
        self._code = code
        self._module = CodeModule(source)
        self._providers = Providers(source, self._module)

    def run(self) -> Imported:
        tree = self._source.tree
        for key in tree:
            if key in _LEFT_OUT:
                self._findings.left_out(tree.key_place(key), _LEFT_OUT[key])
            elif key not in _SILENT and not str(key).startswith("x-"):
                self._findings.left_out(tree.key_place(key), f"unknown key {key!r}")
        self._providers.read()
        prompts = read_prompts(self._source, self._code)
        if not prompts and not tree.get("prompts"):
            raise ArenaFileError(
                Problem(
                    "a configuration without prompts", self._source.place, fix="add prompts: […]"
                )
            )
        tests = list(TestReader(self._source, self._code, [one.text for one in prompts]).read())
        if not prompts:
            prompts = [Prompt("prompt 1", NO_PROMPT, tree.value_place("prompts"))]
            for test in tests:
                test.lost.append("every prompt")
        defaults = self._defaults()
        as_variants = self._as_variants(prompts, tests)
        columns = [entry["name"] for entry in self._providers.entries]
        names = list(variant_names(prompts, columns))
        differ = not as_variants and any(prompt.config for prompt in prompts)
        by_label = {one.label: name for one, name in zip(prompts, names, strict=True)}
        cases = Cases(
            self._source, self._code, self._module, self._providers, by_label if differ else {}
        )
        made = cases.for_variants(tests) if as_variants else cases.for_prompts(prompts, tests)
        if not self._providers.entries:
            self._findings.left_out(
                self._source.place,
                "every provider",
                "echo answers with the prompt in their place: name yours under providers:",
            )
            self._providers.entries.append({"name": "echo", "provider": "echo"})
        further: dict[str, Any] = {}
        if as_variants:
            further = variants_of(prompts, names)
        elif differ:
            further = {"variants": [{"name": name} for name in names]}
        for variant, prompt in zip(further.get("variants", ()), prompts, strict=False):
            if prompt.config and (params := params_of(prompt.config, self._source)):
                variant["params"] = params
        arena = self._arena(further, defaults, made, judges=cases.judges)
        return Imported(arena, self._findings, self._source.files)

    def _arena(
        self,
        further: dict[str, Any],
        defaults: dict[str, Any],
        cases: list[dict[str, Any]],
        *,
        judges: bool,
    ) -> dict[str, Any]:
        tree = self._source.tree
        arena: dict[str, Any] = {}
        if tree.get("description"):
            arena["description"] = escaped(str(tree["description"]))
        arena["providers"] = self._providers.entries
        if defaults:
            arena["defaults"] = defaults
        if judges:
            arena["judge"] = DEFAULT_JUDGE
            self._findings.alike(
                self._source.place,
                "no judge is named, and the one there depends on which key is set",
                "/".join(DEFAULT_JUDGE.values()) + " judges; name another under judge:",
            )
        return {**arena, **further, "tests": cases}

    def _defaults(self) -> dict[str, Any]:
        tree = self._source.tree
        made: dict[str, Any] = {}
        for key in ("commandLineOptions", "evaluateOptions"):
            options, place = plain(tree.get(key)), tree.value_place(key)
            if not isinstance(options, dict):
                continue
            for name, value in options.items():
                if name in ("maxConcurrency", "repeat", "timeoutMs"):
                    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                        made |= _default(name, value)
                    elif value:
                        self._findings.left_out(place, f"{name}: {value!r}")
                elif name == "delay" and value:
                    if isinstance(value, (int, float)) and not isinstance(value, bool):
                        self._providers.pace(value, place)
                    else:
                        self._findings.left_out(place, f"{name}: {value!r}")
                elif key == "evaluateOptions" and name not in (*_QUIET_OPTIONS, "delay"):
                    self._findings.left_out(place, f"{name!r} of evaluateOptions")
        return made

    def _as_variants(self, prompts: Sequence[Prompt], tests: Sequence[Test]) -> bool:
        """Return whether the prompts are compared as variants: several, each of them for all tests
        and providers, and none that must be filled in here."""
        if len(prompts) < 2 or self._providers.only_prompts:
            return False
        if any(one.code is not None or parts_of(one.text) is None for one in prompts):
            return False
        if self._providers.by_what_they_take(())[1] and any(chat_of(one.text) for one in prompts):
            return False
        return not any(
            test.prompts
            or test.options.keys() & {"prefix", "suffix"}
            or not all(templates.reads_alike(one.text, test.variables) for one in prompts)
            for test in tests
        )


def _default(name: str, value: int) -> dict[str, Any]:
    if name == "timeoutMs":
        return {"timeout": f"{value}ms"}
    return {{"maxConcurrency": "concurrency", "repeat": "trials"}[name]: value}
