"""Generation parameters as a file says them; what no call could be made with is refused."""

import math
from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

_NOT_FOR_PARAMS = {
    "model": "write model: … beside params",
    "messages": "write the messages in the case: prompt, system, messages",
    "stream": "leave it out: an answer is streamed where a check needs its first token",
    "api_key": "set its environment variable, or name another one in the entry: api_key_env: …",
    **{
        name: f"write {own}: … in the entry of the provider"
        for own, names in {
            "api_base": ("api_base", "base_url"),
            "api_key_env": ("api_key_env",),
            "headers": ("headers", "extra_headers"),
            "timeout": ("timeout", "request_timeout"),
            "retries": ("retries", "num_retries", "max_retries"),
        }.items()
        for name in names
    },
}
"""What goes beside the parameters, where client libraries take all of it as arguments."""
_NUMBERS = ("temperature", "top_p", "min_p", "presence_penalty", "frequency_penalty")
_COUNTS = ("max_tokens", "max_completion_tokens", "top_k", "seed", "n")


def _check(params: dict[str, Any]) -> dict[str, Any]:
    for name, value in params.items():
        if name in _NOT_FOR_PARAMS:
            raise _refusal(
                f"{name!r} cannot be set there", "generation parameters", _NOT_FOR_PARAMS[name]
            )
        is_whole = name in _COUNTS
        if (is_whole or name in _NUMBERS) and not _may_be_number(value, whole=is_whole):
            meant = value if isinstance(value, str) and read_number(name, value) != value else None
            fix = f"write {name}: {meant or (500 if is_whole else 0.2)}"
            expected = "a whole number" if is_whole else "a number"
            raise _refusal(f"{name!r} cannot be {value!r}", expected, fix)
        if (endless := _not_finite(value)) is not None:
            fix = f"mend {name!r}, or leave it out"
            raise _refusal(f"{name!r} cannot hold {endless}", "finite numbers", fix)
        if name == "n" and value != 1:
            raise _refusal(
                "'n' asks for more answers than are looked at", "n: 1", "write trials: …"
            )
    return params


def read_number(name: str, text: str) -> Any:
    """Return a parameter that is a number as one, where its text came from a variable and can be
    read; else the text."""
    if name not in (*_NUMBERS, *_COUNTS):
        return text
    try:
        number = int(text) if name in _COUNTS else float(text)
    except ValueError:
        return text
    return text if _not_finite(number) is not None else number


def _may_be_number(value: Any, *, whole: bool) -> bool:
    """Return whether a value is such a number, null, or a text that a variable stands in."""
    if isinstance(value, str):
        return "${" in value
    if value is None or isinstance(value, int):
        return not isinstance(value, bool)
    return isinstance(value, float) and math.isfinite(value) and (value.is_integer() or not whole)


def _not_finite(value: Any) -> float | None:
    """Return the first number in a parameter that is `.inf` or `.nan`."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return next((found for one in value if (found := _not_finite(one)) is not None), None)
    return value if isinstance(value, float) and not math.isfinite(value) else None


def _refusal(problem: str, expected: str, fix: str) -> PydanticCustomError:
    return PydanticCustomError(
        "params", "{problem}", {"problem": problem, "expected": expected, "fix": fix}
    )


Params = Annotated[dict[str, Any], AfterValidator(_check)]
"""Temperature, max_tokens, seed and whatever else a model takes, by name."""
