"""An MCP server in plain Python, which starts at once, with a fault that its argument names."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-S", __file__)
"""What starts the server, before its fault."""
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


def pids_in(folder: Path) -> list[int]:
    """Return the processes that servers in a folder were, and those that they started."""
    file = folder / "pids"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def send(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def tools(mode: str, calls: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": "echo", "description": "Say a text again.", "inputSchema": TEXT},
        {"name": "wipe", "description": "Delete all there is.", "inputSchema": {"type": "object"}},
    ]
    if mode == "lies":
        found[0]["outputSchema"] = {"type": "object", "required": ["number"]}
    if mode == "no-schema":
        found[0]["inputSchema"] = {"type": "object", "properties": {"text": {"type": "txt"}}}
    if mode == "slow-pattern":
        slow = {"said": {"pattern": "^(a+)+$"}}
        found[0]["outputSchema"] = {"type": "object", "properties": slow}
    if mode == "recursive":
        found[0]["inputSchema"] = {**TEXT, "properties": {"text": {"$ref": "#"}}}
    if mode == "recursive-alone":
        found[0]["inputSchema"] = {"$ref": "#", "type": "object"}
    if mode == "huge-schema":
        found[0]["inputSchema"] = {**TEXT, "description": "x" * 200_000}
    if mode == "control-name":
        found[0]["name"] = "echo\x1b[2J"
    if mode == "twice":
        found.append(found[0])
    if mode == "grows" and calls:
        found.append({"name": "late", "inputSchema": {"type": "object"}})
    return found


def called(mode: str, text: str) -> dict[str, Any]:
    if mode == "dies":
        print("out of memory", file=sys.stderr, flush=True)
        os._exit(7)
    if mode == "gate":
        with open("runs", "a") as file:
            file.write(f"echo mcp 0 {os.getpid()}\n")
        if os.path.exists("gate-echo"):
            # until someone opens it to write
            open("gate-echo").close()
    if mode == "hangs":
        threading.Event().wait()
    if mode == "floods":
        while True:
            send({"method": "notifications/message", "params": {"level": "info", "data": "x"}})
    if mode == "floods-errors":
        while True:
            sys.stderr.write("x" * 1_000_000)
    if mode == "big":
        text = "x" * 100_000_000
    if mode == "endless":
        while True:
            sys.stdout.write("x" * 1_000_000)
    if mode == "no-content":
        return {"content": 5}
    if mode == "fails":
        return {"content": [{"type": "text", "text": f"no {text}"}], "isError": True}
    result: dict[str, Any] = {"content": [{"type": "text", "text": f"{text} {os.getpid()}"}]}
    if mode == "lies":
        result["structuredContent"] = {"text": text}
    if mode == "slow-pattern":
        result["structuredContent"] = {"said": "a" * 40 + "!"}
    if mode == "environment":
        result["content"][0]["text"] = json.dumps(dict(os.environ))
    if mode == "parts":
        result["content"] += [
            {"type": "image", "data": "AAAA", "mimeType": "image/png"},
            {"type": "resource_link", "name": "all", "uri": "kb://all"},
            {"type": "resource", "resource": {"uri": "kb://a", "text": "within\0"}},
        ]
    return result


def answer(mode: str, method: str, params: dict[str, Any], calls: int) -> dict[str, Any] | None:
    if method == "initialize":
        return {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {"listChanged": mode == "grows"}},
            "serverInfo": {"name": "raw", "version": "1"},
        }
    if method == "tools/list":
        found: dict[str, Any] = {"tools": tools(mode, calls)}
        return {**found, "nextCursor": "on"} if mode == "pages" else found
    if method == "tools/call" and mode == "meta":
        text = params.get("_meta", {}).get("traceparent", "")
        return {"content": [{"type": "text", "text": text}]}
    return called(mode, params["arguments"].get("text", "")) if method == "tools/call" else None


def main(mode: str) -> None:
    with open("pids", "a") as file:
        file.write(f"{os.getpid()}\n")
    if mode == "does-not-start":
        print("no database", file=sys.stderr)
        sys.exit(3)
    if mode == "noisy":
        print("Starting up…")
    if mode in ("forks", "never-answers"):
        child = os.fork()
        if child == 0:
            threading.Event().wait()
        # by the parent, which answers only then: the child may be killed before it runs
        with open("pids", "a") as file:
            file.write(f"{child}\n")
    if mode == "never-answers":
        threading.Event().wait()
    calls = 0
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" not in asked:
            continue
        if asked["method"] == "tools/call" and asked["params"]["name"] == "wipe":
            send({"id": asked["id"], "error": {"code": -32602, "message": "not on a Friday"}})
            continue
        result = answer(mode, asked["method"], asked.get("params", {}), calls)
        calls += asked["method"] == "tools/call"
        if result is None:
            send({"id": asked["id"], "error": {"code": -32601, "message": "Method not found"}})
        else:
            send({"id": asked["id"], "result": result})
    if mode == "stays":
        threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1])
