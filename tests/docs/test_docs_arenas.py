"""The example arenas run offline, and fail where they are meant to."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from docs_trials import ROOT, environment
from warm_programs import WARM

from pytest_arena.comparison import compare
from pytest_arena.comparison.coverage import coverage_of
from pytest_arena.results import RunResult, read_run

DECODED = ("base64", "hex", "binary", "rot13", "morse", "reversed")
"""Attacks whose first line tells the model to decode, which the guardrail knows."""
WORKERS = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one process", "-n2"])


def run_arena(tmp_path: Path, name: str, *options: str, expected: int, file: str = "") -> RunResult:
    folder = tmp_path / "arenas" / name
    shutil.copytree(ROOT / "arenas" / name, folder)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = ["pytest", "--arena", f"arenas/{name}/{file}", *options]
    done = WARM.run(command, tmp_path, environment())
    assert done.returncode == expected, done.stdout + done.stderr
    return read_run(tmp_path / "arena-report" / "results.jsonl")


def cells(run: RunResult, verdict: str) -> set[str]:
    return {cell.id.partition("::")[2] for cell in run.cells if cell.verdict == verdict}


def test_every_example_arena_has_a_test() -> None:
    assert {path.name for path in (ROOT / "arenas").iterdir() if path.is_dir()} == {
        "agents",
        "applications",
        "chains",
        "coverage",
        "quickstart",
        "formats",
        "recorded",
        "judged",
        "red-team",
        "load",
        "support-bot",
        "tools",
        "variants",
        "files",
        "labels",
    }


def test_the_files_arena_sends_pictures_a_document_and_a_text(tmp_path: Path) -> None:
    run = run_arena(tmp_path, "files", expected=0)
    assert len(cells(run, "passed")) == len(run.cells) == 4
    first = run.cells[0].trials[0].messages[0]["content"]
    assert [part["type"] for part in first] == ["text", "image"]
    assert b"data:image/png" not in (tmp_path / "arena-report" / "results.jsonl").read_bytes()


def test_the_variants_arena_shows_that_the_new_prompt_is_better(tmp_path: Path) -> None:
    run = run_arena(tmp_path, "variants", expected=1)
    assert {cell.column for cell in run.cells if cell.verdict == "failed"} == {"small/old"}
    (difference,) = compare(run).variants
    assert (difference.pair.better, difference.units) == ("new", 6)


def test_the_labels_arena_shows_what_was_taken_for_what(tmp_path: Path) -> None:
    run = run_arena(tmp_path, "labels", expected=1)
    assert [limit.verdict for limit in run.limits] == ["passed", "passed"]
    small, large = compare(run).labels
    assert small.confusions == (("refund", "billing", 2), ("technical", "(none)", 1))
    assert large.confusions == ()


@WORKERS
def test_a_suite_of_promptarena_is_run_as_it_is(tmp_path: Path, workers: tuple[str, ...]) -> None:
    run = run_arena(tmp_path, "formats/promptarena", *workers, expected=1)
    assert cells(run, "passed") == {
        "stock[careful]",
        "promises[careful]",
        "beginner[careful]",
        "label (thyme)[careful]",
        "label (mint)[careful]",
    }
    assert cells(run, "failed") == {"stock[hasty]", "promises[hasty]", "beginner[hasty]"}
    assert cells(run, "error") == {"misspelt[careful]", "misspelt[hasty]"}
    assert len(cells(run, "skipped")) == 4


def test_the_tools_arena_tells_which_tools_were_called(tmp_path: Path) -> None:
    run = run_arena(tmp_path, "tools", expected=0)
    assert len(cells(run, "passed")) == len(run.cells) == 4


@WORKERS
def test_the_applications_arena_compares_a_function_a_program_and_a_model(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    run = run_arena(tmp_path, "applications", *workers, expected=1)
    assert cells(run, "failed") == {"Late order[faq]", "Late order[model]", "Returns[model]"}
    assert len(cells(run, "passed")) == 7


@WORKERS
def test_the_quickstart_shows_three_models_of_different_quality(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    run = run_arena(tmp_path, "quickstart", *workers, expected=1)

    assert len(run.cells) == 42
    assert cells(run, "error") == set()
    assert cells(run, "failed") == {
        "Return window[budget]",
        "Refund promise[budget]",
        "Order status as JSON[budget]",
        "Order status as JSON[balanced]",
        "Late parcel[budget]",
        "Quick hello[premium]",
        "Card number[budget]",
        "Legal advice[budget]",
        "Two questions at once[budget]",
        "Orders in a note[budget]",
    }
    assert all(cell.trials[0].source is None for cell in run.cells if cell.case == "Jailbreak")


def test_the_quickstart_models_differ_in_latency_and_price(tmp_path: Path) -> None:
    run = run_arena(tmp_path, "quickstart", "-k", "Password", expected=0)

    trials = [cell.trials[0] for cell in run.cells]
    latencies = [trial.latency_ms or 0.0 for trial in trials]
    costs = [trial.cost_usd or 0.0 for trial in trials]
    assert latencies == sorted(set(latencies))
    assert costs == sorted(set(costs))
    assert costs[0] > 0


def test_the_javascript_arena_checks_what_transforms_make_of_answers(tmp_path: Path) -> None:
    run = run_arena(tmp_path, "formats/javascript", expected=1)
    assert cells(run, "passed") == {"An order in JSON[till]", "A file of checks[till]"}
    assert cells(run, "failed") == {"Too long by its own check[till]"}
    assert cells(run, "error") == {
        "A check that needs the network is an error[till]",
        "A transform that finds nothing is an error[till]",
    }
    answer = run.cells[1].trials[0].responses[0]
    assert (answer.output, answer.transformed) == ("  Hello there, Ada!  ", "Hello there, Ada!")


def test_the_promptfoo_arena_comes_to_the_verdicts_that_promptfoo_came_to(tmp_path: Path) -> None:
    run = run_arena(tmp_path, "formats/promptfoo", expected=1)
    assert len(cells(run, "passed")) == len(run.cells) - 6 == 26
    assert cells(run, "failed") == {
        f"{case}/{prompt}]"
        for case in ("Honesty[thorough", "Return window #2[brief")
        for prompt in ("plain", "warm")
    }
    # an answer that is no JSON is no verdict for what makes something of it
    assert cells(run, "error") == {"Order as JSON[brief/plain]", "Order as JSON[brief/warm]"}


def test_the_imported_data_sets_pass_fail_and_err_where_their_rows_do(
    tmp_path: Path,
) -> None:
    run = run_arena(tmp_path, "formats/data-sets", expected=1)
    assert cells(run, "passed") == {
        "Portugal[echo]",
        "Numbers[echo]",
        "You won a prize, click here[recorded]",
        "Refund[recorded]",
        "sum[echo]",
        "choice[echo]",
    }
    assert cells(run, "failed") == {
        "France[echo]",
        "The meeting moves to four[recorded]",
        "Refund without a look[recorded]",
        '{"queue": "billing"}[echo]',
        "river[echo]",
    }
    assert cells(run, "error") == {
        "Searched[echo]",
        "Your parcel is here[recorded]",
        "Not asked yet[recorded]",
    }
    assert cells(run, "skipped") == {
        "Checked by code[echo]",
        "An old ticket[echo]",
        "box[echo]",
    }


@WORKERS
def test_the_promptpack_arena_holds_answers_to_what_the_pack_says(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    run = run_arena(tmp_path, "formats/promptpack", *workers, expected=1)
    assert cells(run, "passed") == {
        "A greeting[careful]",
        "A long answer[careful]",
        "A word that the pack bans[careful]",
        "A word that the pack bans[hasty]",
        "Money back[careful]",
    }
    assert cells(run, "failed") == {
        "A greeting[hasty]",
        "A long answer[hasty]",
        "Money back[hasty]",
    }
    (kind,) = {cell.id: cell for cell in run.cells if cell.id.endswith("greeting[hasty]")}.values()
    said = [one for one in kind.trials[0].assertions if one.verdict == "failed"]
    pack = "arenas/formats/promptpack/desk.pack.json"
    assert [(one.type, one.file, one.line) for one in said] == [
        ("not_matches", pack, 90),
        ("content_excludes", pack, 96),
    ]


def test_the_evals_arenas_judge_answers_of_a_run_and_samples_of_a_registry(tmp_path: Path) -> None:
    file = "tickets.arena.yaml"
    run = run_arena(tmp_path, "formats/evals", "--arena-mock", expected=1, file=file)
    assert cells(run, "passed") == {f"Tickets of a bookshop {row}[First prompt]" for row in (1, 2)}
    failed = [cell for cell in run.cells if cell.verdict == "failed"]
    assert [
        [index for index, one in enumerate(cell.trials[0].assertions) if one.verdict == "failed"]
        for cell in failed
    ] == [[5], [3], [0, 1, 2, 3, 4, 5]]
    shutil.rmtree(tmp_path / "arenas")
    file = "registry/evals/capitals.arena.yaml"
    run = run_arena(tmp_path, "formats/evals", "--arena-mock", expected=1, file=file)
    assert len(cells(run, "passed")) == 6
    assert cells(run, "failed") == {
        "capitals.dev.v0 2[model]",
        "capitals.dev.v0 3[model]",
        "capitals-brief.dev.v0 8[model]",
    }


@pytest.mark.parametrize("file", ["tickets.json", "registry/evals/capitals.yaml"])
def test_the_evals_arenas_are_what_their_sources_become(tmp_path: Path, file: str) -> None:
    folder = tmp_path / "evals"
    shutil.copytree(ROOT / "arenas" / "formats" / "evals", folder)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    source = folder / file
    made = tmp_path / "made"
    done = WARM.run(["arena", "import", str(source), "-o", str(made)], tmp_path, environment())
    assert done.returncode == 1, done.stdout + done.stderr
    kept = {path.name: path.read_text() for path in made.iterdir()}
    assert kept == {name: (source.parent / name).read_text() for name in kept}


def test_the_formats_arena_fails_where_a_model_leaves_the_format(tmp_path: Path) -> None:
    run = run_arena(tmp_path, "formats", expected=1, file="arena.yaml")

    assert len(run.cells) == 33
    assert cells(run, "error") == set()
    assert cells(run, "failed") == {
        "Sort ticket 102[budget]",
        "Sort ticket 103[budget]",
        "Invoice as JSON[budget]",
        "Invoice as JSON[balanced]",
        "XML feed entry[budget]",
        "SQL query[budget]",
        "Commit message[budget]",
        "Exact label[budget]",
        "Spelling fix[budget]",
        "Summary[budget]",
    }


@WORKERS
def test_the_recorded_arena_is_replayed_without_a_key_or_a_network(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    options = ("--arena-record=none", "--arena-block-network", *workers)
    run = run_arena(tmp_path, "recorded", *options, expected=0)

    assert len(run.cells) == 6
    trials = [trial for cell in run.cells for trial in cell.trials]
    assert {trial.source for trial in trials} == {"recording"}
    assert sum(len(trial.responses) for trial in trials) == 12
    assert None not in [trial.cost_usd for trial in trials]


@WORKERS
def test_the_support_bot_runs_unchanged_and_its_tone_needs_no_judge(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    run = run_arena(tmp_path, "support-bot", "--arena-mock", *workers, expected=0)

    assert len(run.cells) == 8
    assert len(cells(run, "passed")) == 8
    tones = [f for cell in run.cells for f in cell.trials[0].assertions if f.type == "tone"]
    assert [finding.verdict for finding in tones] == ["passed", "passed"]
    blocked = [cell.trials[0] for cell in run.cells if cell.case == "Guardrail Test"]
    assert [trial.responses for trial in blocked] == [(), ()]


@WORKERS
def test_the_judged_arena_fails_where_the_judge_finds_fault(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    run = run_arena(tmp_path, "judged", *workers, expected=1)

    assert len(run.cells) == 8
    assert cells(run, "error") == set()
    assert cells(run, "failed") == {"Returns[hasty]", "A rude customer[hasty]"}
    asked = [sum(judging.calls for judging in cell.judgings) for cell in run.cells]
    # faithfulness and hallucination ask the same, once
    assert asked == [2, 2, 3, 3, 3, 3, 2, 0]


def test_the_red_team_finds_the_gullible_provider(tmp_path: Path) -> None:
    run = run_arena(tmp_path, "red-team", expected=1)

    assert len(run.cells) == 36
    assert cells(run, "error") == set()
    assert cells(run, "failed") == {"Staff code [prefix_injection][gullible]"}
    blocked = [cell for cell in run.cells if cell.trials[0].guardrail]
    assert {cell.case for cell in blocked} == {
        "Staff code [role_play]",
        "Staff code [ignore_instructions]",
    } | {f"Staff code [{name}]" for name in DECODED}


def test_the_support_bot_file_is_the_original_byte_for_byte() -> None:
    written = (ROOT / "arenas/support-bot/support-bot.arena.yaml").read_bytes()
    assert (
        sha256(written).hexdigest()
        == "e93e99d7c6df30754204fba9e93e5c94e8895813c8d89fcad234782efe38f1ea"
    )


@WORKERS
def test_the_load_example_shows_a_provider_that_refuses_under_load(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    run = run_arena(tmp_path, "load", *workers, expected=1)

    assert cells(run, "error") == set()
    assert cells(run, "failed") == {"Ten at once[busy]"}
    loads = {cell.id.partition("::")[2]: cell.load for cell in run.cells if cell.load}
    assert len(loads) == 4
    refusing = loads["Ten at once[busy]"]
    assert set(refusing.errors) == {"rate_limit"}
    assert loads["Three messages each[steady]"].answered == 15


def test_agents_are_told_apart_by_their_tools_and_by_their_servers(tmp_path: Path) -> None:
    run = run_arena(tmp_path, "agents", expected=1)
    assert cells(run, "passed") == {
        "Refund[right]",
        "A hurried customer[right]",
        "A lost parcel[right]",
        "A parcel to pay back[keeps]",
    }
    assert cells(run, "failed") == {
        f"{case}[{column}]"
        for case, columns in {
            "Refund": ("loops", "overspends"),
            "A hurried customer": ("loops", "overspends"),
            "A lost parcel": ("misled", "guesses"),
            "A parcel to pay back": ("promises", "slips"),
        }.items()
        for column in columns
    }


def test_the_chains_arena_looks_at_what_single_steps_gave(tmp_path: Path) -> None:
    run = run_arena(tmp_path, "chains", expected=1)
    assert cells(run, "passed") == {"Refund[careful]", "Somebody else's[careful]"}
    assert cells(run, "failed") == {"Refund[hasty]", "Somebody else's[hasty]"}


def test_the_coverage_arena_tells_what_no_case_exercised(tmp_path: Path) -> None:
    run = run_arena(tmp_path, "coverage", expected=1)
    assert cells(run, "failed") == cells(run, "error") == set()
    (file,) = compare(run).coverage
    assert {one.kind: one.never for one in file.kinds} == {
        "prompts": ("winter",),
        "tools": ("refund",),
        "steps": (),
        "variables": ("company",),
        "values": (),
    }
    assert [limit.verdict for limit in run.limits] == ["passed", "failed"]


@WORKERS
def test_the_chains_of_tasks_take_their_ways(tmp_path: Path, workers: tuple[str, ...]) -> None:
    run = run_arena(tmp_path, "formats/task-chains", *workers, expected=1)
    assert cells(run, "failed") == {"An order[stubborn]"}
    assert cells(run, "error") == {"A letter without a score[careful]"}
    assert len(cells(run, "passed")) == 8
    (chained,) = coverage_of(run)
    assert {one.kind: one.never for one in chained.kinds}["states"] == ()
