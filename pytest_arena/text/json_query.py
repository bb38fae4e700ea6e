"""JMESPath expressions of an arena file: compiled when it is loaded, and looked up in JSON."""

from __future__ import annotations

import math
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from pytest_arena.text.folding import in_nfc

_SEVERAL = frozenset({"projection", "filter_projection", "value_projection", "flatten"})
"""The nodes of an expression whose list is of what they found, and not one of the document's."""


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
    """Return an expression that compiles, in NFC as the JSON of answers; any other is a validation
    error with what is wrong."""
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
    return in_nfc(path)


JmesPath = Annotated[str, AfterValidator(check_path)]
"""A JMESPath expression."""


def look_up(path: str, value: Any) -> Any:
    """Return where an expression leads to in a JSON value; None for nothing.

    Raises jmespath's errors, also where figures are too large to be calculated with.
    """
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.search(path, value, _options())
    except ArithmeticError as error:
        raise JMESPathError(str(error)) from error


def finds_something(path: str, found: Any) -> bool:
    """Return whether what `look_up` gave is there: a filter or a projection that nothing fits
    gives an empty list, which is nothing."""
    return found is not None and not (found == [] and _gives_several(path))


def _gives_several(path: str) -> bool:
    import jmespath

    node = jmespath.compile(path).parsed
    while node["type"] == "pipe":
        node = node["children"][-1]
    return node["type"] in _SEVERAL


@cache
def _options() -> Any:
    import jmespath
    from jmespath.functions import Functions, signature

    class JsonFunctions(Functions):
        """JMESPath's functions, where `NaN` and `Infinity` are no numbers, as in JSON."""

        @signature({"types": []})
        def _func_to_number(self, given: Any) -> Any:
            found = super()._func_to_number(given)  # type: ignore[misc]  # not in its stubs
            if isinstance(found, float) and not math.isfinite(found):
                return None
            return found

    return jmespath.Options(custom_functions=JsonFunctions())
