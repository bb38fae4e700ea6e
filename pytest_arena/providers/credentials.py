"""What a provider needs from outside before it can be called: key, headers, endpoint, params."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from pytest_arena.errors import ErrorKind, Problem, ProviderError
from pytest_arena.providers.base import ProviderEnvironment
from pytest_arena.schema.params import read_number
from pytest_arena.schema.provider import ProviderSpec
from pytest_arena.text.nested_texts import filled_in

NO_KEY = "none"
"""What is sent as a key to an endpoint that needs none, since clients insist on one."""
_KEY_HEADERS = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key"})


class Secret(str):
    """A text that does not show itself: local variables of a traceback hold `'***'`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class Access:
    """What an entry of `providers:` takes from the environment, its secrets kept apart.

    `api_base` and `headers` have their `${NAME}` replaced; a missing variable is a
    `ProviderError`.
    """

    def __init__(self, spec: ProviderSpec, environment: ProviderEnvironment) -> None:
        self.spec = spec
        self.environment = environment
        self.secrets: list[str] = []
        self.api_base = self._fill(spec.api_base) if spec.api_base else None
        self.headers: dict[str, str] = {n: self._fill(text) for n, text in spec.headers.items()}
        self.has_key_header = False
        for name, text in list(self.headers.items()):
            if name.lower() in _KEY_HEADERS:
                self.has_key_header = True
                self.headers[name] = Secret(text)
                self._keep_secret(text.rpartition(" ")[2])

    def check(self, problems: Sequence[Problem]) -> None:
        """Raise mistakes that nobody looked for before the run, as one `ProviderError`."""
        if problems:
            said = "\n".join(str(problem) for problem in problems)
            raise ProviderError(ErrorKind.CONFIGURATION, said)

    @property
    def on_loopback(self) -> bool:
        host = urlsplit(self.api_base).hostname if self.api_base else None
        return host in ("localhost", "::1") or (host or "").startswith("127.")

    def key_named_in_file(self) -> str | None:
        """Return the key that `api_key_env` names; None without it, an error where it is unset."""
        name = self.spec.api_key_env
        if name is None:
            return None
        key = self.variable(name)
        if not key:
            raise self.missing_key(name)
        return key

    def variable(self, name: str) -> str | None:
        """Return an environment variable that holds a secret; an empty one counts as unset."""
        key = self.environment.variables.get(name)
        if not key:
            return None
        self._keep_secret(key)
        return Secret(key)

    def missing_key(self, name: str) -> ProviderError:
        """Build the error of a provider without a key; `name` is the variable that should be."""
        other = "name another variable with api_key_env"
        if self.spec.api_key_env:
            other = "name another variable in api_key_env"
        problem = Problem(
            f"provider {self.spec.name!r} has no API key",
            self.spec.place,
            expected=f"the environment variable {name}",
            fix=f"export {name}=…, or {other}",
        )
        return ProviderError(ErrorKind.MISSING_KEY, str(problem))

    def params(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return generation parameters with their `${NAME}` replaced, numbers as numbers."""
        filled = {name: filled_in(value, self._fill) for name, value in params.items()}
        return {
            name: read_number(name, value) if isinstance(value, str) else value
            for name, value in filled.items()
        }

    def _fill(self, text: str) -> str:
        return self.environment.fill(text, self.spec) if "${" in text else text

    def _keep_secret(self, secret: str) -> None:
        # Very short values are no secrets; replacing them would garble every message.
        if len(secret) >= 6 and secret not in self.secrets:
            self.secrets.append(Secret(secret))
            self.environment.add_secret(secret)
