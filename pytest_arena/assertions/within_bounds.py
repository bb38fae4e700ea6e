"""The base of assertions that count something and hold it against bounds."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.schema.assertion import Assertion
from pytest_arena.schema.base import NotNull


class WithinBounds(Assertion):
    """An assertion with a lower and an upper bound, of which one at least is given."""

    min: Annotated[int | None, NotNull] = Field(default=None, ge=0)
    """How many there are at least."""
    max: Annotated[int | None, NotNull] = Field(default=None, ge=0)
    """How many there may be."""

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.min is None and self.max is None:
            raise PydanticCustomError(
                "bounds",
                "{type} has neither min nor max",
                {"type": self.type, "expected": "min, max or both", "fix": "add max: …"},
            )
        if self.min is not None and self.max is not None and self.max < self.min:
            raise bad_bounds("min", "max")
        return self


def bad_bounds(least: str, most: str) -> PydanticCustomError:
    """Return the mistake of bounds between which there is nothing."""
    return PydanticCustomError(
        "bounds",
        "{most} is less than {least}",
        {"least": least, "most": most, "expected": f"{least} at most as large as {most}"},
    )
