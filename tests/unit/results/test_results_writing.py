"""What is told of a place that cannot be written."""

from __future__ import annotations

import errno
import os

from pytest_arena.places import unwritable


def test_what_an_object_store_says_keeps_its_letters() -> None:
    # in small letters, no redactor would know the key again
    said = OSError(errno.EIO, "ClientError: the key AKIAcanary9X is not known")
    assert str(unwritable("s3://bucket/run", said)).startswith(
        "cannot write 's3://bucket/run': ClientError: the key AKIAcanary9X is not known\n"
    )


def test_what_the_system_says_begins_no_sentence() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert unwritable("here", full).what == "cannot write 'here': no space left on device"
