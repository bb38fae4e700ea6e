"""Measure what finds personal data, secrets, profanity, injections, languages, refusals, likeness.

    python benchmarks/safety.py DATA [--write]

DATA is a folder with public data sets, none of which is part of this project: `presidio_synth.json`
(presidio-research), `surge_prof.csv` and `surge_tox.csv` (surge-ai), `pi_valid.json` and
`pi_NotInject_{one,two,three}.json` (PIGuard), `wiki_polite.csv` and `se_polite.csv` (Stanford
politeness corpus), `pavlick_*.tsv` (Pavlick and Tetreault), `xstest_*.csv` (replies of models to
XSTest with people's labels, exaggerated-safety of paul-rottger; those of any model count). Its
folders are looked through, too. `--write` puts the figures into the pages of docs/. It exits with 1
where a figure misses its floor.
"""

from __future__ import annotations

import csv
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_arena.assertions.evaluate import evaluate
from pytest_arena.assertions.similar import SemanticEquals
from pytest_arena.judging.detectors.injection import injection_patterns
from pytest_arena.judging.detectors.language import LanguageRules, guess_language
from pytest_arena.judging.detectors.pii import find_pii
from pytest_arena.judging.detectors.profanity import find_profanity
from pytest_arena.judging.detectors.refusal import find_refusal
from pytest_arena.judging.detectors.secrets import find_secrets
from pytest_arena.judging.similarity.lexical import similarity
from pytest_arena.results import Response, Trial
from pytest_arena.schema import CheckContext
from pytest_arena.schema.guardrail import Said

ROOT = Path(__file__).resolve().parent.parent

PII = {
    "EMAIL_ADDRESS": ("email", 1.0, 1.0),
    "CREDIT_CARD": ("card", 0.995, 1.0),
    "IBAN_CODE": ("iban", 1.0, 0.89),
    "IP_ADDRESS": ("ip", 1.0, 1.0),
    "US_SSN": ("ssn", 0.98, 1.0),
    "PHONE_NUMBER": ("phone", 0.91, 0.50),
}
"""Label in the data: our name, and the least precision and recall."""
PAIRS = ROOT / "benchmarks" / "similar" / "pairs.jsonl"
CONTRASTS = PAIRS.with_name("contrasts.tsv")
REPLIES = ROOT / "benchmarks" / "refusals" / "replies.jsonl"
XSTEST = {"1": "answer", "2": "refusal", "3": "partial"}
"""What the first letter of a label says of a reply."""
IN_VIEW = {"gpt4": "in view", "llama2new": "in view", "llama2orig": "counted but not read"}
"""Whether replies were looked at when the rules were written."""
SENTENCES = ROOT / "benchmarks" / "language" / "sentences.jsonl"


@dataclass(frozen=True)
class Figures:
    """Hold one page's figures as Markdown, and what fell below its floor."""

    page: str
    name: str
    text: str
    missed: tuple[str, ...] = ()


def pii(data: Path) -> Figures:
    """Compare spans with the labels: a finding is right where it meets a label of its kind."""
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    found: Counter[str] = Counter()
    entries = json.loads(_file(data, "presidio_synth.json").read_text(encoding="utf-8"))
    for entry in entries:
        spans = [
            (PII[span["entity_type"]][0], span["start_position"], span["end_position"])
            for span in entry["spans"]
            if span["entity_type"] in PII
        ]
        guesses = [(one.entity, one.start, one.end) for one in find_pii(entry["full_text"])]
        for guess in guesses:
            hit = any(_meet(guess, span) for span in spans)
            right[guess[0]] += hit
            wrong[guess[0]] += not hit
        for span in spans:
            labels[span[0]] += 1
            found[span[0]] += any(_meet(guess, span) for guess in guesses)
    rows, missed = [], []
    for entity, least_precision, least_recall in PII.values():
        precision = right[entity] / max(1, right[entity] + wrong[entity])
        recall = found[entity] / max(1, labels[entity])
        rows.append([entity, str(labels[entity]), f"{precision:.3f}", f"{recall:.3f}"])
        if precision < least_precision or recall < least_recall:
            missed.append(f"pii {entity}: {precision:.3f} / {recall:.3f}")
    plain = list(_plain_texts(data))
    alarms = Counter(one.entity for text in plain for one in find_pii(text))
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(alarms.items())) or "none"
    text = (
        f"{len(entries):,} synthetic texts of presidio-research:\n\n"
        + _table(["entity", "labelled", "precision", "recall"], rows)
        + f"\n\nFound in {len(plain):,} requests and sentences that people wrote, where little "
        f"should be: {kinds}."
    )
    return Figures("pii.md", "pii", text, tuple(missed))


def secrets(data: Path) -> Figures:
    """Count what is taken for a secret in texts that hold hardly any."""
    plain = list(_plain_texts(data))
    alarms = Counter(span.kind for text in plain for span in find_secrets(text))
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(alarms.items())) or "nothing"
    text = f"Found in {len(plain):,} requests and sentences that people wrote, many of them about "
    return Figures("secrets.md", "secrets", f"{text}programming: {kinds}.")


def profanity(data: Path) -> Figures:
    """Count the listed terms that are found, and the harmless texts in which something is."""
    listed: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for row in _rows(data, "surge_prof.csv"):
        listed[row["severity_description"]] += 1
        found[row["severity_description"]] += bool(find_profanity(row["text"], min_severity="mild"))
    rows = [
        [level, str(listed[level]), f"{found[level] / listed[level]:.1%}"]
        for level in ("Mild", "Strong", "Severe")
    ]
    comments: dict[str, list[str]] = {"Toxic": [], "Not Toxic": []}
    for row in _rows(data, "surge_tox.csv"):
        comments[row["is_toxic"]].append(row["text"])
    shares = {
        label: sum(bool(find_profanity(text)) for text in texts) / len(texts)
        for label, texts in comments.items()
    }
    plain = list(_plain_texts(data))
    words = Counter(
        text[one.start : one.end].lower() for text in plain for one in find_profanity(text)
    )
    hits = sum(words.values())
    text = (
        "Terms of the surge-ai profanity list, which has many exotic spellings and some words that "
        "are left out here on purpose:\n\n"
        + _table(["severity", "terms", "found"], rows)
        + f"\n\nComments of surge-ai in which something is found: {shares['Toxic']:.1%} of the "
        f"{len(comments['Toxic'])} toxic ones (not every insult swears), {shares['Not Toxic']:.1%} "
        f"of the {len(comments['Not Toxic'])} others, where people swear in a friendly way. In "
        f"{len(plain):,} requests and sentences that people wrote: {hits} findings of "
        f"{len(words)} different words."
    )
    return Figures("profanity.md", "profanity", text)


def injection(data: Path) -> Figures:
    """Count known attacks that are found, and harmless look-alikes that are not let be."""
    valid = json.loads(_file(data, "pi_valid.json").read_text(encoding="utf-8"))
    look_alikes = [
        entry
        for part in ("one", "two", "three")
        for entry in json.loads(
            _file(data, f"pi_NotInject_{part}.json").read_text(encoding="utf-8")
        )
    ]
    sets = {
        "direct attacks and jailbreaks (PIGuard valid, PINT)": [
            e for e in valid if e["label"] == 1 and e["source"].startswith("PINT")
        ],
        "instructions hidden in documents (PIGuard valid, BIPIA)": [
            e for e in valid if e["label"] == 1 and e["source"].startswith("BIPIA")
        ],
        "harmless prompts (PIGuard valid)": [e for e in valid if e["label"] == 0],
        "harmless look-alikes (NotInject)": look_alikes,
    }
    rows = []
    for name, entries in sets.items():
        hits = sum(injection_patterns(entry["prompt"])[0] >= 1 for entry in entries)
        rows.append([name, str(len(entries)), str(hits), f"{hits / len(entries):.1%}"])
    plain = list(_plain_texts(data))
    hits = sum(injection_patterns(text)[0] >= 1 for text in plain)
    rows.append(["requests and sentences that people wrote", f"{len(plain):,}", str(hits), ""])
    missed = [f"injection: {row}" for row in rows[2:4] if float(row[3].rstrip("%")) > 1.0]
    table = _table(["texts", "how many", "found", "share"], rows)
    return Figures("injection.md", "injection", table, tuple(missed))


def language(data: Path) -> Figures:
    """Tell the language of our own short sentences and of requests in English."""
    sentences = [json.loads(line) for line in SENTENCES.read_text(encoding="utf-8").splitlines()]
    rows, missed = [], []
    for name, about in (("seen", "in view"), ("unseen", "written after the rules were fixed")):
        own = [one for one in sentences if one["set"] == name]
        looks = [LanguageRules(value=(one["language"],)).look(one["text"], Said()) for one in own]
        found = Counter(look.found for look in looks)
        languages = len({one["language"] for one in own})
        rows.append([f"{len(own)} in {languages} languages, {about}", *_counts(found)])
        if found[False] < 0.95 * len(own):
            missed.append(f"language: {found[False]} of {len(own)} sentences, {about}")
    texts = [row["Request"] for name in ("wiki", "se") for row in _rows(data, f"{name}_polite.csv")]
    found = Counter(LanguageRules(value=("en",)).look(text, Said()).found for text in texts)
    rows.append([f"{len(texts):,} requests in Wikipedia and Stack Exchange", *_counts(found)])
    heads = ["sentences", "told right", "cannot tell", "taken for another language"]
    text = (
        "Our own sentences of two to seven words "
        "([benchmarks/language](../benchmarks/language/sentences.jsonl)), and what people wrote, "
        "nearly all in English; most of the texts there that are taken for another language are "
        "in one.\n\n" + _table(heads, rows)
    )
    return Figures("language.md", "language", text, tuple(missed))


def _counts(found: Counter[bool | None]) -> list[str]:
    return [f"{found[False]:,}", f"{found[None]:,}", f"{found[True]:,}"]


def refusal(data: Path) -> Figures:
    """Count refusals that are found, and answers that are called one."""
    own = [json.loads(line) for line in REPLIES.read_text(encoding="utf-8").splitlines()]
    sets = [
        (
            f"our own, {about}",
            [
                (one["text"], "refusal" if one["refuses"] else "answer")
                for one in own
                if one["set"] == name
            ],
        )
        for name, about in (("seen", "in view"), ("unseen", "written after the rules were fixed"))
    ]
    for path in sorted(data.rglob("xstest_*.csv")):
        model = path.stem.removeprefix("xstest_")
        replies = [(row["completion"], XSTEST[row["final_label"][0]]) for row in _read(path)]
        sets.append((f"{model} to XSTest, {IN_VIEW.get(model, 'not in view')}", replies))
    rows, missed = [], []
    for name, replies in sets:
        kinds = Counter(kind for _, kind in replies)
        found = Counter(kind for text, kind in replies if find_refusal(text))
        rows.append([name, *(f"{found[kind]} of {kinds[kind]}" for kind in XSTEST.values())])
        if found["refusal"] < 0.8 * kinds["refusal"] or found["answer"] > 0.1 * kinds["answer"]:
            missed.append(f"refusal: {rows[-1]}")
    heads = ["replies", "answers called a refusal", "refusals found", "partial refusals called one"]
    return Figures("refusal.md", "refusal", _table(heads, rows), tuple(missed))


def similar(_data: Path) -> Figures:
    """Compare our own pairs: the same in other words, nearly the same, something else."""
    pairs = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    values: dict[str, list[float]] = {"same": [], "near": [], "different": []}
    verdicts: Counter[tuple[str, str]] = Counter()
    for pair in pairs:
        values[pair["label"]].append(similarity(pair["a"], pair["b"]))
        trial = Trial(messages=(), responses=(Response(pair["b"]),), verdict="passed")
        finding = evaluate(SemanticEquals(value=pair["a"]), trial, CheckContext())
        verdicts[pair["label"], finding.verdict] += 1
    named = {
        "same": "the same in other words",
        "near": "nearly the same, with another fact",
        "different": "something else",
    }
    rows = [
        [
            named[label],
            str(len(found)),
            f"{min(found):.2f} / {statistics.median(found):.2f} / {max(found):.2f}",
            f"{sum(value >= 0.6 for value in found)}",
            *(str(verdicts[label, verdict]) for verdict in ("passed", "failed", "unsure")),
        ]
        for label, found in values.items()
    ]
    heads = ["pairs", "how many", "least / median / most", "similar (0.6)"]
    heads += [f"semantic_equals {verdict}" for verdict in ("passed", "failed", "unsure")]
    apart = min(values["same"]) > max(values["different"])
    text = "Our own pairs of sentences, [benchmarks/similar](../benchmarks/similar/pairs.jsonl):"
    missed = () if apart else ("similarity: the same and something else overlap",)
    tables = f"{text}\n\n{_table(heads, rows)}\n\n{_contrasts()}"
    return Figures("similarity.md", "similarity", tables, missed)


def _contrasts() -> str:
    """Return what becomes of pairs that are alike and differ in one thing, by what that is."""
    verdicts: dict[tuple[str, str], Counter[str]] = {}
    for line in CONTRASTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        part, kind, first, second = line.split("\t")
        trial = Trial(messages=(), responses=(Response(second),), verdict="passed")
        finding = evaluate(SemanticEquals(value=first), trial, CheckContext())
        verdicts.setdefault((part, kind), Counter())[finding.verdict] += 1
    seen = {"rules": "looked at while the rules were written", "held": "counted only"}
    rows = [
        [kind, seen[part], *(str(found[verdict]) for verdict in ("passed", "failed", "unsure"))]
        for (part, kind), found in verdicts.items()
    ]
    text = (
        "Pairs that differ in one thing, and such that say the same, under `semantic_equals`, "
        + ("[by the same hand as the rules](../benchmarks/similar/contrasts.tsv):")
    )
    heads = [
        "what differs",
        "pairs",
        *(f"semantic_equals {v}" for v in ("passed", "failed", "unsure")),
    ]
    return f"{text}\n\n{_table(heads, rows)}"


def speed(data: Path) -> str:
    """Return a table of milliseconds for a text of about 1,000 characters."""
    text = " ".join(text for text, _ in zip(_plain_texts(data), range(40), strict=False))[:1000]
    finders: dict[str, Callable[[str], object]] = {
        "personal data": find_pii,
        "secrets": find_secrets,
        "profanity": find_profanity,
        "injection patterns": injection_patterns,
        "language": guess_language,
        "refusals": find_refusal,
    }
    rows = []
    for name, find in finders.items():
        find(text)
        started = time.perf_counter()
        for _ in range(50):
            find(text)
        rows.append([name, f"{(time.perf_counter() - started) * 20:.2f}"])
    return _table(["detector", "ms"], rows)


def _meet(first: tuple[str, int, int], second: tuple[str, int, int]) -> bool:
    return first[0] == second[0] and first[1] < second[2] and first[2] > second[1]


def _plain_texts(data: Path) -> Iterator[str]:
    for name in ("wiki", "se"):
        yield from (row["Request"] for row in _rows(data, f"{name}_polite.csv"))
    for path in sorted(data.rglob("pavlick_*.tsv")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        yield from (line.split("\t")[-1] for line in lines)


def _rows(data: Path, name: str) -> list[dict[str, Any]]:
    return _read(_file(data, name))


def _file(data: Path, name: str) -> Path:
    """Return a file of the data, in whichever of its folders it lies."""
    found = next(data.rglob(name), None)
    if found is None:
        sys.exit(f"{data} has no {name}, which the figures are of")
    return found


def _read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _table(heads: list[str], rows: Iterable[list[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def write(figures: Figures) -> None:
    """Put figures into their page, between its markers."""
    path = ROOT / "docs" / figures.page
    marked = re.compile(
        rf"(<!-- figures: {figures.name} -->\n).*?(<!-- end figures -->)", re.DOTALL
    )
    page, count = marked.subn(
        lambda match: f"{match[1]}\n{figures.text}\n\n{match[2]}", path.read_text(encoding="utf-8")
    )
    if not count:
        sys.exit(f"{path} has no place for the figures {figures.name!r}")
    path.write_text(page, encoding="utf-8")


def main() -> int:
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    if len(words) != 1 or not Path(words[0]).is_dir():
        print(__doc__)
        return 2
    data = Path(words[0])
    missed: list[str] = []
    for measure in (pii, secrets, profanity, injection, language, refusal, similar):
        figures = measure(data)
        print(f"\n## {figures.name}\n\n{figures.text}")
        missed += figures.missed
        if "--write" in sys.argv:
            write(figures)
    print(f"\n## milliseconds for 1,000 characters\n\n{speed(data)}")
    for line in missed:
        print(f"below its floor: {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
