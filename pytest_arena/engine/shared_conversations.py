"""Dialogues that two cells need: a provider's own, and the one that compares with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from pytest_arena.engine.trial_checks import Executed
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.plans import CellPlan

Talk = Callable[[CellPlan, int], Coroutine[Any, Any, Executed]]
"""Run one dialogue of a cell, by the trial's number."""


@dataclass(slots=True)
class _Shared:
    task: asyncio.Task[Executed]
    taken: bool = False


class SharedConversations:
    """Trials of a provider that run once in this process, whoever asks first; lives on the loop.

    Another worker that needs the same trial runs it again: answers are not sent between
    processes.
    """

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._known: dict[tuple[int, str, int], _Shared] = {}

    async def own(self, plan: CellPlan, number: int) -> Executed:
        """Return a cell's own trial; asked for again (by a re-run), it is run anew."""
        shared = self._shared(plan, number, anew=True)
        shared.taken = True
        return await asyncio.shield(shared.task)

    async def rival(self, plan: CellPlan, name: str, number: int) -> Executed:
        """Return the trial with this number of another provider of the case."""
        provider, *fallbacks = plan.rivals[name]
        other = replace(plan, provider=provider, fallbacks=tuple(fallbacks))
        return await asyncio.shield(self._shared(other, number, anew=False).task)

    async def give_up(self) -> None:
        """Cancel what is still running."""
        tasks = [shared.task for shared in self._known.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _shared(self, plan: CellPlan, number: int, *, anew: bool) -> _Shared:
        # a case lives as long as its arena, so that its id stays its own
        key = (id(plan.case), plan.provider.name, number)
        known = self._known.get(key)
        if known is None or (anew and known.taken):
            task = asyncio.get_running_loop().create_task(self._talk(plan, number))
            # whoever waited may have been cancelled; asyncio complains of what nobody looked at
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            known = self._known[key] = _Shared(task)
        return known
