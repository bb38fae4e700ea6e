"""Comments on pull requests of Azure Repos, by the variables of Azure Pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self
from urllib.parse import quote

from pytest_arena.cli.comments.service import Comment, CommentService, NoPullRequest
from pytest_arena.cli.comments.web import Web
from pytest_arena.errors import Problem, UsageError
from pytest_arena.light_dataclass import dataclass

_VERSION = "api-version=7.1"
_CLOSED = 4
_TEXT = 1


@dataclass(frozen=True, slots=True)
class Azure(CommentService):
    """A pull request, by its collection, project, repository and number.

    A comment is the first one of a thread; its key is `thread/comment`. Source of the calls: "Pull
    Request Threads" and "Pull Request Thread Comments", learn.microsoft.com.
    """

    collection: str
    project: str
    repository: str
    number: str
    token: str
    name: ClassVar[str] = "Azure"
    longest: ClassVar[int] = 150_000

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self | None:
        if environment.get("TF_BUILD", "").lower() != "true":
            return None
        number = environment.get("SYSTEM_PULLREQUEST_PULLREQUESTID")
        if not number:
            raise NoPullRequest("this build does not run for a pull request")
        token = environment.get("SYSTEM_ACCESSTOKEN", "")
        if not token:
            raise UsageError(
                Problem(
                    "SYSTEM_ACCESSTOKEN is not set",
                    expected="the build's token; its service may contribute to pull requests",
                    fix="env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}",
                )
            )
        return cls(
            environment["SYSTEM_COLLECTIONURI"],
            quote(environment["SYSTEM_TEAMPROJECT"], safe=""),
            quote(environment["BUILD_REPOSITORY_ID"], safe=""),
            number,
            token,
        )

    def connect(self) -> Web:
        return Web(self.collection, {"Authorization": f"Bearer {self.token}"})

    async def comments(self, web: Web) -> list[Comment]:
        threads = await web.call("GET", f"{self._threads}?{_VERSION}")
        found = []
        for thread in threads["value"]:
            first = next(iter(thread.get("comments") or ()), None)
            if first is not None and not first.get("isDeleted"):
                key = f"{thread['id']}/{first['id']}"
                found.append(Comment(key, first.get("content") or ""))
        return found

    async def create(self, web: Web, text: str) -> None:
        comment = {"parentCommentId": 0, "content": text, "commentType": _TEXT}
        # closed, so that it keeps no pull request from being completed
        body = {"comments": [comment], "status": _CLOSED}
        await web.call("POST", f"{self._threads}?{_VERSION}", body)

    async def update(self, web: Web, key: str, text: str) -> None:
        await web.call("PATCH", self._comment(key), {"content": text})

    async def delete(self, web: Web, key: str) -> None:
        await web.call("DELETE", self._comment(key))

    def _comment(self, key: str) -> str:
        thread, comment = key.split("/")
        return f"{self._threads}/{thread}/comments/{comment}?{_VERSION}"

    @property
    def _threads(self) -> str:
        return (
            f"/{self.project}/_apis/git/repositories/{self.repository}"
            f"/pullRequests/{self.number}/threads"
        )
