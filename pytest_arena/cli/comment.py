"""`arena comment`: the Markdown report as the one comment on a pull request."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.errors import Problem, UsageError
from pytest_arena.reporting.marker import MARKER, marker

if TYPE_CHECKING:
    from pytest_arena.cli.comments.service import CommentService

_NAME = re.compile(r"(?!.*--)[\w .:/-]{1,80}")


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "comment", help="write report.md as the one comment on a pull request"
    )
    parser.add_argument(
        "report",
        nargs="?",
        type=Path,
        default=Path("arena-report/report.md"),
        metavar="REPORT",
        help="the Markdown report (default arena-report/report.md)",
    )
    parser.add_argument(
        "--name", default="", help="tells the comments of several arenas on one pull request apart"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the comment, or bring it up to date; a job of no pull request has nothing to do."""
    from pytest_arena.cli.comments.service import NoPullRequest
    from pytest_arena.cli.comments.sticky import put

    text = _report(arguments.report)
    name = arguments.name.strip()
    if name and not _NAME.fullmatch(name):
        raise UsageError(
            Problem(
                f"--name: {name!r} cannot name a comment",
                expected="at most 80 letters, digits, blanks and any of . : / - _",
            )
        )
    try:
        service = _service()
    except NoPullRequest as error:
        sys.stdout.write(f"no comment: {error}\n")
        return 0
    done = asyncio.run(put(service, marker(name), text))
    sys.stdout.write(f"{service.name}: the comment was {done}\n")
    return 0


def _report(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            # a pipe or a device might never end
            raise OSError("no regular file")
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            Problem(
                f"{os.fspath(path)!r} cannot be read: {error}",
                expected="the report.md of a run",
                fix="run pytest --arena first, or name the file",
            )
        ) from None
    return text.removeprefix(MARKER).lstrip("\n")


def _service() -> CommentService:
    from pytest_arena.cli.comments.azure import Azure
    from pytest_arena.cli.comments.github import GitHub
    from pytest_arena.cli.comments.gitlab import GitLab

    services: tuple[type[CommentService], ...] = (GitHub, GitLab, Azure)
    for kind in services:
        found = kind.of(os.environ)
        if found is not None:
            return found
    raise UsageError(
        Problem(
            "this is no job of a CI that is known",
            expected="GitHub Actions, GitLab CI or Azure Pipelines, as their variables tell "
            "(GITHUB_ACTIONS, GITLAB_CI, TF_BUILD)",
        )
    )
