"""What every part of a run in this process needs to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_arena.collection.node_ids import ArenaNames
from pytest_arena.light_dataclass import dataclass
from pytest_arena.options import Settings
from pytest_arena.registry import Registry
from pytest_arena.text.redaction import Redactor

if TYPE_CHECKING:
    from pytest_arena.gating.gatekeeper import Gatekeeper
    from pytest_arena.recording.earlier_run import EarlierRun


@dataclass(frozen=True, slots=True)
class RunContext:
    """The run's settings and names; `gatekeeper` is None where nothing is compared, `earlier` where
    no earlier run is judged again. `redactor` takes secrets out of all that leaves the process."""

    config: pytest.Config
    settings: Settings
    registry: Registry
    names: ArenaNames
    redactor: Redactor
    gatekeeper: Gatekeeper | None
    earlier: EarlierRun | None = None
