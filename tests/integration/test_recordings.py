"""Recordings: replayed without a call, recorded by many workers at once, and nothing lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Project
from servers.wire import WireServer

from pytest_arena import run_arena
from pytest_arena.providers.openai import OpenAIProvider
from pytest_arena.recording.entries import entry_of
from pytest_arena.recording.keys import key_of, request_facts
from pytest_arena.results.request_response import Request, Response
from pytest_arena.results.serialize import to_line
from pytest_arena.schema import ProviderSpec

KEY = "sk-canary-0123456789"


CONFTEST = """\
import asyncio, json, os
from glob import glob
from pytest_arena import ErrorKind, Provider, ProviderError, Response

class Local(Provider):
    type = "local"

    async def complete(self, request):
        prompt = request.messages[-1]["content"]
        with open("calls", "a") as file:
            file.write(prompt + "\\n")
        if prompt == "die" and "SURVIVE" not in os.environ:
            while sum(len(open(f).readlines()) for f in glob("recordings/.*.shard")) < 2:
                await asyncio.sleep(0.01)
            os.kill(os.getpid(), 9)
        if prompt == "refuse":
            raise ProviderError(ErrorKind.CONTENT_FILTER, "withheld")
        if prompt == "tell":
            self.environment.add_secret(os.environ["CANARY"])
            prompt = os.environ["CANARY"]
        if request.purpose == "judge":
            judgement = {"evidence": ["said one"], "reasoning": "so", "level": "fully"}
            return Response(output=json.dumps(judgement), latency_ms=3.0, cost_usd=0.1)
        took = float(len(prompt)) + os.getpid() / 1e4
        return Response(output=f"said {prompt}", latency_ms=took, cost_usd=0.5)

def pytest_arena_register(registry):
    registry.provider(Local)
"""
"""A provider that calls nobody, so that its runs start fast; it notes each call in a file."""


def write(project: Project, *prompts: str, extra: str = "") -> None:
    lines = ["providers:", f"  - {{name: m, provider: local, model: m1{extra}}}", "tests:"]
    for prompt in prompts:
        lines += [
            f"  - name: {prompt}",
            f"    prompt: {prompt}",
            "    assertions: [{type: contains, value: said}]",
        ]
    project.write(arena="\n".join(lines))
    project.pytester.makepyfile(conftest=CONFTEST)


def calls(project: Project) -> list[str]:
    """Return the prompts of all calls so far."""
    file = project.path / "calls"
    return file.read_text().split() if file.exists() else []


def recording(project: Project) -> Path:
    return project.path / "recordings" / "arena.jsonl"


def said(result: pytest.RunResult) -> list[str]:
    """Return what the summary says of recordings and the cache."""
    return [line for line in result.outlines if "recordings/" in line or " cache" in line]


def without_its_moment(trial: dict[str, Any]) -> dict[str, Any]:
    """Leave out when a trial was, and which trace it is: no two are the same there."""
    found = dict(trial)
    found["responses"] = [dict(one) for one in trial["responses"]]
    for one in (found, *found["responses"]):
        for name in ("started_at", "started_ms", "trace_id"):
            one.pop(name, None)
    return found


def facts(project: Project) -> list[Any]:
    """Return what a replay must give again, wherever it had it from."""
    cells = [
        [cell["verdict"], list(map(without_its_moment, cell["trials"]))]
        for cell in project.cells().values()
    ]
    found: list[Any] = json.loads(json.dumps(cells).replace('"recording"', '"call"'))
    return found


@pytest.mark.real_workers
def test_what_was_recorded_is_replayed_whole_and_without_a_call(
    project: Project, spread: tuple[str, ...]
) -> None:
    write(project, "one", "two", "refuse")
    result = project.run("--arena-record=once", *spread)
    result.assert_outcomes(passed=2, errors=1)
    assert said(result) == ["recordings/arena.jsonl: 3 recorded"]
    before = facts(project)

    result = project.run("--arena-record=none", "--arena-block-network", *spread)

    result.assert_outcomes(passed=2, errors=1)
    assert said(result) == ["recordings/arena.jsonl: 3 answers replayed"]
    assert len(calls(project)) == 3
    assert facts(project) == before
    sources = {cell["case"]: cell["trials"][0]["source"] for cell in project.cells().values()}
    assert sources == {"one": "recording", "two": "recording", "refuse": None}


def test_what_a_script_recorded_is_replayed_under_pytest(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with WireServer() as server:
        project.write(
            arena=f"providers: [{{name: m, provider: openai, model: m, api_base: {server.url}/v1}}]"
            "\ntests: [{name: A, prompt: hi, assertions: [{type: contains, value: ok}]}]\n"
        )
        run = run_arena(project.path / "arena.yaml", record="once")
        assert run.notes == ("recordings/arena.jsonl: 1 recorded",)
        before = recording(project).read_bytes()
        result = project.run("--arena-record=none", "--arena-block-network")
        again = run_arena(project.path / "arena.yaml", record="none")
    result.assert_outcomes(passed=1)
    assert said(result) == ["recordings/arena.jsonl: 1 answer replayed"]
    assert again.notes == ("recordings/arena.jsonl: 1 answer replayed",)
    assert (server.calls, recording(project).read_bytes()) == (1, before)


def test_recording_again_changes_no_byte(project: Project) -> None:
    write(project, "one", "two", "refuse")
    project.run("--arena-record=all")
    before = recording(project).read_bytes()
    project.run("--arena-record=all")
    assert len(calls(project)) == 6
    assert recording(project).read_bytes() == before


@pytest.mark.slow
def test_workers_that_record_at_once_lose_nothing(project: Project) -> None:
    prompts = [f"p{number}" for number in range(40)]
    write(project, *prompts)
    project.run("--arena-record=new", "-n4").assert_outcomes(passed=40)
    lines = recording(project).read_text().splitlines()
    texts = {json.loads(line)["response"]["output"] for line in lines}
    assert texts == {f"said {prompt}" for prompt in prompts}
    assert len(lines) == 40
    assert [path.name for path in recording(project).parent.iterdir()] == ["arena.jsonl"]


def test_what_a_killed_run_had_recorded_is_in_the_next_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, "one", "two", "die", "three")
    result = project.run_apart("--arena-record=once", "--arena-concurrency=1")
    assert result.ret == -9
    assert not recording(project).exists()
    monkeypatch.setenv("SURVIVE", "1")
    result = project.run("--arena-record=once")
    result.assert_outcomes(passed=4)
    assert said(result) == ["recordings/arena.jsonl: 2 answers replayed, 2 recorded"]
    assert calls(project) == ["one", "two", "die", "die", "three"]
    assert len(recording(project).read_text().splitlines()) == 4
    assert [path.name for path in recording(project).parent.iterdir()] == ["arena.jsonl"]


JUDGED = """\
providers: [{name: m, provider: local, model: m1}]
judge: {name: grader, provider: local, model: j1}
tests:
  - name: A
    trials: 2
    prompt: one
    assertions: [{type: llm_judge, criteria: It says one.}]
"""


def test_a_judge_is_replayed_like_any_provider(project: Project) -> None:
    write(project)
    project.write(arena=JUDGED)
    result = project.run("--arena-record=once")
    assert said(result) == ["recordings/arena.jsonl: 4 recorded"]
    called, before = len(calls(project)), facts(project)
    result = project.run("--arena-record=none")
    assert said(result) == ["recordings/arena.jsonl: 4 answers replayed"]
    assert len(calls(project)) == called
    assert facts(project) == before
    assert set(project.verdicts().values()) == {"passed"}


def test_new_calls_for_what_is_missing_alone(project: Project) -> None:
    write(project, "one")
    project.run("--arena-record=once")
    write(project, "one", "two")
    result = project.run("--arena-record=new")
    result.assert_outcomes(passed=2)
    assert len(calls(project)) == 2
    assert said(result) == ["recordings/arena.jsonl: 1 answer replayed, 1 recorded"]


@pytest.mark.parametrize("mode", ["none", "once"])
def test_a_miss_is_an_error_that_names_the_nearest_entry(project: Project, mode: str) -> None:
    write(project, "one")
    project.run("--arena-record=once")
    write(project, "ones")
    result = project.run(f"--arena-record={mode}")
    assert project.verdicts() == {"ones[m]": "error"}
    result.stdout.fnmatch_lines(
        [
            "error: not_recorded: recordings/arena.jsonl has no answer to this request",
            "*nearest entry: recordings/arena.jsonl:1",
            "*messages[[]0].content: recorded 'one', asked 'ones'",
            "*fix: record what is missing with --arena-record new",
        ]
    )
    assert len(calls(project)) == 1


def test_entries_that_no_cell_uses_are_told_after_a_whole_run_and_removed_on_request(
    project: Project,
) -> None:
    write(project, "one", "two", "three")
    project.run("--arena-record=once")
    before = recording(project).read_bytes()
    write(project, "one", "two")
    hint = "1 not used by any cell (--arena-prune-recordings removes them)"
    result = project.run("--arena-record=none", "-n2")
    assert said(result) == [f"recordings/arena.jsonl: 2 answers replayed, {hint}"]
    for subset in (("-k", "one"), ("--arena-trials=1",), ("arena.yaml::two[m]",)):
        result = project.run("--arena-record=none", *subset)
        assert "not used" not in "".join(said(result))
    result = project.run("--arena-record=none", "--arena-prune-recordings", "-k", "one")
    assert said(result) == [
        "recordings/arena.jsonl: 1 answer replayed, nothing removed, since not every cell of the "
        "file was run to a verdict"
    ]
    assert recording(project).read_bytes() == before
    result = project.run("--arena-record=none", "--arena-prune-recordings")
    assert said(result) == ["recordings/arena.jsonl: 2 answers replayed, 1 unused removed"]
    assert len(recording(project).read_text().splitlines()) == 2


def test_a_resumed_run_does_not_prune_what_the_interrupted_one_used(project: Project) -> None:
    write(project, "one", "two", "three")
    project.run("--arena-record=new")
    before = recording(project).read_bytes()
    results = project.path / "arena-report" / "results.jsonl"
    # killed before its last cell
    results.write_text("".join(results.read_text().splitlines(keepends=True)[:-2]))
    result = project.run("--arena-record=new", "--arena-resume", "--arena-prune-recordings")
    assert "2 cells were taken from the run interrupted" in result.stdout.str()
    assert recording(project).read_bytes() == before


def test_pruning_needs_a_run_that_uses_recordings(project: Project) -> None:
    result = project.run("--arena-prune-recordings")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: --arena-prune-recordings needs a run that uses recordings",
            "  fix: give --arena-record none (or new), too",
        ]
    )


def test_the_ini_file_can_ask_for_all_of_it(project: Project) -> None:
    write(project, "one", "two")
    project.run("--arena-record=once")
    write(project, "one")
    with (project.path / "tox.ini").open("a") as ini:
        ini.write(
            "\narena_record = none\narena_prune_recordings = true\narena_block_network = true\n"
        )
    assert said(project.run()) == ["recordings/arena.jsonl: 1 answer replayed, 1 unused removed"]
    assert len(calls(project)) == 2


def test_trials_that_could_be_left_out_are_recorded_and_replayed_all_the_same(
    project: Project,
) -> None:
    write(project, "one")
    arena = project.path / "arena.yaml"
    arena.write_text(arena.read_text() + "\n    trials: 6\n    pass_threshold: 0.2\n")
    assert said(project.run("--arena-record=new")) == ["recordings/arena.jsonl: 6 recorded"]
    result = project.run("--arena-record=none", "--arena-concurrency=1")
    assert said(result) == ["recordings/arena.jsonl: 6 answers replayed"]


def test_a_mock_is_neither_recorded_nor_replayed(project: Project, small: Project) -> None:
    result = project.run("--arena-record=none")
    assert set(project.verdicts().values()) == {"passed", "failed", "error", "skipped"}
    assert said(result) == []
    project.run("--arena-record=new", "--arena-mock")
    assert not (project.path / "recordings").exists()


def test_a_key_that_the_provider_echoes_is_not_recorded(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", KEY)
    write(project, "tell")
    project.run("--arena-record=once")
    assert "said [REDACTED]" in recording(project).read_text()
    assert KEY not in recording(project).read_text()


LOADED = """\
import sys

def pytest_sessionfinish():
    heavy = {"litellm", "openai", "aiohttp"} & set(sys.modules)
    print("LOADED", *sorted(heavy))
"""


def test_a_replay_imports_no_client(project: Project) -> None:
    specs = [
        ProviderSpec(name="a", provider="anthropic", model="claude-haiku-4-5"),
        ProviderSpec(name="o", provider="openai", model="gpt-4o-mini"),
    ]
    write_recording(project, [(spec, "hi") for spec in specs])
    columns = [f"{{name: {s.name}, provider: {s.provider}, model: {s.model}}}" for s in specs]
    project.write(
        arena=f"providers: [{', '.join(columns)}]\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: said}]}]"
    )
    project.pytester.makepyfile(conftest=LOADED)
    for mode in ("none", "once", "new"):
        result = project.run_apart(f"--arena-record={mode}", "-s")
        result.assert_outcomes(passed=2)
        result.stdout.fnmatch_lines(["*LOADED"])


def write_recording(project: Project, asked: list[tuple[ProviderSpec, str]]) -> None:
    recording(project).parent.mkdir(exist_ok=True)
    lines = []
    for spec, prompt in asked:
        found = request_facts(spec, Request(messages=[{"role": "user", "content": prompt}]))
        lines.append(to_line(entry_of(key_of(found), found, Response(output=f"said {prompt}"))))
    recording(project).write_text("".join(f"{line}\n" for line in sorted(lines)))


def test_a_blocked_network_makes_each_call_an_error_at_once(project: Project) -> None:
    OpenAIProvider.warm_up()
    with WireServer() as server:
        spec = f"{{name: m, provider: openai, model: m1, api_base: {server.url}/v1}}"
        case = "{name: A, prompt: hi, trials: 4, assertions: [{type: contains, value: x}]}"
        project.write(arena=f"providers: [{spec}]\ntests: [{case}]")
        result = project.run("--arena-block-network")
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        assert server.calls == 0
        place = server.url.removeprefix("http://")
    for trial in project.cells()["arena.yaml::A[m]"]["trials"]:
        assert (trial["verdict"], trial["attempts"]) == ("error", 1)
        assert trial["error"]["kind"] == "network_blocked"
        assert trial["error"]["message"].startswith("the network is blocked: ")
        assert f"no connection to {place} (--arena-block-network)" in trial["error"]["message"]


def test_workers_block_the_network_too_and_ordinary_tests_with_it(project: Project) -> None:
    project.pytester.makepyfile(
        test_net="import socket\n\ndef test_net():\n    socket.create_connection(('localhost', 9))"
    )
    result = project.run("--arena-block-network", "-n1", "test_net.py")
    result.stdout.fnmatch_lines(
        ["*NetworkBlockedError: no connection to localhost:9 (--arena-block-network)"]
    )


# --- the cache


@pytest.fixture
def cached(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two cells of a provider with a cache, on a machine that is no CI's."""
    for name in ("CI", "GITHUB_ACTIONS", "TF_BUILD"):
        monkeypatch.delenv(name, raising=False)
    write(project, "one", "refuse", extra=", cache: {ttl: 1h}")
    return project


def test_answers_come_from_the_cache_with_their_latency_and_failures_do_not(
    cached: Project, spread: tuple[str, ...]
) -> None:
    cached.run(*spread)
    (first,) = map(without_its_moment, cached.cells()["arena.yaml::one[m]"]["trials"])
    result = cached.run(*spread)
    (second,) = map(without_its_moment, cached.cells()["arena.yaml::one[m]"]["trials"])
    assert (first["source"], second["source"]) == ("call", "cache")
    for trial in (first, second):
        (answer,) = trial.pop("responses")
        assert answer.pop("source") == trial["source"]
        trial["answer"] = answer
    assert second == {**first, "source": "cache"}
    assert sorted(calls(cached)) == ["one", "refuse", "refuse"]
    assert said(result) == ["1 answer taken from the cache"]


@pytest.mark.parametrize(
    ("ci", "options", "called"),
    [
        ("true", (), 4),
        ("true", ("--arena-cache=on",), 3),
        ("", ("--arena-cache=off",), 4),
        ("", ("--arena-cache-dir=elsewhere",), 3),
        ("", ("-o", "arena_cache=off"), 4),
        ("", ("-o", "arena_cache_dir=elsewhere"), 3),
        ("", ("-p", "no:cacheprovider"), 3),
        ("", ("--arena-record=all",), 4),
    ],
)
def test_when_and_where_the_cache_is_used(
    cached: Project,
    monkeypatch: pytest.MonkeyPatch,
    ci: str,
    options: tuple[str, ...],
    called: int,
) -> None:
    monkeypatch.setenv("CI", ci)
    cached.run(*options)
    cached.run(*options)
    assert len(calls(cached)) == called
    elsewhere = any("elsewhere" in option for option in options)
    assert (
        list(cached.path.glob("elsewhere/answers-1.sqlite3"))
        == [cached.path / "elsewhere" / "answers-1.sqlite3"] * elsewhere
    )


def test_a_cache_that_cannot_be_used_is_told_and_the_run_goes_on(cached: Project) -> None:
    (cached.path / "file").touch()
    result = cached.run("--arena-cache-dir=file")
    assert cached.verdicts()["one[m]"] == "passed"
    result.stdout.fnmatch_lines(["the cache could not be used: *answers-1.sqlite3: *Error: *"])


TIMED = """\
providers: [{{name: m, provider: openai, model: m, api_base: {url}/v1}}]
tests:
  - name: Both
    prompt: Hi
    assertions: [{{type: contains, value: ok}}, {{type: response_time, max_ms: 50000}}]
  - name: Alone
    prompt: Hi
    assertions: [{{type: p95_latency, max_ms: 50000}}]
"""


def test_replayed_times_gate_nothing_and_a_case_of_nothing_else_is_no_pass(
    project: Project,
) -> None:
    with WireServer() as server:
        project.write(arena=TIMED.format(url=server.url))
        project.run("--arena-record=all").assert_outcomes(passed=2)
    project.run("--arena-record=none").assert_outcomes(passed=1, errors=1)
    cells = project.cells()
    found = cells["arena.yaml::Both[m]"]["trials"][0]["assertions"]
    assert [finding["verdict"] for finding in found] == ["passed", "skipped"]
    over_all = cells["arena.yaml::Alone[m]"]["assertions"]
    assert [(finding["type"], finding["verdict"]) for finding in over_all] == [
        ("p95_latency", "skipped"),
        ("evaluation", "error"),
    ]
