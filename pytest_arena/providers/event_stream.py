"""Server-sent events, taken out of the bytes of an answer as they come."""

from __future__ import annotations

import re

END = "[DONE]"
"""The event that ends a stream of chat completions."""


_LINE_ENDS = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class EventDecoder:
    """The events of one answer.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        """The parts of a line that has no end yet, put together once: it may have thousands."""
        self._begun = False
        self._data: list[str] = []
        self._is_error = False
        self.error: str | None = None
        """The data of an event that the server called `error`, once there is one, if any."""
        self.is_cut = False
        """Whether the bytes ended amid a line of an event; known at the end."""

    def feed(self, part: bytes) -> list[str]:
        """Return the data of the events that end within these bytes."""
        if b"\n" not in part and b"\r" not in part:
            self._rest.append(part)
            return []
        text = b"".join((*self._rest, part))
        if not self._begun:
            self._begun, text = True, text.removeprefix(_BOM)
        # it may be the first half of one line end
        held = b"\r" if text.endswith(b"\r") else b""
        *whole, rest = _LINE_ENDS.split(text[: len(text) - len(held)])
        self._rest = [rest + held]
        events = []
        for raw in whole:
            line = raw.decode("utf-8", "replace")
            if line.startswith("data:"):
                self._data.append(line[5:].removeprefix(" "))
            elif line.startswith("event:"):
                self._is_error = line[6:].strip() == "error"
            elif not line and (event := self._whole()) is not None:
                events.append(event)
        return events

    def end(self) -> str:
        """Return the data of an event that no blank line ended, empty without one."""
        rest = b"".join(self._rest)
        self.is_cut = not rest.endswith(b"\r") and rest.startswith((b"d", b"e", b"i", b"r"))
        # where the last line end was held back, this blank line ends the event
        ended = self.feed(b"\n")
        return ended[0] if ended else self._whole() or ""

    def _whole(self) -> str | None:
        """Return the data of the event that ends here, None where it has none."""
        data = "\n".join(self._data) if self._data else None
        if self._is_error:
            self.error = data or ""
        self._data.clear()
        self._is_error = False
        return data
