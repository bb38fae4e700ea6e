"""Comments on pull requests of GitHub, by the variables of GitHub Actions."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from pytest_arena.cli.comments.service import Comment, CommentService, NoPullRequest
from pytest_arena.cli.comments.web import Web
from pytest_arena.errors import Problem, UsageError
from pytest_arena.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class GitHub(CommentService):
    """A pull request, by its repository and number.

    Source of the calls: "REST API endpoints for issue comments", docs.github.com.
    """

    api: str
    repository: str
    number: int
    token: str
    name: ClassVar[str] = "GitHub"
    longest: ClassVar[int] = 65_536

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self | None:
        if environment.get("GITHUB_ACTIONS") != "true":
            return None
        pull_request = _event(environment.get("GITHUB_EVENT_PATH", "")).get("pull_request")
        if not isinstance(pull_request, Mapping):
            raise NoPullRequest("this job was not started by a pull request")
        if environment.get("GITHUB_EVENT_NAME") == "pull_request" and _is_fork(pull_request):
            raise NoPullRequest("the pull request comes from a fork, whose jobs may not comment")
        token = environment.get("GITHUB_TOKEN", "")
        if not token:
            raise UsageError(
                Problem(
                    "GITHUB_TOKEN is not set",
                    expected="a token that may write to pull requests",
                    fix="env: {GITHUB_TOKEN: ${{ github.token }}}, and in the job "
                    "permissions: {pull-requests: write}",
                )
            )
        return cls(
            environment.get("GITHUB_API_URL", "https://api.github.com"),
            environment["GITHUB_REPOSITORY"],
            int(pull_request["number"]),
            token,
        )

    def connect(self) -> Web:
        return Web(
            self.api,
            {"Authorization": f"Bearer {self.token}", "Accept": "application/vnd.github+json"},
        )

    async def comments(self, web: Web) -> list[Comment]:
        given = await web.pages(f"{self._issue}/comments")
        return [Comment(str(one["id"]), one.get("body") or "") for one in given]

    async def create(self, web: Web, text: str) -> None:
        await web.call("POST", f"{self._issue}/comments", {"body": text})

    async def update(self, web: Web, key: str, text: str) -> None:
        await web.call("PATCH", f"{self._comments}/{key}", {"body": text})

    async def delete(self, web: Web, key: str) -> None:
        await web.call("DELETE", f"{self._comments}/{key}")

    @property
    def _issue(self) -> str:
        return f"/repos/{self.repository}/issues/{self.number}"

    @property
    def _comments(self) -> str:
        return f"/repos/{self.repository}/issues/comments"


def _is_fork(pull_request: Mapping[str, Any]) -> bool:
    source, target = (
        ((pull_request.get(side) or {}).get("repo") or {}).get("full_name")
        for side in ("head", "base")
    )
    return bool(source != target)


def _event(path: str) -> Mapping[str, Any]:
    try:
        found = json.loads(Path(path).read_text("utf-8")) if path else {}
    except (OSError, ValueError) as error:
        raise UsageError(
            Problem(f"GITHUB_EVENT_PATH: {os.fspath(path)!r} cannot be read: {error}")
        ) from None
    return found if isinstance(found, Mapping) else {}
