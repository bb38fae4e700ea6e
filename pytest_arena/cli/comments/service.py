"""What a service that hosts pull requests must be able to do with their comments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

from pytest_arena.cli.comments.web import Web
from pytest_arena.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that stands on a pull request; `key` names it to its service."""

    key: str
    text: str


class CommentService(ABC):
    """The comments of one pull request."""

    name: ClassVar[str]
    longest: ClassVar[int]
    """How many characters a comment may have."""

    @classmethod
    @abstractmethod
    def of(cls, environment: Mapping[str, str]) -> Self | None:
        """Return the pull request that a CI's variables tell of, None where this is no such CI.

        Raises `NoPullRequest` where the job belongs to none, and `UsageError` where something is
        missing, as the token is.
        """

    @abstractmethod
    def connect(self) -> Web: ...

    @abstractmethod
    async def comments(self, web: Web) -> list[Comment]: ...

    @abstractmethod
    async def create(self, web: Web, text: str) -> None: ...

    @abstractmethod
    async def update(self, web: Web, key: str, text: str) -> None: ...

    @abstractmethod
    async def delete(self, web: Web, key: str) -> None: ...


class NoPullRequest(Exception):
    """The job belongs to no pull request, or to one that its token may not comment on."""
