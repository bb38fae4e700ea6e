"""Variants in a run of pytest: columns, the option, and one provider's limits for all of them."""

from __future__ import annotations

import pytest
from conftest import Project

ARENA = """
providers:
  - {name: small, provider: mock, model: a, concurrency: 1}
  - {name: large, provider: mock, model: b}
variants:
  - {name: v1, system: "One."}
  - {name: v2, system: "Two.", params: {temperature: 0.5}}
gates: [{metric: case_verdict, variants: [v2], min: 1}]
tests:
  - name: A
    prompt: Hi
    assertions: [{type: contains, value: x}]
    mock: {v1: none, v2: x, large/v1: x}
"""


@pytest.fixture
def varied(project: Project) -> Project:
    """The arena above, as `arena.yaml`."""
    project.write(arena=ARENA)
    return project


def cells(project: Project) -> dict[str, tuple[str, str | None, str]]:
    found = project.cells().items()
    return {name: (c["provider"], c.get("variant"), c["verdict"]) for name, c in found}


def test_every_column_is_a_test_and_keeps_provider_and_variant(
    varied: Project, spread: tuple[str, ...]
) -> None:
    varied.run(*spread).assert_outcomes(passed=3, failed=1)
    assert cells(varied) == {
        "arena.yaml::A[small/v1]": ("small", "v1", "failed"),
        "arena.yaml::A[small/v2]": ("small", "v2", "passed"),
        "arena.yaml::A[large/v1]": ("large", "v1", "passed"),
        "arena.yaml::A[large/v2]": ("large", "v2", "passed"),
    }


def test_variants_are_chosen_by_the_option_and_by_k(varied: Project) -> None:
    result = varied.run("--arena-variant", "v2", "-k", "large/v2")
    result.assert_outcomes(passed=1, deselected=1)


def test_an_unknown_variant_is_a_usage_error(varied: Project) -> None:
    result = varied.run("--arena-variant", "v3")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--arena-variant: no variant is named 'v3'*"])


def test_a_changed_variant_is_run_again_and_the_others_are_taken_over(varied: Project) -> None:
    varied.run()
    results = varied.path / "arena-report" / "results.jsonl"
    lines = results.read_text("utf-8").splitlines(keepends=True)
    results.write_text("".join(line for line in lines if '"kind": "end"' not in line), "utf-8")
    varied.write(arena=ARENA.replace("Two.", "Two, or three."))
    result = varied.run("--arena-resume")
    result.stdout.fnmatch_lines(["2 cells were taken from the run interrupted at *"])
    result.assert_outcomes(passed=3, failed=1)


def test_a_cell_whose_worker_died_keeps_provider_and_variant(varied: Project) -> None:
    varied.pytester.makeconftest(
        "import os\n"
        "def pytest_runtest_call(item):\n"
        "    if item.name == 'A[large/v2]':\n"
        "        os._exit(3)\n"
    )
    result = varied.run("-n2")
    assert cells(varied)["arena.yaml::A[large/v2]"] == ("large", "v2", "error")
    result.stdout.fnmatch_lines(["v2 against v1: no clear difference, +100 points *"])


def test_what_is_wrong_with_a_file_is_warned_of_once_over_all_workers(varied: Project) -> None:
    varied.write(
        arena=ARENA.replace("variants:", "variants:\n  - {name: v0}", 1).replace(
            "prompt: Hi", "prompt: Hi\n    variants: [v1, v2]"
        )
    )
    result = varied.run("-n2")
    assert result.stdout.str().count("no case runs under variant 'v0'") == 1
