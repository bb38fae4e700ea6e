"""Names of cells that may not be shown."""

from __future__ import annotations

from pytest_arena.errors import Location, Problem, UserError
from pytest_arena.loading.plans import Arena
from pytest_arena.text.redaction import Redactor


def refuse_secret_names(arena: Arena, redactor: Redactor) -> None:
    """Refuse names of cells that hold a secret: pytest and its plug-ins show and keep them."""
    names = [plan.name for plan in arena.cells]
    every = "\n".join(names)
    if redactor.clean(every) == every:
        return
    found = next((p for p in arena.cells if redactor.clean(p.name) != p.name), None)
    if found is not None:
        raise UserError(
            Problem(
                f"the name of the case {redactor.clean(found.case.name)!r} holds a secret",
                Location(found.case.source or arena.file, found.case.line, 1),
                expected="a name that may be shown, since terminals, caches and reports have it",
                fix="name it otherwise, or the variable of the environment whose value it is: what "
                "is named …KEY, …TOKEN, …SECRET or …PASSWORD is taken for a secret",
            )
        )
