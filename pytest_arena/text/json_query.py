"""JMESPath expressions of an arena file: compiled when it is loaded."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def why_no_path(text: str) -> str | None:
    """Return what is wrong with a JMESPath expression, or None where it compiles."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        jmespath.compile(text)
    except JMESPathError as error:
        said = str(error).splitlines()[0].rstrip(":")
        return said.removeprefix("Invalid jmespath expression: ")
    return None


def check_path(path: str) -> str:
    """Return an expression that compiles; any other is a validation error with what is wrong."""
    problem = why_no_path(path)
    if problem is not None:
        raise PydanticCustomError(
            "json_path",
            "bad JMESPath expression {given}: {problem}",
            {
                "given": repr(path),
                "problem": problem,
                "expected": "a JMESPath expression: a.b, items[0].id, items[?price > `5`].id",
            },
        )
    return path


JmesPath = Annotated[str, AfterValidator(check_path)]
"""A JMESPath expression."""
