"""No garbage is looked for while much is made that stays."""

from __future__ import annotations

import gc
import threading

import pytest

from pytest_arena._garbage import no_collection


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_as_it_was_afterwards(was_on: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if was_on else gc.disable)()
        with no_collection():
            assert not gc.isenabled()
            with no_collection():
                assert not gc.isenabled()
            assert not gc.isenabled()
        assert gc.isenabled() is was_on
        with pytest.raises(ZeroDivisionError), no_collection():
            _ = 1 / 0
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()


def test_an_import_of_another_thread_goes_on_without_it_when_a_file_has_been_read() -> None:
    before = gc.isenabled()
    began, may_end = threading.Event(), threading.Event()

    def importing() -> None:
        with no_collection():
            began.set()
            may_end.wait(10)

    try:
        gc.enable()
        thread = threading.Thread(target=importing)
        with no_collection():
            thread.start()
            assert began.wait(10)
        assert not gc.isenabled()
        may_end.set()
        thread.join()
        assert gc.isenabled()
    finally:
        may_end.set()
        (gc.enable if before else gc.disable)()
