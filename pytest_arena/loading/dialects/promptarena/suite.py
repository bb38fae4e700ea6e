"""A whole suite of PromptArena as an arena file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pytest_arena.errors import ArenaFileError
from pytest_arena.loading.context import LoadContext, Region
from pytest_arena.loading.dialects.promptarena.beside import (
    defaults_of,
    judges_of,
    roles_of,
    servers_of,
    tell_what_is_missing,
)
from pytest_arena.loading.dialects.promptarena.cases import refused_case, skipped_case, whole_case
from pytest_arena.loading.dialects.promptarena.check_base import Around
from pytest_arena.loading.dialects.promptarena.checks import Checks
from pytest_arena.loading.dialects.promptarena.columns import check_columns, columns_of
from pytest_arena.loading.dialects.promptarena.evals import SuiteEvals
from pytest_arena.loading.dialects.promptarena.made import listed, map_under
from pytest_arena.loading.dialects.promptarena.manifests import Manifest, Manifests, known_keys
from pytest_arena.loading.dialects.promptarena.personas import persona_of
from pytest_arena.loading.dialects.promptarena.prompts import SuitePrompt, SuitePrompts
from pytest_arena.loading.dialects.promptarena.providers import SuiteProviders
from pytest_arena.loading.dialects.promptarena.scenarios import (
    Roles,
    ScenarioReader,
    reason_of,
)
from pytest_arena.loading.dialects.promptarena.targets import SuiteTargets
from pytest_arena.loading.dialects.promptarena.tools import SuiteTools
from pytest_arena.loading.tree import YamlList, YamlMap, plain

_SPECS = ("provider", "scenario", "eval", "tool", "judge", "prompt")
_KEYS = (
    *("prompt_configs", "providers", "scenarios", "tools", "mcp_servers", "defaults", "self_play"),
    *("judges", "judge_defaults", "evals", "workflow", "pack_evals", "globals", "skills"),
    *("compositions", "memory", "a2a_agents", "agents", "runtime", "pack_file"),
    *(f"{name}_specs" for name in _SPECS),
)
_DESCRIBED = ("description", "state_store", "deploy", "tts_providers", "stt_providers", "voices")
_OF_DEFAULTS = (
    *("temperature", "top_p", "max_tokens", "seed", "concurrency", "run_timeout", "timeout"),
    *("config_dir", "max_retries"),
)
_OF_REPORTS = (
    *("output", "verbose", "html_report", "out_dir", "output_formats", "markdown_config"),
    *("monitor", "fail_on", "provider", "prompt_config"),
)


def translated(tree: YamlMap, context: LoadContext) -> YamlMap:
    """Return a suite as the tree of an arena file.

    What is wrong with one scenario is kept with the lines that it rests on, so that it alone is
    refused. What is done otherwise here, or not at all, is a warning with its place.
    """
    spec = tree.get("spec")
    if not isinstance(spec, YamlMap):
        context.problems.add(
            "a PromptArena suite without spec",
            tree.place,
            expected="spec: with providers, scenarios and prompt_configs",
            fix="put them under spec:",
        )
        return YamlMap(tree.files, tree.mark)
    return _Suite(tree, spec, context).arena()


class _Suite:
    """One suite on its way to an arena."""

    def __init__(self, tree: YamlMap, spec: YamlMap, context: LoadContext) -> None:
        self._tree = tree
        self._context = context
        self._spec = known_keys(spec, _KEYS, "the suite", context, described=_DESCRIBED)
        defaults = self._spec.get("defaults")
        self._defaults: YamlMap | None = None
        if isinstance(defaults, YamlMap):
            self._defaults = known_keys(
                defaults, _OF_DEFAULTS, "'defaults'", context, described=_OF_REPORTS
            )
        self._manifests = Manifests(self._spec, context)
        self._tools = SuiteTools(self._manifests, context)
        self._prompts = SuitePrompts(self._manifests, context, self._tools)
        self._providers = SuiteProviders(self._manifests, context, self._defaults)
        self._personas: dict[str, Manifest] = {}
        self._gather()
        self._targets = SuiteTargets(self._spec, self._prompts, self._tools, context)
        self._roles = self._read_roles()
        self._judges = judges_of(self._spec, self._providers.columns, context)
        self._same: dict[str, list[str]] = {}
        """The cases that scenarios are, by the scenarios' names."""
        self._rests: dict[tuple[str, int, int], set[str]] = {}
        """Which scenarios rest on which lines of which file."""
        self._offline: YamlMap | None = None
        self._played: dict[str, tuple[str, str]] = {}
        """Who talks in scenarios: by what an arena calls them, the persona and its role."""

    def arena(self) -> YamlMap:
        """Return the arena file that the suite is."""
        spec, context = self._spec, self._context
        made = YamlMap(self._tree.files, self._tree.mark)
        name = map_under(self._tree, "metadata").get("name")
        if name:
            made.put("name", str(name), self._tree.marks["metadata"])
        tell_what_is_missing(spec, context)
        servers, self._without_servers = servers_of(spec, context)
        self._targets.servers = [str(one["id"]) for one in servers]
        tests = YamlList(spec.files, spec.marks.get("scenarios", spec.mark))
        for found in self._manifests.named("scenarios", "Scenario"):
            for case in self._cases(found):
                tests.put(case, case.mark)
        columns = self._add_evals(tests)
        parts: dict[str, Any] = {
            "providers": listed(spec, spec.marks.get("providers", spec.mark), columns),
            "defaults": defaults_of(spec, self._defaults, context),
            "judge": next(iter(self._judges.values()), None),
            "mcp_servers": servers,
            "mock": self._offline,
            "prompts": self._targets.prompts,
            "targets": self._targets.targets,
            "personas": self._personas_played(),
            "tools": self._tools.tree(spec),
        }
        for key, value in parts.items():
            if value:
                at = value.mark if isinstance(value, (YamlMap, YamlList)) else spec.mark
                made.put(key, value, at)
        made.put("tests", tests, tests.mark)
        self._targets.finish()
        self._keep_regions()
        return made

    def _gather(self) -> None:
        """Read all that scenarios rest on."""
        for found in self._manifests.named("tools", "Tool"):
            if isinstance(found, Manifest):
                self._tools.add(found)
            else:
                self._tell(found[1])
        for found in self._manifests.named("prompt_configs", "PromptConfig"):
            if isinstance(found, Manifest):
                self._prompts.add(found)
            else:
                self._prompts.broken[found[0]] = found[1]
        for found in self._manifests.named("providers", "Provider"):
            if isinstance(found, Manifest):
                self._providers.add(found)
            else:
                self._providers.refuse(*found, self._spec)

    def _tell(self, error: ArenaFileError) -> None:
        """Warn of what could not be read, where what needs it will be refused for that."""
        for one in error.problems:
            if one.place is not None:
                self._context.warn(one.place, one.what)

    def _read_roles(self) -> Roles:
        play = self._spec.get("self_play")
        if not isinstance(play, YamlMap) or play.get("enabled") is False:
            return Roles()
        for found in self._manifests.named("personas", "Persona", play):
            if isinstance(found, Manifest):
                self._personas[found.name] = found
            else:
                self._tell(found[1])
        providers = roles_of(play, self._providers.columns, self._context)
        return Roles(providers, tuple(self._personas))

    def _cases(self, found: Manifest | tuple[str, ArenaFileError]) -> Iterator[YamlMap]:
        """Yield the cases of one scenario."""
        groups = {name: column.groups for name, column in self._providers.columns.items()}
        if not isinstance(found, Manifest):
            name, error = found
            self._context.refused.setdefault(name, error.problems)
            nothing = YamlMap(self._spec.files, self._spec.mark)
            yield refused_case(name, self._spec, self._spec.mark, columns_of(nothing, groups))
            return
        columns = columns_of(found.spec, groups)
        if found.name in self._context.refused:
            self._same[found.name] = [found.name]
            yield refused_case(found.name, found.spec, found.mark, columns)
            return
        task = found.spec.get("task_type")
        prompt = self._prompts.of(str(task)) if task else None
        in_workflow = self._targets.has_workflow or "pack" in found.spec
        under = tuple(self._prompts.found) if in_workflow else (prompt,) if prompt else ()
        given = {
            **(prompt.variables if prompt else {}),
            **plain(map_under(found.spec, "variables")),
        }
        checks = Checks(self._around(under, in_workflow=in_workflow), given, self._context)
        reader = ScenarioReader(found, self._manifests, self._roles, checks, self._context)
        check_columns(reader.tree, reader.owner, groups, self._context)
        everywhere = checks.of_conversation(
            map_under(self._spec, "globals"), "conversation_assertions", "'globals'"
        )
        read = list(reader.cases())
        needs = {**reader.needs, **checks.needs}
        if self._without_servers and any(one.tools for one in under):
            needs[self._without_servers] = None
        target = self._targets.of(reader, prompt, needs)
        self._same[found.name] = [name for name, *_ in read]
        self._played |= reader.personas
        self._rest_on(found, under, reader)
        for name, turns, of_all in read:
            case = YamlMap(found.spec.files, found.mark)
            case.put("name", name, found.mark)
            if isinstance(found.spec.get("description"), str):
                case.adopt("description", found.spec)
            if needs or not turns:
                yield skipped_case(case, reason_of(needs) or "it cannot be read", columns)
                continue
            of_all.extend_from(everywhere)
            if self._targets.offers_all_tools(target):
                case.put("tools", YamlList(case.files, case.mark), case.mark)
            yield whole_case(
                case,
                turns,
                of_all,
                reader,
                given,
                target,
                columns,
                self._providers.columns,
                self._context,
            )

    def _around(self, prompts: tuple[SuitePrompt, ...], *, in_workflow: bool) -> Around:
        rules = [one for prompt in prompts for one in prompt.validators if isinstance(one, dict)]
        return Around(dict(self._judges), tuple(rules), in_workflow, tuple(self._targets.servers))

    def _add_evals(self, tests: YamlList) -> list[YamlMap]:
        """Add the cases of evals, and return the columns of all cases."""
        evals = SuiteEvals(self._manifests, dict(self._judges), self._context)
        for case in evals.cases():
            tests.put(case, case.mark)
        for name, error in evals.broken.items():
            self._context.refused.setdefault(name, error.problems)
            tests.put(refused_case(name, self._spec, self._spec.mark, []), self._spec.mark)
        named = {name: persona for name, (persona, _) in self._played.items()}
        self._providers.complete(self._same, named, set(self._judges.values()))
        self._offline = self._providers.offline(self._same, named)
        columns = [one.entry for one in self._providers.columns.values()]
        return [*columns, evals.column] if evals.column is not None else columns

    def _personas_played(self) -> YamlMap:
        """Return the personas that talk, each played by the provider of its role."""
        made = YamlMap(self._spec.files, self._spec.mark)
        for name, (persona, role) in self._played.items():
            manifest = self._personas[persona]
            column = self._providers.columns[self._roles.providers[role]]
            made.put(name, persona_of(manifest, column.entry, self._context), manifest.mark)
        return made

    def _rest_on(
        self, manifest: Manifest, prompts: Iterable[SuitePrompt], reader: ScenarioReader
    ) -> None:
        """Keep which lines a scenario rests on, so that a mistake there is its own."""
        tools = [
            self._tools.found[tool]
            for one in prompts
            for tool in one.tools
            if tool in self._tools.found
        ]
        talking = [self._personas[persona] for persona, _ in reader.personas.values()]
        for one in (manifest, *(prompt.manifest for prompt in prompts), *tools, *talking):
            self._rests.setdefault(one.lines, set()).add(manifest.name)

    def _keep_regions(self) -> None:
        """Hand on which scenarios rest on which lines; what nobody rests on is nobody's."""
        parts = (*self._tools.found.values(), *(one.manifest for one in self._prompts.found))
        for one in (*parts, *self._personas.values()):
            self._rests.setdefault(one.lines, set())
        for lines, names in self._rests.items():
            self._context.regions.append(Region(*lines, frozenset(names)))
