"""The wheel holds all that the plugin needs, and works without the repository."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "pytest_arena": ROOT / "pytest_arena",
    "pytest_arena_reporters": ROOT / "reporters" / "pytest_arena_reporters",
}
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_every_file_of_both_packages_and_nothing_else(
    wheel: zipfile.ZipFile,
) -> None:
    written = {
        f"{name}/{path.relative_to(folder).as_posix()}"
        for name, folder in PACKAGES.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == written
    assert {f"{name}/py.typed" for name in PACKAGES} <= packed


def test_the_wheel_carries_licence_and_notice(wheel: zipfile.ZipFile) -> None:
    for name in ("LICENSE", "NOTICE"):
        (packed,) = (path for path in wheel.namelist() if path.endswith(f"licenses/{name}"))
        assert wheel.read(packed) == (ROOT / name).read_bytes()


def test_the_licence_is_the_whole_text_of_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text) > 11_000


def test_the_wheel_names_its_entry_points(wheel: zipfile.ZipFile) -> None:
    (packed,) = (path for path in wheel.namelist() if path.endswith("entry_points.txt"))
    text = wheel.read(packed).decode()
    assert "[pytest11]\narena = pytest_arena.plugin\n" in text
    assert "[console_scripts]\narena = pytest_arena.cli:main\n" in text
    assert "[pytest_arena.reporters]\n" in text


@pytest.mark.parametrize(
    "target",
    [
        *PROJECT["entry-points"]["pytest11"].values(),
        *PROJECT["entry-points"]["pytest_arena.reporters"].values(),
        *PROJECT["scripts"].values(),
    ],
)
def test_every_entry_point_leads_somewhere(target: str) -> None:
    module, _, name = target.partition(":")
    found = import_module(module)
    assert not name or callable(getattr(found, name))


def test_the_metadata_say_version_python_and_requirements(wheel: zipfile.ZipFile) -> None:
    (packed,) = (path for path in wheel.namelist() if path.endswith("METADATA"))
    metadata = Parser().parsestr(wheel.read(packed).decode())
    from pytest_arena import __version__

    assert metadata["Name"] == "pytest-arena"
    assert metadata["Version"] == __version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"


def test_every_imported_library_is_a_requirement() -> None:
    given = {re.split(r"[\[<>=!~ ]", line)[0].lower() for line in PROJECT["dependencies"]}
    extras = dict(PROJECT["optional-dependencies"])
    del extras["dev"]
    given |= {
        re.split(r"[\[<>=!~ ]", line)[0].lower() for lines in extras.values() for line in lines
    }
    given |= {"pytest", *PACKAGES}
    names = {
        "yaml": "pyyaml",
        "_pytest": "pytest",
        "xdist": "pytest-xdist",
        "opentelemetry": "opentelemetry-proto",
        "quickjs": "quickjs-ng",
    }
    # looked for where they are installed, and never asked for
    optional = {"IPython", "autoevals", "deepeval", "pydantic_ai", "pydantic_evals"}
    used = {
        name
        for folder in PACKAGES.values()
        for path in folder.rglob("*.py")
        for name in _imported(ast.parse(path.read_text(encoding="utf-8")))
    }
    third_party = used - set(sys.stdlib_module_names) - optional
    # What a requirement needs itself may be used along with it.
    along = {
        "pydantic_core": "pydantic",
        "referencing": "jsonschema",
        "execnet": "pytest-xdist",
        "markupsafe": "jinja2",
        "httpx": "litellm",
        "anyio": "mcp",
        "httpx2": "mcp",
        "google": "opentelemetry-proto",
    }
    missing = {
        name
        for name in third_party
        if along.get(name, names.get(name, name.replace("_", "-"))) not in given
        and name not in given
    }
    assert missing == set()


def test_the_wheel_alone_runs_an_arena_and_writes_the_report(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    packed, work = tmp_path / "packed", tmp_path / "work"
    wheel.extractall(packed)
    shutil.copytree(ROOT / "arenas" / "quickstart", work)
    (work / "pytest.ini").write_text("[pytest]\n")
    (work / "conftest.py").write_text(
        "import pytest_arena\n"
        f"assert pytest_arena.__file__.startswith({str(packed)!r}), pytest_arena.__file__\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--arena", "-k", "Password"],
        cwd=work,
        env={"PYTHONPATH": str(packed), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (work / "arena-report" / "report.html").stat().st_size > 10_000


def _imported(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
