"""Cases and columns that are wrong by themselves, in files of which the others can run."""

from __future__ import annotations

from dataclasses import field

from pytest_arena.errors import Problem
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext

_ByName = dict[str, tuple[Problem, ...]]


@dataclass(slots=True)
class Refused:
    """What of a file cannot run, with its problems: they are told there, and nowhere else."""

    cases: _ByName = field(default_factory=dict)
    columns: _ByName = field(default_factory=dict)
    settled: set[Problem] = field(default_factory=set)

    def take(self, context: LoadContext) -> bool:
        """Keep what a file's problems are about.

        Returns False, and keeps nothing, where a problem is the whole file's, since nothing can run
        then.
        """
        cases, columns = _Found(context.refused), _Found(context.refused_columns)
        for problem in context.problems:
            place = problem.place
            about = [one for one in context.regions if place is not None and one.holds(place)]
            if not about:
                return False
            names = {name for region in about for name in region.cases}
            those = {name for region in about for name in region.columns}
            for name in sorted(names) or ([] if those else [""]):
                cases.add(name, problem)
            for name in sorted(those):
                columns.add(name, problem)
        cases.into(self.cases)
        columns.into(self.columns)
        self.settled |= set(context.problems)
        return True


class _Found:
    """Problems by the names of what they are about."""

    def __init__(self, known: _ByName) -> None:
        self._found = {name: list(problems) for name, problems in known.items()}

    def add(self, name: str, problem: Problem) -> None:
        self._found.setdefault(name, []).append(problem)

    def into(self, kept: _ByName) -> None:
        """Add them to those that are kept, each once."""
        for name, problems in self._found.items():
            kept[name] = tuple(dict.fromkeys((*kept.get(name, ()), *problems)))
