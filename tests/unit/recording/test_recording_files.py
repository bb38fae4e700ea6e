"""Recordings on disk: sorted, stable, merged from shards, and nothing lost on the way."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.errors import ErrorKind, ProviderError, UserError
from pytest_arena.recording.entries import entry_of
from pytest_arena.recording.files import RecordingFile, recording_name
from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.serialize import to_line

FACTS = {"provider": "openai", "host": "", "model": "m", "messages": [], "params": {}, "trial": 0}
NAME = "recordings/arena.jsonl"


def answer(text: str = "fine", **given: Any) -> Response:
    return Response(output=text, **{"latency_ms": 10.0, "cost_usd": 0.1, **given})


def refusal(kind: ErrorKind = ErrorKind.RATE_LIMIT, message: str = "no") -> ProviderError:
    return ProviderError(kind, message, status=429, attempts=1)


def record(root: Path, *outcomes: tuple[str, Response | ProviderError], sender: str = "a") -> None:
    """Write a shard as one process does, and close it."""
    shard = RecordingFile(root, NAME).new_shard()
    for key, outcome in outcomes:
        shard.append(to_line({**entry_of(key, FACTS, outcome), "sender": sender}))
    shard.close()


def merge(root: Path) -> bytes:
    recording = RecordingFile(root, NAME)
    recording.merge()
    return recording.path.read_bytes()


def outputs(root: Path) -> dict[str, str | None]:
    entries = RecordingFile(root, NAME).entries()
    found = {key: stored.read() for key, stored in entries.items()}
    return {key: one.get("response", {}).get("output") for key, one in found.items()}


@pytest.mark.parametrize(
    ("arena", "recording"),
    [
        ("arena.yaml", "recordings/arena.jsonl"),
        ("a/b/shop.arena.yml", "a/b/recordings/shop.jsonl"),
        ("a/plain.yaml", "a/recordings/plain.jsonl"),
    ],
)
def test_a_recording_stands_beside_its_arena_file(arena: str, recording: str) -> None:
    assert recording_name(arena) == recording


def test_entries_are_sorted_by_key_one_a_line(tmp_path: Path) -> None:
    record(tmp_path, ("b", answer("B")), ("a", answer("Ä")))
    text = merge(tmp_path).decode()
    assert text.startswith('{"key": "a", "format": 1, "request": {')
    assert [json.loads(line)["key"] for line in text.splitlines()] == ["a", "b"]
    assert "Ä" in text
    assert "sender" not in text
    assert [path.name for path in (tmp_path / "recordings").iterdir()] == ["arena.jsonl"]


def test_the_same_answers_again_give_the_same_bytes(tmp_path: Path) -> None:
    call = ToolCall("look", {"n": 1}, "call_1")
    record(tmp_path, ("a", answer(tool_calls=(call,))), ("b", refusal(message="req_1")))
    before = merge(tmp_path)
    again = ToolCall("look", {"n": 1}, "call_2")
    later = answer(tool_calls=(again,), latency_ms=99.0, first_token_ms=5.0, attempts=3)
    record(tmp_path, ("a", later), ("b", refusal(message="req_2")))
    assert merge(tmp_path) == before


@pytest.mark.parametrize(
    "changed",
    [
        answer("other"),
        answer(finish_reason="length"),
        answer(cost_usd=0.2),
        answer(model="m-2"),
        answer(tool_calls=(ToolCall("look", {}),)),
        refusal(ErrorKind.CONTENT_FILTER),
    ],
    ids=["text", "finish-reason", "cost", "model", "tool", "refused"],
)
def test_another_answer_replaces_the_old_one(
    tmp_path: Path, changed: Response | ProviderError
) -> None:
    record(tmp_path, ("a", answer()))
    before = merge(tmp_path)
    record(tmp_path, ("a", changed))
    assert merge(tmp_path) != before


def test_a_passing_failure_never_replaces_an_answer(tmp_path: Path) -> None:
    record(tmp_path, ("a", answer()))
    before = merge(tmp_path)
    record(tmp_path, ("a", refusal(ErrorKind.RATE_LIMIT)))
    assert merge(tmp_path) == before


def test_equal_requests_share_the_entry_of_the_first_cell(tmp_path: Path) -> None:
    record(tmp_path, ("a", answer("of y")), sender="y")
    record(tmp_path, ("a", answer("re-run")), ("a", answer("of x")), sender="x")
    assert outputs(tmp_path) == {"a": "of x"}
    merge(tmp_path)
    assert outputs(tmp_path) == {"a": "of x"}


def test_what_killed_runs_left_is_found_and_merged_later(tmp_path: Path) -> None:
    record(tmp_path, ("a", answer("kept")))
    shard = next((tmp_path / "recordings").glob(".*.shard"))
    with shard.open("a") as stream:
        stream.write('{"key": "torn')
    assert outputs(tmp_path) == {"a": "kept"}
    merge(tmp_path)
    assert outputs(tmp_path) == {"a": "kept"}
    assert not list((tmp_path / "recordings").glob(".*"))


def test_the_shard_of_a_run_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    record(tmp_path, ("a", answer()))
    recording = RecordingFile(tmp_path, NAME)
    other = recording.new_shard()
    other.append(to_line({**entry_of("b", FACTS, answer()), "sender": ""}))
    merge(tmp_path)
    assert other.path.exists()
    assert '"b"' not in recording.path.read_text()
    other.close()
    merge(tmp_path)
    assert outputs(tmp_path) == {"a": "fine", "b": "fine"}


def test_entries_are_removed_by_key(tmp_path: Path) -> None:
    record(tmp_path, ("a", answer()), ("b", answer()))
    merge(tmp_path)
    RecordingFile(tmp_path, NAME).merge(remove=frozenset({"a"}))
    assert outputs(tmp_path) == {"b": "fine"}


def test_keys_are_read_alone_however_a_line_is_written(tmp_path: Path) -> None:
    record(tmp_path, ("a", answer()), ("b", answer()))
    merge(tmp_path)
    recording = RecordingFile(tmp_path, NAME)
    with recording.path.open("a") as stream:
        stream.write('{"format": 1, "key": "c", "request": {}, "response": {"output": ""}}\n')
    assert recording.keys() == set(recording.entries()) == {"a", "b", "c"}


def test_a_recording_that_is_not_there_has_no_entries(tmp_path: Path) -> None:
    recording = RecordingFile(tmp_path, NAME)
    recording.merge()
    assert recording.entries() == {}
    assert recording.keys() == set()
    assert not (tmp_path / "recordings").exists()


def test_a_recording_whose_name_the_system_does_not_take_is_told_where_it_is_made(
    tmp_path: Path,
) -> None:
    recording = RecordingFile(tmp_path, f"recordings/{'x' * 300}.jsonl")
    assert not recording.exists()
    assert recording.keys() == frozenset()
    problem = recording.problem()
    assert problem is not None
    assert problem.what.endswith(f"{'x' * 300}.jsonl': file name too long")


ENTRY = to_line(entry_of("a", FACTS, answer()))
BAD = {
    "half a line": (ENTRY[:40], "not JSON ("),
    "another format": (
        ENTRY.replace('"format": 1', '"format": 7'),
        "recording format 7 is not known\n"
        "  expected: format 1\n"
        "  fix: use the version of pytest-arena that wrote it, or remove it and record again",
    ),
    "another answer to the same": (
        ENTRY.replace("fine", "else"),
        "the request a stands here and in line 1, with different content\n"
        "  expected: one line a request\n"
        "  fix: keep one of the two lines, or remove both and record again",
    ),
    "no key": (ENTRY.replace('"key"', '"kee"'), "not an entry of a recording\n  expected: a `key`"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_named(tmp_path: Path, name: str) -> None:
    line, said = BAD[name]
    recording = RecordingFile(tmp_path, NAME)
    recording.path.parent.mkdir()
    recording.path.write_text(f"{ENTRY}\n{line}")
    with pytest.raises(UserError) as caught:
        recording.entries()
    assert str(caught.value).startswith(f"{NAME}:2:1: {said}")
    if said.startswith("not JSON"):
        fix = "settle a merge conflict in it, or remove the file and record again"
        assert str(caught.value).endswith(f"\n  fix: {fix}")


def test_a_line_that_stands_twice_counts_once(tmp_path: Path) -> None:
    recording = RecordingFile(tmp_path, NAME)
    recording.path.parent.mkdir()
    recording.path.write_text(f"{ENTRY}\n{ENTRY}\n")
    assert outputs(tmp_path) == {"a": "fine"}
    record(tmp_path, ("a", answer("new")))
    assert merge(tmp_path).count(b"\n") == 1
    assert outputs(tmp_path) == {"a": "new"}


UNREADABLE = {
    "output": (
        ENTRY.replace('"output": "fine"', '"output": 3'),
        "not an entry of a recording: `response.output` is not as it must be\n  expected: a text",
    ),
    "both": (
        ENTRY[:-1] + ', "error": {"kind": "server", "message": ""}}',
        "not an entry of a recording\n  expected: either a `response` or an `error`",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_entry_that_cannot_be_read_is_named_when_it_is_used(tmp_path: Path, name: str) -> None:
    line, said = UNREADABLE[name]
    recording = RecordingFile(tmp_path, NAME)
    recording.path.parent.mkdir()
    recording.path.write_text(f"{line}\n")
    (stored,) = recording.entries().values()
    with pytest.raises(UserError) as caught:
        stored.read()
    assert str(caught.value) == f"recordings/arena.jsonl:1:1: {said}"


def write_many(root: Path, writer: int) -> None:
    for number in range(20):
        record(root, (f"{number:02}-{writer}", answer()), sender=str(writer))
        RecordingFile(root, NAME).merge()


def test_eight_that_write_and_merge_at_once_lose_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write_many, [tmp_path] * 8, range(8)))
    assert len(outputs(tmp_path)) == 8 * 20
