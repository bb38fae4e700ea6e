"""The project's own CI runs what the Makefile runs, on every Python that the package names."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text("utf-8"))
VARIABLES = {"RUN": "python", "VENV": "", "WORKERS": "4"}


def commands(job: str) -> list[str]:
    steps: list[dict[str, Any]] = WORKFLOW["jobs"][job]["steps"]
    return [step["run"] for step in steps if "run" in step]


def of_makefile(target: str) -> list[str]:
    """Return the commands of a target as a shell that has activated the environment has them."""
    text = (ROOT / "Makefile").read_text("utf-8")
    given = re.search(r"^PYTEST = (.*)$", text, re.MULTILINE)
    assert given is not None
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert recipe is not None
    found = recipe[1].replace("\t@", "").replace("$(PYTEST)", given[1])
    found = found.replace("$(VENV)/bin/", "")
    return [
        re.sub(r"\$\((\w+)\)", lambda match: VARIABLES[match[1]], line)
        for line in found.splitlines()
    ]


def test_where_there_is_no_make_its_commands_are_run_in_their_order() -> None:
    run = [shlex.split(line) for line in commands("others")]
    wanted = [shlex.split(line) for line in (*of_makefile("check"), *of_makefile("test"))]
    assert run[0] == ["python", "-m", "pip", "install", "--editable", ".[dev]"]
    assert run[1:] == wanted


def test_linux_runs_the_whole_of_ci() -> None:
    assert commands("linux")[-1] == ".ci/run"


@pytest.mark.parametrize("job", ["linux", "others"])
def test_every_python_that_the_package_names_is_tried(job: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [
        match[1]
        for one in project["classifiers"]
        if (match := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", one))
    ]
    tried = WORKFLOW["jobs"][job]["strategy"]["matrix"]["python"]
    assert set(named) <= set(tried)
    assert project["requires-python"] == f">={tried[0]}"
    assert all(isinstance(one, str) for one in tried), "3.10 would be 3.1"


def test_windows_and_macos_are_tried() -> None:
    systems = WORKFLOW["jobs"]["others"]["strategy"]["matrix"]["os"]
    assert systems == ["windows-latest", "macos-latest"]


def test_a_pull_request_is_given_no_more_than_it_needs() -> None:
    # YAML reads the key `on` as true
    assert set(WORKFLOW[True]) == {"push", "pull_request"}
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "secrets." not in str(WORKFLOW)
