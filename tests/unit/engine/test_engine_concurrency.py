"""Who goes next: in order, further attempts first, and nobody is lost."""

from __future__ import annotations

import asyncio

from pytest_arena.engine.calling.concurrency import PriorityLock


def test_they_go_in_order_and_further_attempts_first() -> None:
    async def main() -> list[str]:
        turns, went = PriorityLock(), []

        async def one(name: str, *, urgent: bool = False) -> None:
            await turns.take(urgent=urgent)
            went.append(name)
            await asyncio.sleep(0)
            turns.give_on()

        async with asyncio.TaskGroup() as group:
            for name in "abc":
                group.create_task(one(name))
            group.create_task(one("again", urgent=True))
        return went

    assert asyncio.run(main()) == ["a", "again", "b", "c"]


def test_one_that_is_cancelled_gives_its_turn_on() -> None:
    async def main() -> bool:
        turns = PriorityLock()
        await turns.take(urgent=False)
        waiting = [asyncio.create_task(turns.take(urgent=False)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        turns.give_on()
        # the turn has come to the second, which is cancelled before it knows
        waiting[1].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return waiting[2].done() and not waiting[2].cancelled()

    assert asyncio.run(main())
