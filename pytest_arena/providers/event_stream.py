"""Server-sent events, taken out of the bytes of an answer as they come."""

from __future__ import annotations

END = "[DONE]"
"""The event that ends a stream of chat completions."""


class EventDecoder:
    """The events of one answer.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        """The parts of a line that has no end yet, put together once: it may have thousands."""
        self._data: list[str] = []
        self._is_error = False
        self.error: str | None = None
        """The data of an event that the server called `error`, once there is one."""

    def feed(self, part: bytes) -> list[str]:
        """Return the data of the events that end within these bytes."""
        if b"\n" not in part:
            self._rest.append(part)
            return []
        *whole, rest = b"".join((*self._rest, part)).split(b"\n")
        self._rest = [rest]
        events = []
        for line in whole:
            text = line.removesuffix(b"\r").decode("utf-8", "replace")
            if text.startswith("data:"):
                self._data.append(text[5:].removeprefix(" "))
            elif text.startswith("event:"):
                self._is_error = text[6:].strip() == "error"
            elif not text and (event := self._whole()) is not None:
                events.append(event)
        return events

    def end(self) -> str:
        """Return the data of an event that no blank line ended, empty without one."""
        self.feed(b"\n")
        return self._whole() or ""

    def _whole(self) -> str | None:
        """Return the data of the event that ends here, None where it has none."""
        data = "\n".join(self._data) if self._data else None
        if self._is_error and data is not None:
            self.error = data
        self._data.clear()
        self._is_error = False
        return data
