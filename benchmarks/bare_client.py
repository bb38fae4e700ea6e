"""The same calls without pytest: a bare loop of a client, as fast as it goes."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable

Call = Callable[[int], Awaitable[str]]


async def openai_calls(url: str, calls: int, concurrency: int) -> None:
    """Call by OpenAI's client on its aiohttp transport."""
    from openai import AsyncOpenAI, DefaultAioHttpClient

    async with AsyncOpenAI(
        base_url=f"{url}/v1", api_key="sk-benchmark", http_client=DefaultAioHttpClient()
    ) as client:

        async def call(number: int) -> str:
            answer = await client.chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": f"Question {number}?"}]
            )
            return answer.choices[0].message.content or ""

        await run(call, calls, concurrency)


async def aiohttp_calls(url: str, calls: int, concurrency: int) -> None:
    """Call by aiohttp itself: no client library is between."""
    from aiohttp import ClientSession, TCPConnector

    async with ClientSession(connector=TCPConnector(limit=0)) as session:

        async def call(number: int) -> str:
            message = {"role": "user", "content": f"Question {number}?"}
            body = {"model": "gpt-4o-mini", "messages": [message]}
            headers = {"Authorization": "Bearer sk-benchmark"}
            address = f"{url}/v1/chat/completions"
            async with session.post(address, json=body, headers=headers) as answer:
                said = await answer.json()
            return str(said["choices"][0]["message"]["content"])

        await run(call, calls, concurrency)


async def litellm_calls(url: str, calls: int, concurrency: int) -> None:
    """Call by litellm to an endpoint that only it reaches."""
    import litellm

    async def call(number: int) -> str:
        answer = await litellm.acompletion(
            model="anthropic/claude-haiku-4-5",
            api_base=url,
            api_key="sk-ant-benchmark",
            messages=[{"role": "user", "content": f"Question {number}?"}],
        )
        return str(answer.choices[0].message.content)

    await run(call, calls, concurrency)


async def run(call: Call, calls: int, concurrency: int) -> None:
    """Make the calls, so many at once."""
    numbers = iter(range(calls))

    async def work() -> None:
        for number in numbers:
            assert await call(number) == "All is well."

    await asyncio.gather(*(work() for _ in range(concurrency)))


CLIENTS = {"aiohttp": aiohttp_calls, "openai": openai_calls, "litellm": litellm_calls}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=list(CLIENTS))
    parser.add_argument("url")
    parser.add_argument("calls", type=int)
    parser.add_argument("concurrency", type=int)
    given = parser.parse_args()
    asyncio.run(CLIENTS[given.client](given.url, given.calls, given.concurrency))


if __name__ == "__main__":
    main()
