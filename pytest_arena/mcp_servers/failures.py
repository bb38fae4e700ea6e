"""What can go wrong with a server, told apart by what it means for whoever asked."""

from __future__ import annotations

from pytest_arena.errors import ArenaError, ErrorKind


class ServerUnusable(ArenaError):
    """A server that cannot be asked: it did not start, has ended, or is not as the protocol wants.

    The text says what it did, with its last words on standard error.
    """

    def __init__(self, text: str, *, may_pass: bool = False, no_files: bool = False) -> None:
        super().__init__(text)
        self.may_pass = may_pass or no_files
        """Whether another attempt may find it again, as of one that is reached over a network."""
        self.no_files = no_files
        """Whether this process had no file left for it, which says nothing of the server."""

    @property
    def kind(self) -> ErrorKind:
        """What it is to a call that cannot do without the server."""
        if self.no_files:
            return ErrorKind.OPEN_FILES
        return ErrorKind.CONNECTION if self.may_pass else ErrorKind.SYSTEM


class NoAnswerInTime(ServerUnusable):
    """A server that has not answered one question in the time that it had."""

    @property
    def kind(self) -> ErrorKind:
        return ErrorKind.TIMEOUT


class ServerRefused(ArenaError):
    """A server that answered a question with an error of its own; the text is that error."""
