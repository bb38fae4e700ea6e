"""Servers of the Model Context Protocol: how one is started or reached, and what of it is used."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.base import ArenaModel, Duration
from pytest_arena.schema.http import checked_url
from pytest_arena.schema.system import SystemOptions
from pytest_arena.text.wildcards import fits

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SPELLINGS = {"streamable-http": "http", "streamable_http": "http", "streamablehttp": "http"}
_OF_PROGRAMS = ("args", "env", "cwd")


def _transport(written: object) -> object:
    if not isinstance(written, str):
        return written
    if written.lower() == "sse":
        raise PydanticCustomError(
            "mcp_transport",
            "the transport 'sse' is not spoken",
            {
                "expected": "stdio, or http, which has taken the place of sse",
                "fix": "write type: http with the server's streamable HTTP endpoint",
            },
        )
    return _SPELLINGS.get(written.lower(), written)


class McpServerSpec(ArenaModel):
    """One entry of `mcp_servers:`: a program that is started, or an endpoint that is asked.

    `${NAME}` in `args`, `env`, `url` and `headers` stands for an environment variable.
    """

    id: str = ""
    """The server's name; unique in the file."""
    type: Annotated[Literal["stdio", "http"] | None, BeforeValidator(_transport)] = None
    """How it is spoken to; without it, `command` says stdio and `url` says http."""
    command: str | tuple[str, ...] | None = None
    """The program that is the server, or the program and its arguments. It is looked for beside the
    Python that runs the arena, then on the PATH."""
    args: tuple[str, ...] = ()
    """The program's arguments."""
    env: dict[str, str] = Field(default_factory=dict)
    """Environment variables of the program. It has no others of the run's, but for a few that hold
    no secrets: PATH, HOME, LANG and the like."""
    cwd: str | None = None
    """The folder that the program runs in, from the arena file's folder (default: that folder)."""
    url: str | None = None
    """The endpoint of a server that is reached over HTTP."""
    headers: dict[str, str] = Field(default_factory=dict)
    """HTTP headers of each request."""
    tools: tuple[str, ...] | None = None
    """The tools that are offered, by their names at the server, with `*` for any part (default:
    all)."""
    irreversible: tuple[str, ...] = ()
    """Tools that do what nobody can undo, named in the same way."""
    cost_weights: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    """What a call of each tool, named in the same way, counts for `cost_weight` of an agent's
    `limits:` (1 unless given)."""
    scope: Literal["worker", "trial"] = "worker"
    """Whether all trials of a process share one connection, or each has one of its own."""
    timeout: Duration = 60.0
    """The most that one call of a tool may take."""
    startup_timeout: Duration = 30.0
    """The most that it may take until the server has said what it is and which tools it has."""
    _folder: Path | None = PrivateAttr(default=None)

    @property
    def folder(self) -> Path:
        """The folder that relative paths start from: that of the file that the entry stands in."""
        return self._folder or Path.cwd()

    def in_folder(self, folder: Path) -> Self:
        """Return the entry as one of a file in this folder."""
        made = self.model_copy()
        made._place, made._folder = self.place, folder
        return made

    @property
    def argv(self) -> tuple[str, ...]:
        """The program with all its arguments; empty for a server that is reached over HTTP."""
        if self.command is None:
            return ()
        program = (self.command,) if isinstance(self.command, str) else self.command
        return (*program, *self.args)

    def offers(self, tool: str) -> bool:
        """Return whether a tool of the server's is one of those that are used."""
        return self.tools is None or any(fits(one, tool) for one in self.tools)

    def is_irreversible(self, tool: str) -> bool:
        return any(fits(one, tool) for one in self.irreversible)

    def cost_weight(self, tool: str) -> float:
        """Return what a call of a tool weighs, by the first name that fits it."""
        return next((w for one, w in self.cost_weights.items() if fits(one, tool)), 1.0)

    @field_validator("id")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if value and not _ID.fullmatch(value):
            raise PydanticCustomError(
                "mcp_id",
                "bad id {given}",
                {
                    "given": repr(value),
                    "expected": "letters, digits, '_' and '-', since tools may be named after it",
                },
            )
        return value

    @field_validator("url")
    @classmethod
    def _is_a_url(cls, url: str | None) -> str | None:
        return None if url is None else checked_url(url)

    @field_validator("command")
    @classmethod
    def _is_a_program(cls, command: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        if command is not None and not (command and command[0].strip()):
            raise PydanticCustomError(
                "mcp_command", "an empty command", {"expected": "a program that is an MCP server"}
            )
        return command

    @model_validator(mode="after")
    def _is_reached_one_way(self) -> Self:
        if (self.command is None) == (self.url is None):
            what = "neither 'command' nor 'url'" if self.url is None else "'command' and 'url'"
            raise _does_not_fit(what, "one of the two: a program that is started, or a URL")
        kind = "stdio" if self.url is None else "http"
        if self.type not in (None, kind):
            wanted = "command" if self.type == "stdio" else "url"
            raise _does_not_fit(
                f"type {self.type} without {wanted!r}",
                f"{wanted!r} for {self.type}",
                f"write {wanted}: …, or type: {kind}",
            )
        foreign = _OF_PROGRAMS if kind == "http" else ("headers",)
        for key in foreign:
            if getattr(self, key):
                raise _does_not_fit(
                    f"{key!r}, which says nothing of a server over {kind}",
                    "args, env and cwd of a program; headers of a URL",
                    f"remove {key!r}",
                )
        return self


class McpColumnOptions(SystemOptions):
    """What entries of `providers:` have in common that call an MCP server themselves."""

    server: str | McpServerSpec
    """The server: the `id` of an entry of `mcp_servers:`, or an entry written here."""

    @property
    def reached(self) -> McpServerSpec:
        """The server, once loading has found the entry that `server` names."""
        if isinstance(self.server, str):
            raise LookupError(f"server {self.server!r} was not looked up")
        return self.server


def _does_not_fit(what: str, expected: str, fix: str | None = None) -> PydanticCustomError:
    return PydanticCustomError(
        "mcp_server",
        "an MCP server has {what}",
        {"what": what, "expected": expected, **({"fix": fix} if fix else {})},
    )
