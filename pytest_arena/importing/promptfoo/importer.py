"""A whole configuration of promptfoo's as an arena."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from pytest_arena.errors import ArenaFileError, Problem
from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.importer import Imported, Importer, Source
from pytest_arena.importing.made import lost_in_words
from pytest_arena.importing.promptfoo import templates
from pytest_arena.importing.promptfoo.assertions import convert
from pytest_arena.importing.promptfoo.assertions.judged import of_provider
from pytest_arena.importing.promptfoo.assertions.written import Scope
from pytest_arena.importing.promptfoo.prompts import Prompt, chat_of, read_prompts
from pytest_arena.importing.promptfoo.providers import Providers
from pytest_arena.importing.promptfoo.python_code import PythonModule, transform_of
from pytest_arena.importing.promptfoo.scripts import UnusableScriptError
from pytest_arena.importing.promptfoo.tests import Test, grown, name_of, read_tests
from pytest_arena.loading.tree import YamlMap, plain

_SILENT = {
    "prompts", "providers", "targets", "tests", "scenarios", "defaultTest", "description",
    "assertionTemplates", "evaluateOptions", "outputPath", "sharing", "tags", "metadata",
    "writeLatestResults", "commandLineOptions", "$schema",
}  # fmt: skip
_LEFT_OUT = {
    "extensions": "extensions, which are code",
    "nunjucksFilters": "filters of templates, which are code",
    "tracing": "tracing",
    "redteam": "red teaming: attacks: of a case, and docs/red-team.md, are what an arena has",
    "derivedMetrics": "derived metrics",
    "env": "variables of the environment",
    "envPath": "a file with variables of the environment",
}
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
        if "redteam" in source.tree and "tests" not in source.tree:
            raise ArenaFileError(
                Problem(
                    "a red teaming configuration without tests",
                    source.place,
                    expected="tests: with assertions",
                    fix="write cases with attacks: (docs/red-team.md)",
                )
            )
        return _Conversion(source).run()


class _Conversion:
    """One configuration while it is converted."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._findings = source.findings
        self._module = PythonModule(source)
        self._providers = Providers(source, self._module)
        self._names: dict[str, int] = {}
        self._judges = False
        self._uses_conversation = False
        self._conversations: set[str] = set()

    def run(self) -> Imported:
        tree = self._source.tree
        for key in tree:
            if key in _LEFT_OUT:
                self._findings.left_out(tree.key_place(key), _LEFT_OUT[key])
            elif key not in _SILENT and not str(key).startswith("x-"):
                self._findings.left_out(tree.key_place(key), f"unknown key {key!r}")
        self._providers.read()
        prompts = read_prompts(self._source)
        if not prompts:
            raise ArenaFileError(
                Problem("no prompt can be read", self._source.place, fix=self._all_told())
            )
        self._uses_conversation = any("_conversation" in prompt.text for prompt in prompts)
        tests = list(read_tests(self._source))
        as_variants = self._as_variants(prompts, tests)
        cases = self._cases(prompts, tests, as_variants=as_variants)
        if not self._providers.entries:
            self._findings.left_out(
                self._source.place,
                "every provider",
                "echo answers with the prompt in their place: name yours under providers:",
            )
            self._providers.entries.append({"name": "echo", "provider": "echo"})
        arena = self._arena(prompts if as_variants else (), cases)
        return Imported(arena, self._findings, self._source.files)

    def _all_told(self) -> str:
        told = [f"{finding.what}" for finding in self._findings]
        return "; ".join(told) or "add prompts: […]"

    def _arena(self, variants: Sequence[Prompt], cases: list[dict[str, Any]]) -> dict[str, Any]:
        tree = self._source.tree
        arena: dict[str, Any] = {}
        if tree.get("description"):
            arena["description"] = escaped(str(tree["description"]))
        arena["providers"] = self._providers.entries
        defaults = self._defaults()
        if defaults:
            arena["defaults"] = defaults
        if self._judges:
            arena["judge"] = DEFAULT_JUDGE
            self._findings.alike(
                self._source.place,
                "no judge is named, and the one there depends on which key is set",
                "/".join(DEFAULT_JUDGE.values()) + " judges; name another under judge:",
            )
        if variants:
            arena |= _variants(variants)
        arena["tests"] = cases
        return arena

    def _defaults(self) -> dict[str, Any]:
        options = plain(self._source.tree.get("evaluateOptions")) or {}
        made: dict[str, Any] = {}
        if not isinstance(options, dict):
            return made
        place = self._source.tree.value_place("evaluateOptions")
        for key, value in options.items():
            if key in ("maxConcurrency", "repeat", "timeoutMs"):
                if isinstance(value, int) and value > 0:
                    name = {"maxConcurrency": "concurrency", "repeat": "trials"}.get(key, "timeout")
                    made[name] = f"{value}ms" if name == "timeout" else value
                elif value:
                    self._findings.left_out(place, f"{key}: {value!r}")
            elif key == "delay" and value:
                self._findings.left_out(
                    place, f"a delay of {value} ms", "rate_limit: of a provider"
                )
            elif key not in ("showProgressBar", "cache", "delay"):
                self._findings.left_out(place, f"{key!r} of evaluateOptions")
        return made

    def _as_variants(self, prompts: Sequence[Prompt], tests: Sequence[Test]) -> bool:
        """Return whether the prompts are compared as variants: several, each of them for all tests
        and providers, and none that must be filled in here."""
        if len(prompts) < 2 or self._providers.only_prompts:
            return False
        if any(_parts(prompt.text) is None for prompt in prompts):
            return False
        names = {name for prompt in prompts for name in templates.names_in(prompt.text)}
        return not any(
            test.prompts
            or test.options.keys() & {"prefix", "suffix"}
            or names - test.variables.keys()
            for test in tests
        )

    def _cases(
        self, prompts: Sequence[Prompt], tests: Sequence[Test], *, as_variants: bool
    ) -> list[dict[str, Any]]:
        if as_variants:
            return [self._case(test, None) for test in tests]
        for name, wanted in self._providers.only_prompts.items():
            if not any(prompt.is_one_of(wanted) for prompt in prompts):
                self._findings.left_out(
                    self._source.place,
                    f"every case of {name}, whose prompts ({', '.join(wanted)}) are none of these",
                )
        cases = []
        for test in tests:
            asked = [one for one in prompts if not test.prompts or one.is_one_of(test.prompts)]
            if not asked:
                self._findings.left_out(
                    test.place, f"prompts of a test that are none of these: {test.prompts[0]}"
                )
                test.lost.append("its prompts")
            cases += [
                self._case(test, prompt, several=len(prompts) > 1) for prompt in asked or prompts
            ]
        return cases

    def _case(self, test: Test, prompt: Prompt | None, *, several: bool = False) -> dict[str, Any]:
        label = f" [{prompt.label}]" if prompt is not None and several else ""
        made: dict[str, Any] = {"name": self._name(name_of(test) + _bare(label))}
        tags = [f"{key}:{value}" for key, value in test.metadata.items() if isinstance(value, str)]
        if prompt is not None and several:
            tags.append(f"prompt:{prompt.label}")
        if tags:
            made["tags"] = list(dict.fromkeys(map(_tag, tags)))
        made |= self._asked(test, prompt)
        only = self._only(test, prompt)
        if only:
            made["providers"] = only
        if test.output is not None:
            made["mock"] = test.output
            self._findings.alike(
                test.place, "providerOutput", "run with --arena-mock: no provider is called then"
            )
        made |= self._checked(test)
        return made

    def _name(self, wanted: str) -> str:
        number = self._names[wanted] = self._names.get(wanted, 0) + 1
        name = wanted if number == 1 else f"{wanted} #{number}"
        return escaped(name)

    def _asked(self, test: Test, prompt: Prompt | None) -> dict[str, Any]:
        """Return what is sent, with the variables of the test."""
        variables = {"variables": test.variables} if test.variables else {}
        if prompt is None:
            return {"prompt": "The prompt of the variant.", **variables}
        text = f"{test.options.get('prefix', '')}{prompt.text}{test.options.get('suffix', '')}"
        parts = _parts(text)
        missing = templates.names_in(text) - test.variables.keys() if parts is not None else set()
        if parts is not None and not missing:
            return {**parts, **variables}
        try:
            filled, empty = templates.fill(text, test.variables)
        except templates.BadTemplateError as error:
            self._findings.left_out(prompt.place, f"a template that cannot be filled in: {error}")
            test.lost.append("its prompt")
            filled, empty = text, set()
        if empty:
            self._findings.alike(
                prompt.place,
                f"nobody defines {', '.join(sorted(empty))}, which is empty there",
                "here an undefined name would be an error",
            )
        chat = chat_of(filled)
        return {**(_chat(chat) if chat else {"prompt": escaped(filled)}), **variables}

    def _goes_on(self, test: Test) -> bool:
        """Return whether a test is a further turn of a conversation, which stands alone here."""
        name = test.metadata.get("conversationId")
        if name is None or not self._uses_conversation:
            return False
        is_first = name not in self._conversations
        self._conversations.add(str(name))
        return not is_first

    def _only(self, test: Test, prompt: Prompt | None) -> list[str]:
        names: list[str] = []
        for written in test.providers:
            if isinstance(written, str) and (known := self._providers.named(written)):
                names.append(known)
                continue
            added = self._providers.add(written, test.place, group="by-name")
            if added is not None:
                names.append(added)
            else:
                test.lost.append("its provider")
        if prompt is not None and not names and any(self._providers.only_prompts.values()):
            return [
                entry["name"]
                for entry in self._providers.entries
                if prompt.is_one_of(
                    self._providers.only_prompts.get(entry["name"], (prompt.label,))
                )
            ]
        return names

    def _transformed(self, test: Test, scope: Scope) -> dict[str, Any]:
        """Return what is made of the test's answers before its assertions."""
        written = test.options.get("transform", test.options.get("postprocess"))
        if written is None:
            return {}
        try:
            return {"transform": transform_of(written, self._module)}
        except UnusableScriptError as error:
            self._findings.left_out(test.place, str(error), error.instead)
            scope.lost.append("transform")
            return {}

    def _checked(self, test: Test) -> dict[str, Any]:
        named = grown(test.options.get("provider"))
        judge = of_provider(named, "text")
        scope = Scope(
            self._source,
            self._module,
            test.variables,
            judge=judge,
            embedding=of_provider(named, "embedding"),
            from_csv=test.from_csv,
            lost=list(dict.fromkeys(test.lost)),
        )
        found = [
            made for written, place in test.asserted for made in convert(written, place, scope)
        ]
        self._judges = self._judges or (scope.judges and judge is None)
        case = self._transformed(test, scope)
        if test.threshold is not None and test.threshold > 0:
            case["threshold"] = min(test.threshold, 1.0)
        elif test.threshold is not None:
            # every score reaches it
            found = [{**one, "weight": 0} for one in found]
        if self._goes_on(test):
            scope.lost.append("the turns before it")
            self._findings.left_out(
                test.place,
                "a turn of a conversation (metadata.conversationId with _conversation)",
                "write its turns under conversation: of one case",
            )
        if scope.lost and not self._source.partial:
            case["skip"] = lost_in_words(scope.lost)
        if not found:
            found = [{"type": "success"}]
            if not test.asserted:
                self._findings.alike(
                    test.place,
                    "a test without an assertion, which passes there whatever comes",
                    "type: success fails on an empty answer",
                )
        elif not any(one.get("weight", 1) for one in found):
            found.append({"type": "success"})
            self._findings.alike(
                test.place,
                "nothing that could fail: no assertion has a weight, or the threshold is 0",
                "type: success fails on an empty answer",
            )
        return {**case, "assertions": found}


def _tag(text: str) -> str:
    """Return a text as a mark of pytest's may be called."""
    tag = re.sub(r"\W+", "_", text).strip("_")[:80]
    return tag if tag[:1].isalpha() else f"tag_{tag}"


def _bare(text: str) -> str:
    return text.replace("::", ":").replace("\n", " ")


def _parts(text: str) -> dict[str, Any] | None:
    """Return a prompt whose template stays one: its system prompt and its text; None elsewhere."""
    if not templates.is_simple(text):
        return None
    chat = chat_of(text)
    if chat is None:
        return {"prompt": templates.as_ours(text)}
    made = _chat(chat, keep=True)
    return made if "prompt" in made else None


def _chat(chat: Sequence[dict[str, Any]], *, keep: bool = False) -> dict[str, Any]:
    """Return what a case has for a chat: a system prompt and a text, or all messages."""
    write = templates.as_ours if keep else escaped
    said = [{"role": str(one["role"]), "content": write(_content(one["content"]))} for one in chat]
    roles = [one["role"] for one in said]
    if roles in (["system", "user"], ["developer", "user"]):
        return {"system": said[0]["content"], "prompt": said[1]["content"]}
    if roles == ["user"]:
        return {"prompt": said[0]["content"]}
    if roles == ["system"]:
        return {"prompt": said[0]["content"]}
    return {"messages": said}


def _content(content: Any) -> str:
    if isinstance(content, str):
        return content
    texts = [part.get("text", "") for part in content if isinstance(part, dict)]
    return "\n".join(filter(None, map(str, texts)))


def _variants(prompts: Sequence[Prompt]) -> dict[str, Any]:
    """Return the prompts as variants, which make a column of each provider."""
    made: dict[str, Any] = {"prompts": {}, "targets": {}, "variants": []}
    for name, prompt in zip(_variant_names(prompts), prompts, strict=True):
        parts = _parts(prompt.text) or {}
        around = {"user": parts.get("prompt", "")}
        if "system" in parts:
            around = {"system": parts["system"], **around}
        made["prompts"][name] = around
        made["targets"][name] = {"type": "prompt", "prompt": name}
        made["variants"].append({"name": name, "target": name})
    return made


def _variant_names(prompts: Sequence[Prompt]) -> Iterator[str]:
    taken: set[str] = set()
    for number, prompt in enumerate(prompts, 1):
        name = prompt.label
        for sign in ("/", "[", "]", "::", ",", "\n", "{", "}"):
            name = name.replace(sign, "-")
        name = name.strip()
        if not name or name in taken or name == "default":
            name = f"prompt {number}"
        taken.add(name)
        yield name
