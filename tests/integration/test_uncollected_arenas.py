"""A run with `--arena` that came upon no arena file says so, and on CI is not green."""

from __future__ import annotations

import pytest
from conftest import Project

CELLS = """\
providers: [{name: one, provider: mock}]
tests: [{name: First, prompt: hi, mock: hi, assertions: [{type: contains, value: hi}]}]
"""


@pytest.fixture
def beside(project: Project) -> Project:
    """Tests in `tests`, where pytest looks, and an arena in `arenas`, where it does not."""
    project.pytester.makeini("[pytest]\ntestpaths = tests\n")
    project.pytester.mkdir("tests").joinpath("test_plain.py").write_text("def test_plain(): pass\n")
    put(project, "arenas/shop.arena.yaml")
    return project


def put(project: Project, name: str, text: str = CELLS) -> None:
    path = project.path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def arena_lines(result: pytest.RunResult) -> list[str]:
    """Return the lines of the warning, or none."""
    starts = [i for i, line in enumerate(result.outlines) if line.strip("= ") == "arena"]
    return result.outlines[starts[-1] + 1 : -1] if starts else []


def test_an_arena_outside_of_testpaths_is_named_with_what_to_write(
    beside: Project, spread: tuple[str, ...]
) -> None:
    result = beside.run(*spread)
    assert result.ret == 0
    assert arena_lines(result) == [
        "no arena file was collected, so no cell was run; seen nearby:",
        "  arenas/shop.arena.yaml: outside of testpaths; say testpaths = tests arenas",
    ]


@pytest.mark.parametrize("name", ["arena.yaml", "shop.arena.yml"])
def test_an_arena_beside_the_folder_in_testpaths_is_named(
    beside: Project, name: str, spread: tuple[str, ...]
) -> None:
    (beside.path / "arenas" / "shop.arena.yaml").unlink()
    put(beside, name)
    result = beside.run(*spread)
    assert arena_lines(result) == [
        "no arena file was collected, so no cell was run; seen nearby:",
        f"  {name}: outside of testpaths; say testpaths = tests {name}",
    ]
    assert beside.run("--arena-strict", *spread).ret == pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.parametrize("how", ["CI", "option", "ini"])
def test_a_strict_run_that_came_upon_no_arena_is_not_green(
    beside: Project, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "CI":
        monkeypatch.setenv("CI", "true")
    if how == "ini":
        beside.pytester.makeini("[pytest]\ntestpaths = tests\narena_strict = true\n")
    result = beside.run(*["--arena-strict"] * (how == "option"))
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert arena_lines(result)[-1].startswith("  the run fails, since it is strict")


def test_ci_is_lenient_where_the_ini_file_says_so(
    beside: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    assert beside.run("-o", "arena_strict=false").ret == 0


def test_a_failed_test_stays_the_reason_of_a_red_run(beside: Project) -> None:
    (beside.path / "tests" / "test_plain.py").write_text("def test_plain(): assert 0\n")
    result = beside.run("--arena-strict")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert len(arena_lines(result)) == 2


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("tests/Arena.yaml", "arena.yaml"),
        ("tests/shop_arena.yaml", "shop.arena.yaml"),
        ("tests/arena-shop.yml", "shop.arena.yml"),
        ("tests/shop.arena.YAML", "shop.arena.yaml"),
        ("arenas/ARENA.yml", "arena.yml"),
    ],
)
def test_a_file_whose_name_is_nearly_an_arenas_is_named_with_a_better_one(
    beside: Project, name: str, wanted: str
) -> None:
    (beside.path / "arenas" / "shop.arena.yaml").unlink()
    put(beside, name)
    assert arena_lines(beside.run())[1] == (
        f"  {name}: its name is none of arena.yaml, arena.yml, *.arena.yaml, *.arena.yml; "
        f"call it {wanted}"
    )


def test_other_yaml_files_and_hidden_folders_are_not_named(beside: Project) -> None:
    (beside.path / "arenas" / "shop.arena.yaml").unlink()
    put(beside, ".github/arena.yml")
    put(beside, "build/arena.yaml")
    put(beside, "tests/arena_size.yaml", "width: 7\n")
    lines = arena_lines(beside.run())
    assert lines[0].startswith("no arena file was collected, so no cell was run; there is none")
    assert lines[1:] == ["  fix: write one with arena init, or leave --arena out"]


def test_of_many_files_the_first_five_are_named(beside: Project) -> None:
    for number in range(6):
        put(beside, f"arenas/{number}.arena.yaml")
    lines = arena_lines(beside.run())
    assert (len(lines), lines[-1]) == (7, "  … and 2 more")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("tests",), "outside of what the command line names (tests); add arenas"),
        (
            (".", "--ignore=arenas"),
            "pytest left it or its folder out (--ignore, norecursedirs or collect_ignore)",
        ),
    ],
)
def test_the_reason_is_the_one_that_holds(
    beside: Project, arguments: tuple[str, ...], why: str
) -> None:
    assert arena_lines(beside.run(*arguments))[1] == f"  arenas/shop.arena.yaml: {why}"


@pytest.mark.parametrize(
    "arguments",
    [
        ("tests", "arenas"),
        ("tests", "arenas", "-k", "plain"),
        ("tests/test_plain.py",),
        ("tests/test_plain.py::test_plain",),
    ],
)
def test_nothing_is_said_where_an_arena_was_met_or_tests_were_asked_for_by_name(
    beside: Project, arguments: tuple[str, ...]
) -> None:
    result = beside.run(*arguments, "--arena-strict")
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*no arena file was collected*")


def test_python_tests_that_make_cells_are_an_arena_run(beside: Project) -> None:
    text = "def test_plain(arena): arena.check('hi', contains='hi')\n"
    (beside.path / "tests" / "test_plain.py").write_text(text)
    result = beside.run("--arena-strict")
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*no arena file was collected*")
