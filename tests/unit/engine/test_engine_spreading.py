"""What becomes due at once is spread over iterations of the event loop, in its order."""

from __future__ import annotations

import asyncio

from pytest_arena.engine.calling.spreading import AT_ONCE, Spreader


async def _iterations_of(waiting: int) -> list[int]:
    """Return the iteration of the loop in which each of so many tasks went on."""
    iteration = 0
    went_on: list[tuple[int, int]] = []
    spreader = Spreader()
    done = asyncio.Event()

    async def wait(number: int) -> None:
        await spreader.wait()
        went_on.append((number, iteration))

    async def count() -> None:
        nonlocal iteration
        while not done.is_set():
            iteration += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await asyncio.gather(*(wait(number) for number in range(waiting)))
    done.set()
    await counting
    assert [number for number, _ in went_on] == list(range(waiting))
    return [when for _, when in went_on]


def test_no_more_than_a_few_go_on_in_one_iteration() -> None:
    found = asyncio.run(_iterations_of(5 * AT_ONCE))
    assert max(found.count(when) for when in set(found)) == AT_ONCE
    assert len(set(found)) == 5


def test_few_go_on_at_once() -> None:
    assert len(set(asyncio.run(_iterations_of(AT_ONCE)))) == 1


def test_the_gate_opens_again_after_it_was_idle() -> None:
    async def rounds() -> int:
        spreader = Spreader()
        through = 0
        for _ in range(3):
            through += len(await asyncio.gather(*(spreader.wait() for _ in range(AT_ONCE + 1))))
        return through

    assert asyncio.run(rounds()) == 3 * (AT_ONCE + 1)


def test_who_is_cancelled_while_it_waits_costs_nobody_a_turn() -> None:
    async def rounds() -> list[int]:
        spreader = Spreader()
        through: list[int] = []

        async def wait(number: int) -> None:
            await spreader.wait()
            through.append(number)

        tasks = [asyncio.create_task(wait(number)) for number in range(3 * AT_ONCE)]
        await asyncio.sleep(0)
        for task in tasks[AT_ONCE : 2 * AT_ONCE]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return through

    numbers = list(range(3 * AT_ONCE))
    assert asyncio.run(rounds()) == [*numbers[:AT_ONCE], *numbers[2 * AT_ONCE :]]
