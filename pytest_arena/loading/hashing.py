"""Hashes of what can change between two runs, so that only what is alike is compared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from pytest_arena.loading.plans import CasePlan, PersonaPlan, every_assertion
from pytest_arena.loading.provider_files import OptionsWithFiles
from pytest_arena.results.content import content_of, what_is_asked
from pytest_arena.results.request_response import tool_name
from pytest_arena.schema import ArenaModel, Assertion, MockResponses, ProviderSpec
from pytest_arena.schema.provider import host_of

_BLANK = re.compile(r"\s")
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)
"""Made once, since `json.dumps` would make one for each of several hashes a case."""


class Hasher:
    """The hashes of cases and providers; what many of them share is dumped once."""

    def __init__(self) -> None:
        self._dumps: dict[int, tuple[ArenaModel, Any]] = {}
        self._texts: dict[int, tuple[object, str]] = {}

    def prompt(self, case: CasePlan) -> str:
        """Return the hash of what a case sends: the system prompt, the user's texts, the tools
        that it offers, and what an agent does with them."""
        users = [
            [what_is_asked(content_of(turn.user)) for turn in dialogue]
            for dialogue in case.dialogues
        ]
        facts: dict[str, Any] = {"system": case.system, "users": users}
        before = [
            [{**one, "content": what_is_asked(one["content"])} for one in turn.before]
            for dialogue in case.dialogues
            for turn in dialogue
            if turn.before
        ]
        if before:
            facts["before"] = before
        notes = [
            [[note.text, note.after] for note in turn.notes]
            for dialogue in case.dialogues
            for turn in dialogue
            if turn.notes
        ]
        if notes:
            facts["notes"] = notes
        personas = [_played(persona, case.variables) for persona in case.personas]
        if personas:
            facts["personas"] = personas
        if case.tools:
            facts["tools"] = case.tools
        if case.agent is not None:
            facts["agent"] = case.agent.facts(case.variables)
        if case.chain is not None:
            facts["chain"] = case.chain.facts(case.variables)
        if case.workflow is not None:
            facts["workflow"] = case.workflow.facts(case.variables)
        if case.offer is not None:
            facts["servers"] = case.offer.facts()
        return _hash(facts)

    def tools(self, case: CasePlan) -> str:
        """Return the name and the hash of each tool that a case offers: `refund:5e0f… …`.

        The hash of its prompt covers them; these tell which of them is another one.
        """
        known = self._texts.get(id(case.tools))
        if known is None:
            text = " ".join(f"{tool_name(tool)}:{_hash(tool)}" for tool in case.tools)
            known = self._texts[id(case.tools)] = (case.tools, text)
        return known[1]

    def files(self, case: CasePlan) -> str:
        """Return the name and the hash of each file that a case sends: `photos/a.png:5e0f… …`."""
        files = case.files.values()
        named = ((_BLANK.sub("_", one.name) or "data", one.sha256[:16]) for one in files)
        return " ".join(f"{name}:{hashed}" for name, hashed in sorted(named))

    def assertions(self, case: CasePlan) -> str:
        """Return the hash of what must hold: assertions, guardrails, thresholds and themes."""
        facts: dict[str, Any] = {
            "assertions": [self._dump(assertion) for assertion in case.assertions],
            "turns": [
                [[self._dump(assertion) for assertion in turn.assertions] for turn in dialogue]
                for dialogue in case.dialogues
                if any(turn.assertions for turn in dialogue)
            ],
            "threshold": case.threshold,
            "pass_threshold": case.pass_threshold,
            "themes": case.expected_themes,
        }
        if case.load is not None:
            # figures under another load are no figures to compare with
            facts["load"] = asdict(case.load)
        if case.transform is not None:
            facts["transform"] = _dump(case.transform)
        if case.guardrails:
            facts["guardrails"] = _hash([self._dump(guardrail) for guardrail in case.guardrails])
        return _hash(facts)

    def mock(
        self, case: CasePlan, provider: ProviderSpec, responses: MockResponses | None
    ) -> str | None:
        """Return the hash of what the mock may answer with; None where it has nothing.

        No baseline looks at it: it is for the run that takes up an interrupted one.
        """
        own = provider.options if provider.provider == "mock" else None
        found = [
            *([self._json(own)] if isinstance(own, ArenaModel) else ()),
            *([self._json(case.mock)] if case.mock is not None else ()),
            *([self._json(responses)] if responses is not None else ()),
        ]
        return sha256("\n".join(found).encode()).hexdigest()[:16] if found else None

    def _json(self, shared: ArenaModel) -> str:
        known = self._texts.get(id(shared))
        if known is None:
            known = self._texts[id(shared)] = (shared, shared.model_dump_json())
        return known[1]

    def judge(self, case: CasePlan) -> str:
        """Return the hash of how a case is judged: judges, prompts and rubrics; empty without."""
        facts: list[Any] = []
        for assertion in every_assertion(case):
            asked = assertion.judge_facts(case.judge)
            if asked is not None:
                facts.append([asked, self._dump(assertion), case.documents])
        return _hash(facts) if facts else ""

    def guardrails(self, case: CasePlan) -> str:
        """Return the name and the hash of each of a case's guardrails: `max_length:5e0f… …`.

        The hash of its assertions covers them; these tell which of them is another one.
        """
        known = self._texts.get(id(case.guardrails))
        if known is None:
            dumped = [self._dump(guardrail) for guardrail in case.guardrails]
            text = " ".join(f"{each['type']}:{_hash(each)}" for each in dumped)
            known = self._texts[id(case.guardrails)] = (case.guardrails, text)
        return known[1]

    def _dump(self, model: ArenaModel) -> Any:
        known = self._dumps.get(id(model))
        if known is None:
            known = self._dumps[id(model)] = (model, _dump(model))
        return known[1]


def _played(persona: PersonaPlan, variables: Mapping[str, Any]) -> list[Any]:
    """Return what decides what a simulated user says."""
    agent = persona.agent
    tools = [tool.offered for tool in agent.tools.values()] if agent is not None else []
    return [
        persona.instructions,
        persona.least,
        persona.longest,
        provider_hash(persona.provider, {}),
        *([agent.facts(variables), tools] if agent is not None else []),
    ]


def provider_hash(spec: ProviderSpec, params: Mapping[str, Any]) -> str:
    """Return the hash of a provider: its model, its endpoint's host and its parameters.

    Of an application, what the file says of it, with its version.
    """
    if spec.system is not None:
        return _hash({"system": spec.provider, **further_facts(spec)})
    return _hash(
        {
            "model": spec.full_model,
            "host": spec.host,
            **further_facts(spec),
            "params": {**params, **spec.params},
        }
    )


def prices_hash(specs: Iterable[ProviderSpec]) -> str | None:
    """Return the hash of the prices that entries give themselves; None where none does.

    No baseline looks at it: it is for the run that takes up an interrupted one.
    """
    given = {
        spec.name: [spec.input_cost_per_million, spec.output_cost_per_million] for spec in specs
    }
    found = {name: prices for name, prices in given.items() if prices != [None, None]}
    return _hash(found) if found else None


def further_facts(spec: ProviderSpec) -> dict[str, Any]:
    """Return what an application's entry says, who may answer instead, and the files that answer.

    Nothing for most models, whose hash stays as it was.
    """
    found: dict[str, Any] = spec.system.facts() if spec.system is not None else {}
    if spec.transform is not None:
        found["transform"] = _dump(spec.transform)
    if spec.endpoints:
        found["endpoints"] = [[host_of(one.api_base), one.model] for one in spec.endpoints]
    if spec.fallbacks:
        found["fallbacks"] = spec.fallbacks
    if isinstance(spec.options, OptionsWithFiles):
        found["files"] = spec.options.fingerprint
    return found


def _dump(model: ArenaModel) -> dict[str, Any]:
    # Defaults are left out, so that a key which a later version adds changes no hash.
    members: tuple[Assertion, ...] = model.members if isinstance(model, Assertion) else ()
    dumped = model.model_dump(
        mode="json",
        by_alias=True,
        exclude_defaults=True,
        exclude={"assertions"} if members else None,
    )
    dumped["type"] = getattr(model, "type", None)
    if members:
        dumped["assertions"] = [_dump(member) for member in members]
    return dumped


def _hash(facts: Any) -> str:
    return sha256(_ENCODER.encode(facts).encode()).hexdigest()[:16]
