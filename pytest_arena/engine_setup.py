"""An engine that is wired for a run: of pytest, of `run_arena`, or of `arena calibrate`.

Whoever runs arenas decides by settings, and hands in what is theirs alone: where answers are kept
(`answers`), what is shared with other processes (`share`, `quotas`), and whose hooks are called
(`config`). What follows from these for the engine stands here, so that no way to run an arena
lacks a limit, a hook or a key's redaction that another one has.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.call_hooks import ConfigHooks
from pytest_arena.engine.calling.quotas import Quotas
from pytest_arena.engine.engine import Engine
from pytest_arena.engine.provider_factory import (
    open_files_of,
    provider_factory,
    retirement_notes,
    variables_of,
)
from pytest_arena.providers.base import ProviderEnvironment
from pytest_arena.tools import ToolEnvironment

if TYPE_CHECKING:
    import pytest

    from pytest_arena.engine.calling.client import Answers
    from pytest_arena.engine.calling.sharding import Share
    from pytest_arena.loading.plans import Arena
    from pytest_arena.options import Settings
    from pytest_arena.recording.call_journal import CallJournal
    from pytest_arena.registry import Registry
    from pytest_arena.schema import ProviderSpec
    from pytest_arena.text.redaction import Redactor


def _called(arena: Arena) -> list[ProviderSpec]:
    """Return everyone whom the file's cells call, as variants have them, each once."""
    every = (*arena.providers, *(plan.provider for plan in arena.cells), *arena.judges)
    return list({id(spec): spec for spec in every}.values())


def learn_keys(redactor: Redactor, arena: Arena) -> None:
    """Let the redactor know the values of the environment variables that a file names."""
    for name in variables_of(_called(arena)):
        redactor.add(os.environ.get(name, ""))


def set_up_engine(
    arenas: Sequence[Arena],
    settings: Settings,
    registry: Registry,
    redactor: Redactor,
    *,
    root: Path,
    config: pytest.Config,
    answers: Answers | None = None,
    share: Share | None = None,
    quotas: Quotas | None = None,
    budget_name: str = "--arena-max-cost",
    journal: CallJournal | None = None,
) -> Engine:
    """Return a running engine that keeps to the limits of these arenas; close it after use.

    `journal` keeps the calls of conversations, for a run that may be interrupted. `budget_name` is
    how messages call the budget of the whole run.
    """
    quotas = quotas or Quotas()
    hooks = ConfigHooks(config)
    noted: set[str] = set()

    def add_note(key: str, note: str) -> None:
        if key not in noted:
            noted.add(key)
            engine.notes.append(note)

    outside = ProviderEnvironment(add_secret=redactor.add, add_note=add_note)
    engine = Engine(
        concurrency=settings.concurrency,
        make_provider=provider_factory(registry, outside, mock=settings.mock),
        share=share,
        hooks=hooks if hooks.any else None,
        root=root,
        trials=settings.trials,
        early_stop=not settings.every_trial_counts,
        answers=answers,
        quotas=quotas,
        hide=redactor.hide_known,
        tools=ToolEnvironment(outside, settings.mock, redactor.hide_known),
        journal=journal,
        files_of=open_files_of(registry, mock=not settings.calls),
    )
    if settings.max_cost_usd is not None:
        quotas.limit_run(settings.max_cost_usd, budget_name)
    if settings.retiring == "warn" and not settings.mock and settings.rejudge is None:
        called = [spec for arena in arenas for spec in _called(arena)]
        engine.notes.extend(retirement_notes(registry, called))
    for arena in arenas:
        engine.learn(arena)
    note = engine.fit_open_files()
    if note is not None and (share is None or share.slot == 0):
        engine.notes.append(note)
    return engine
