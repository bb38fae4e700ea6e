"""Entries of applications: keys that only models have are refused, `version: git` is looked up."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from hashlib import sha256
from pathlib import Path

from pytest_arena.errors import Location, shorten
from pytest_arena.git import run_git
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.plans import CellPlan
from pytest_arena.loading.tree import YamlMap
from pytest_arena.options import FILE_PATTERNS
from pytest_arena.results.content import content_of
from pytest_arena.results.request_response import Message
from pytest_arena.schema import ProviderSpec, SystemOptions
from pytest_arena.schema.unseen import unseen

GIT = "git"
_OF_MODELS = (
    "model",
    "api_base",
    "api_key_env",
    "endpoints",
    "load_balance",
    "params",
    "headers",
    "input_cost_per_million",
    "output_cost_per_million",
)
_INSTEAD = {
    "api_base": "write the address where the application reads it, as url: of an http entry",
    "input_cost_per_million": "remove it: an application returns what an answer cost",
    "output_cost_per_million": "remove it: an application returns what an answer cost",
}
_IN_CONFIG = "remove it, or write it under config:, which the application is given"
_WRITTEN_BY_RUNS = ("recordings", "arena-report", ".arena")
"""Folders that a run writes to: no part of an application."""
_LONGEST_GIT_S = 30.0


def check_system(spec: ProviderSpec, entry: YamlMap, context: LoadContext) -> ProviderSpec | None:
    """Return an application's entry with its version known, or None after adding its problems."""
    system = spec.system
    assert system is not None  # noqa: S101 - the caller has looked
    before = len(context.problems)
    for key in _OF_MODELS:
        if key in entry and key in keys_of_models(type(system)):
            context.problems.add(
                f"{key!r} of provider {shorten(spec.name)!r} is for models, and "
                f"{spec.provider!r} is an application",
                entry.key_place(key),
                expected=f"keys of provider: {spec.provider}",
                fix=_INSTEAD.get(key, _IN_CONFIG),
            )
    if system.version == GIT:
        found = git_version(system.sources(spec.folder, spec.root))
        if found is None:
            context.problems.add(
                f"'version: git' of provider {shorten(spec.name)!r} finds no files in git",
                entry.value_place("version"),
                expected="an application whose files stand in a git repository",
                fix="write a version of your own, as in version: '2.1'",
            )
        spec = spec.model_copy(update={"options": system.model_copy(update={"version": found})})
    return spec if len(context.problems) == before else None


def check_seen(cells: Iterable[CellPlan], context: LoadContext) -> None:
    """Refuse what the first message to an application holds and its entry does not ask for.

    What code asks for itself, and what an application may remember of earlier turns, is known when
    it is called.
    """
    told: set[str] = set()
    for plan in cells:
        spec, system = plan.provider, plan.provider.system
        if system is None or system.takes is None or spec.name in told:
            continue
        if plan.skip is not None or plan.case.files:
            # a file that it is not given is an error of the cell, as a model's is
            continue
        for messages in _first_messages(plan):
            missing = unseen(messages, 0, system.takes, system)
            if missing is not None:
                owner = f"provider {shorten(spec.name)!r}"
                problem = missing.problem(owner, system, case=shorten(plan.case.name, 60))
                place = spec.place or Location(plan.case.source, plan.case.line, 1)
                context.problems.add(
                    problem.what, place, expected=problem.expected, fix=problem.fix
                )
                told.add(spec.name)
                break


def _first_messages(plan: CellPlan) -> Iterator[list[Message]]:
    case = plan.case
    begin: list[Message] = []
    if case.system is not None:
        begin = [{"role": "system", "content": case.system}]
    for dialogue in case.dialogues:
        for turn in dialogue[:1] + tuple(turn for turn in dialogue[1:] if turn.before):
            yield [*begin, *turn.before, {"role": "user", "content": content_of(turn.user)}]


def keys_of_models(options: type[SystemOptions]) -> frozenset[str]:
    """Return the keys that only models have, for a kind of application."""
    return frozenset(_OF_MODELS) - ({"headers"} if options.takes_headers else set())


def git_version(folders: Iterable[Path]) -> str | None:
    """Return `git:` and the hash of what the files in these folders hold, as git would store it.

    Files that git ignores do not count, new ones do. The same content is the same version, before
    a commit and after it, in a whole clone and in a shallow one. None without such files.
    """
    lines: list[str] = []
    for folder in folders:
        listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        prefix = _git(folder, "rev-parse", "--show-prefix")
        if listed is None or prefix is None:
            return None
        names = [name for name in sorted(set(listed.split("\0"))) if _counts(name, folder)]
        # this one wants paths from the top of the working tree
        paths = "\n".join(prefix.rstrip("\n") + name for name in names)
        hashed = _git(folder, "hash-object", "--stdin-paths", given=paths)
        if hashed is None:
            return None
        lines += [f"{name} {one}" for name, one in zip(names, hashed.split(), strict=True)]
    text = "\n".join(lines).encode("utf-8", "surrogateescape")
    return f"git:{sha256(text).hexdigest()[:12]}" if lines else None


def _counts(name: str, folder: Path) -> bool:
    path = Path(name)
    if not name or "\n" in name or any(part in _WRITTEN_BY_RUNS for part in path.parts):
        return False
    if any(fnmatch(path.name, pattern) for pattern in (*FILE_PATTERNS, "*.mock.y*ml")):
        return False
    return (folder / path).is_file()


def _git(folder: Path, *arguments: str, given: str = "") -> str | None:
    try:
        text = given.encode("utf-8", "surrogateescape")
        done = run_git(folder, *arguments, longest_s=_LONGEST_GIT_S, given=text)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else None
