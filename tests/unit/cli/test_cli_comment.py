"""`arena comment`: one comment on a pull request, whoever hosts it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.pull_requests import PullRequest

from pytest_arena.cli import main
from pytest_arena.cli.comments.web import Web
from pytest_arena.reporting.marker import MARKER

REPORT = f"{MARKER}\n## ✅ All is well\n"
Names = dict[str, str]


@pytest.fixture(autouse=True)
def _outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _report() -> None:
    Path("arena-report").mkdir()
    Path("arena-report/report.md").write_text(REPORT, "utf-8")


def event(**repositories: str) -> Any:
    sides = {side: {"repo": {"full_name": name}} for side, name in repositories.items()}
    return {"action": "opened", "pull_request": {"number": 7, **sides}}


def github(url: str, told: Any = None) -> Names:
    own = event(head="our/shop", base="our/shop")
    Path("event.json").write_text(json.dumps(own if told is None else told))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": url,
        "GITHUB_REPOSITORY": "our/shop",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": "event.json",
        "GITHUB_TOKEN": "s3cret",
    }


def gitlab(url: str) -> Names:
    return {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": url,
        "CI_PROJECT_ID": "41",
        "CI_MERGE_REQUEST_IID": "7",
        "GITLAB_TOKEN": "s3cret",
    }


def azure(url: str) -> Names:
    return {
        "TF_BUILD": "True",
        "SYSTEM_COLLECTIONURI": f"{url}/",
        "SYSTEM_TEAMPROJECT": "our shop",
        "BUILD_REPOSITORY_ID": "r-1",
        "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
        "SYSTEM_ACCESSTOKEN": "s3cret",
    }


SERVICES = {"GitHub": github, "GitLab": gitlab, "Azure": azure}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pull_request(service: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[PullRequest]:
    with PullRequest("Nice work!") as found:
        for name, value in SERVICES[service](found.url).items():
            monkeypatch.setenv(name, value)
        yield found


def test_a_comment_is_written_once_and_then_brought_up_to_date(
    pull_request: PullRequest, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["comment"]) == 0
    assert pull_request.comments == {1: "Nice work!", 2: REPORT}
    Path("arena-report/report.md").write_text(REPORT.replace("well", "better"), "utf-8")
    assert main(["comment", "arena-report/report.md"]) == 0
    assert pull_request.comments == {1: "Nice work!", 2: REPORT.replace("well", "better")}
    assert capsys.readouterr().out == (
        f"{service}: the comment was written\n{service}: the comment was brought up to date\n"
    )


def test_what_has_not_changed_is_left_alone(
    pull_request: PullRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["comment"]) == 0
    calls = len(pull_request.calls)
    assert main(["comment"]) == 0
    assert len(pull_request.calls) == calls + 1
    assert capsys.readouterr().out.endswith("the comment was left as it was\n")


def test_a_doubled_comment_goes(pull_request: PullRequest) -> None:
    pull_request.comments |= {2: f"{MARKER}\nold", 3: f"{MARKER}\r\nolder"}
    assert main(["comment"]) == 0
    assert pull_request.comments == {1: "Nice work!", 2: REPORT}


def test_arenas_with_names_have_comments_of_their_own(pull_request: PullRequest) -> None:
    for name in ("search", "", "search"):
        assert main(["comment", "--name", name]) == 0
    assert [text.partition("\n")[0] for text in pull_request.comments.values()] == [
        "Nice work!",
        "<!-- pytest-arena-report: search -->",
        MARKER,
    ]


def test_a_comment_is_found_behind_a_hundred_others(pull_request: PullRequest) -> None:
    pull_request.comments |= {number: f"Remark {number}" for number in range(2, 131)}
    pull_request.comments[131] = f"{MARKER}\nold"
    assert main(["comment"]) == 0
    assert len(pull_request.comments) == 131
    assert pull_request.comments[131] == REPORT


def test_a_service_that_is_down_for_a_moment_is_asked_again(
    pull_request: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Web.__init__, "__kwdefaults__", {"wait_s": 0.0})
    pull_request.refusals = [502, 503]
    assert main(["comment"]) == 0
    assert pull_request.comments[2] == REPORT


def test_a_refusal_is_told_with_its_reason(
    pull_request: PullRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    pull_request.token = "another"
    assert main(["comment"]) == 4
    said = capsys.readouterr().err
    assert "HTTP 403" in said
    assert "Resource not accessible by integration" in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("service", "variable"),
    [("GitHub", "GITHUB_TOKEN"), ("GitLab", "GITLAB_TOKEN"), ("Azure", "SYSTEM_ACCESSTOKEN")],
)
def test_a_missing_token_is_named(
    pull_request: PullRequest,
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv(variable)
    assert main(["comment"]) == 4
    assert capsys.readouterr().err.startswith(f"{variable} is not set\n  expected: ")


@pytest.mark.parametrize(
    ("service", "variable"),
    [
        ("GitHub", "GITHUB_EVENT_PATH"),
        ("GitLab", "CI_MERGE_REQUEST_IID"),
        ("Azure", "SYSTEM_PULLREQUEST_PULLREQUESTID"),
    ],
)
def test_a_job_of_no_pull_request_has_nothing_to_do(
    pull_request: PullRequest,
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv(variable)
    assert main(["comment"]) == 0
    assert capsys.readouterr().out.startswith("no comment: this ")
    assert pull_request.calls == []


@pytest.mark.parametrize("service", ["GitHub"])
def test_a_pull_request_of_a_fork_gets_no_comment_by_a_token_that_may_not_write(
    pull_request: PullRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    github(pull_request.url, event(head="a-friend/shop", base="our/shop"))
    assert main(["comment"]) == 0
    assert "comes from a fork" in capsys.readouterr().out
    assert pull_request.calls == []
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request_target")
    assert main(["comment"]) == 0
    assert pull_request.comments[2] == REPORT


@pytest.mark.parametrize("service", ["GitHub"])
def test_a_report_that_is_too_long_is_cut_at_a_line(pull_request: PullRequest) -> None:
    Path("arena-report/report.md").write_text(REPORT + "a line\n" * 20_000, "utf-8")
    assert main(["comment"]) == 0
    text = pull_request.comments[2]
    assert len(text) <= 65_536
    assert text.endswith("a line\n\n… the rest did not fit into a comment.\n")


def test_outside_of_a_known_ci_nothing_can_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["comment"]) == 4
    assert "no job of a CI that is known" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a -->", "x--y", "n" * 81])
def test_a_name_that_would_break_the_marker_is_refused(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["comment", "--name", name]) == 4
    assert "cannot name a comment" in capsys.readouterr().err


def test_a_report_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["comment", "elsewhere.md"]) == 4
    assert capsys.readouterr().err.startswith("'elsewhere.md' cannot be read: ")


@pytest.mark.parametrize("name", ["pipe", "/dev/zero"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such files")
def test_a_report_that_is_no_file_is_not_waited_for(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    os.mkfifo("pipe")
    assert main(["comment", name]) == 4
    assert capsys.readouterr().err == (
        f"{name!r} cannot be read: no regular file\n"
        "  expected: the report.md of a run\n"
        "  fix: run pytest --arena first, or name the file\n"
    )
