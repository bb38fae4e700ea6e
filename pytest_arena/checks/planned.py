"""One check in Python: what must hold, as a cell's plan, and the answer, as its trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.checks.conversation import Conversation
from pytest_arena.checks.surroundings import Surroundings
from pytest_arena.checks.written import of_one_answer, written_assertions
from pytest_arena.errors import Location
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.plans import CasePlan, CellPlan
from pytest_arena.results.request_response import Response
from pytest_arena.results.trial import Trial
from pytest_arena.schema import ProviderSpec


@dataclass(frozen=True, slots=True)
class PlannedCheck:
    """One check that is ready to be judged."""

    plan: CellPlan
    trial: Trial

    @classmethod
    def of(
        cls,
        around: Surroundings,
        place: Location,
        response: Response,
        said: Conversation,
        given: Any,
        named: Mapping[str, Any],
        *,
        file: str,
        case: str,
        column: ProviderSpec,
        index: int = 0,
        under: CasePlan | None = None,
    ) -> PlannedCheck:
        """Return the check of an answer to what was said; a mistake in what is written (`given`
        and `named`) is a `UserError`.

        `under` is what was asked, where that is known.
        """
        written = written_assertions(given, named, place, around.context(place))
        plan = around.plan(
            file=file,
            case=case,
            column=column,
            said=said,
            assertions=of_one_answer(written, place),
            place=place,
            under=under,
        )
        return cls(plan, Trial(said.messages, (response,), verdict="error", index=index))
