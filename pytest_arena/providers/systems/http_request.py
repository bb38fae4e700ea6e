"""One request to a service: its texts are templates, filled in for each call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.prompts.templates import as_text, fill_template, render_text
from pytest_arena.providers.systems.multipart import filled_fields, multipart_content
from pytest_arena.text.nested_texts import filled_in


@dataclass(frozen=True, slots=True)
class Sending:
    """One request as it is sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None = None


def json_content(value: Any) -> tuple[bytes, str]:
    """Return a value as a body, with its type."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), "application/json"


def form_content(fields: Mapping[str, str]) -> tuple[bytes, str]:
    """Return fields as the body of a form, with its type."""
    return urlencode(fields, errors="replace").encode(), "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class RequestTemplate:
    """A request whose texts are filled in with what is known of a call.

    At most one of `body` (JSON), `form` and `multipart` is set.
    """

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, str] | None = None
    multipart: Mapping[str, str] | None = None

    def filled(
        self,
        given: Mapping[str, Any],
        further: Mapping[str, str] | None = None,
        *,
        traceparent: str = "",
    ) -> Sending:
        """Return the request for what is given, with further headers as they are, and as a part of
        a trace unless its own headers say of which.

        What is not given is a `TemplateError`, a header with a line break a `ProviderError`.
        """
        headers = {name: render_text(text, given) for name, text in self.headers.items()}
        for name, text in headers.items():
            if not text.isprintable():
                said = f"the header {name!r} would hold a line break, or another sign that none may"
                raise ProviderError(ErrorKind.CONFIGURATION, said)
        content, kind = self._content(given)
        own = {name.lower() for name in headers}
        ours = {"Content-Type": kind, "traceparent": traceparent}
        headers |= {n: value for n, value in ours.items() if value and n.lower() not in own}
        return Sending(self.method, self._url(given), {**headers, **(further or {})}, content)

    def _content(self, given: Mapping[str, Any]) -> tuple[bytes | None, str | None]:
        if self.form is not None:
            return form_content(filled_in(self.form, lambda text: render_text(text, given)))
        if self.multipart is not None:
            return multipart_content(filled_fields(self.multipart, given))
        if self.body is not None:
            return json_content(filled_in(self.body, lambda text: fill_template(text, given)))
        return None, None

    def _url(self, given: Mapping[str, Any]) -> str:
        url = render_text(self.url, _quoted(given)) if "{{" in self.url else self.url
        if not self.query:
            return url
        query = {name: render_text(text, given) for name, text in self.query.items()}
        joint = "&" if urlsplit(url).query else "?"
        return f"{url}{joint}{urlencode(query, errors='replace')}"


def _quoted(value: Any) -> Any:
    """Return what is offered as a URL takes it: no text can end a part of its path."""
    if isinstance(value, Mapping):
        return {name: _quoted(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_quoted(inner) for inner in value]
    return quote(as_text(value), safe="", errors="replace")
