"""How many calls are in flight with the files that a process may open, and calls without any."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest

from pytest_arena.builtins import register
from pytest_arena.engine.calling import client as calling
from pytest_arena.engine.calling import open_files, retries
from pytest_arena.engine.calling.client import ProviderClient
from pytest_arena.engine.calling.concurrency import AdaptivePlaces, Limits
from pytest_arena.engine.calling.open_files import RESERVE, SPARE, Fit, OpenFiles
from pytest_arena.engine.provider_factory import open_files_of
from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.loading import load_arena
from pytest_arena.loading.plans import Arena
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.registry import Registry
from pytest_arena.results.request_response import Request, Response
from pytest_arena.running.open_files import SPARE_FILES
from pytest_arena.schema import ProviderSpec

OPEN = 20
KINDS = {
    "openai": "provider: openai, model: m, api_base: 'http://localhost/v1'",
    "litellm": "provider: anthropic, model: m",
    "http": "provider: http, url: 'http://localhost', body: {q: '{{ prompt }}'}, output: a",
    "exec": "provider: exec, command: [cat]",
    "lines": "provider: exec, command: [cat], persistent: true",
    "python": "provider: python, call: 'builtins:len'",
    "mock": "provider: mock, model: m, responses: {default: hi}",
    "mcp-all": "provider: mcp, server: {command: cat}, tool: t",
    "mcp-own": "provider: mcp, server: {command: cat, scope: trial}, tool: t",
    "mcp-url": "provider: mcp, server: {url: 'http://localhost'}, tool: t",
}


def arena(folder: Path, registry: Registry, *names: str, further: str = "") -> Arena:
    lines = ["providers:", *(f"  - {{name: {name}, {KINDS[name]}}}" for name in names)]
    lines += ["tests:", "  - name: Case", "    prompt: Hi"]
    lines += ["    assertions: [{type: contains, value: a}]", further]
    (folder / "arena.yaml").write_text("\n".join(lines), encoding="utf-8")
    return load_arena(folder / "arena.yaml", root=folder, registry=registry)


@pytest.fixture(scope="module")
def registry() -> Registry:
    made = Registry()
    register(made)
    return made


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    given = {"files": 1024}
    monkeypatch.setattr(open_files, "files_open", lambda: OPEN)
    monkeypatch.setattr(open_files, "allow_files", lambda _wanted: given["files"])
    return given


def fit(loaded: Arena, registry: Registry, at_once: int = 1000, trials: int = 1000) -> Fit:
    files = OpenFiles(at_once, open_files_of(registry, mock=False))
    files.learn(loaded, lambda _plan: trials)
    found = files.fit()
    files.close()
    return found


@pytest.mark.parametrize(
    ("name", "each"),
    [
        *(("openai", 1), ("litellm", 1), ("http", 1), ("python", 1), ("exec", 4), ("lines", 4)),
        *(("mcp-own", 4), ("mcp-url", 1)),
    ],
)
def test_calls_are_as_many_as_their_files(
    name: str, each: int, tmp_path: Path, registry: Registry, allowed: dict[str, int]
) -> None:
    allowed["files"] = 600
    found = fit(arena(tmp_path, registry, name), registry)
    wanted = OPEN + RESERVE + 1000 * each
    most = (600 - OPEN - RESERVE) // each
    assert found.places == {name: most}
    assert found.note == (
        f"1,000 calls in flight need about {wanted:,} open files; this process may have 600: "
        f"at most {most} at once (raise with `ulimit -n {wanted}`)"
    )


@pytest.mark.parametrize("name", ["mock", "mcp-all"])
def test_what_holds_no_file_needs_none(
    name: str, tmp_path: Path, registry: Registry, allowed: dict[str, int]
) -> None:
    allowed["files"] = 30
    assert fit(arena(tmp_path, registry, name), registry) == Fit()


def test_few_calls_need_few_files(
    tmp_path: Path, registry: Registry, allowed: dict[str, int]
) -> None:
    allowed["files"] = 200
    assert fit(arena(tmp_path, registry, "openai"), registry, trials=50) == Fit()
    assert fit(arena(tmp_path, registry, "openai"), registry, at_once=50) == Fit()


def test_providers_share_the_files_evenly(
    tmp_path: Path, registry: Registry, allowed: dict[str, int]
) -> None:
    allowed["files"] = OPEN + RESERVE + 300
    found = fit(arena(tmp_path, registry, "openai", "litellm", "exec", "mock"), registry)
    assert found.places == {"openai": 50, "litellm": 50, "exec": 50}
    assert found.note is not None
    assert "at most 150 at once" in found.note


def test_one_call_goes_on_where_hardly_a_file_is_left(
    tmp_path: Path, registry: Registry, allowed: dict[str, int]
) -> None:
    allowed["files"] = OPEN + 8
    assert fit(arena(tmp_path, registry, "exec"), registry).places == {"exec": 1}


def test_a_load_that_needs_more_is_told(
    tmp_path: Path, registry: Registry, allowed: dict[str, int]
) -> None:
    allowed["files"] = 512
    load = "    concurrent_users: 900\n    messages_per_user: 1\n"
    found = fit(arena(tmp_path, registry, "openai", further=load), registry)
    assert found.places == {}
    assert found.note is not None
    assert found.note.startswith("a load of 900 users needs about 968 open files; this process")


def test_places_taken_away_are_not_given_again() -> None:
    async def run() -> list[int]:
        places, inside, seen = AdaptivePlaces(10), 0, []

        async def work() -> None:
            nonlocal inside
            await places.acquire()
            inside += 1
            seen.append(inside)
            await asyncio.sleep(0)
            inside -= 1
            places.release()

        first = [asyncio.create_task(work()) for _ in range(10)]
        await asyncio.sleep(0)
        places.fewer(7)
        await asyncio.gather(*first, *(work() for _ in range(20)))
        return seen

    seen = asyncio.run(run())
    assert max(seen[:10]) == 10
    assert max(seen[10:]) == 3
    assert len(seen) == 30


def test_one_place_stays_and_who_gives_up_waiting_takes_none() -> None:
    async def run() -> None:
        places = AdaptivePlaces(2)
        await places.acquire()
        places.fewer(100)
        waiting = [asyncio.create_task(places.acquire()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        places.release()
        waiting[1].cancel()  # the place has come already
        await asyncio.wait(waiting[:2])
        async with asyncio.timeout(5):
            await waiting[2]

    asyncio.run(run())


class Starved(Provider):
    """Answers when it has been asked so often that a file is left."""

    type = "starved"

    def __init__(self, spec: ProviderSpec, failures: int, at_start: int = 0) -> None:
        super().__init__(spec, ProviderEnvironment())
        self.failures, self.at_start, self.asked = failures, at_start, 0

    async def start(self) -> None:
        if self.at_start:
            self.at_start -= 1
            raise OSError(errno.EMFILE, "Too many open files")

    async def complete(self, request: Request) -> Response:
        self.asked += 1
        if self.asked <= self.failures:
            raise OSError(errno.EMFILE, "Too many open files")
        return Response(output="hi", latency_ms=1.0)


def client_of(provider: Provider, open_files: OpenFiles | None = None) -> ProviderClient:
    return ProviderClient(
        Limits(4, lambda _: None), lambda _: provider, None, open_files=open_files
    )


def asked(**further: float) -> Request:
    return Request(messages=[{"role": "user", "content": "hi"}], **further)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FILES_PAUSE_S", 0.001)
    monkeypatch.setattr(calling, "PAUSE_S", 0.001)


def test_a_call_without_a_file_is_tried_again_and_counts_as_no_attempt() -> None:
    provider = Starved(ProviderSpec(name="m", provider="starved", model="x", retries=0), 5, 3)
    client = client_of(provider, OpenFiles(4, lambda _spec: 1))

    async def run() -> Response:
        response = await client.call(provider.spec, asked())
        await client.close()
        return response

    response = asyncio.run(run())
    assert (response.output, response.attempts, provider.asked) == ("hi", 1, 6)
    assert client.notes == [
        "no file was left to open for 5 attempts to call, of which no provider knows: fewer calls "
        "were in flight from then on (raise with `ulimit -n`)"
    ]


def test_a_call_for_which_none_comes_is_an_error_of_this_process_and_not_of_the_provider() -> None:
    spec = ProviderSpec(name="m", provider="starved", model="x", retry_for=0.05)
    provider = Starved(spec, 10**6)
    client = client_of(provider)

    async def fail() -> ProviderError:
        with pytest.raises(ProviderError) as caught:
            await client.call(spec, asked())
        return caught.value

    async def run() -> list[ProviderError]:
        return [await fail() for _ in range(6)]

    errors = asyncio.run(run())
    # as a provider's fault, three of them would have it down
    assert {error.kind for error in errors} == {ErrorKind.OPEN_FILES}
    assert {error.attempts for error in errors} == {0}
    assert errors[0].message.startswith("no file was left to open in this process")
    assert errors[0].message.endswith("Too many open files")


def test_what_one_call_has_waited_for_in_vain_the_next_does_not_wait_for_again() -> None:
    spec = ProviderSpec(name="m", provider="starved", model="x", retry_for=0.05)
    provider = Starved(spec, 10**6)
    client = client_of(provider)

    async def run() -> tuple[int, int]:
        for _ in range(2):
            with pytest.raises(ProviderError):
                await client.call(spec, asked())
            first, provider.asked = provider.asked, 0
            if first == 1:
                return first, provider.asked
        return 0, 0

    assert asyncio.run(run()) == (1, 0)


def test_calls_that_fail_together_take_places_away_once() -> None:
    SPARE_FILES.hold(SPARE)
    OpenFiles(100, lambda _spec: 1).close()
    # the spare files of a run that has ended are none that a call was in need of
    files = OpenFiles(100, lambda _spec: 1)
    assert files.cut(10.0, 100) == 10
    assert files.cut(10.1, 100) == 0
    assert files.cut(11.0, 5) == 1
