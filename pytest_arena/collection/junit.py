"""What the file of `--junitxml` says of cells."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.junitxml import xml_key

if TYPE_CHECKING:
    from pytest_arena.results.cell import Cell
    from pytest_arena.results.load_test import LoadTestResult


PREFIX = "arena_"
"""What the names of all properties of a cell begin with."""


class JunitErrors:
    """Makes an `<error>` of what reached no verdict, as the terminal and our reports have it.

    pytest's own plug-in has errors in setup and teardown alone: whatever a call ends with is a
    `<failure>`, which CI systems show as a failed test.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logreport(self, report: Any) -> Generator[None, None, None]:
        yield
        xml = self._config.stash.get(xml_key, None)
        verdict = getattr(report, "arena_verdict", None)
        if xml is None or verdict != "error" or report.when != "call" or not report.failed:
            return
        for node in xml.node_reporter(report).nodes:
            if node.tag == "failure":
                node.tag = "error"
                xml.stats["failure"] -= 1
                xml.stats["error"] += 1


def junit_properties(cell: Cell) -> list[tuple[str, object]]:
    """Return the properties of a cell: the mean latency of its trials, the tokens and the cost of
    all its answers, where each of them is known."""
    found: list[tuple[str, object]] = [
        ("arena_case", cell.case),
        ("arena_provider", cell.provider),
        *((("arena_variant", cell.variant),) if cell.variant else ()),
        ("arena_verdict", cell.verdict),
    ]
    if cell.model:
        found.append(("arena_model", cell.model))
    if cell.load is not None:
        return found + _load_properties(cell.load)
    times = [took for trial in cell.trials if (took := trial.latency_ms) is not None]
    if times:
        found.append(("arena_latency_ms", round(sum(times) / len(times), 1)))
    answers = [answer for trial in cell.trials for answer in trial.responses]
    return found + _spent(
        _sum([answer.input_tokens for answer in answers]),
        _sum([answer.output_tokens for answer in answers]),
        _sum([answer.cost_usd for answer in answers]),
    )


def _load_properties(load: LoadTestResult) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = [
        ("arena_calls", load.answered),
        ("arena_errors", load.failed_calls),
    ]
    found += [
        (f"arena_{name}_latency_ms", round(load.latency_ms[name], 1))
        for name in ("p50", "p95", "p99")
        if name in load.latency_ms
    ]
    return found + _spent(load.input_tokens, load.output_tokens, load.cost_usd)


def _spent(
    input_tokens: float | None, output_tokens: float | None, cost_usd: float | None
) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    if input_tokens is not None:
        found.append(("arena_input_tokens", input_tokens))
    if output_tokens is not None:
        found.append(("arena_output_tokens", output_tokens))
    if cost_usd is not None:
        found.append(("arena_cost_usd", round(cost_usd, 8)))
    return found


def _sum(values: Sequence[float | None]) -> float | None:
    """Return a sum; None where there is nothing to sum, or part of it is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
