"""The keys of an `http` provider: what is sent, and where the answer stands in what comes back."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.errors import shorten
from pytest_arena.prompts.templates import names_in
from pytest_arena.providers.systems.multipart import FILES
from pytest_arena.providers.systems.offered import checked_template
from pytest_arena.schema.base import ArenaModel
from pytest_arena.schema.http import checked_path, checked_url
from pytest_arena.schema.system import TracedOptions
from pytest_arena.text.nested_texts import texts_in

_BODIES = ("body", "form", "multipart")
_METHODS = ("GET", "POST", "PUT", "PATCH")
_PATHS = (
    "output",
    "tool_calls",
    "context",
    "reasoning",
    "finish_reason",
    "latency_ms",
    "trace",
    "delta",
)


class UsagePaths(ArenaModel):
    """Where an answer says what it took: a JMESPath expression each."""

    input_tokens: str | None = None
    """The tokens of the prompt."""
    output_tokens: str | None = None
    """The tokens of the answer."""
    cost_usd: str | None = None
    """US dollars."""

    @field_validator("*")
    @classmethod
    def _is_a_path(cls, path: str | None) -> str | None:
        return checked_path(path)


class LoginSpec(ArenaModel):
    """A request for a token, made before all others, once in a process, and again after a 401."""

    url: str
    """Where the token is asked for, by POST."""
    body: dict[str, Any] | None = None
    """What is sent as JSON; `${NAME}` is filled in."""
    form: dict[str, str] | None = None
    """What is sent as a form instead."""
    token: str = "token"  # noqa: S105 - a path
    """The JMESPath to the token in the answer."""
    header: str = "Authorization: Bearer {{ token }}"
    """The header that all further requests have."""

    @field_validator("url")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        return checked_url(url)

    @field_validator("token")
    @classmethod
    def _is_a_path(cls, path: str) -> str:
        checked_path(path)
        return path

    @field_validator("header")
    @classmethod
    def _is_a_header(cls, header: str) -> str:
        name, colon, value = header.partition(":")
        if not (name.strip() and colon and "{{ token }}" in value):
            expected = "a name and a value, as in Authorization: Bearer {{ token }}"
            raise PydanticCustomError(
                "login_header", "bad header {given}", {"given": repr(header), "expected": expected}
            )
        return header

    @model_validator(mode="after")
    def _sends_one_thing(self) -> LoginSpec:
        if self.body is not None and self.form is not None:
            raise _too_much("'body' and 'form' beside each other", "one of them", "remove one")
        return self


class HttpOptions(TracedOptions):
    """The keys of an `http` provider."""

    takes_headers: ClassVar[bool] = True

    url: str
    """The endpoint. `{{ prompt }}`, `{{ session }}`, `{{ variables.name }}` and the like are
    filled in, behind the host."""
    method: Annotated[
        Literal["GET", "POST", "PUT", "PATCH"],
        BeforeValidator(lambda name: name.upper() if isinstance(name, str) else name),
        WithJsonSchema({"enum": [*_METHODS, *map(str.lower, _METHODS)]}),
    ] = "POST"
    """How it is asked."""
    body: Any = None
    """What is sent as JSON; a value that is exactly one `{{ name }}` keeps its type. Without it,
    `{"prompt": …}`."""
    form: dict[str, str] | None = None
    """What is sent as a form instead."""
    multipart: dict[str, str] | None = None
    """What is sent as a form with files instead: a field that is exactly `{{ files }}` holds those
    of the turn, a field of that name each."""
    query: dict[str, str] = Field(default_factory=dict)
    """Parameters of the URL."""
    output: str | None = None
    """The JMESPath to the answer's text; without it, the whole body is the text."""
    tool_calls: str | None = None
    """The JMESPath to a list of `{name, arguments, result, error, id}`. An empty list says that no
    tool was called, null says nothing."""
    usage: UsagePaths | None = None
    """Where tokens and cost stand."""
    context: str | None = None
    """The JMESPath to the documents that the answer rests on."""
    reasoning: str | None = None
    """The JMESPath to what was thought before the answer."""
    finish_reason: str | None = None
    """The JMESPath to why the answer ended."""
    trace: str | None = None
    """The JMESPath to its trace: OTLP JSON, or a list of spans."""
    latency_ms: str | None = None
    """The JMESPath to the milliseconds that the service says it took."""
    stream: Literal["sse", "ndjson"] | None = None
    """How the answer comes in pieces, where it does: as server-sent events, or as lines of JSON."""
    delta: str | None = None
    """The JMESPath to the text in a piece; without it, an event's data is the text."""
    login: LoginSpec | None = None
    """A request for a token, made before all others."""

    @field_validator("url")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        return checked_template(checked_url(url))

    @field_validator(*_PATHS)
    @classmethod
    def _is_a_path(cls, path: str | None) -> str | None:
        return checked_path(path)

    @field_validator("body", "form", "query")
    @classmethod
    def _can_be_filled(cls, value: Any) -> Any:
        for text in texts_in(value):
            checked_template(text)
        return value

    @field_validator("multipart")
    @classmethod
    def _holds_files_alone(cls, fields: dict[str, str] | None) -> dict[str, str] | None:
        for text in (fields or {}).values():
            if FILES not in names_in(text, {}):
                checked_template(text)
            elif text.replace(" ", "") != f"{{{{{FILES}}}}}":
                raise _too_much(
                    f"the files within a text: {shorten(text, 60)!r}",
                    "a field that is {{ files }} alone",
                    "make two fields of it",
                )
        return fields

    @model_validator(mode="after")
    def _fits_together(self) -> HttpOptions:
        bodies = [name for name in _BODIES if getattr(self, name) is not None]
        if len(bodies) > 1:
            both = " and ".join(map(repr, bodies))
            raise _too_much(f"{both} beside each other", "one of them", "keep one")
        if self.method == "GET" and bodies:
            raise _too_much("a GET with a body", "a query", "write query, or another method")
        sent = (self.url, *texts_in([self.body, self.form, self.multipart, self.query]))
        if self.tells_what_is_sent and not any("{{" in text for text in sent):
            raise _too_much(
                "nothing of a case in what is sent",
                "a template such as {{ prompt }} in url, query, body, form or multipart",
                "write {{ prompt }} where the service wants it",
            )
        if self.delta is not None and self.stream is None:
            raise _too_much(
                "'delta' without 'stream'",
                "stream beside it, since a delta is a piece of a stream",
                "add stream: sse, or write output",
            )
        if self.stream == "ndjson" and self.delta is None and self.output is None:
            raise _too_much(
                "a stream of JSON without 'delta'",
                "the JMESPath to the text in a piece",
                "add delta: …",
            )
        return self

    def facts(self) -> dict[str, Any]:
        # how one logs in says nothing of what answers
        return {name: value for name, value in super().facts().items() if name != "login"}

    @property
    def takes(self) -> frozenset[str]:
        sent = (self.url, self.body, self.form, self.multipart, self.query)
        named = frozenset(name for text in texts_in(sent) for name in names_in(text, {}))
        return named if self.tells_what_is_sent else named | {"prompt"}

    @property
    def tells_what_is_sent(self) -> bool:
        """Whether the entry says what of a case is sent; else it is the prompt alone."""
        bodies = (getattr(self, name) for name in _BODIES)
        return self.method == "GET" or any(body is not None for body in bodies)


def _too_much(what: str, expected: str, fix: str) -> PydanticCustomError:
    return PydanticCustomError("http", "{what}", {"what": what, "expected": expected, "fix": fix})
