"""`arena calibrate`: how far a judge, or an assertion that judges by rules, agrees with labels."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.cli import plugins
from pytest_arena.errors import Problem, UsageError
from pytest_arena.options import Settings

if TYPE_CHECKING:
    from pytest_arena.cli.labels import Chosen
    from pytest_arena.comparison.stats.agreement import Agreement
    from pytest_arena.engine.calibrate import Labelled
    from pytest_arena.loading.plans import Arena
    from pytest_arena.results.judging import Calibration
    from pytest_arena.results.trial import Finding
    from pytest_arena.text.redaction import Redactor

_MOST_SHOWN = 5


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "calibrate", help="how far a judge agrees with answers that people have labelled"
    )
    parser.add_argument("labels", type=Path, help="CSV, JSONL or Parquet with output and label")
    parser.add_argument("arena", type=Path, help="the arena file with the assertion to calibrate")
    parser.add_argument("--type", dest="kind", metavar="TYPE", help="the assertion's type")
    parser.add_argument("--case", metavar="NAME", help="the case that has the assertion")
    parser.add_argument("--line", type=int, metavar="N", help="the assertion's line")
    parser.add_argument("--mock", action="store_true", help="answer judges from mock texts")
    parser.add_argument(
        "--concurrency",
        type=int,
        default=Settings.concurrency,
        metavar="N",
        help="calls in flight (default %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=20240229, help="seed of the resampling")
    plugins.add_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Judge every labelled answer, print the figures and keep them beside the arena file.

    0: there are figures; 1: no answer got a verdict.
    """
    from pytest_arena.cli.labels import choose, read_labels
    from pytest_arena.cli.validate import root_of
    from pytest_arena.comparison.stats.agreement import Agreement
    from pytest_arena.conftests import load_conftests, register_plugins
    from pytest_arena.engine.calibrate import judge_labelled
    from pytest_arena.engine_setup import learn_keys, set_up_engine
    from pytest_arena.loading import load_arena
    from pytest_arena.text.redaction import Redactor

    if arguments.concurrency < 1:
        raise UsageError(Problem("--concurrency: must be at least 1", fix="leave it out"))
    for path in (arguments.labels, arguments.arena):
        if not path.is_file():
            raise UsageError(Problem(f"{str(path)!r} is not a file", expected="a file to read"))
    file = arguments.arena.resolve()
    root = root_of(file)
    registry = plugins.make_registry(arguments.plugins)
    config = load_conftests([file], root)
    register_plugins(config, registry)
    arena = load_arena(file, root=root, registry=registry)
    chosen = choose(arena, kind=arguments.kind, case=arguments.case, line=arguments.line)
    labelled = read_labels(arguments.labels.resolve(), chosen.assertion)
    redactor = Redactor(os.environ)
    learn_keys(redactor, arena)
    engine = set_up_engine(
        [_without_own_budgets(arena)],
        Settings(mock=arguments.mock, concurrency=arguments.concurrency),
        registry,
        redactor,
        root=root,
        config=config,
    )
    with closing(engine):
        findings = judge_labelled(chosen.plan, labelled, engine, root)
    judged = [
        (example.label, finding.verdict == "passed")
        for example, finding in zip(labelled, findings, strict=True)
        if finding.verdict in ("passed", "failed")
    ]
    agreement = Agreement.of(judged)
    _show(chosen, labelled, findings, redactor)
    if not judged:
        sys.stdout.write("no answer got a verdict, so there is nothing to calibrate by\n")
        return 1
    return _conclude(arguments, chosen, agreement, findings, file.parent)


def _without_own_budgets(arena: Arena) -> Arena:
    """Leave out what the file and its cases may spend in a run; judges' own budgets hold."""
    return replace(arena, budget=None, cells=())


def _conclude(
    arguments: argparse.Namespace,
    chosen: Chosen,
    agreement: Agreement,
    findings: list[Finding],
    folder: Path,
) -> int:
    from pytest_arena.judging.offline_key import PROMPT, embedded_key
    from pytest_arena.results.calibration_file import write_calibration

    calibration = _calibration(agreement, findings, arguments.seed)
    asked = {f.judge.key: f.judge for f in findings if f.judge}
    keys = list(asked)
    if any(f.judge is None for f in findings):
        # decided by rules, at least where these were sure
        keys.append(embedded_key(chosen.assertion))
    judging = next(iter(asked.values()), None)
    about: dict[str, Any] = {
        "type": chosen.assertion.type,
        "judge": list(judging.models) if judging else [],
        "prompt": judging.prompt if judging else PROMPT,
        "labels": arguments.labels.name,
    }
    paths = [write_calibration(folder, key, calibration, about) for key in keys]
    lines = [*_figures(agreement, calibration), *(f"written: {path}" for path in paths)]
    lines += [f"warning: {doubt}" for doubt in calibration.doubts]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _calibration(agreement: Agreement, findings: list[Finding], seed: int) -> Calibration:
    from pytest_arena.comparison.stats.agreement import kappa_interval
    from pytest_arena.results.judging import Calibration
    from pytest_arena.results.run_facts import now

    interval = kappa_interval(agreement, seed=seed)
    return Calibration(
        labels=len(findings),
        accuracy=agreement.accuracy,
        kappa=agreement.kappa,
        kappa_low=interval[0] if interval else None,
        kappa_high=interval[1] if interval else None,
        false_passes=agreement.fail_pass,
        false_fails=agreement.pass_fail,
        undecided=len(findings) - agreement.n,
        date=now()[:10],
    )


def _figures(agreement: Agreement, calibration: Calibration) -> list[str]:
    kappa = "not defined: labels and judgements are all of one kind"
    if calibration.kappa is not None:
        kappa = f"{calibration.kappa:.3f}"
        if calibration.kappa_low is not None and calibration.kappa_high is not None:
            kappa += f" (95 %: {calibration.kappa_low:.3f} to {calibration.kappa_high:.3f})"
    should_fail = agreement.fail_pass + agreement.fail_fail
    should_pass = agreement.pass_pass + agreement.pass_fail
    accuracy = agreement.accuracy or 0.0
    return [
        f"accuracy       {accuracy * 100:.1f} %",
        f"Cohen's kappa  {kappa}",
        f"false passes   {agreement.fail_pass} of {should_fail} that should fail",
        f"false fails    {agreement.pass_fail} of {should_pass} that should pass",
    ]


def _show(
    chosen: Chosen, labelled: list[Labelled], findings: list[Finding], redactor: Redactor
) -> None:
    """Say who judged, how many verdicts there are, and where the judge is wrong."""
    from pytest_arena.errors import shorten
    from pytest_arena.text.printable import printable

    judgings = [judging for finding in findings for judging in finding.judgings]
    models = dict.fromkeys(model for judging in judgings for model in judging.models)
    by = f" by {', '.join(models)} (prompt {judgings[0].prompt})" if judgings else ""
    counts = {name: sum(f.verdict == name for f in findings) for name in _VERDICTS}
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    lines = [f"{chosen.named}{by}", f"{len(findings)} labels: {told}"]
    costs = [judging.cost_usd for judging in judgings]
    calls = sum(judging.calls for judging in judgings)
    if calls:
        known = [cost for cost in costs if cost is not None]
        plus = "+" if len(known) < len(costs) else ""
        lines.append(f"{calls} calls to judges, ${sum(sorted(known)):.4f}{plus}")
    wrong = [
        (example, finding)
        for example, finding in zip(labelled, findings, strict=True)
        if finding.verdict not in (("passed",) if example.label else ("failed",))
    ]
    for example, finding in wrong[:_MOST_SHOWN]:
        label = "pass" if example.label else "fail"
        reason = shorten(" ".join(finding.reason.split()), 160)
        lines.append(f"  row {example.row}, labelled {label}: {finding.verdict}, {reason}")
    if len(wrong) > _MOST_SHOWN:
        lines.append(f"  … and {len(wrong) - _MOST_SHOWN} more that do not agree")
    sys.stdout.write("\n".join(printable(redactor.clean(line)) for line in lines) + "\n")


_VERDICTS = ("passed", "failed", "unsure", "skipped", "error")
