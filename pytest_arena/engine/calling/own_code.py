"""What code of the user's own raises around a call, as the error of the trial that met it."""

from __future__ import annotations

import asyncio
from types import TracebackType

from pytest_arena.errors import BudgetSpent, ErrorKind, ProviderError
from pytest_arena.text.exception_text import exception_text

_PASSED_ON = (
    ProviderError,
    BudgetSpent,
    KeyboardInterrupt,
    GeneratorExit,
    asyncio.CancelledError,
)


class OwnCode:
    """The bounds of a provider's or a hook's code: whatever it raises is a `ProviderError` of a
    kind.

    Even a `SystemExit` or `pytest.fail()`: on the event loop it would end all other calls, too.
    """

    __slots__ = ("_kind", "_what")

    def __init__(self, kind: ErrorKind, what: str = "") -> None:
        self._kind = kind
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, _PASSED_ON):
            return
        own = ErrorKind.TIMEOUT if isinstance(error, TimeoutError) else self._kind
        raise ProviderError(own, self._what + exception_text(error)) from error


OF_HOOKS = OwnCode(ErrorKind.HOOK, "a hook raised ")
OF_PROVIDERS = OwnCode(ErrorKind.PROVIDER)
