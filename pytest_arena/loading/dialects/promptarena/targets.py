"""How scenarios reach a model: under a prompt of the suite, with tools, or in its workflow."""

from __future__ import annotations

from typing import Any

from pytest_arena.errors import shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.made import map_under, mapping
from pytest_arena.loading.dialects.promptarena.manifests import known_keys
from pytest_arena.loading.dialects.promptarena.prompts import SuitePrompt, SuitePrompts
from pytest_arena.loading.dialects.promptarena.scenarios import ScenarioReader
from pytest_arena.loading.dialects.promptarena.tools import SuiteTools, tool_of_runtime
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap, plain

_OF_POLICIES = (
    *("tool_choice", "max_tool_calls_per_turn", "max_total_tool_calls", "blocklist"),
    *("max_rounds", "max_cost_usd", "max_identical_tool_calls"),
)
_MOST_ROUNDS = 50
"""The rounds of tool calls after which PromptArena stops a turn."""
WORKFLOW = "workflow"
"""What the target is called that is the suite's workflow."""


class SuiteTargets:
    """The targets of a suite's scenarios, and the pack of its prompts, tools and workflow."""

    def __init__(
        self, spec: YamlMap, prompts: SuitePrompts, tools: SuiteTools, context: LoadContext
    ) -> None:
        self._spec = spec
        self._prompts = prompts
        self._tools = tools
        self._context = context
        self._name = context.files[0]
        self._pack, self.targets, self.prompts = (YamlMap(spec.files, spec.mark) for _ in range(3))
        self.servers: list[str] = []
        """The ids of the suite's MCP servers."""
        self.needs: dict[str, None] = {}
        """What the workflow asks for that an arena has not."""
        self.has_workflow = isinstance(spec.get("workflow"), YamlMap)
        if self.has_workflow:
            self._read_workflow(spec["workflow"])

    def _read_workflow(self, workflow: YamlMap) -> None:
        mark = self._spec.marks["workflow"]
        for name, state in map_under(workflow, "states").items():
            if not isinstance(state, YamlMap):
                continue
            if state.get("control") == "agent":
                place = state.key_place("control")
                what = f"state {name!r} to be left within the turn (control: agent, at {place})"
                self.needs[what] = None
            if state.get("orchestration") == "composition" or state.get("composition"):
                key = "composition" if "composition" in state else "orchestration"
                self.needs[f"compositions, for state {name!r} at {state.key_place(key)}"] = None
                continue
            task = state.get("prompt_task")
            prompt = self._prompts.of(str(task or ""))
            if task and prompt is None and not self._prompts.broken:
                known = self._prompts.names
                self._context.problems.add(
                    f"state {shorten(str(name))!r} names an unknown prompt {shorten(str(task))!r}",
                    state.value_place("prompt_task"),
                    expected=one_of(str(task), known, "the task_type of one of prompt_configs:"),
                    fix=suggest(str(task), known) or "add it under prompt_configs:",
                )
                self.has_workflow = False
            if prompt is not None:
                self._add_prompt(prompt, str(state["prompt_task"]), None)
        if not self.has_workflow or self.needs:
            return
        self._pack.put("workflow", workflow, mark)
        said = {"type": "workflow", "pack": self._name, "max_llm_turns": _MOST_ROUNDS}
        self.targets.put(WORKFLOW, mapping(workflow, mark, said), mark)

    def of(
        self, reader: ScenarioReader, prompt: SuitePrompt | None, needs: dict[str, None]
    ) -> str | None:
        """Return the target of a scenario's cases; None where it is under no prompt.

        What it cannot do without is added to `needs`.
        """
        name, mark = reader.manifest.name, reader.manifest.mark
        pack = reader.tree.get("pack")
        if isinstance(pack, str):
            said = {"type": "workflow", "pack": pack, "max_llm_turns": _MOST_ROUNDS}
            made = mapping(reader.tree, reader.tree.marks["pack"], said)
            self.targets.put(name, made, mark)
            return name
        if self.has_workflow:
            needs |= self.needs
            return WORKFLOW
        if prompt is None:
            self._without_prompt(reader)
            return None
        for tool in prompt.tools:
            if tool in self._tools.needs:
                needs[self._tools.needs[tool]] = None
            elif (runtime := tool_of_runtime(tool)) and tool not in self._tools.made:
                needs[f"{runtime}, for the tool {tool!r}"] = None
        policy = reader.tree.get("tool_policy")
        own = policy if isinstance(policy, YamlMap) else None
        if own is not None:
            known_keys(own, _OF_POLICIES, f"'tool_policy' of {reader.owner}", self._context)
        key = prompt.task if own is None else f"{prompt.task} in {name}"
        self._add_prompt(prompt, key, own)
        written = {"pack": self._name, "prompt": key}
        manifest = prompt.manifest
        self.prompts.put(key, mapping(manifest.spec, manifest.mark, written), mark)
        self.targets.put(name, self._reached(prompt, key, own, mark), mark)
        return name

    def offers_all_tools(self, target: str | None) -> bool:
        """Return whether cases of this target would be offered all tools of the file."""
        return bool(self._tools.made) and (
            target is None or self.targets[target]["type"] == "prompt"
        )

    def _reached(self, prompt: SuitePrompt, key: str, policy: YamlMap | None, mark: int) -> YamlMap:
        """Return a prompt as a target: an agent, where it allows tools."""
        limits = plain(policy) if policy is not None else {}
        blocked = limits.get("blocklist") or ()
        made = self._tools.made
        own = [name for name in prompt.tools if name in made and name not in blocked]
        given = [f"mcp:{one}" for one in self.servers] if prompt.tools else []
        missing = [
            name
            for name in prompt.tools
            if name not in made and name not in self._tools.of_servers and not given
        ]
        if missing:
            self._context.warn(
                prompt.tree.value_place("allowed_tools"),
                f"prompt {shorten(prompt.task)!r} allows {', '.join(map(repr, missing))}, which "
                "the suite does not have",
            )
        if given:
            self._context.warn(
                prompt.tree.value_place("allowed_tools"),
                f"prompt {shorten(prompt.task)!r} is offered all tools of {', '.join(self.servers)}"
                ", beside those that it allows",
            )
        if not own and not given:
            return mapping(self._spec, mark, {"type": "prompt", "prompt": key})
        said: dict[str, Any] = {"type": "agent", "prompt": key, "tools": [*own, *given]}
        if not limits.get("max_rounds"):
            said["max_llm_turns"] = _MOST_ROUNDS
        bounds = {
            "tool_calls": limits.get("max_total_tool_calls") or None,
            "cost_usd": limits.get("max_cost_usd") or None,
        }
        said["limits"] = {name: value for name, value in bounds.items() if value} or None
        if limits.get("max_identical_tool_calls"):
            stuck = limits["max_identical_tool_calls"] + 1
            said["health"] = {"anomalies": ["stuck"], "stuck_threshold": stuck}
        return mapping(self._spec, mark, said)

    def _without_prompt(self, reader: ScenarioReader) -> None:
        """Refuse a prompt that is not there; a suite without any talks to bare models."""
        task, known = reader.task, self._prompts.names
        if task is None or not (known or self._prompts.broken):
            return
        place = reader.tree.value_place("task_type")
        unread = [one for error in self._prompts.broken.values() for one in error.problems]
        if unread and suggest(task, known) is None:
            for one in unread:
                self._context.problems.add(one.what, place, expected=one.expected, fix=one.fix)
            return
        self._context.problems.add(
            f"{reader.owner} names an unknown prompt {shorten(task)!r}",
            place,
            expected=one_of(task, known, "the task_type of one of prompt_configs:"),
            fix=suggest(task, known) or "add it under prompt_configs:",
        )

    def _add_prompt(self, prompt: SuitePrompt, key: str, policy: YamlMap | None) -> None:
        prompts = self._part("prompts")
        if key in prompts:
            return
        prompts.put(key, self._prompts.as_in_packs(prompt, policy), prompt.manifest.mark)
        for name, text, tree in self._prompts.fragments(prompt):
            self._part("fragments").put(name, text, tree.mark)

    def _part(self, key: str) -> YamlMap:
        """Return a part of the pack, which is there from now on."""
        if key not in self._pack:
            self._pack.put(key, YamlMap(self._spec.files, self._spec.mark), self._spec.mark)
        found: YamlMap = self._pack[key]
        return found

    def finish(self) -> None:
        """Hand on the pack, with its tools and evals."""
        for name in self._tools.made:
            described = self._tools.described(name)
            self._part("tools").put(name, described, described.mark)
        if isinstance(self._spec.get("pack_evals"), YamlList):
            self._pack.put("evals", self._spec["pack_evals"], self._spec.marks["pack_evals"])
        self._context.made_packs[self._name] = self._pack
