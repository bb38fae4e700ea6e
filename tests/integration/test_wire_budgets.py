"""Budgets in a run: what is called, what is skipped, and how the run ends."""

from __future__ import annotations

import pytest
from conftest import Project
from servers.formats import Reply
from servers.wire import WireServer


def arena(server: WireServer, cases: int, extra: str = "", case: str = "", budget: str = "") -> str:
    lines = [
        *([f"budget: {budget}"] if budget else []),
        "providers:",
        f"  - {{name: m, provider: openai, model: m, api_base: {server.url}/v1,"
        f" input_cost_per_million: 100, output_cost_per_million: 100{extra}}}",
        "tests:",
    ]
    for number in range(cases):
        lines += [
            f"  - name: Case {number:03}",
            f"    prompt: number {number:03}",
            f"    assertions: [{{type: contains, value: ok}}]{case}",
        ]
    return "\n".join(lines) + "\n"


def test_workers_together_spend_a_budget_and_stop(
    project: Project, spread: tuple[str, ...]
) -> None:
    # each answer takes 18 tokens, which are $0.0018
    with WireServer(latency_s=0.01) as server:
        project.write(arena=arena(server, 30, budget="{max_cost_usd: 0.01}"))
        result = project.run(*spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=6, skipped=24)
    assert server.calls == 6
    said = "max_cost_usd 0.01 of arena.yaml is spent"
    result.stdout.fnmatch_lines(
        [
            f"24 cells were skipped: budget ({said}).",
            f"budget: {said}: 24 cells were not run*",
        ]
    )
    skipped = [cell for cell in project.cells().values() if cell["verdict"] == "skipped"]
    assert {cell["reason"] for cell in skipped} == {f"budget: {said}"}
    assert {cell["over_budget"] for cell in skipped} == {said}
    assert [cell["trials"] for cell in skipped] == [[]] * 24
    report = (project.path / "arena-report" / "report.md").read_text()
    assert "## ⚠️" in report
    assert "24 cells were skipped: budget" in report


def test_a_conversation_that_was_begun_comes_before_one_that_was_not(project: Project) -> None:
    turns = "conversation: [{user: first}, {user: second}, {user: third}]"
    with WireServer() as server:
        text = arena(server, 4, budget="{max_calls: 6}")
        for number in range(4):
            text = text.replace(f"    prompt: number {number:03}\n", f"    {turns}\n")
        project.write(arena=text)
        result = project.run("--arena-concurrency=1")
    result.assert_outcomes(passed=2, skipped=2)
    assert server.calls == 6


def test_the_option_holds_over_all_files(project: Project, spread: tuple[str, ...]) -> None:
    with WireServer() as server:
        project.pytester.makefile(".arena.yaml", a=arena(server, 4, budget="{max_calls: 3}"))
        project.pytester.makefile(".arena.yaml", b=arena(server, 4))
        result = project.run("--arena-max-cost=0.0081", *spread)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert server.calls == 5
    reasons = {cell.get("over_budget") for cell in project.cells().values()}
    assert "max_cost_usd 0.0081 of the run (--arena-max-cost) is spent" in reasons


def test_attempts_count_as_calls_and_a_warning_stops_nothing(project: Project) -> None:
    def busy(request: object) -> Reply:
        return Reply(error="server", times=1)

    with WireServer(busy) as server:
        warn = ", budget: {max_calls: 2, on_exceeded: warn}"
        project.write(arena=arena(server, 2, extra=f"{warn}, retry_for: 20s"))
        result = project.run()
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=2)
    assert server.calls == 4
    result.stdout.fnmatch_lines(
        ["budget: max_calls 2 of provider 'm' is spent, and the run went on*"]
    )


def test_a_case_keeps_what_its_finished_trials_said(project: Project) -> None:
    with WireServer() as server:
        case = "\n    trials: 4\n    pass_threshold: 0.5\n    budget: {max_calls: 2}"
        text = arena(server, 1, case=case) + arena(server, 1).partition("tests:\n")[2].replace(
            "Case 000", "Other"
        )
        project.write(arena=text)
        result = project.run("--arena-concurrency=1")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    cell = project.cells()["arena.yaml::Case 000[m]"]
    # two of four is what the case asks for: it is clear without the others
    assert (cell["verdict"], cell["trials_not_run"]) == ("passed", 2)
    assert cell["over_budget"] == "max_calls 2 of case 'Case 000' is spent"
    assert project.verdicts()["Other[m]"] == "passed"


def test_a_conversation_that_was_cut_short_is_skipped_and_keeps_its_cost(project: Project) -> None:
    with WireServer() as server:
        text = arena(server, 0, budget="{max_calls: 1}") + (
            "  - name: Talk\n"
            "    conversation: [{user: Hello}, {user: Goodbye}]\n"
            "    assertions: [{type: contains, value: ok}]\n"
        )
        project.write(arena=text)
        result = project.run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(skipped=1)
    cell = project.cells()["arena.yaml::Talk[m]"]
    assert (cell["verdict"], cell["trials_not_run"]) == ("skipped", 1)
    assert [trial["verdict"] for trial in cell["trials"]] == ["skipped"]
    assert cell["trials"][0]["cost_usd"] == pytest.approx(0.0018)


@pytest.mark.parametrize("amount", ["nothing", "0", "-1", "inf"])
def test_an_amount_that_is_none_is_refused(project: Project, amount: str) -> None:
    result = project.run(f"--arena-max-cost={amount}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: --arena-max-cost: '{amount}' is not an amount above 0",
            "  fix: give US dollars, as in --arena-max-cost=2.50",
        ]
    )


def test_the_option_needs_prices(project: Project) -> None:
    project.write(
        arena="providers: [{name: ours, provider: openai, model: our-own, api_base: http://x/v1}]\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]\n"
    )
    result = project.run("--arena-max-cost=1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = "\n".join([*result.outlines, *result.errlines])
    assert "the price of provider 'ours' (openai/our-own) is not known" in text


def test_the_option_needs_the_prices_of_judges(project: Project) -> None:
    project.write(
        arena="providers: [{name: m, provider: mock, model: any}]\n"
        "judge: {provider: openai, model: our-own, api_base: 'http://x/v1'}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: llm_judge, criteria: x}]}]\n"
    )
    result = project.run("--arena-max-cost=1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = "\n".join([*result.outlines, *result.errlines])
    assert "arena.yaml:2:8: the price of provider 'judge' (openai/our-own) is not known" in text


UNPRICED = """\
providers:
  - {name: free, provider: mock, model: any}
  - {name: ours, provider: openai, model: our-own, api_base: http://x/v1}
tests:
  - {name: A, prompt: hi, mock: x, assertions: [{type: contains, value: x}]}
  - name: Judged
    prompt: hi
    mock: x
    providers: [free]
    assertions: [{type: llm_judge, criteria: x, judge: ours}]
  - {name: Skipped, prompt: hi, mock: x, skip: {ours: later}, assertions: [{type: is_json}]}
"""


@pytest.mark.parametrize(
    "chosen",
    [
        ("arena.yaml::A[free]",),
        ("-k", "free and not Judged"),
        ("-k", "Skipped"),
        ("-k", "free and not Judged", "--arena-shard=1/2"),
        ("-k", "free and not Judged", "--collect-only"),
    ],
    ids=lambda chosen: " ".join(chosen),
)
def test_the_option_needs_the_prices_of_those_alone_that_are_asked(
    project: Project, chosen: tuple[str, ...], spread: tuple[str, ...]
) -> None:
    project.write(arena=UNPRICED)
    result = project.run("--arena-max-cost=1", *chosen, *spread)
    assert result.ret != pytest.ExitCode.USAGE_ERROR
    assert "is not known" not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    "chosen",
    [("-k", "Judged"), ("-k", "ours"), ("--arena-shard=1/2",), ("--arena-shard=2/2",)],
    ids=lambda chosen: " ".join(chosen),
)
def test_each_process_and_shard_needs_the_prices_of_all_that_are_asked(
    project: Project, chosen: tuple[str, ...], spread: tuple[str, ...]
) -> None:
    project.write(arena=UNPRICED)
    result = project.run("--arena-max-cost=1", *chosen, *spread)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = "\n".join([*result.outlines, *result.errlines])
    assert text.count("the price of provider 'ours' (openai/our-own) is not known") == 1


def test_a_load_ends_with_its_budget(project: Project) -> None:
    with WireServer(latency_s=0.005) as server:
        text = arena(server, 0, budget="{max_calls: 12}") + (
            "  - {name: Load, prompt: hi, concurrent_users: 3, messages_per_user: 20,\n"
            "     assertions: [{type: success_rate, min: 0.5}]}\n"
        )
        project.write(arena=text)
        result = project.run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(skipped=1)
    assert server.calls == 12
    cell = project.cells()["arena.yaml::Load[m]"]
    assert cell["reason"] == "budget: max_calls 12 of arena.yaml is spent"


def test_judges_spend_from_the_same_budget(project: Project) -> None:
    project.write(
        arena="budget: {max_calls: 1}\n"
        "providers:\n"
        "  - {name: m, provider: mock, model: any}\n"
        "  - {name: judge, provider: mock, model: any, group: judge}\n"
        "defaults: {providers: [m]}\n"
        "judge: {provider: judge}\n"
        "mock: {default: Hello, providers: {judge: {default: '{}'}}}\n"
        "tests:\n"
        "  - {name: A, prompt: hi, assertions: [{type: llm_judge, criteria: is polite}]}\n"
    )
    result = project.run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(skipped=1)
    cell = project.cells()["arena.yaml::A[m]"]
    assert cell["over_budget"] == "max_calls 1 of arena.yaml is spent"
    assert [trial["output"] for trial in cell["trials"]] == ["Hello"]
