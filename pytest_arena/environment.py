"""The environment's variables, copied while others change them."""

from __future__ import annotations

from collections.abc import Mapping


def copied(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables as they are now.

    `dict(os.environ)` raises `KeyError` where another thread takes one away meanwhile, as pytest
    does between two tests.
    """
    return {name: value for name in list(variables) if (value := variables.get(name)) is not None}
