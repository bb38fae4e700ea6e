"""Servers as processes: what they give, and every way in which one can fail whoever asks."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from servers import mcp_raw
from survival import is_alive, wait_until

from pytest_arena.mcp_servers import listing, stdio
from pytest_arena.mcp_servers.failures import NoAnswerInTime, ServerRefused, ServerUnusable
from pytest_arena.mcp_servers.given import Given
from pytest_arena.mcp_servers.server import McpServer, ServerHost
from pytest_arena.running.process_guard import ProcessGuard
from pytest_arena.schema import McpServerSpec

Use = Callable[[McpServer], Awaitable[Any]]


class Servers:
    """Runs one server, and sees that nothing of it is left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes: list[str] = []

    def use(self, mode: str, use: Use, **keys: Any) -> Any:
        async def run() -> Any:
            guard = ProcessGuard()
            spec = McpServerSpec(
                id="raw",
                command=(*mcp_raw.COMMAND, mode),
                **keys,
            ).in_folder(self.folder)
            host = ServerHost(fill=str, guard=guard, note=self.notes.append)
            server = McpServer(spec, host)
            try:
                return await use(server)
            finally:
                await server.close()
                assert not guard._groups
                guard.stop_if_idle()

        try:
            return asyncio.run(run())
        finally:
            (self.folder / "output").touch()
            wait_until(lambda: not any(map(is_alive, self.pids)), self.folder)

    @property
    def pids(self) -> list[int]:
        return mcp_raw.pids_in(self.folder)


@pytest.fixture
def servers(tmp_path: Path) -> Servers:
    return Servers(tmp_path)


async def echo(server: McpServer, session: str = "", limit_s: float = 30.0) -> Given:
    tools = {tool.name: tool for tool in await server.tools(session)}
    return await server.call(tools["echo"], {"text": "hello"}, session, limit_s)


def test_a_tool_is_called_and_its_server_is_started_once(servers: Servers) -> None:
    async def use(server: McpServer) -> list[Given]:
        return list(await asyncio.gather(*(echo(server) for _ in range(5))))

    found = servers.use("plain", use)
    assert {one.text for one in found} == {f"hello {servers.pids[0]}"}
    assert len(servers.pids) == 1
    assert servers.notes == []


def test_each_trial_has_a_server_of_its_own_which_ends_with_it(servers: Servers) -> None:
    async def use(server: McpServer) -> None:
        first, second, again = [await echo(server, session) for session in ("a", "b", "a")]
        assert first.text == again.text != second.text
        await server.forget("a")
        (servers.folder / "output").touch()
        await asyncio.to_thread(wait_until, lambda: not is_alive(servers.pids[0]), servers.folder)
        assert is_alive(servers.pids[1])

    servers.use("plain", use, scope="trial")


FAULTS = {
    "does-not-start": (ServerUnusable, "MCP server 'raw' ended with status 3\n  no database"),
    "dies": (ServerUnusable, "MCP server 'raw' ended with status 7\n  out of memory"),
    "endless": (ServerUnusable, "MCP server 'raw' wrote a message of more than 1 MiB"),
    "floods": (ServerUnusable, "MCP server 'raw' wrote 51 lines in a row that answer nothing"),
    "no-content": (ServerUnusable, "gave an answer that is not as the protocol has it: content"),
    "no-schema": (
        ServerUnusable,
        "MCP server 'raw' describes its tool 'echo' by an inputSchema that is none: "
        "at properties.text.type: 'txt' is no type",
    ),
    "pages": (ServerUnusable, "MCP server 'raw' lists tools without end"),
}


@pytest.mark.parametrize("mode", FAULTS)
def test_a_server_that_cannot_be_asked_is_told_with_what_it_did(
    servers: Servers, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stdio, "MOST_BYTES", 1 << 20)
    monkeypatch.setattr(stdio, "_MOST_UNASKED", 50)
    kind, said = FAULTS[mode]
    with pytest.raises(kind) as caught:
        servers.use(mode, echo)
    assert said in str(caught.value)


def test_a_server_that_dies_is_started_again_for_the_next_question(servers: Servers) -> None:
    async def use(server: McpServer) -> None:
        for _ in range(2):
            with pytest.raises(ServerUnusable, match="ended with status 7"):
                await echo(server)
        assert [tool.name for tool in await server.tools("")] == ["echo", "wipe"]

    servers.use("dies", use)
    assert len(servers.pids) == 3


def test_a_server_that_does_not_start_is_tried_twice_and_no_more(servers: Servers) -> None:
    async def use(server: McpServer) -> None:
        for _ in range(4):
            with pytest.raises(ServerUnusable, match="no database"):
                await server.ready("")

    servers.use("does-not-start", use)
    assert len(servers.pids) == 2


def test_a_server_that_never_says_what_it_is_is_killed_with_its_children(
    servers: Servers,
) -> None:
    async def use(server: McpServer) -> None:
        with pytest.raises(ServerUnusable, match=r"has not answered within 0\.5 s"):
            await server.ready("")

    servers.use("never-answers", use, startup_timeout=0.5)


@pytest.mark.parametrize("mode", ["forks", "stays"])
def test_nothing_is_left_of_a_server_that_does_not_leave(servers: Servers, mode: str) -> None:
    servers.use(mode, echo)
    assert len(servers.pids) == (2 if mode == "forks" else 1)


def test_a_call_that_hangs_ends_in_time_and_the_others_go_on(servers: Servers) -> None:
    async def use(server: McpServer) -> None:
        with pytest.raises(NoAnswerInTime, match=r"'raw' has not answered within 0\.2 s"):
            await echo(server, limit_s=0.2)

    servers.use("hangs", use)


def test_an_error_of_the_servers_own_leaves_it_usable(servers: Servers) -> None:
    async def use(server: McpServer) -> None:
        _, wipe = await server.tools("")
        with pytest.raises(ServerRefused, match="not on a Friday"):
            await server.call(wipe, {}, "", 30.0)
        assert (await echo(server)).text.startswith("hello")

    servers.use("plain", use)
    assert len(servers.pids) == 1


def test_a_tool_that_fails_and_one_that_breaks_its_schema_give_errors(servers: Servers) -> None:
    assert servers.use("fails", echo) == Given("no hello", is_error=True)
    lie = servers.use("lies", echo)
    assert lie.is_error
    assert lie.text == (
        "echo breaks its word: its structured content is not as it says: "
        "'number' is a required property"
    )


def test_a_hostile_pattern_in_an_output_schema_does_not_hold_up_the_run(
    servers: Servers,
) -> None:
    found = servers.use("slow-pattern", echo)
    # the search of the package itself would take longer than anybody waits
    assert found.is_error
    assert "does not match '^(a+)+$'" in found.text


def test_schemas_of_a_server_are_checked_once_and_not_on_the_loop(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked_on: list[int] = []
    fault = listing.schema_fault

    def seen(schema: Any) -> str | None:
        checked_on.append(threading.get_ident())
        return fault(schema)

    async def use(server: McpServer) -> None:
        for session in ("a", "b"):
            for _ in range(3):
                await echo(server, session)

    monkeypatch.setattr(listing, "schema_fault", seen)
    listing._fault_in.cache_clear()
    servers.use("lies", use, scope="trial")
    assert len(checked_on) == 3, "of two tools, one of which describes what it gives"
    assert threading.get_ident() not in checked_on


def test_lines_that_are_no_messages_are_told_and_do_no_harm(servers: Servers) -> None:
    assert servers.use("noisy", echo).text.startswith("hello")
    assert servers.notes == [
        "MCP server 'raw' writes to standard output what is no message: 'Starting up…'"
    ]


def test_a_list_that_may_change_is_asked_for_again(servers: Servers) -> None:
    async def use(server: McpServer) -> list[list[str]]:
        before = [tool.name for tool in await server.tools("")]
        await echo(server)
        return [before, [tool.name for tool in await server.tools("")]]

    assert servers.use("grows", use) == [["echo", "wipe"], ["echo", "wipe", "late"]]
    assert servers.use("grows", use, tools=("e*",)) == [["echo"], ["echo"]]


def test_parts_that_are_no_text_are_told_by_type_and_size(servers: Servers) -> None:
    found = servers.use("parts", echo)
    assert found.text.splitlines()[1:] == [
        "[image: image/png, 3 bytes]",
        "[all: kb://all]",
        "within\ufffd",
    ]


def test_a_server_has_no_key_of_the_runs_environment(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    monkeypatch.setenv("LANG", "C.UTF-8")
    found = json.loads(servers.use("environment", echo, env={"MINE": "yes"}).text)
    assert "OPENAI_API_KEY" not in found
    assert (found["MINE"], found["LANG"]) == ("yes", "C.UTF-8")
    assert found["PATH"].startswith(str(Path(sys.executable).parent))


def test_a_program_that_is_not_there_cannot_be_started(tmp_path: Path) -> None:
    spec = McpServerSpec(id="none", command="./no-such-server").in_folder(tmp_path)

    async def run() -> None:
        server = McpServer(spec, ServerHost(fill=str))
        try:
            await server.ready("")
        finally:
            await server.close()

    with pytest.raises(ServerUnusable, match="there is no program") as caught:
        asyncio.run(run())
    assert str(caught.value) == (
        "MCP server 'none' cannot be started: there is no program './no-such-server'\n"
        "  expected: a program that can be run, its path from the arena file's folder, or its "
        "name\n  fix: correct command, or install it"
    )
