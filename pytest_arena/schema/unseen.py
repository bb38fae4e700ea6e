"""What is said in a case and an application would not see, so that its answer is none to that."""

from collections.abc import Collection, Sequence

from pytest_arena.errors import Problem
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.content import files_in, label
from pytest_arena.results.request_response import SYSTEM_ROLES, Message
from pytest_arena.schema.system import SystemOptions


@dataclass(frozen=True, slots=True)
class Unseen:
    """A part of what is said that an application would have to be given."""

    what: str
    wanted: tuple[str, ...]
    """The names under which it would see it."""
    otherwise: str
    """What else can be done about it."""

    def problem(self, owner: str, options: SystemOptions, case: str = "") -> Problem:
        """Return the problem of an application, `owner`, with a case."""
        of_case = f" of case {case!r}" if case else ""
        names = " or ".join(self.wanted)
        return Problem(
            f"{owner} is not given {self.what}{of_case}: it does not ask for {names}",
            expected="an application that is given all that the case says",
            fix=f"{options.asking_for(*self.wanted)}, or {self.otherwise}",
        )


def unseen(
    messages: Sequence[Message], turn: int, takes: Collection[str], options: SystemOptions
) -> Unseen | None:
    """Return what an application that takes these names would not see; None where it sees all.

    The last of the messages is to be answered; `turn` is how many answers of the application's own
    are among those before it. These it may remember, where it is told the session.
    """
    if "messages" in takes:
        return None
    files = [part for message in messages for part in files_in(message.get("content"))]
    if files and "files" not in takes:
        return Unseen(label(files[0]), ("messages",), "the case's providers: without it")
    before = [one for one in messages[:-1] if one.get("role") not in SYSTEM_ROLES]
    if len(messages) - 1 > len(before) and "system" not in options.without:
        own = "without: [system] where it has a system prompt of its own"
        return Unseen("the system prompt", ("messages",), own)
    if "history" in options.without:
        return None
    alone = "without: [history] where each prompt stands for itself"
    if len(before) > 2 * turn:
        return Unseen("the messages before the prompt", ("messages",), alone)
    if before and "session" not in takes:
        return Unseen("the turns before", ("session", "messages"), alone)
    return None
