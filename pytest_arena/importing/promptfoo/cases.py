"""Tests of a configuration as cases: what is sent, to whom, and what must hold of the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.importer import Source
from pytest_arena.importing.made import lost_in_words
from pytest_arena.importing.promptfoo import templates
from pytest_arena.importing.promptfoo.assertions import convert
from pytest_arena.importing.promptfoo.assertions.written import Scope
from pytest_arena.importing.promptfoo.code_module import CodeModule
from pytest_arena.importing.promptfoo.code_runner import CodeRunner, told
from pytest_arena.importing.promptfoo.conversations import Conversations
from pytest_arena.importing.promptfoo.prompts import Prompt, chat_of, made_prompt
from pytest_arena.importing.promptfoo.providers import Providers
from pytest_arena.importing.promptfoo.scripts import UnusableScriptError
from pytest_arena.importing.promptfoo.sent import as_case, parts_of, tag, unsent
from pytest_arena.importing.promptfoo.tests import Test, name_of
from pytest_arena.loading.tree import plain

Case = dict[str, Any]
NO_PROMPT = "The prompt could not be imported."
"""Stands where a prompt would, in cases that are not run."""
_NOTHING_TO_ASK = {"its prompt", "every prompt", "its tests"}
"""What a case cannot be run without, however partial the import may be."""


class Cases:
    """The cases of one configuration, while they are made."""

    def __init__(
        self,
        source: Source,
        code: CodeRunner,
        module: CodeModule,
        providers: Providers,
        variants: Mapping[str, str],
    ) -> None:
        self._source = source
        self._findings = source.findings
        self._code = code
        self._module = module
        self._providers = providers
        self._variants = variants
        """The variant of each prompt, by its label, where they differ in their parameters."""
        self._names: dict[str, int] = {}
        self._conversations = Conversations()
        self.judges = False
        """Whether an assertion asks a judge that nobody names."""

    def for_variants(self, tests: Sequence[Test]) -> list[Case]:
        """Return a case for each test, whose prompts are those of the variants."""
        return [self._case(test, None, {"prompt": "The prompt of the variant."}) for test in tests]

    def for_prompts(self, prompts: Sequence[Prompt], tests: Sequence[Test]) -> list[Case]:
        """Return a case for each test with each of its prompts, and one for each conversation."""
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
            for prompt in asked or prompts:
                cases += self._asked(test, prompt, several=len(prompts) > 1)
        return cases

    def _asked(self, test: Test, prompt: Prompt, *, several: bool) -> list[Case]:
        if prompt.code is None:
            return self._with_text(test, prompt, prompt.text, None, several=several)
        cases: list[Case] = []
        for text, names in self._made(test, prompt).items():
            cases += self._with_text(test, prompt, text, names, several=several)
        return cases

    def _made(self, test: Test, prompt: Prompt) -> dict[str, list[str] | None]:
        """Return the texts that a prompt's code makes of a test, each with the columns that it is
        for; None where it is one for all."""
        found: dict[str, list[str] | None] = {}
        columns = self._only(test, prompt) or [one["name"] for one in self._providers.entries]
        try:
            for name in columns:
                identity = self._providers.identities.get(name, {"id": name})
                context = {
                    "vars": test.variables,
                    "provider": identity,
                    "config": dict(prompt.config),
                }
                given = self._call(prompt, context)
                text, config = made_prompt(given)
                if config:
                    self._findings.alike(
                        prompt.place, f"parameters that {prompt.code} gives: {_shown(config)}",
                        "write them under params: of the provider",
                    )  # fmt: skip
                found[text] = [*(found.get(text) or []), name]
        except UnusableScriptError as error:
            told(self._source, prompt.place, "a prompt made by code", error)
            test.lost.append("its prompt")
            return {NO_PROMPT: None}
        return dict.fromkeys(found) if len(found) == 1 else found

    def _call(self, prompt: Prompt, context: Mapping[str, Any]) -> Any:
        written = prompt.code or ""
        is_script = written.endswith(".py")
        return self._code.call(written, None, [context], "script" if is_script else None)

    def _with_text(
        self, test: Test, prompt: Prompt, text: str, names: list[str] | None, *, several: bool
    ) -> list[Case]:
        if "_conversation" in text and not test.options.get("disableConversationVar"):
            turn = self._conversations.turn(test, prompt, text)
            takes, rest = self._providers.by_what_they_take(self._only(test, prompt))
            if rest and turn.user is not None:
                self._findings.left_out(
                    prompt.place,
                    f"a conversation for {', '.join(rest)}, which take no messages",
                    "write a case of their own for them",
                )
                names = takes
                if not takes:
                    test.lost.append("its conversation")
            if turn.case is not None:
                # a further turn of a case that is there already
                self._say(turn.case, test, turn.user)
                return []
            if turn.user is not None:
                sent = {"prompt": escaped(turn.user)}
                case = self._case(test, prompt, sent, names or None, several=several)
                self._begin(case, turn.system)
                self._conversations.begun(turn, case)
                return [case]
            if not turn.is_first:
                self._findings.left_out(
                    test.place,
                    "a turn of a conversation (_conversation), whose prompt is no chat of a system "
                    "prompt, all that was said, and one message of the user's",
                    "write its turns under conversation: of one case",
                )
                test.lost.append("the turns before it")
        asked = names if names is not None else self._only(test, prompt)
        takes, rest = self._providers.by_what_they_take(asked)
        filled = self._filled(test, prompt, text) if rest else ""
        if chat_of(filled) is None:
            sent = self._sent(test, prompt, text)
            return [self._case(test, prompt, sent, names, several=several)]
        cases = []
        if takes:
            sent = self._sent(test, prompt, text)
            cases.append(self._case(test, prompt, sent, takes, several=several))
        # programs, addresses and an echo are given a chat as a text, as there
        whole = {"prompt": escaped(filled)}
        return [*cases, self._case(test, prompt, whole, rest, several=several)]

    def _begin(self, case: Case, system: str | None) -> None:
        """Have a case be a conversation, of which it has the first turn."""
        turn = {"user": case.pop("prompt"), "assertions": case.pop("assertions")}
        if system is not None:
            case["system"] = escaped(system)
        case["conversation"] = [turn]
        case["continue_on_failure"] = True
        case.pop("variables", None)

    def _say(self, case: Case, test: Test, user: str | None) -> None:
        """Have a further turn stand in a case."""
        checked = self._checked(test)
        turn = {"user": escaped(user or ""), "assertions": checked.pop("assertions")}
        case["conversation"].append(turn)
        for key, value in checked.items():
            if key == "skip":
                case.setdefault("skip", value)
            elif case.get(key) != value:
                self._findings.left_out(test.place, f"{key!r} of a turn that others have not")
                if not self._source.partial:
                    case.setdefault("skip", f"imported without {key}")

    def _case(
        self,
        test: Test,
        prompt: Prompt | None,
        sent: Case,
        names: list[str] | None = None,
        *,
        several: bool = False,
    ) -> Case:
        case: Case = {"name": self._name(test, prompt, several=several)}
        tags = [tag(f"{key}_{text}") for key, text in test.metadata.items() if _is_short(text)]
        if prompt is not None and several:
            tags.append(tag(f"prompt_{prompt.label}"))
        if tags:
            case["tags"] = tags
        only = names if names is not None else self._only(test, prompt)
        if only:
            case["providers"] = only
        if prompt is not None and prompt.label in self._variants:
            case["variants"] = [self._variants[prompt.label]]
        case |= sent
        if test.variables:
            case["variables"] = test.variables
        case |= self._checked(test)
        if test.output is not None:
            case["mock"] = escaped(test.output)
            self._findings.alike(
                test.place,
                "providerOutput, which is judged there instead of a call's answer",
                "mock: has it, so run with --arena-mock",
            )
        return case

    def _name(self, test: Test, prompt: Prompt | None, *, several: bool) -> str:
        label = f" [{_bare(prompt.label)}]" if prompt is not None and several else ""
        name = escaped(f"{name_of(test)}{label}")
        number = self._names[name] = self._names.get(name, 0) + 1
        while number > 1 and f"{name} #{number}" in self._names:
            number += 1
        shown = name if number == 1 else f"{name} #{number}"
        self._names.setdefault(shown, 1)
        return shown

    def _sent(self, test: Test, prompt: Prompt, text: str) -> Case:
        """Return what is sent, which keeps the variables of the test where it can."""
        whole = _whole(test, text)
        parts = parts_of(whole)
        if parts is not None and templates.reads_alike(whole, test.variables):
            return parts
        filled = self._filled(test, prompt, text)
        chat = chat_of(filled)
        if chat is None:
            return {"prompt": escaped(filled)}
        lost = unsent(chat)
        if lost:
            self._findings.left_out(
                prompt.place, f"of a chat: {', '.join(lost)}", "write a case of your own for it"
            )
            return {"prompt": escaped(filled), "skip": lost_in_words(lost)}
        if chat[-1]["role"] != "user":
            self._findings.alike(
                prompt.place,
                f"a chat of one message of role {chat[0]['role']}",
                "it is sent as the user's",
            )
        return as_case(chat)

    def _filled(self, test: Test, prompt: Prompt, text: str) -> str:
        """Return a prompt filled in; what cannot be is told."""
        whole = _whole(test, text)
        try:
            filled, empty = templates.fill_prompt(whole, {"_conversation": [], **test.variables})
        except templates.BadTemplateError as error:
            self._findings.left_out(prompt.place, f"a template that cannot be filled in: {error}")
            test.lost.append("its prompt")
            return whole
        if empty:
            self._findings.alike(
                prompt.place,
                f"nobody defines {', '.join(sorted(empty))}, which is empty there",
                "here an undefined name would be an error",
            )
        return filled

    def _only(self, test: Test, prompt: Prompt | None) -> list[str]:
        names: list[str] = []
        for written in test.providers:
            key = written if isinstance(written, str) else json.dumps(plain(written), default=str)
            added = self._providers.named(key)
            if added is None:
                added = self._providers.add(written, test.place, group="by-name", known_as=key)
            if added is None:
                test.lost.append("its provider")
            elif added not in names:
                names.append(added)
        if prompt is not None and not names and any(self._providers.only_prompts.values()):
            return [
                entry["name"]
                for entry in self._providers.entries
                if prompt.is_one_of(
                    self._providers.only_prompts.get(entry["name"], (prompt.label,))
                )
            ]
        return names

    def _checked(self, test: Test) -> Case:
        """Return what must hold of a test's answers, and what is made of them before."""
        scope = Scope(
            self._source,
            self._module,
            test.variables,
            self._providers.unnamed,
            judge=test.judge,
            rubric_prompt=test.options.get("rubricPrompt"),
            from_csv=test.from_csv,
            lost=list(dict.fromkeys(test.lost)),
        )
        found = [
            made for written, place in test.asserted for made in convert(written, place, scope)
        ]
        self.judges = self.judges or scope.judges
        case = self._transformed(test, scope)
        if test.threshold is not None and test.threshold > 0:
            case["threshold"] = min(test.threshold, 1.0)
        elif test.threshold is not None:
            # every score reaches it
            found = [{**one, "weight": 0} for one in found]
        repeat = test.options.get("repeat")
        if isinstance(repeat, int) and repeat > 1:
            case["trials"] = repeat
        if scope.lost and not (self._source.partial and _NOTHING_TO_ASK.isdisjoint(scope.lost)):
            case["skip"] = lost_in_words(scope.lost)
        return {**case, "assertions": self._never_nothing(test, found)}

    def _never_nothing(self, test: Test, found: list[Case]) -> list[Case]:
        """Return assertions of which one can fail."""
        if found and any(one.get("weight", 1) for one in found):
            return found
        if found:
            what = "nothing that could fail: no assertion has a weight, or the threshold is 0"
        else:
            what = "a test without an assertion, which passes there whatever comes"
        if found or not test.asserted:
            self._findings.alike(test.place, what, "type: success fails on an empty answer")
        return [*found, {"type": "success"}]

    def _transformed(self, test: Test, scope: Scope) -> Case:
        """Return what is made of the test's answers before its assertions."""
        written = test.options.get("transform", test.options.get("postprocess"))
        if written is None:
            return {}
        try:
            return {"transform": self._module.transform(written)}
        except UnusableScriptError as error:
            self._findings.left_out(test.place, str(error), error.instead)
            scope.lost.append("transform")
            return {}


def _whole(test: Test, text: str) -> str:
    """Return a prompt with what stands around it in a test."""
    return f"{test.options.get('prefix', '')}{text}{test.options.get('suffix', '')}"


def _bare(text: str) -> str:
    return text.replace("::", ":").replace("\n", " ")


def _is_short(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool))


def _shown(config: Mapping[str, Any]) -> str:
    return ", ".join(map(str, config))
