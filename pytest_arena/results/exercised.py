"""What a file has to exercise, and what a cell's trials exercised, by the same names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pytest_arena.results.cell import Cell
from pytest_arena.results.trial import Trial

Kind = Literal["prompts", "tools", "steps", "states", "transitions", "variables", "values"]


def step_name(target: str, step: str) -> str:
    """Return what a step of a chain, or a state of a workflow, is called among those of a file."""
    return f"{target}/{step}"


def transition_name(target: str, state: str, event: str, following: str) -> str:
    """Return what the way from a state to another by an event is called."""
    return f"{target}/{state} → {following} ({event})"


def value_name(variable: str, value: str) -> str:
    """Return what a value of a matrix is called."""
    return f"{variable}={value}"


def exercised(cell: Cell) -> Iterator[tuple[Kind, str]]:
    """Give what a cell exercised, things several times over; nothing where nobody answered."""
    trials = [*cell.trials, *cell.confirmation, *cell.sample]
    answered = [trial for trial in trials if trial.responses]
    if not answered:
        return
    if cell.prompt is not None:
        yield "prompts", cell.prompt
    for name, value in cell.variables.items():
        yield "variables", name
        yield "values", value_name(name, value)
    for trial in answered:
        yield from _in_trial(trial, cell.target or "")


def _in_trial(trial: Trial, target: str) -> Iterator[tuple[Kind, str]]:
    for response in trial.responses:
        for call in response.tool_calls:
            yield "tools", call.name
        for step in response.steps:
            if step.kind == "instruction":
                yield "steps", step_name(target, step.name)
            elif step.kind == "state":
                yield "states", step_name(target, step.name)
                if step.next:
                    yield "transitions", transition_name(target, step.name, step.event, step.next)
