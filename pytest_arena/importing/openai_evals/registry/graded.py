"""Specs of grading models (`modelgraded_spec`) as judges of an arena."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from pytest_arena.importing.made import LeftOutError, Made
from pytest_arena.importing.openai_evals.messages import read_messages
from pytest_arena.importing.openai_evals.registry.specs import EvalSpec
from pytest_arena.loading.tree import YamlMap, plain

_HALF = 0.5
TEXTS = "texts"
"""The variable that holds what a sample says, as texts, by its keys."""


class GradedSpec:
    """One spec: what the model is told, and the choices that it has."""

    def __init__(self, spec: EvalSpec, tree: YamlMap) -> None:
        self.notes: list[tuple[str, str]] = []
        self._spec, self._tree = spec, tree
        pairs = plain(tree.get("input_outputs"))
        if not isinstance(pairs, dict) or not pairs:
            raise LeftOutError("its modelgraded spec has no input_outputs")
        self.pairs: dict[str, str] = {str(key): str(value) for key, value in pairs.items()}
        self._refuse_several()
        # what cannot be read at all is no matter of single samples
        self._needed = self._names()

    @property
    def name(self) -> str:
        return str(self._spec.arg("modelgraded_spec"))

    @property
    def given(self) -> Mapping[str, Any]:
        """What the eval itself fills into the prompt."""
        found = self._spec.arg("modelgraded_spec_args")
        return found if isinstance(found, dict) else {}

    def asked(self, sample: Mapping[str, Any]) -> str:
        """Return the key of the sample that is sent, whose answer is graded."""
        open_ones = [key for key, value in self.pairs.items() if value not in sample]
        if len(open_ones) != 1:
            raise LeftOutError(
                f"{len(open_ones)} answers of one sample are graded together"
                if open_ones
                else "the sample has its answer already",
                "preferred_over compares the answers of two columns" if open_ones else "",
            )
        return open_ones[0]

    def texts(self, sample: Mapping[str, Any]) -> dict[str, str]:
        """Return what the prompt needs of a sample; what it lacks is a `LeftOutError`."""
        answer = self.pairs[self.asked(sample)]
        made: dict[str, str] = {}
        for name in self._needed:
            if name == answer or name in self.given:
                continue
            if name not in sample:
                raise LeftOutError(f"the sample has no {name}, which the prompt names")
            made[name] = _as_text(sample[name])
        return made

    def assertion(self, answer: str) -> Made:
        """Return the judge for samples whose answer is called so."""
        if self.name == "fact" and "choice_scores" not in self._tree:
            self.notes.append(
                ("factuality asks for how the facts stand to the ideal ones", "D fails there")
            )
            return {"type": "factuality", "reference": f"{{{{ {TEXTS}.ideal }}}}"}
        choices, scores = self._choices(), self._scores()
        made: Made = {"type": "llm_judge", "criteria": self._criteria(answer)}
        if scores is None:
            self.notes.append(
                ("no choice_scores: choices are counted there, and none fails", "weight: 0 here")
            )
            steps = max(len(choices) - 1, 1)
            even = [
                {"level": one, "score": round(1 - place / steps, 6)}
                for place, one in enumerate(choices)
            ]
            return {**made, "rubric": even, "weight": 0}
        low, high = min(scores.values()), max(scores.values())
        if low == high:
            raise LeftOutError("all of its choices score the same")
        self.notes.append(
            (
                "its scores are averaged there, and no sample passes or fails",
                f"a choice of at least {low + (high - low) / 2:g} passes here",
            )
        )
        rubric = [
            {"level": one, "score": round((scores[one] - low) / (high - low), 6)} for one in choices
        ]
        return {**made, "rubric": rubric, "min_score": _HALF}

    def _refuse_several(self) -> None:
        several = self._spec.arg("multicomp_n")
        if several not in (None, 1):
            raise LeftOutError(
                f"multicomp_n: {several}, so that several answers are graded together",
                "preferred_over compares the answers of two columns",
            )
        if self._spec.arg("metaeval"):
            raise LeftOutError(
                "a check of the grading model itself (metaeval)",
                "arena calibrate measures a judge by labelled answers (docs/judging.md)",
            )

    def _choices(self) -> list[str]:
        given = self._tree.get("choice_strings")
        if isinstance(given, (int, str)):
            text = self._tree.spelling("choice_strings") if isinstance(given, int) else given
            if text.startswith("from_n"):
                raise LeftOutError(f"choice_strings: {text}, one for each of several answers")
            return list(text)
        found = plain(given)
        if not isinstance(found, list) or not found:
            raise LeftOutError("its modelgraded spec has no choice_strings")
        return [str(one) for one in found]

    def _scores(self) -> dict[str, float] | None:
        given = plain(self._tree.get("choice_scores"))
        if given is None:
            return None
        choices = self._choices()
        try:
            if given == "from_strings":
                return {one: float(one) for one in choices}
            return {one: float(given[one] if one in given else given[int(one)]) for one in choices}
        except (KeyError, TypeError, ValueError):
            raise LeftOutError("its choice_scores are no numbers of its choices") from None

    def _prompt(self) -> str:
        said = read_messages(plain(self._tree.get("prompt")))
        return "\n\n".join(one.text for one in said)

    def _names(self) -> list[str]:
        return [name for _, name in _pieces(self._prompt()) if name is not None]

    def _criteria(self, answer: str) -> str:
        made = []
        for text, name in _pieces(self._prompt()):
            made.append(text.replace("{{", "\\{{"))
            if name == answer:
                made.append("[the answer]")
            elif name is not None and name in self.given:
                made.append(str(self.given[name]).replace("{{", "\\{{"))
            elif name is not None:
                made.append(f"{{{{ {TEXTS}.{name} }}}}")
        return "".join(made).strip()


def _pieces(template: str) -> list[tuple[str, str | None]]:
    """Return the parts of a template of Python's: a text, and the name that follows it."""
    try:
        return [(text, name) for text, name, _, _ in string.Formatter().parse(template)]
    except ValueError as error:
        raise LeftOutError(f"its prompt is no template of Python's: {error}") from None


def _as_text(value: Any) -> str:
    """Return what a sample has as the text that a grading model reads: a chat with its roles."""
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        if len(value) == 1:
            return str(value[0].get("content", ""))
        return "".join(f"{_who(one)}{one.get('content', '')}\n" for one in value).lstrip()
    return str(value)


def _who(message: Mapping[str, Any]) -> str:
    role = str(message.get("name") or message.get("role") or "")
    known = {"system": "", "example_user": "User: ", "example_assistant": "Assistant: "}
    return known.get(role, f"{role.capitalize()}: ")
