"""What entries of `providers:` have in common that are applications rather than models."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from pytest_arena.schema.base import ArenaModel, Duration
from pytest_arena.text.redaction import is_secret


class OtelReceiverSpec(ArenaModel):
    """How the run receives the spans that an application sends while it is asked."""

    port: int | None = Field(default=None, ge=1, le=65535)
    """The port of the loopback to listen at, for an application that is told it beforehand.
    Without it, a free one, which the application is told."""
    wait: Duration = 6.0
    """How long is waited, after an answer, for the application's first span to end."""


def _receiver_of(given: Any) -> Any:
    if isinstance(given, bool):
        return {} if given else None
    if isinstance(given, (Mapping, OtelReceiverSpec)) or given is None:
        return given
    raise PydanticCustomError(
        "otel_receiver",
        "bad otel_receiver {given}",
        {
            "given": repr(given),
            "expected": "true, or a mapping of port and wait",
            "fix": f"write otel_receiver: {{port: {given}}}"
            if isinstance(given, int)
            else "write otel_receiver: true",
        },
    )


def _or_true(schema: dict[str, Any]) -> None:
    schema["anyOf"].append({"type": "boolean"})


class SystemOptions(ArenaModel):
    """The keys of an application's entry, whatever kind it is.

    An entry whose options are of this class prices its answers itself, takes no generation
    parameters, and is answered from a recording or the cache under a `version` alone.
    """

    takes_headers: ClassVar[bool] = False
    """Whether the entry's `headers:` mean something to it."""

    config: dict[str, Any] = Field(default_factory=dict)
    """Values of your own that the application is given with each call."""
    version: str | None = None
    """What recordings and baselines know the application by: a text, or `git` for the content of
    its files as git knows them. Without it, no answer is kept."""
    without: tuple[Literal["system", "history"], ...] = ()
    """Parts of a case that the application is asked without where it is not given the messages:
    `system`, since it has a system prompt of its own, and `history`, what was said before."""

    @property
    def takes(self) -> frozenset[str] | None:
        """The names of what the application is given; None where its code says that."""
        return None

    def asking_for(self, *names: str) -> str:
        """Return in words how an application is given one of these."""
        templates = " or ".join(f"{{{{ {name} }}}}" for name in names)
        return f"write {templates} where it takes it"

    def facts(self) -> dict[str, Any]:
        """Return what tells this entry from another one, nothing secret among it."""
        found: dict[str, Any] = _without_secrets(
            self.model_dump(mode="json", exclude_defaults=True)
        )
        return found

    def secrets(self) -> list[str]:
        """Return the texts that stand under names of secrets, to be kept out of all results."""
        return list(_secrets_in(self.model_dump(mode="json", exclude_defaults=True)))

    def sources(self, folder: Path, root: Path) -> tuple[Path, ...]:
        """Return the folders that `version: git` looks at; `folder` is the arena file's."""
        return (folder,)

    def of_checkout(self, folder: Path, root: Path, today: Path) -> "SystemOptions | None":
        """Return the keys that have the code in a checkout of an earlier revision answer, and never
        today's; None where that cannot be had.

        `folder` and `today` are the arena file's folders there and here, `root` is the checkout.
        """
        return None


class TracedOptions(SystemOptions):
    """The keys of an application that may send spans to the run."""

    otel_receiver: Annotated[OtelReceiverSpec | None, BeforeValidator(_receiver_of)] = Field(
        default=None, json_schema_extra=_or_true
    )
    """`true`, or how: the run receives the spans that the application exports by OTLP over HTTP."""


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "" if is_secret(name, inner) else _without_secrets(inner)
            for name, inner in value.items()
        }
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if is_secret(name, inner):
                yield inner
            yield from _secrets_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets_in(inner)
