"""A file is validated by the keys that it has, and told of as by the whole model."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from pytest_arena.schema import ArenaSpec
from pytest_arena.schema.arena import spec_of_keys


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"name": "shop", "defaults": {"trials": 2, "timeout": "3s"}},
        {"variants": [{"name": "a"}], "budget": {"max_cost": 1}},
        {"gates": [{"metric": "pass_rate", "min": 0.5}], "schedule": "daily"},
        {"comparison": {"metrics": ["cost"]}, "variables": {"a": [1]}, "x": 1, "nmae": "shop"},
        {"arena": 2, "defaults": {"trials": 0, "retires": 1}, "budget": 3},
    ],
)
def test_it_tells_what_the_whole_model_tells(written: dict[str, Any]) -> None:
    assert _told(spec_of_keys(frozenset(written)), written) == _told(ArenaSpec, written)


def _told(model: type[ArenaSpec], written: dict[str, Any]) -> Any:
    try:
        return model.model_validate(written).model_dump()
    except ValidationError as error:
        return error.errors(include_url=False)
