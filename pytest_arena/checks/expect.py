"""`expect` and `aexpect`: assert what an answer must hold, anywhere in Python."""

from __future__ import annotations

import atexit
import os
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from pytest_arena.builtins import register
from pytest_arena.checks.answers import response_of
from pytest_arena.checks.call_site import call_site
from pytest_arena.checks.checker import Checker, raise_unless_passed
from pytest_arena.checks.conversation import Conversation, Prompt
from pytest_arena.checks.planned import PlannedCheck
from pytest_arena.checks.surroundings import (
    Surroundings,
    application,
    nearest_arena,
)
from pytest_arena.conftests import load_conftests, register_plugins
from pytest_arena.engine.engine import Engine
from pytest_arena.engine_setup import learn_keys, set_up_engine
from pytest_arena.errors import Location, UserError
from pytest_arena.loading import load_arena
from pytest_arena.registry import Registry
from pytest_arena.results.trial import Finding
from pytest_arena.settings import settings_of
from pytest_arena.text.redaction import Redactor


def expect(
    answer: Any,
    assertions: Any = None,
    /,
    *,
    prompt: Prompt | None = None,
    context: str | Sequence[str] = (),
    file: str | Path | None = None,
    **named: Any,
) -> tuple[Finding, ...]:
    """Raise `CheckFailed`, an AssertionError, unless the assertions hold of an answer.

    `expect(answer, contains="refund", tone="professional")`: the names are those of
    `assertions:` in an arena file, and so are the keys of a mapping, `json_path={"path": …}`. A
    list of entries or a mapping may stand in their place. `answer` is a text, a `Response`, or
    something with `output` and `tool_calls`; `prompt` is what was asked and `context` the
    documents that it should rest on, for judges.

    Judges and their defaults come from an arena file: the one that is named, else the `arena.yaml`
    that is nearest above the caller's folder. What nobody could judge is a `CheckErrored`, which is
    no AssertionError. Returns what each assertion found.
    """
    __tracebackhide__ = True
    try:
        here = _Expectation(answer, assertions, prompt, context, file, named)
        trial = here.checker.check(here.check.plan, here.check.trial, "aexpect(…)")
    except UserError as error:
        # a mistake of the caller's is told at the caller's line, not within our code
        raise error.with_traceback(None) from None
    raise_unless_passed(here.check.plan, trial)
    return trial.assertions


def aexpect(
    answer: Any,
    assertions: Any = None,
    /,
    *,
    prompt: Prompt | None = None,
    context: str | Sequence[str] = (),
    file: str | Path | None = None,
    **named: Any,
) -> Coroutine[Any, Any, tuple[Finding, ...]]:
    """Do what `expect` does without blocking the running event loop: `await aexpect(…)`."""
    __tracebackhide__ = True
    try:
        here = _Expectation(answer, assertions, prompt, context, file, named)
    except UserError as error:
        raise error.with_traceback(None) from None
    return _aexpect(here)


async def _aexpect(here: _Expectation) -> tuple[Finding, ...]:
    __tracebackhide__ = True
    trial = await here.checker.acheck(here.check.plan, here.check.trial)
    raise_unless_passed(here.check.plan, trial)
    return trial.assertions


class _Expectation:
    """One call of `expect`: the check that it comes down to, and what judges it."""

    def __init__(
        self,
        answer: Any,
        assertions: Any,
        prompt: Prompt | None,
        context: str | Sequence[str],
        file: str | Path | None,
        named: Mapping[str, Any],
    ) -> None:
        root = Path.cwd().resolve()
        place = call_site(root)
        project = _project(root, _arena_file(place, root, file))
        response = response_of(answer, place)
        self.checker = project.checker
        self.check = PlannedCheck.of(
            project.around,
            place,
            response,
            Conversation.of(
                prompt,
                place,
                project.around.context(place),
                documents=context or response.context,
            ),
            assertions,
            named,
            file=place.file,
            case=f"line {place.line}",
            column=application(),
        )


def _arena_file(place: Location, root: Path, named: str | Path | None) -> Path | None:
    if named is not None:
        return Path(named).resolve()
    folder = (root / place.file).parent
    # a notebook's cell has no file: its folder is the current one
    return nearest_arena(folder, root) if folder.is_relative_to(root) and folder.is_dir() else None


class _Project:
    """An arena file with what is registered beside it, and an engine once one is needed."""

    def __init__(self, root: Path, file: Path | None) -> None:
        self._root = root if file is None or file.is_relative_to(root) else file.parent
        self._config = load_conftests([file] if file is not None else [], self._root)
        registry = Registry()
        register(registry)
        found = Registry()
        register_plugins(self._config, found)
        registry.add_missing(found)
        arena = None
        if file is not None:
            arena = load_arena(file, root=self._root, registry=registry, needs_cases=False)
        self.around = Surroundings(self._root, registry, arena)
        self.checker = Checker(self._root, self._running_engine)
        self._lock = Lock()
        self._engine: Engine | None = None

    def _running_engine(self) -> Engine:
        with self._lock:
            if self._engine is None:
                redactor = Redactor(os.environ)
                learn_keys(redactor, self.around.arena)
                self._engine = set_up_engine(
                    [replace(self.around.arena, cells=())],
                    settings_of({"cache": "off"}),
                    self.around.registry,
                    redactor,
                    root=self._root,
                    config=self._config,
                )
                atexit.register(self._engine.close)
            return self._engine


@cache
def _project(root: Path, file: Path | None) -> _Project:
    return _Project(root, file)
