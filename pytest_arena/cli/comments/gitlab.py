"""Comments on merge requests of GitLab, by the variables of GitLab CI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self
from urllib.parse import quote

from pytest_arena.cli.comments.service import Comment, CommentService, NoPullRequest
from pytest_arena.cli.comments.web import Web
from pytest_arena.errors import Problem, UsageError
from pytest_arena.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class GitLab(CommentService):
    """A merge request, by its project and number.

    Source of the calls: "Notes API", docs.gitlab.com.
    """

    api: str
    project: str
    number: str
    token: str
    name: ClassVar[str] = "GitLab"
    longest: ClassVar[int] = 1_000_000

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self | None:
        if environment.get("GITLAB_CI") != "true":
            return None
        number = environment.get("CI_MERGE_REQUEST_IID")
        if not number:
            raise NoPullRequest("this job does not run for a merge request")
        token = environment.get("GITLAB_TOKEN", "")
        if not token:
            raise UsageError(
                Problem(
                    "GITLAB_TOKEN is not set",
                    expected="a project access token with the scope api; a job's own token may "
                    "write no comments",
                    fix="set it under Settings > CI/CD > Variables",
                )
            )
        project = quote(environment["CI_PROJECT_ID"], safe="")
        return cls(environment["CI_API_V4_URL"], project, number, token)

    def connect(self) -> Web:
        return Web(self.api, {"PRIVATE-TOKEN": self.token})

    async def comments(self, web: Web) -> list[Comment]:
        given = await web.pages(f"{self._notes}?sort=asc")
        return [Comment(str(one["id"]), one.get("body") or "") for one in given]

    async def create(self, web: Web, text: str) -> None:
        await web.call("POST", self._notes, {"body": text})

    async def update(self, web: Web, key: str, text: str) -> None:
        await web.call("PUT", f"{self._notes}/{key}", {"body": text})

    async def delete(self, web: Web, key: str) -> None:
        await web.call("DELETE", f"{self._notes}/{key}")

    @property
    def _notes(self) -> str:
        return f"/projects/{self.project}/merge_requests/{self.number}/notes"
