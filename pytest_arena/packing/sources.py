"""What `arena pack` is given: files of every kind, and the prompts in them."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptpack.yaml_packs import as_json_has_it, is_manifest
from pytest_arena.loading.files import display_name, read_limited
from pytest_arena.loading.go_prompts import GoText, read_go_prompt
from pytest_arena.loading.guardrails import build_guardrails
from pytest_arena.loading.includes import read_arena
from pytest_arena.loading.targets import Template, build_prompts
from pytest_arena.loading.tree import YamlList, YamlMap, plain
from pytest_arena.loading.validate import build_model
from pytest_arena.loading.yaml_errors import decode
from pytest_arena.packing.pack_templates import template_of
from pytest_arena.packing.packs_as_sources import (
    OF_PACKS,
    PackSource,
    config_of,
    pack_prompts,
)
from pytest_arena.schema import ArenaSpec, Guardrail, PromptSpec
from pytest_arena.text.folding import without_only_final_break

_MAX_BYTES = 2_000_000
_TEXTS = (".md", ".txt")
_TREES = (".yaml", ".yml", ".json")
_KINDS = (*_TEXTS, ".prompt", *_TREES)
_OF_ARENAS = ("providers", "prompts", "targets", "tests", "include")


@dataclass(frozen=True, slots=True)
class TextSource:
    """A prompt that is a text with templates, and the defaults of the variables in it."""

    task: str
    text: Template | GoText
    folder: Path
    """Where the `fragments` that it names stand."""
    has_lines: bool = False
    """Whether its place counts on: it is a file of its own."""


@dataclass(slots=True)
class Sources:
    """All prompts that were read, in their order, and what holds for each of them."""

    prompts: list[TextSource | PackSource] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    """The variables of arena files, which are defaults in a pack."""
    guardrails: list[Guardrail] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    shared: dict[str, tuple[Any, Location]] = field(default_factory=dict)
    """The workflow, and what else of a pack is taken over as it is, with its place."""

    @property
    def evals(self) -> YamlList | None:
        """The evals that hold for all prompts, where all are of one pack."""
        found = [one.evals if isinstance(one, PackSource) else None for one in self.prompts]
        return found[0] if found and all(one is found[0] for one in found) else None


def read_sources(files: list[Path], context: LoadContext) -> Sources:
    """Return the prompts of files; problems are added to the context's."""
    sources = Sources()
    for file in files:
        with context.gathering():
            _read(file, sources, context)
    return sources


def _read(file: Path, sources: Sources, context: LoadContext) -> None:
    place = Location(display_name(file, context.root), 1, 1)
    if file.suffix in _TEXTS:
        data = read_limited(file, _MAX_BYTES, place, "prompt file")
        text = without_only_final_break(decode(data, place.file))
        if not text.strip():
            raise ArenaFileError(
                Problem("the file is empty", place, "a prompt", "write it, or leave the file out")
            )
        source = TextSource(file.stem, Template(text, place), file.parent, has_lines=True)
        sources.prompts.append(source)
    elif file.suffix == ".prompt":
        context.files.append(place.file)
        system, user = read_go_prompt(file, place, context)
        _add_text(file.stem, system, user.place if user else None, file, sources, context)
    elif file.suffix in _TREES:
        _read_tree(file, place, sources, context)
    else:
        raise ArenaFileError(
            Problem(
                f"{shorten(file.suffix or file.name)!r} is no kind of prompt file",
                place,
                f"one of {', '.join(_KINDS)}",
                "name a file of prompts, or an arena file",
            )
        )


def _read_tree(file: Path, place: Location, sources: Sources, context: LoadContext) -> None:
    tree = context.read_tree(file, place, "prompt file")
    if isinstance(tree, YamlMap) and is_manifest(tree):
        kind = tree.get("kind")
        if kind == "PromptConfig":
            sources.prompts.append(config_of(tree, file, context))
        else:
            _add_pack(as_json_has_it(tree, place.file), sources, context)
    elif isinstance(tree, YamlMap) and _is_pack(tree):
        _add_pack(tree, sources, context)
    elif isinstance(tree, YamlMap) and not tree.keys().isdisjoint(_OF_ARENAS):
        _read_arena(file, sources, context)
    elif isinstance(tree, YamlMap) and not tree.keys().isdisjoint(
        ("system", "system_template", "template", "user")
    ):
        _read_prompt(file, tree, sources, context)
    else:
        raise ArenaFileError(
            Problem(
                "there is no prompt in this file",
                place,
                "a mapping with system, an arena file with prompts:, or a PromptPack",
                "write it like system: You help customers.",
            )
        )


def _add_pack(pack: YamlMap, sources: Sources, context: LoadContext) -> None:
    sources.prompts += pack_prompts(pack, context)
    for key in OF_PACKS:
        if pack.get(key) in (None, [], {}):
            continue
        if key in sources.shared:
            context.problems.add(
                f"two packs have {key!r}",
                pack.key_place(key),
                expected=f"one, as in {sources.shared[key][1]}",
                fix="take one of them out",
            )
        else:
            sources.shared[key] = (pack[key], pack.key_place(key))


def _is_pack(tree: YamlMap) -> bool:
    prompts = tree.get("prompts")
    if not isinstance(prompts, YamlMap) or "providers" in tree:
        return False
    given = [one for one in prompts.values() if isinstance(one, YamlMap)]
    return "template_engine" in tree or any("system_template" in one for one in given)


def _read_prompt(file: Path, tree: YamlMap, sources: Sources, context: LoadContext) -> None:
    """Add the prompt of a YAML file: a text alone, or all that a pack says of one."""
    if "system" not in tree:
        sources.prompts.append(PackSource.of_prompt(file.stem, tree, context))
        return
    if "user" in tree:
        _refuse_user(file.stem, tree.key_place("user"), context)
    written = YamlMap(tree.files, tree.mark)
    for key, value in tree.items():
        if key not in ("system", "user"):
            written.put(key, value, tree.marks[key], tree.key_marks[key])
    if not isinstance(tree["system"], str):
        raise ArenaFileError(
            Problem("'system' is not a text", tree.value_place("system"), "a text", "write it")
        )
    text = Template(without_only_final_break(tree["system"]), tree.value_place("system"))
    made = template_of(text, (), context.problems)
    written.put("system_template", made.text, tree.marks["system"], tree.key_marks["system"])
    sources.prompts.append(PackSource.of_prompt(file.stem, written, context))


def _read_arena(file: Path, sources: Sources, context: LoadContext) -> None:
    tree = read_arena(file, context)
    parts = tree.only(("prompts", "variables"))
    spec = build_model(ArenaSpec, parts, context.problems, "an arena file")
    if spec is None:
        return
    if not spec.prompts:
        raise ArenaFileError(
            Problem(
                "the arena file has no prompts",
                tree.place,
                "prompts: by name, each with system or path",
                "write it like prompts: {support: {system: You help customers.}}",
            )
        )
    before = len(context.problems)
    built = build_prompts(spec, tree, context)
    for name, prompt in built.items() if len(context.problems) == before else ():
        written = tree["prompts"][name]
        if prompt.pack is not None:
            sources.prompts.append(PackSource.of_pack(name, prompt.pack, context))
            continue
        user = _user_place(spec.prompts[name], written, prompt.user)
        _add_text(name, prompt.system, user, file, sources, context)
    if spec.variables:
        sources.variables |= plain(tree["variables"])
    place = tree.value_place("guardrails")
    guardrails, parameters = build_guardrails(tree.get("guardrails"), place, context)
    sources.guardrails += guardrails
    sources.parameters |= parameters


def _user_place(spec: PromptSpec, written: YamlMap, user: Any) -> Location | None:
    if spec.user is not None:
        return written.key_place("user")
    return user.place if isinstance(user, GoText) else None


def _add_text(
    task: str,
    system: Template | GoText | None,
    user: Location | None,
    file: Path,
    sources: Sources,
    context: LoadContext,
) -> None:
    if user is not None:
        _refuse_user(task, user, context)
    if system is None:
        if user is None:
            raise ArenaFileError(
                Problem(
                    f"prompt {shorten(task)!r} has no system prompt",
                    Location(display_name(file, context.root), 1, 1),
                    "a system prompt, which is what a pack holds",
                    "add system: …",
                )
            )
        return
    sources.prompts.append(TextSource(task, system, file.parent, has_lines=False))


def _refuse_user(task: str, place: Location, context: LoadContext) -> None:
    context.problems.add(
        f"'user' of prompt {shorten(task)!r} cannot be in a pack",
        place,
        expected="a system prompt alone, which is what a pack holds",
        fix="take it out, and write it beside the pack: "
        "prompts: {name: {pack: …, prompt: …, user: …}}",
    )


def fragment_beside(folder: Path, name: str) -> Path | None:
    """Return the file of a fragment in a folder's `fragments`; None where there is none."""
    paths = (folder / "fragments" / f"{name}{ending}" for ending in _TEXTS)
    return next((path for path in paths if path.is_file()), None)
