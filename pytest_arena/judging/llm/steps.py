"""A judge's reply that chooses a level by numbered steps, each of which it quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.llm.items import number_in
from pytest_arena.judging.llm.levels import Levels
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.judging.llm.quotes import given_quotes, is_evidence, stands_in
from pytest_arena.judging.llm.reply_json import refuse
from pytest_arena.light_dataclass import dataclass

_NUMBER_KEYS = ("step", "step_number", "number")
_IN_TEXT = re.compile(r"\W*step\W*(\d{1,4})\b[^\w\"'{(\[]*(.*)", re.IGNORECASE | re.DOTALL)
"""A quote with its step before it, as in `[step 3] calls the tool refund`."""
_KEY = re.compile(r"(?:step)?[\s_#]*\d{1,4}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NumberedStep(Material):
    """One step of what happened, as a judge reads it: its number, and whose doing it is."""

    number: int = 0
    whose: str = ""
    left_out: int = 0
    """How many characters of it are not shown."""


@dataclass(frozen=True, slots=True)
class StepLevels(Levels):
    """The reader of a reply that chooses one level by steps; each quote must stand in its step.

    `whose` names those whose steps may be quoted; none means everybody's.
    """

    quoted_from: tuple[str, ...] = ("steps",)
    whose: tuple[str, ...] = ()

    def evidence(self, value: Any, material: Sequence[Material]) -> tuple[str, ...]:
        """Return the quotes that a judgement rests on, each with its step's number."""
        steps = [one for one in material if isinstance(one, NumberedStep)]
        found = []
        for number, quote in _with_numbers(value):
            step = self._step(number, quote, steps)
            if is_evidence(quote, [step]):
                if not stands_in(quote, step.text):
                    where = ", ".join(f"{s.number}" for s in steps if stands_in(quote, s.text))
                    refuse(
                        f"the quote {quoted(quote, 100)} does not occur in step {step.number}"
                        + (f", it does in {where}" if where else "")
                    )
                found.append(f"step {step.number}: {quote}")
        return tuple(dict.fromkeys(found))

    def _step(self, number: int | None, quote: str, steps: Sequence[NumberedStep]) -> NumberedStep:
        """Return the step of a quote; without a number it is the first in which it stands."""
        usable = [one for one in steps if not self.whose or one.whose in self.whose]
        if number is None:
            step = next((one for one in usable if stands_in(quote, one.text)), None)
            if step is None:
                refuse(f"the quote {quoted(quote, 100)} does not occur in {self._whose_steps()}")
            return step
        step = next((one for one in steps if one.number == number), None)
        if step is None:
            refuse(f"there is no step {number}, the steps are 1 to {len(steps)}")
        if step not in usable:
            refuse(f"step {number} is not one of {' and '.join(self.whose)}")
        return step

    def _whose_steps(self) -> str:
        return f"any step of {' and '.join(self.whose)}" if self.whose else "any step"


def _with_numbers(value: Any) -> Iterator[tuple[int | None, str]]:
    """Yield the quotes in a judge's evidence, each with the number of the step it was given."""
    if isinstance(value, str):
        lines = [line for line in value.splitlines() if line.strip()]
        if len(lines) > 1 and all(_IN_TEXT.fullmatch(line) for line in lines):
            for line in lines:
                yield from _with_numbers(line)
        elif value:
            written = _IN_TEXT.fullmatch(value)
            yield (int(written[1]), written[2]) if written else (None, value)
    elif isinstance(value, list):
        for one in value:
            yield from _with_numbers(one)
    elif isinstance(value, Mapping):
        yield from _in_mapping(value)
    elif value is not None:
        refuse("'evidence' is not a list of steps with a quote each")


def _in_mapping(value: Mapping[str, Any]) -> Iterator[tuple[int | None, str]]:
    key = next((key for key in _NUMBER_KEYS if value.get(key) is not None), None)
    if key is None and value and all(_KEY.fullmatch(name) for name in value):
        # each step's number with its quote, as {"step 3": "…"}
        pairs: list[tuple[Any, Any]] = list(value.items())
    elif key is None:
        pairs = [(None, dict(value))]
    else:
        pairs = [(value[key], {name: one for name, one in value.items() if name != key})]
    for given, said in pairs:
        number = None if given is None else number_in(given)
        quotes = given_quotes(said)
        if quotes is None or not (number is None or type(number) is int):
            refuse("'evidence' is not a list of steps with a quote each")
        yield from ((number, quote) for quote in quotes)
