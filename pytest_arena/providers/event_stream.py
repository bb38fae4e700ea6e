"""Server-sent events, taken out of the bytes of an answer as they come."""

from __future__ import annotations

END = "[DONE]"
"""The event that ends a stream of chat completions."""


class EventDecoder:
    """The events of one answer.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[str] = []

    def feed(self, part: bytes) -> list[str]:
        """Return the data of the events that end within these bytes."""
        *whole, self._rest = (self._rest + part).split(b"\n")
        events = []
        for line in whole:
            text = line.removesuffix(b"\r").decode("utf-8", "replace")
            if text.startswith("data:"):
                self._data.append(text[5:].removeprefix(" "))
            elif not text and self._data:
                events.append("\n".join(self._data))
                self._data.clear()
        return events

    def end(self) -> str:
        """Return the data of an event that no blank line ended, empty without one."""
        self.feed(b"\n")
        data, self._data = "\n".join(self._data), []
        return data
