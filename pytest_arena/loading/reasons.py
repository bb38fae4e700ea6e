"""Reasons of `skip:` and `xfail:` that templates give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.schema.case import says_no


def filled_reasons(case: Mapping[str, Any], rendered: Mapping[str, Any]) -> dict[str, Any]:
    """Return `skip` and `xfail` of a case where templates gave them, with none for what says no.

    A column of `false` and `no` is how a table says for which of its rows something holds.
    """
    reasons: dict[str, Any] = {}
    for key in ("skip", "xfail"):
        written, given = case.get(key), rendered.get(key)
        if given is written:
            continue
        if isinstance(given, Mapping) and isinstance(written, Mapping):
            reasons[key] = {name: _reason(written[name], text) for name, text in given.items()}
        else:
            reasons[key] = _reason(written, given)
    return reasons


def _reason(written: Any, given: Any) -> Any:
    return "" if given is not written and (given is None or says_no(given)) else given
