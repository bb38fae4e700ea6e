"""What a stranger has packed, unpacked within bounds."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from pytest_arena.errors import ArenaError, shorten

UNPACKED = ("gzip", "deflate")
"""What an answer may be packed in."""
_PIECE = 1 << 16
_GZIP = b"\x1f"
"""How every gzip begins."""
CUT = "ended its answer amid what it had packed"
"""What a sender did whose answer `has_ended` not, though the connection is over."""


class UnpackingError(ArenaError):
    """An answer that cannot be unpacked; the text says what its sender did."""


def more_than(most_bytes: int) -> str:
    """Return in words that an answer was too long."""
    return f"more than {most_bytes / (1 << 20):.4g} MiB in one answer"


class Unpacker:
    """The bytes of one answer, unpacked piece by piece, never more than its bound in all.

    It stands in for clients that unpack as much as a piece holds, which of 64 kB may be more than
    there is memory. What cannot be unpacked is an `UnpackingError`.
    """

    def __init__(self, encoding: str, most_bytes: int) -> None:
        """Begin an answer of this `Content-Encoding`."""
        self._left = self._most = most_bytes
        self._encoding = encoding.strip().lower().removeprefix("x-")
        if self._encoding not in (*UNPACKED, "", "identity"):
            said = f"answered in an encoding that was not asked for: {shorten(encoding, 40)}"
            raise UnpackingError(said)
        self._inflate: Any = None

    def feed(self, part: bytes) -> Iterator[bytes]:
        """Yield what the next bytes stand for."""
        if self._encoding not in UNPACKED:
            yield self._counted(part)
            return
        piece = b""
        # a full piece may be followed by one that needs no further bytes
        while part or len(piece) == _PIECE:
            if self._inflate is None or (self._inflate.eof and self._begins_anew(part)):
                self._inflate = zlib.decompressobj(self._window(part))
            if self._inflate.eof:
                return
            try:
                piece = self._inflate.decompress(part, _PIECE)
            except zlib.error as error:
                raise UnpackingError(f"sent what cannot be unpacked: {error}") from None
            part = self._inflate.unconsumed_tail or self._inflate.unused_data
            if piece:
                yield self._counted(piece)

    @property
    def has_ended(self) -> bool:
        """Whether all that was begun came whole: what is packed says where it ends."""
        return self._inflate is None or self._inflate.eof

    def _begins_anew(self, part: bytes) -> bool:
        """Return whether another part of a gzip begins here: it may have several."""
        return self._encoding == "gzip" and part[:1] == _GZIP

    def _window(self, start: bytes) -> int:
        if self._encoding == "gzip":
            return zlib.MAX_WBITS | 16
        # `deflate` should have a header of zlib, and some servers leave it out
        return zlib.MAX_WBITS if start[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS

    def _counted(self, piece: bytes) -> bytes:
        self._left -= len(piece)
        if self._left < 0:
            raise UnpackingError(f"sent {more_than(self._most)}")
        return piece
