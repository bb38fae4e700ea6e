"""`targets:` and `prompts:` to the texts that stand around a case's own, to agents and chains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptpack.pack_message import PackMessage
from pytest_arena.loading.files import display_name, read_limited
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.templates import fill
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.loading.yaml_errors import decode
from pytest_arena.schema import (
    AgentTargetSpec,
    ArenaModel,
    ArenaSpec,
    ChainStepSpec,
    ChainTargetSpec,
    PromptSpec,
    PromptTargetSpec,
    TaskChainTargetSpec,
    WorkflowTargetSpec,
)
from pytest_arena.text.folding import without_only_final_break

if TYPE_CHECKING:
    from pytest_arena.loading.dialects.promptpack.evals import PackEvals
    from pytest_arena.loading.dialects.promptpack.pack_prompts import PackPrompt
    from pytest_arena.loading.dialects.task_chains.chain_file import TaskChainFile
    from pytest_arena.loading.go_prompts import GoText
    from pytest_arena.loading.manifests import Manifest
    from pytest_arena.schema.pack import PackWorkflow

_MAX_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Template:
    """A text with templates, and where its problems are shown."""

    text: str
    place: Location

    def filled(self, variables: Mapping[str, Any], context: LoadContext) -> str:
        """Return the text with its variables filled in."""
        return fill(self.text, variables, self.place, context.problems)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A system prompt and a template around the user's text; either may be missing."""

    system: Template | GoText | None = None
    user: Template | GoText | PackMessage | None = None
    pack: PackPrompt | None = None
    """The prompt of a pack, whose template is the system prompt unless it is the user's message."""
    name: str | None = None
    """What `prompts:` calls it."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An entry of `targets:` that is an agent, as it is written."""

    name: str
    spec: AgentTargetSpec
    written: YamlMap
    manifest: Manifest | None = None
    """What its manifest says of servers and tools; the rest is in `spec`."""


@dataclass(frozen=True, slots=True)
class Chain:
    """An entry of `targets:` that is a chain; `written` holds its keys, and those of its file.

    `left_out` are the keys of its file that do nothing here.
    """

    name: str
    spec: ChainTargetSpec
    written: YamlMap
    place: Location
    left_out: tuple[str, ...] = ()
    codes: dict[str, str | None] = field(default_factory=dict)
    """The hashes of its functions, by their names: read once for all rows of a case; None of one
    that cannot be found."""

    @property
    def steps(self) -> tuple[ChainStepSpec, ...]:
        """Its steps, in their order."""
        return self.spec.instructions

    def step_written(self, step: int) -> YamlMap | None:
        """Return a step as it is written; None of one that is a text alone."""
        found = self.written["instructions"][step]
        return found if isinstance(found, YamlMap) else None

    def step_place(self, step: int, key: str = "") -> Location:
        """Return where a step stands, or one of its keys."""
        written = self.step_written(step)
        if written is not None and key in written:
            return written.value_place(key)
        place: Location = self.written["instructions"].value_place(step)
        return place

    def breaker_place(self, index: int) -> Location:
        """Return where a chain breaker is named."""
        found = self.written["chainbreakers"]
        if isinstance(found, YamlList):
            return found.value_place(index)
        return self.written.value_place("chainbreakers")


@dataclass(frozen=True, slots=True)
class Workflow:
    """An entry of `targets:` that is the workflow of a pack, with the prompt of each state."""

    name: str
    target: WorkflowTargetSpec
    written: YamlMap
    spec: PackWorkflow
    prompts: Mapping[str, PackPrompt]
    evals: PackEvals
    """Those of the pack and of the prompts, these only where their states answer."""


@dataclass(frozen=True, slots=True)
class TaskChain:
    """An entry of `targets:` that is a chain of tasks."""

    name: str
    target: TaskChainTargetSpec
    written: YamlMap
    file: TaskChainFile


@dataclass(frozen=True, slots=True)
class Target:
    """A way to reach a provider: under a prompt, directly or by an agent that works under it, or by
    a chain, a workflow or a chain of tasks."""

    prompt: Prompt = field(default_factory=Prompt)
    agent: Agent | None = None
    chain: Chain | None = None
    workflow: Workflow | None = None
    task_chain: TaskChain | None = None


_KINDS: dict[str, type[ArenaModel]] = {
    "prompt": PromptTargetSpec,
    "agent": AgentTargetSpec,
    "chain": ChainTargetSpec,
    "workflow": WorkflowTargetSpec,
    "task_chain": TaskChainTargetSpec,
}


def build_prompts(spec: ArenaSpec, tree: YamlMap, context: LoadContext) -> dict[str, Prompt]:
    """Return the entries of `prompts:` by name."""
    written = tree.get("prompts")
    return {
        name: replace(_prompt(name, prompt, written[name], context), name=name)
        for name, prompt in spec.prompts.items()
        if isinstance(written, YamlMap) and isinstance(written.get(name), YamlMap)
    }


def build_targets(
    tree: YamlMap, prompts: Mapping[str, Prompt], context: LoadContext
) -> dict[str, Target]:
    """Return the entries of `targets:` by name."""
    written = tree.get("targets")
    if written is None:
        return {}
    if not isinstance(written, YamlMap):
        context.problems.add(
            "'targets' is not a mapping",
            tree.value_place("targets"),
            expected="targets by name",
            fix="write it like targets: {support: {type: prompt, prompt: support}}",
        )
        return {}
    return {
        str(name): _target(str(name), target, written.key_place(name), prompts, context)
        for name, target in written.items()
    }


def _target(
    name: str,
    written: Any,
    place: Location,
    prompts: Mapping[str, Prompt],
    context: LoadContext,
) -> Target:
    owner = f"target {shorten(name)!r}"
    kind = written.get("type") if isinstance(written, YamlMap) else None
    if not isinstance(written, YamlMap) or kind not in _KINDS:
        at = written.value_place("type") if isinstance(written, YamlMap) else place
        context.problems.add(
            f"{owner} has no type"
            if kind is None
            else f"{owner}: unknown type {shorten(str(kind))!r}",
            at,
            expected=one_of(str(kind), _KINDS, ""),
            fix=(suggest(str(kind), _KINDS) if kind is not None else None)
            or f"add type: {_likely_kind(written)}",
        )
        return Target()
    if kind == "workflow" and "file" in written and "pack" not in written:
        context.problems.add(
            f"{owner} is a workflow of no pack, and has a 'file'",
            written.key_place("file"),
            expected="pack: a PromptPack with a workflow; or type: task_chain with file: a chain "
            "of tasks",
            fix="write type: task_chain",
        )
        return Target()
    spec = build_model(_KINDS[kind], written, context.problems, owner)
    if isinstance(spec, ChainTargetSpec):
        return Target(chain=_chain(name, spec, written, owner, context))
    if isinstance(spec, WorkflowTargetSpec):
        return Target(workflow=_workflow(name, spec, written, context))
    if isinstance(spec, TaskChainTargetSpec):
        return Target(task_chain=_task_chain(name, spec, written, context))
    if not isinstance(spec, (PromptTargetSpec, AgentTargetSpec)):
        return Target()
    prompt = Prompt()
    if spec.prompt is not None:
        prompt = _named_prompt(owner, spec.prompt, written, prompts, context)
    if not isinstance(spec, AgentTargetSpec):
        return Target(prompt)
    if spec.instructions is not None:
        prompt = Prompt(Template(spec.instructions, written.value_place("instructions")))
    agent = Agent(name, spec, written)
    if spec.manifest is None:
        return Target(prompt, agent)
    return _of_manifest(spec.manifest, prompt, agent, context)


def _likely_kind(written: Any) -> str:
    keys = written.keys() if isinstance(written, YamlMap) else ()
    if "file" in keys:
        return "chain" if "agent" in keys else "task_chain"
    return "agent" if "manifest" in keys else "workflow" if "pack" in keys else "prompt"


def _of_manifest(path: str, prompt: Prompt, agent: Agent, context: LoadContext) -> Target:
    """Return a target with what its manifest says of it, and it does not say itself."""
    from pytest_arena.loading.manifests import read_manifest

    manifest = read_manifest(path, agent.written.value_place("manifest"), context)
    if manifest is None:
        return Target(prompt, agent)
    if manifest.instructions is not None and not {"instructions", "prompt"} & agent.written.keys():
        # no template to its own runtime, and so none here
        said = manifest.instructions.replace("{{", r"\{{")
        prompt = Prompt(Template(said, manifest.place))
    spec = manifest.completed(agent.spec)
    return Target(prompt, Agent(agent.name, spec, agent.written, manifest))


def _chain(
    name: str, spec: ChainTargetSpec, written: YamlMap, owner: str, context: LoadContext
) -> Chain | None:
    """Return a chain, with the steps of its file where it names one."""
    if spec.file is None:
        return _with_own_names(Chain(name, spec, written, written.place), context)
    from pytest_arena.loading.chain_files import ChainFile

    place = written.value_place("file")
    with context.gathering():
        path = context.find(spec.file, place, "chain file")
        file = ChainFile(context.read_tree(path, place, "chain file"), place, context)
        found = file.agent(spec.agent)
        if found is None:
            return None
        for key in written.keys() - {"file", "agent"}:
            found.adopt(key, written)
        whole = build_model(ChainTargetSpec, found, context.problems, owner)
        if whole is not None:
            made = Chain(name, whole, found, place, tuple(file.left_out))
            return _with_own_names(made, context)
    return None


def _with_own_names(chain: Chain, context: LoadContext) -> Chain:
    """Return a chain after refusing steps of one name, of which `step_output` would find one."""
    known: dict[str, int] = {}
    for index, step in enumerate(chain.steps):
        name = step.name or str(index + 1)
        first = known.setdefault(name, index)
        if first != index:
            named = index if step.name else first
            context.problems.add(
                f"step {index + 1} of chain {shorten(chain.name)!r} is called {shorten(name)!r}, "
                f"as step {first + 1} is",
                chain.step_place(named, "name"),
                expected="another name for each step; one without a name is called by its number",
                fix="rename one of them",
            )
    return chain


def _workflow(
    name: str, spec: WorkflowTargetSpec, written: YamlMap, context: LoadContext
) -> Workflow | None:
    """Return the workflow of a pack; the prompts of its states are read with it."""
    from pytest_arena.loading.dialects.promptpack.pack_file import read_pack

    place = written.value_place("pack")
    pack = read_pack(spec.pack, place, context)
    if pack is None:
        return None
    with context.gathering():
        found = pack.workflow(place)
        if found is None:
            return None
        prompts = {
            state: prompt
            for state, one in found.states.items()
            if one.prompt_task is not None
            and (prompt := pack.prompt(one.prompt_task, place)) is not None
        }
        evals = pack.evals_in_states(prompts)
        pack.tell(place)
        return Workflow(name, spec, written, found, prompts, evals)
    return None


def _task_chain(
    name: str, spec: TaskChainTargetSpec, written: YamlMap, context: LoadContext
) -> TaskChain | None:
    from pytest_arena.loading.dialects.task_chains.chain_file import read_task_chain

    file = read_task_chain(spec.file, written.value_place("file"), context)
    return None if file is None else TaskChain(name, spec, written, file)


def _named_prompt(
    owner: str, name: str, written: YamlMap, prompts: Mapping[str, Prompt], context: LoadContext
) -> Prompt:
    if name not in prompts:
        context.problems.add(
            f"{owner} names an unknown prompt {shorten(name)!r}",
            written.value_place("prompt"),
            expected=one_of(name, sorted(prompts), "an entry of prompts:"),
            fix=suggest(name, prompts) or "define it under prompts:",
        )
    return prompts.get(name, Prompt())


def find_target(
    name: str, targets: Mapping[str, Target], place: Location, context: LoadContext
) -> Target:
    """Return a case's target; an unknown name is a problem."""
    found = targets.get(name)
    if found is None:
        context.problems.add(
            f"unknown target {shorten(name)!r}",
            place,
            expected=one_of(name, sorted(targets), "an entry of targets:"),
            fix=suggest(name, targets) or "define it under targets:",
        )
        return Target()
    return found


def find_prompt(
    name: str, prompts: Mapping[str, Prompt], place: Location, context: LoadContext
) -> Prompt:
    """Return an entry of `prompts:`; an unknown name is a problem."""
    if name not in prompts:
        context.problems.add(
            f"unknown prompt {shorten(name)!r}",
            place,
            expected=one_of(name, sorted(prompts), "an entry of prompts:"),
            fix=suggest(name, prompts)
            or ("write system: for the text itself" if " " in name else "define it under prompts:"),
        )
    return prompts.get(name, Prompt())


def _prompt(name: str, spec: PromptSpec, written: YamlMap, context: LoadContext) -> Prompt:
    if spec.pack is not None:
        return _of_pack(name, spec.pack, spec, written, context)
    if spec.prompt is not None:
        context.problems.add(
            f"'prompt' of prompt {shorten(name)!r} is one of a pack, and there is no 'pack'",
            written.key_place("prompt"),
            expected="pack: the file of a PromptPack",
            fix="add pack: …, or write system: for the text itself",
        )
    if spec.system is not None and spec.path is not None:
        context.problems.add(
            f"prompt {shorten(name)!r} has both 'system' and 'path'",
            written.key_place("path"),
            expected="one of the two, since both are the system prompt",
            fix="remove 'system' or 'path'",
        )
    if spec.system is None and spec.path is None and spec.user is None:
        context.problems.add(
            f"prompt {shorten(name)!r} is empty",
            written.place,
            expected="system, user, path or pack",
            fix="add system: …",
        )
    user = None if spec.user is None else Template(spec.user, written.value_place("user"))
    if spec.path is not None and spec.path.endswith(".prompt"):
        return _of_prompt_file(name, spec.path, user, written, context)
    if spec.path is not None:
        return Prompt(_from_file(spec.path, written.value_place("path"), context), user)
    if spec.system is None:
        return Prompt(None, user)
    return Prompt(Template(spec.system, written.value_place("system")), user)


def _of_prompt_file(
    name: str, path: str, user: Template | None, written: YamlMap, context: LoadContext
) -> Prompt:
    from pytest_arena.loading.go_prompts import read_go_prompt

    place = written.value_place("path")
    with context.gathering():
        found = context.find(path, place, "prompt file")
        system, around = read_go_prompt(found, place, context)
        if around is not None and user is not None:
            context.problems.add(
                f"prompt {shorten(name)!r} has a 'user', and so has its file",
                written.key_place("user"),
                expected="one of the two",
                fix="remove 'user' here",
            )
        return Prompt(system, user or around)
    return Prompt(user=user)


def _of_pack(
    name: str, path: str, spec: PromptSpec, written: YamlMap, context: LoadContext
) -> Prompt:
    from pytest_arena.loading.dialects.promptpack.pack_file import read_pack

    for key in ("system", "path"):
        if getattr(spec, key) is not None:
            context.problems.add(
                f"prompt {shorten(name)!r} has both 'pack' and {key!r}",
                written.key_place(key),
                expected="one of the two, since both are the system prompt",
                fix=f"remove 'pack' or {key!r}",
            )
    user = None if spec.user is None else Template(spec.user, written.value_place("user"))
    place = written.value_place("pack")
    pack = read_pack(path, place, context)
    if pack is None:
        return Prompt(user=user)
    with context.gathering():
        at = written.value_place("prompt") if spec.prompt is not None else place
        found = pack.prompt(spec.prompt, at)
        pack.tell(place)
        return Prompt(user=user, pack=found)
    return Prompt(user=user)


def _from_file(path: str, place: Location, context: LoadContext) -> Template | None:
    with context.gathering():
        found = context.find(path, place, "prompt file")
        name = display_name(found, context.root)
        text = decode(read_limited(found, _MAX_BYTES, place, "prompt file"), name)
        return Template(without_only_final_break(text), Location(name, 1, 1))
    return None
