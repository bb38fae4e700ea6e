"""What each mode replays, records, and calls an error."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.recording.files import RecordingFile
from pytest_arena.recording.recordings import EXPLAINED_MISSES, Recordings, Use
from pytest_arena.results.request_response import Request, Response, ToolCall
from pytest_arena.schema import ProviderSpec

T = TypeVar("T")
SPEC = ProviderSpec(name="p", provider="openai", model="m")
WHOLE = Response(
    output="Ünï",
    finish_reason="tool_calls",
    tool_calls=(ToolCall("look", {"n": [1]}, "call_1"),),
    latency_ms=12.5,
    first_token_ms=3.5,
    input_tokens=3,
    output_tokens=4,
    cost_usd=0.25,
    attempts=2,
    model="m-2026",
)


def asked(text: str = "hi", **given: Any) -> Request:
    return Request(messages=[{"role": "user", "content": text}], file="arena.yaml", **given)


class Run:
    """Ask one store after another, each as a run of its own; merge at the end of each."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.file = RecordingFile(root, "recordings/arena.jsonl")

    def do(self, mode: str, *work: Any) -> list[Any]:
        async def run() -> list[Any]:
            store = Recordings(self.root, mode, lambda text: text.replace("s3cret", "[REDACTED]"))
            done = [await one(store) for one in work]
            await store.close()
            self.use = store.uses().get("recordings/arena.jsonl", Use())
            return done

        done = asyncio.run(run())
        self.file.merge()
        return done

    def record(self, outcome: Response | ProviderError = WHOLE, mode: str = "new") -> None:
        self.do(mode, keeps(outcome))

    def finds(self, mode: str, text: str = "hi", **given: Any) -> Any:
        (found,) = self.do(mode, lambda store: caught(store.find(SPEC, asked(text, **given))))
        return found


def keeps(outcome: Response | ProviderError) -> Any:
    return lambda store: store.keep(SPEC, asked(), outcome)


async def caught(work: Coroutine[Any, Any, T]) -> T | ProviderError:
    try:
        return await work
    except ProviderError as error:
        return error


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def failure(kind: ErrorKind, attempts: int = 1) -> ProviderError:
    return ProviderError(kind, f"it was {kind}", status=400, attempts=attempts)


def test_the_whole_answer_comes_back_marked(run: Run) -> None:
    run.record()
    found = run.finds("none")
    assert found.source == "recording"
    found.source = "call"
    assert found == WHOLE


def test_a_failure_comes_back_with_its_kind_status_and_attempts(run: Run) -> None:
    run.record(failure(ErrorKind.CONTENT_FILTER, attempts=3))
    found = run.finds("none")
    assert (found.kind, found.message) == (ErrorKind.CONTENT_FILTER, "it was content_filter")
    assert (found.status, found.attempts) == (400, 3)


@pytest.mark.parametrize("mode", ["none", "once", "new"])
def test_what_is_recorded_is_replayed(run: Run, mode: str) -> None:
    run.record()
    assert run.finds(mode).output == "Ünï"


def test_all_records_everything_again(run: Run) -> None:
    run.record()
    assert run.finds("all") is None
    run.record(Response(output="anew"), mode="all")
    assert run.finds("none").output == "anew"


def test_once_records_where_no_recording_is(run: Run) -> None:
    assert run.finds("once") is None
    run.record(mode="once")
    assert run.finds("once").output == "Ünï"
    assert run.finds("once", "another").kind is ErrorKind.NOT_RECORDED


def test_new_records_what_is_missing(run: Run) -> None:
    run.record()
    assert run.finds("new", "another") is None


@pytest.mark.parametrize(
    ("kind", "again"),
    [
        (ErrorKind.RATE_LIMIT, True),
        (ErrorKind.TIMEOUT, True),
        (ErrorKind.SERVER, True),
        (ErrorKind.CONNECTION, True),
        (ErrorKind.AUTHENTICATION, True),
        (ErrorKind.CONTENT_FILTER, False),
        (ErrorKind.CONTEXT_LENGTH, False),
        (ErrorKind.BAD_REQUEST, False),
        (ErrorKind.NOT_FOUND, False),
        (ErrorKind.BAD_RESPONSE, False),
    ],
)
def test_new_calls_again_where_a_failure_may_have_passed(
    run: Run, kind: ErrorKind, again: bool
) -> None:
    run.record(failure(kind))
    assert (run.finds("new") is None) is again
    assert run.finds("none").kind is kind


@pytest.mark.parametrize(
    "kind",
    [
        ErrorKind.MISSING_KEY,
        ErrorKind.CONFIGURATION,
        ErrorKind.PROVIDER_DOWN,
        ErrorKind.NETWORK_BLOCKED,
        ErrorKind.NOT_RECORDED,
    ],
)
def test_what_never_reached_the_provider_is_not_recorded(run: Run, kind: ErrorKind) -> None:
    run.record(failure(kind))
    run.record(failure(ErrorKind.SERVER, attempts=0))
    assert not run.file.exists()


def test_no_secret_is_recorded(run: Run) -> None:
    run.record(Response(output="the key is s3cret"))
    assert run.finds("none").output == "the key is [REDACTED]"
    assert "s3cret" not in run.file.path.read_text()


def test_each_trial_has_its_own_answer(run: Run) -> None:
    run.record()
    assert run.finds("new", trial=1) is None


def test_an_answer_that_is_not_recorded_names_the_nearest_and_what_differs(run: Run) -> None:
    run.record()
    found = run.finds("none", "hi you", params={"seed": 1})
    assert found.kind is ErrorKind.NOT_RECORDED
    assert found.message == (
        "recordings/arena.jsonl has no answer to this request\n"
        "  nearest entry: recordings/arena.jsonl:1\n"
        "    messages[0].content: recorded 'hi', asked 'hi you'\n"
        "    params.seed: recorded nothing, asked 1\n"
        "  fix: record what is missing with --arena-record new"
    )


def test_a_recording_that_is_not_there_is_named(run: Run) -> None:
    found = run.finds("none", purpose="judge")
    assert found.message == (
        "there is no recording recordings/arena.jsonl (judge)\n"
        "  fix: record what is missing with --arena-record once"
    )


def test_only_the_first_misses_are_explained(run: Run) -> None:
    run.record()
    asks = [
        lambda store, n=n: caught(store.find(SPEC, asked(f"other {n}")))
        for n in range(EXPLAINED_MISSES + 1)
    ]
    *_, last, beyond = run.do("none", *asks)
    assert "nearest entry" in last.message
    assert "nearest entry" not in beyond.message


@pytest.mark.parametrize("mode", ["none", "once", "new", "all"])
def test_a_recording_with_a_merge_conflict_names_its_line(tmp_path: Path, mode: str) -> None:
    file = RecordingFile(tmp_path, "recordings/arena.jsonl")
    file.path.parent.mkdir()
    file.path.write_text("<<<<<<< HEAD\n")

    async def find() -> Response | ProviderError | None:
        store = Recordings(tmp_path, mode, str)
        return await caught(store.find(SPEC, asked()))

    found = asyncio.run(find())
    assert isinstance(found, ProviderError)
    assert found.kind is ErrorKind.CONFIGURATION
    assert "recordings/arena.jsonl:1:1: not JSON (" in found.message


def test_a_recording_that_cannot_be_looked_at_is_named(tmp_path: Path) -> None:
    async def find() -> Response | ProviderError | None:
        store = Recordings(tmp_path / ("x" * 300), "none", str)
        return await caught(store.find(SPEC, asked()))

    found = asyncio.run(find())
    assert isinstance(found, ProviderError)
    assert found.kind is ErrorKind.CONFIGURATION
    assert found.message.endswith(
        "x/recordings/arena.jsonl: file name too long\n"
        "  expected: a recording, or a folder that can hold one\n"
        "  fix: put it right, or name another folder: --arena-recordings-dir DIR"
    )


def test_what_was_used_and_what_was_recorded_is_known(run: Run) -> None:
    run.record()
    assert len(run.use.used) == len(run.use.recorded) == 1
    run.finds("new")
    assert (len(run.use.used), run.use.recorded) == (1, set())
    run.finds("none", "another")
    assert run.use.used == set()
