"""Read the public data sets that the tone scorer is fitted on and measured with.

They are not part of the project: docs/model-card-tone.md says where each comes from. All stand in
one folder, which is given as an argument or in `TONE_DATA`.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Rated = tuple[list[str], Numbers]
"""Texts, and what people said of each."""

EMAILS = Path(__file__).with_name("emails.tsv")
"""E-mails and replies in formal words, rude or polite, by part; part of the project."""
FORMALITY_SETS = ("answers", "blog", "email", "news")
GOOD = frozenset(
    [
        "admiration",
        "amusement",
        "approval",
        "caring",
        "desire",
        "excitement",
        "gratitude",
        "joy",
        "love",
        "optimism",
        "pride",
        "relief",
    ]
)
BAD = frozenset(
    [
        "anger",
        "annoyance",
        "disappointment",
        "disapproval",
        "disgust",
        "embarrassment",
        "fear",
        "grief",
        "nervousness",
        "sadness",
    ]
)
HOSTILE = frozenset(["anger", "annoyance", "disgust"])
FRIENDLY = frozenset(
    [
        "gratitude",
        "caring",
        "approval",
        "admiration",
        "neutral",
        "curiosity",
        "optimism",
        "joy",
        "realization",
        "remorse",
    ]
)
_APART = re.compile(r" (n't|'s|'re|'ve|'ll|'m|'d)\b")
_BEFORE = re.compile(r" ([.,!?;:)\]])")
_AFTER = re.compile(r"([(\[]) ")


def folder_from_arguments() -> Path:
    """Return the folder with the data; end with a message where there is none."""
    named = next((a for a in sys.argv[1:] if not a.startswith("-")), os.environ.get("TONE_DATA"))
    if not named or not Path(named).is_dir():
        sys.exit(
            "name the folder with the data sets, as an argument or in TONE_DATA "
            "(docs/model-card-tone.md lists them)"
        )
    return Path(named)


@dataclass(frozen=True)
class ToneData:
    """Read the data sets of one folder, each when it is asked for."""

    folder: Path

    def politeness(self, source: str) -> Rated:
        """Requests on Wikipedia (`wiki`) or Stack Exchange (`se`) and their mean politeness."""
        rows = [row for row in self._rows(f"{source}_polite.csv") if row["Request"]]
        return [row["Request"] for row in rows], np.array(
            [float(row["Normalized Score"]) for row in rows]
        )

    def formality(self, genre: str) -> Rated:
        """Sentences of a genre and their mean formality, from -3 to 3."""
        texts, scores = [], []
        path = self._file(f"pavlick_{genre}.tsv")
        for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
            parts = line.split("\t")
            try:
                score = float(parts[0])
            except ValueError:
                continue
            if len(parts) >= 4:
                texts.append(_detokenized(parts[3]))
                scores.append(score)
        return texts, np.array(scores)

    def emotions(self, part: str) -> tuple[list[str], list[frozenset[str]]]:
        """Comments on Reddit and the emotions that people saw in each."""
        names = self._file("goemo_labels.txt").read_text(encoding="utf-8").split()
        texts, labels = [], []
        for line in self._file(f"goemo_{part}.tsv").read_text(encoding="utf-8").split("\n"):
            text, _, rest = line.partition("\t")
            if rest:
                texts.append(text)
                labels.append(frozenset(names[int(n)] for n in rest.split("\t")[0].split(",")))
        return texts, labels

    def abuse(self, part: str) -> Rated:
        """What users said to chat bots, and whether most of the raters took it for abuse (1)."""
        texts, labels = [], []
        for row in self._rows(f"convabuse_{part}.csv"):
            votes = [
                float(name.split("is_abuse.")[1])
                for name, value in row.items()
                if "is_abuse" in name and value.split(",")[0].strip() in ("1", "1.0")
            ]
            if votes:
                texts.append(row["user"])
                labels.append(float(sum(votes) / len(votes) < 0))
        return texts, np.array(labels)

    def toxicity(self) -> Rated:
        """Comments on social media, and whether each is toxic (1)."""
        rows = self._rows("surge_tox.csv")
        return [row["text"] for row in rows], np.array(
            [float(row["is_toxic"] == "Toxic") for row in rows]
        )

    def replies(self, name: str) -> list[dict[str, object]]:
        """Replies written by hand, each with the tones that it has (`yes`) and may have."""
        lines = self._file(f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def _rows(self, name: str) -> list[dict[str, str]]:
        with self._file(name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def _file(self, name: str) -> Path:
        """Return a file of the folder or of one below it."""
        found = next(self.folder.rglob(name), None)
        if found is None:
            raise SystemExit(f"there is no {name} in {self.folder}")
        return found


def emails(*parts: str) -> Rated:
    """E-mails and replies in formal words of some parts, and whether each is rude (1)."""
    lines = EMAILS.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    kept = [(text, float(kind == "rude")) for kind, part, text in rows if part in parts]
    return [text for text, _ in kept], np.array([rude for _, rude in kept])


def outer_quarters(rated: Rated) -> Rated:
    """Return the texts in the lowest (0) and in the highest (1) quarter of the ratings."""
    texts, scores = rated
    low, high = np.quantile(scores, [0.25, 0.75])
    kept = [i for i, score in enumerate(scores) if score <= low or score >= high]
    return [texts[i] for i in kept], np.array([float(scores[i] >= high) for i in kept])


def _detokenized(text: str) -> str:
    text = _AFTER.sub(r"\1", _BEFORE.sub(r"\1", _APART.sub(r"\1", text)))
    return text.replace("`` ", '"').replace(" ''", '"')
