"""Rows by what they send and what they lack: the parts that become a case each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any

from pytest_arena.importing.findings import Findings
from pytest_arena.importing.made import LeftOutError
from pytest_arena.importing.openai_evals.hosted.grader import Grader, paths_of
from pytest_arena.importing.openai_evals.hosted.prompts import Prompt, prompt_of
from pytest_arena.importing.openai_evals.hosted.questions import Questions, Row
from pytest_arena.importing.openai_evals.hosted.templates import is_there
from pytest_arena.importing.openai_evals.messages import Said
from pytest_arena.light_dataclass import dataclass


@dataclass(slots=True)
class Part:
    """Rows that become one case: they send the same, and lack the same."""

    prompt: Prompt
    lost: list[str]
    without: frozenset[int]
    """The graders, by their number, that have nothing to grade."""
    rows: list[tuple[int, Row]] = field(default_factory=list)


def parts_of(
    rows: Sequence[tuple[int, Row]],
    questions: Questions,
    graders: Sequence[Grader],
    findings: Findings,
) -> list[Part]:
    """Return the parts of rows, those that lack nothing and are largest first; what is lacking is
    told."""
    parts: dict[Any, Part] = {}
    needed = [
        [path for path in paths_of(grader) if path.startswith("item") and path != grader.answer]
        for grader in graders
    ]
    for number, row in rows:
        lost: list[str] = []
        prompt = _prompt(row, questions, lost, findings)
        missing = {
            index: [path for path in paths if not is_there(path, row.item)]
            for index, paths in enumerate(needed)
        }
        without = frozenset(index for index, paths in missing.items() if paths)
        for index in sorted(without):
            named = ", ".join(missing[index])
            findings.left_out(row.place, f"{graders[index].name}: the row has no {named}")
            lost.append(graders[index].name)
        key = (prompt, tuple(lost), without)
        parts.setdefault(key, Part(prompt, lost, without)).rows.append((number, row))
    return sorted(parts.values(), key=lambda part: (bool(part.lost), -len(part.rows)))


def _prompt(row: Row, questions: Questions, lost: list[str], findings: Findings) -> Prompt:
    place = questions.place or row.place
    try:
        prompt = prompt_of(row, questions)
    except LeftOutError as error:
        findings.left_out(place, f"the prompt: {error}", error.instead)
        lost.append("its prompt")
        return Prompt((Said("user", "{{ item }}"),))
    if prompt.missing:
        findings.left_out(row.place, f"the prompt: the row has no {', '.join(prompt.missing)}")
        lost.append("all of its prompt")
    if prompt.said[-1].role != "user":
        findings.alike(
            place, f"the last message is the {prompt.said[-1].role}'s", "it is sent as a user's"
        )
    return prompt
