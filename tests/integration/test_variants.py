"""Variants in a run of pytest: columns, the option, and one provider's limits for all of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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


def cells(folder: Path) -> dict[str, tuple[str, str | None, str]]:
    lines = (folder / "arena-report" / "results.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    return {
        one["id"]: (one["provider"], one.get("variant"), one["verdict"])
        for one in records
        if one["kind"] == "cell"
    }


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one-process", "two-workers"])
def test_every_column_is_a_test_and_keeps_provider_and_variant(
    pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    pytester.path.joinpath("arena.yaml").write_text(ARENA, "utf-8")
    result = pytester.runpytest_subprocess("--arena", *workers)
    result.assert_outcomes(passed=3, failed=1)
    assert cells(pytester.path) == {
        "arena.yaml::A[small/v1]": ("small", "v1", "failed"),
        "arena.yaml::A[small/v2]": ("small", "v2", "passed"),
        "arena.yaml::A[large/v1]": ("large", "v1", "passed"),
        "arena.yaml::A[large/v2]": ("large", "v2", "passed"),
    }


def test_variants_are_chosen_by_the_option_and_by_k(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("arena.yaml").write_text(ARENA, "utf-8")
    result = pytester.runpytest_subprocess("--arena", "--arena-variant", "v2", "-k", "large/v2")
    result.assert_outcomes(passed=1, deselected=1)


def test_an_unknown_variant_is_a_usage_error(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("arena.yaml").write_text(ARENA, "utf-8")
    result = pytester.runpytest_subprocess("--arena", "--arena-variant", "v3")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--arena-variant: no variant is named 'v3'*"])
