"""What a call comes to: which of its failures any provider would try again."""

from __future__ import annotations

import pytest

from pytest_arena.providers.systems.portable.pieces import failure_kind


def named(name: str, *bases: type[BaseException]) -> BaseException:
    """Return an exception as another library, or an earlier Python, has it."""
    return type(name, bases or (Exception,), {})()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), "timeout"),
        (named("TimeoutError"), "timeout"),
        (named("ReadTimeout", type(named("TimeoutError"))), "timeout"),
        (ConnectionResetError(), "connection"),
        (named("ConnectionError", OSError), "connection"),
        (OSError(), None),
        (ValueError("TimeoutError"), None),
        (SystemExit(), None),
    ],
)
def test_timeouts_and_lost_connections_are_told_whose_ever_they_are(
    error: BaseException, kind: str | None
) -> None:
    assert failure_kind(error) == kind
