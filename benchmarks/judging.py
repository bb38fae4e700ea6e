"""Measure what judging costs besides the judge's own time, and how far the figures of
`arena calibrate` can be relied on.

Run `python benchmarks/judging.py`, with `--write` to put the tables into docs/judging.md and
docs/rag.md. It makes no call: a judge that answers at once stands for a model. It ends with 1 where
the interval of kappa holds the truth too seldom, or where a judge with a liking for a place wins or
loses.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import sys
import time
from pathlib import Path

from pytest_arena.assertions.rag import Faithfulness, support
from pytest_arena.comparison.stats.agreement import Agreement, kappa_interval
from pytest_arena.judging.llm.levels import Level, Levels
from pytest_arena.judging.llm.pairwise import AnswerPair, prefer
from pytest_arena.judging.llm.panel import Question, rule
from pytest_arena.judging.llm.prompt import Material, Task
from pytest_arena.results import Message, Response
from pytest_arena.schema import Asking, JudgeReply, JudgeSpec, ProviderSpec

ROOT = Path(__file__).resolve().parent.parent

PAGES = {"measured": ROOT / "docs" / "judging.md", "claims": ROOT / "docs" / "rag.md"}
JUDGE = JudgeSpec(panel=(ProviderSpec(name="judge", provider="mock"),))
LEAST_COVERAGE = 0.9
_LEVELS = (Level("good", 1.0), Level("bad", 0.0))
_SEED = 7


def overhead_ms(characters: int, rounds: int = 200) -> float:
    """Return the median time of one judgement without the judge's own, in milliseconds."""
    answer = ("Returns are free for thirty days. " * (characters // 34 + 1))[:characters]
    form = Levels(_LEVELS)
    task = Task("criteria", {"criteria": "Is right."}, "levels_reply", form.values())
    question = Question(task, (Material("answer", answer),), form, 0.7)
    said = {"evidence": ["thirty days"], "reasoning": "It is.", "level": "good"}

    async def ask(_spec: ProviderSpec, _said: list[Message], *, turn: int = 0) -> JudgeReply:
        return JudgeReply(Response(json.dumps(said)))

    async def all_rounds() -> list[float]:
        times = []
        for _ in range(rounds):
            started = time.perf_counter()
            ruling = await rule(question, JUDGE, ask)
            times.append((time.perf_counter() - started) * 1000)
            assert ruling.verdict == "passed"
        return times

    return statistics.median(asyncio.run(all_rounds()))


def coverage(labels: int, accuracy: float, sets: int = 200) -> tuple[float, float]:
    """Return how often the interval holds the true kappa, and the median time of one interval.

    Labels are half passes; the judge is right with the same probability on both kinds.
    """
    generator = random.Random(_SEED)
    truth = 2 * accuracy - 1
    held, times = 0, []
    for number in range(sets):
        pairs = []
        for _ in range(labels):
            label = generator.random() < 0.5
            pairs.append((label, label if generator.random() < accuracy else not label))
        started = time.perf_counter()
        interval = kappa_interval(Agreement.of(pairs), seed=number, rounds=1000)
        times.append((time.perf_counter() - started) * 1000)
        held += interval is not None and interval[0] <= truth <= interval[1]
    return held / sets, statistics.median(times)


def _chooser(better: str, *, blind: bool) -> Asking:
    """Return a judge that takes the better answer, or blindly the first one."""

    async def choose(_spec: ProviderSpec, said: list[Message], *, turn: int = 0) -> JudgeReply:
        text = said[1]["content"]
        second = text.index("<<<second answer")
        level = "first" if blind or text.index(better) < second else "second"
        reply = {"evidence": [], "reasoning": "So it is.", "level": level}
        return JudgeReply(Response(json.dumps(reply)))

    return choose


def wins(liking: float, quality: float, pairs: int = 400) -> tuple[float, float, float]:
    """Return the shares of wins, ties and losses of an answer against an equally good one.

    The judge takes the first place's answer with the probability `liking`, whatever it says, and
    else the better one, which is ours with the probability `quality`.
    """
    generator = random.Random(_SEED)
    counts = {1.0: 0, 0.5: 0, 0.0: 0}

    async def play() -> None:
        for _ in range(pairs):
            better = "our answer" if generator.random() < quality else "their answer"
            choose = _chooser(better, blind=generator.random() < liking)
            pair = AnswerPair((), "our answer", "their answer", "theirs")
            ruling = await prefer(pair, None, JUDGE, choose, 1.0)
            counts[ruling.score if ruling.score is not None else 0.5] += 1

    asyncio.run(play())
    return counts[1.0] / pairs, counts[0.5] / pairs, counts[0.0] / pairs


def faithful(claims: int, right: float, least: float, *, sound: bool, answers: int = 400) -> float:
    """Return the share of answers that a judge calls faithful which is right on each claim with
    the probability `right`; all claims but one of an unsound answer are supported."""
    generator = random.Random(_SEED)
    said = [f"Claim {number} holds." for number in range(claims)]
    documents = (Material("document 1", " ".join(said)),)
    question = support(Material("answer", " ".join(said)), documents, Faithfulness.worth, least)

    async def judge(_spec: ProviderSpec, _said: list[Message], *, turn: int = 0) -> JudgeReply:
        items = []
        for number, claim in enumerate(said):
            supported = (sound or number > 0) == (generator.random() < right)
            verdict = "supported" if supported else "absent"
            items.append({"claim": claim, "quote": claim, "support": claim, "verdict": verdict})
        return JudgeReply(Response(json.dumps({"items": items})))

    async def all_answers() -> int:
        found = [(await rule(question, JUDGE, judge)).verdict for _ in range(answers)]
        assert "error" not in found
        return found.count("passed")

    return asyncio.run(all_answers()) / answers


def claim_table() -> list[str]:
    """Return the table of what errors on single claims do to whole answers, as Markdown."""
    lines = [
        "| claims | judge is right on | min_score | sound answers pass | unsound ones pass |",
        "| --: | --: | --: | --: | --: |",
    ]
    for claims, right in ((3, 0.95), (3, 0.85), (10, 0.95), (10, 0.85)):
        for least in (1.0, 0.8):
            shares = [faithful(claims, right, least, sound=sound) for sound in (True, False)]
            passed = " | ".join(f"{share:.0%}" for share in shares)
            lines.append(f"| {claims} | {right:.0%} of claims | {least:g} | {passed} |")
    return lines


def tables() -> tuple[list[str], bool]:
    """Return the tables as Markdown, and whether every figure keeps its floor."""
    lines = ["| answer, characters | a judgement takes, without the judge |", "| --: | --: |"]
    lines += [f"| {n:,} | {overhead_ms(n):.2f} ms |" for n in (1_000, 10_000, 100_000)]
    lines += [
        "",
        "| labels | judge is right | true κ | the 95 % interval holds it |",
        "| --: | --: | --: | --: |",
    ]
    good = True
    for labels, accuracy in ((50, 0.9), (100, 0.9), (100, 0.75), (400, 0.9)):
        share, _ = coverage(labels, accuracy)
        good = good and share >= LEAST_COVERAGE
        lines.append(
            f"| {labels} | {accuracy:.0%} | {2 * accuracy - 1:.2f} | in {share:.1%} of sets |"
        )
    lines += [
        "",
        "| judge that takes the first place blindly | wins | ties | losses |",
        "| --: | --: | --: | --: |",
    ]
    for liking in (0.0, 0.5, 1.0):
        won, tied, lost = wins(liking, 0.5)
        good = good and abs(won - lost) < 0.1
        lines.append(f"| {liking:.0%} of the time | {won:.0%} | {tied:.0%} | {lost:.0%} |")
    return lines, good


def main() -> int:
    measured, good = tables()
    for name, lines in (("measured", measured), ("claims", claim_table())):
        text = "\n".join(lines)
        sys.stdout.write(text + "\n\n")
        if "--write" in sys.argv:
            _write(name, text)
    return 0 if good else 1


def _write(name: str, text: str) -> None:
    page = PAGES[name].read_text(encoding="utf-8")
    head, _, rest = page.partition(f"<!-- {name} -->\n")
    tail = rest.partition(f"<!-- end {name} -->\n")[2]
    written = f"{head}<!-- {name} -->\n\n{text}\n\n<!-- end {name} -->\n{tail}"
    PAGES[name].write_text(written, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
