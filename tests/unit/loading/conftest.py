"""A small registry, and arenas written to a folder of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Literal

import pytest
from pydantic import Field

from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import Arena, load_arena
from pytest_arena.providers.base import Provider
from pytest_arena.registry import Registry
from pytest_arena.schema import (
    ArenaModel,
    Assertion,
    Direction,
    Duration,
    Guardrail,
    MockResponses,
)

PROVIDERS = """\
providers:
  - {name: fast, provider: mock, group: cheap}
  - {name: good, model: openai/gpt-4o}
"""


class Contains(Assertion):
    """Hold when the answer contains a text."""

    type: ClassVar[str] = "contains"
    value: str = Field(description="The text.")
    case_sensitive: bool = False


class ContainsAny(Assertion):
    """Hold when the answer contains one of several texts."""

    type: ClassVar[str] = "contains_any"
    values: tuple[str, ...]


class MaxLength(Assertion):
    """Hold when the answer is short."""

    type: ClassVar[str] = "max_length"
    value: int = Field(gt=0)


class ResponseTime(Assertion):
    """Hold when the answer came soon."""

    type: ClassVar[str] = "response_time"
    aliases: ClassVar[tuple[str, ...]] = ("latency",)
    max_ms: float = Field(gt=0)


class FinishReason(Assertion):
    """Hold when the answer ended for one of the usual reasons."""

    type: ClassVar[str] = "finish_reason"
    value: Literal["stop", "length"]


class JsonSchema(Assertion):
    """Hold when the answer fits a schema."""

    type: ClassVar[str] = "json_schema"
    schema_: dict[str, object] = Field(alias="schema")


class JsonPath(Assertion):
    """Hold when a path has a value."""

    type: ClassVar[str] = "json_path"
    path: str
    equals: object = None


class AnyOf(Assertion):
    """Hold when one of the members does."""

    type: ClassVar[str] = "any_of"
    assertions: tuple[Assertion, ...]

    @property
    def members(self) -> tuple[Assertion, ...]:
        return self.assertions


class BannedWords(Guardrail):
    """Find banned words."""

    type: ClassVar[str] = "banned_words"
    words: tuple[str, ...]


class LengthGuardrail(Guardrail):
    """Find texts that are too long."""

    type: ClassVar[str] = "max_length"
    direction: Direction = "output"
    value: int


class RequiredPattern(Guardrail):
    """Find texts that lack a pattern."""

    type: ClassVar[str] = "required_pattern"
    pattern: str


class ForbiddenPattern(Guardrail):
    """Find texts that have a pattern."""

    type: ClassVar[str] = "forbidden_pattern"
    pattern: str


class MockOptions(ArenaModel):
    """Hold the keys of the mock."""

    responses: MockResponses | None = None
    latency: Duration | None = None


class Mock(Provider):
    """Answer offline."""

    type = "mock"
    offline = True
    Options = MockOptions


class Any(Provider):
    """Stand for every provider of the price map."""

    type = "litellm"


@pytest.fixture
def registry() -> Registry:
    made = Registry()
    for assertion in (
        Contains,
        ContainsAny,
        MaxLength,
        ResponseTime,
        FinishReason,
        JsonSchema,
        JsonPath,
        AnyOf,
    ):
        made.assertion(assertion)
    for guardrail in (BannedWords, LengthGuardrail, RequiredPattern, ForbiddenPattern):
        made.guardrail(guardrail)
    made.provider(Mock)
    made.providers.fall_back(Any, lambda: ("openai", "anthropic"))
    return made


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write_files(text: str, files: dict[str, str] | None = None) -> Path:
        for name, content in {"arena.yaml": text, **(files or {})}.items():
            target = tmp_path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        return tmp_path / "arena.yaml"

    return write_files


@pytest.fixture
def load(write: Callable[..., Path], registry: Registry) -> Callable[..., Arena]:
    """Load an arena with two providers, unless the text names its own."""

    def load_text(
        text: str, files: dict[str, str] | None = None, select: tuple[str, ...] = ()
    ) -> Arena:
        path = write(text if "providers:\n" in text else PROVIDERS + text, files)
        return load_arena(path, root=path.parent, registry=registry, select=select)

    return load_text


@pytest.fixture
def refused(load: Callable[..., Arena]) -> Callable[..., str]:
    """Return the whole text of an arena's problems; lines count from below `providers:`."""

    def refuse(text: str, files: dict[str, str] | None = None) -> str:
        with pytest.raises(ArenaFileError) as caught:
            load(text, files)
        return str(caught.value)

    return refuse
