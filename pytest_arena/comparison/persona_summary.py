"""What simulated users said and cost, apart from the answers."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.cell import Cell
from pytest_arena.results.persona import PersonaMessage


@dataclass(frozen=True, slots=True)
class PersonaSummary:
    """The figures of one simulated user, over all trials.

    `done`, `gave_up` and `at_limit` count its conversations by why it stopped; `unknown` counts
    messages of unknown cost, which make `cost_usd` a lower bound.
    """

    name: str
    models: tuple[str, ...]
    """What played it; the provider's name where that tells no model."""
    messages: int
    done: int
    gave_up: int
    at_limit: int
    cost_usd: float | None
    unknown: int


def persona_summaries(cells: Iterable[Cell]) -> tuple[PersonaSummary, ...]:
    """Return one summary a persona, in the order of their first words."""
    found: dict[str, list[PersonaMessage]] = {}
    for cell in cells:
        for trial in (*cell.trials, *cell.extra_trials):
            for message in trial.personas:
                found.setdefault(message.persona, []).append(message)
    return tuple(_summary(name, said) for name, said in found.items())


def _summary(name: str, said: list[PersonaMessage]) -> PersonaSummary:
    ends = [message.ended for message in said]
    known = [message.cost_usd for message in said if message.cost_usd is not None]
    return PersonaSummary(
        name=name,
        models=tuple(dict.fromkeys(filter(None, (_player(one) for one in said)))),
        messages=sum(bool(one.text) for one in said),
        done=ends.count("done"),
        gave_up=ends.count("patience"),
        at_limit=ends.count("max_turns"),
        cost_usd=sum(sorted(known)) if known else None,
        unknown=len(said) - len(known),
    )


def _player(message: PersonaMessage) -> str:
    """Return what played a persona; nothing where that is called as it is."""
    provider = message.provider if message.provider != message.persona else ""
    return message.model or provider
