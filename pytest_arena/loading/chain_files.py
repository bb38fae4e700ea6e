"""Files of PromptChain's to the steps of a chain; what an arena does not do is listed."""

from __future__ import annotations

from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.unknown_keys import unknown_key

_LEFT_OUT_OF_FILES = frozenset(
    {
        "agent_templates",
        "cli",
        "error_handling",
        "export_metadata",
        "features",
        "history_configuration",
        "logging",
        "mcp_servers",
        "models",
        "orchestration",
        "performance",
        "preferences",
        "session",
        "token_optimization",
        "version",
        "workflows",
    }
)
_LEFT_OUT_OF_AGENTS = frozenset(
    {
        "capabilities",
        "description",
        "history",
        "history_config",
        "max_tokens",
        "metadata",
        "model",
        "model_params",
        "system_role",
        "temperature",
        "template",
    }
)
_LEFT_OUT_OF_STEPS = frozenset(
    {
        "cove_confidence_threshold",
        "description",
        "enable_blackboard",
        "enable_checkpointing",
        "enable_cove",
        "enable_dry_run",
        "enable_tao_loop",
        "enable_two_tier_routing",
        "fallback_model",
        "history_mode",
        "model_name",
        "model_params",
    }
)


class ChainFile:
    """One file of PromptChain's, of which one agent is run.

    `left_out` are the keys that do nothing here, such as `model`: the columns have their own.
    """

    def __init__(self, tree: Any, place: Location, context: LoadContext) -> None:
        self._tree = tree
        self._place = place
        self._context = context
        self.left_out: dict[str, None] = {}

    def agent(self, name: str | None) -> YamlMap | None:
        """Return an agent as the keys of a chain; None after adding a problem."""
        agents = self._agents()
        if not agents:
            return None
        if name is None and len(agents) == 1:
            name = next(iter(agents))
        if name is None or name not in agents:
            self._context.problems.add(
                "the file of the chain has several agents"
                if name is None
                else f"the file of the chain has no agent {shorten(name)!r}",
                self._place,
                expected=one_of(name or "", agents, "an agent of the file"),
                fix=(name and suggest(name, agents)) or f"write agent: {next(iter(agents))}",
            )
            return None
        self._look(self._tree, {"agents"}, _LEFT_OUT_OF_FILES, "the file of a chain")
        return self._chain(agents[name])

    def _agents(self) -> dict[str, YamlMap]:
        written = self._tree.get("agents") if isinstance(self._tree, YamlMap) else None
        found: dict[str, YamlMap] = {}
        if isinstance(written, YamlMap):
            found = {str(k): one for k, one in written.items() if isinstance(one, YamlMap)}
        elif isinstance(written, YamlList):
            found = {str(one.get("name")): one for one in written if isinstance(one, YamlMap)}
        if not found:
            self._context.problems.add(
                "the file of the chain has no agents",
                self._place,
                expected="agents: by name, each with an instruction_chain, as PromptChain has them",
                fix="write type: task_chain"
                if isinstance(self._tree, YamlMap) and {"tasks", "chain"} & self._tree.keys()
                else "name such a file, or write the steps under instructions:",
            )
        return found

    def _chain(self, agent: YamlMap) -> YamlMap:
        """Return `instructions`, and what else of an agent a chain has."""
        kept = {"instruction_chain", "name", "tools", "max_tool_rounds"}
        self._look(agent, kept, _LEFT_OUT_OF_AGENTS, "an agent of the chain's file")
        made = agent.only({"tools", "max_tool_rounds"})
        steps = YamlList(agent.files, agent.mark)
        written = agent.get("instruction_chain")
        if written is None:
            # as PromptChain has it
            steps.put("{input}", agent.mark)
        elif isinstance(written, YamlList):
            for index, step in enumerate(written):
                found = self._step(step, written.value_place(index))
                steps.put(found, written.marks[index])
        else:
            self._refuse(written, agent.value_place("instruction_chain"))
        made.put("instructions", steps, agent.marks.get("instruction_chain", agent.mark))
        return made

    def _step(self, written: Any, place: Location) -> Any:
        """Return a step in this format's keys."""
        if isinstance(written, str):
            return written
        if not isinstance(written, YamlMap) or written.get("type") != "agentic_step":
            self._refuse(written, place)
            return ""
        kept = {"type", "objective", "max_internal_steps", "tools", "name"}
        self._look(written, kept, _LEFT_OUT_OF_STEPS, "an agentic step of the chain's file")
        made = written.only({"max_internal_steps", "tools", "name"})
        if "objective" in written:
            mark = written.marks["objective"]
            made.put("agentic", written["objective"], mark, written.key_marks["objective"])
        return made

    def _refuse(self, written: Any, place: Location) -> None:
        self._context.problems.add(
            "a step of the chain's file is neither a text nor an agentic step",
            place,
            expected="a text with {input}, or {type: agentic_step, objective: …}",
            fix="write the steps under instructions: of the target, which has functions, too",
        )

    def _look(self, tree: YamlMap, kept: set[str], left_out: frozenset[str], inside: str) -> None:
        """List the keys that do nothing here, and refuse unknown ones."""
        for key in tree:
            if key in left_out:
                self.left_out[str(key)] = None
            elif key not in kept:
                known = sorted(kept | left_out)
                place = tree.key_place(key)
                found = unknown_key(str(key), place, inside, known)
                self._context.problems.add(
                    found.what, place, expected=found.expected, fix=found.fix
                )
