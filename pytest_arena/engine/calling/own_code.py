"""What code of the user's own raises around a call, as the error of the trial that met it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_arena.errors import BudgetSpent, ErrorKind, ProviderError
from pytest_arena.text.exception_text import exception_text

_PASSED_ON = (
    ProviderError,
    BudgetSpent,
    KeyboardInterrupt,
    GeneratorExit,
    asyncio.CancelledError,
)


@contextmanager
def own_code(kind: ErrorKind, what: str = "") -> Iterator[None]:
    """Run a provider's or a hook's code; whatever it raises is a `ProviderError` of that kind.

    Even a `SystemExit` or `pytest.fail()`: on the event loop it would end all other calls, too.
    """
    try:
        yield
    except _PASSED_ON:
        raise
    except TimeoutError as error:
        raise ProviderError(ErrorKind.TIMEOUT, what + exception_text(error)) from error
    except BaseException as error:
        raise ProviderError(kind, what + exception_text(error)) from error
