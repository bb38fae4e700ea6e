"""A conversation as exchanges: what the user said, and what was called and answered then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_arena.assertions.judge_base import content
from pytest_arena.light_dataclass import dataclass
from pytest_arena.prompts.notes import is_operators
from pytest_arena.results.request_response import Message, Response
from pytest_arena.results.trial import Trial


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the user said, and the answer to it.

    `response` is None where messages in the past are all that is known of the answer, as of those
    that a case begins with.
    """

    user: str
    answer: str
    response: Response | None = None


def exchanges(trial: Trial) -> list[Exchange]:
    """Return the exchanges of a trial in their order, those before its first answer included."""
    places = answer_places(trial)
    found = [
        Exchange(_said(trial.messages[start:end]), response.output, response)
        for (start, end), response in zip(places, trial.responses, strict=True)
    ]
    begins = places[0][0] if places else len(trial.messages)
    return [*_in_the_past(trial.messages[:begins]), *found]


def answer_places(trial: Trial) -> list[tuple[int, int]]:
    """Return for each answer where the messages that it is given to begin and end."""
    found: list[tuple[int, int]] = []
    end = len(trial.messages)
    for number in reversed(range(len(trial.responses))):
        start = _start_of_users(trial.messages, end)
        found.append((start, end))
        # an agent of ours leaves its calls and their results in the conversation, too
        earlier = trial.responses[number - 1].transcript if number else ()
        end = max(start - (len(earlier) or 1), 0)
    return found[::-1]


def _start_of_users(messages: Sequence[Message], end: int) -> int:
    """Return where the messages begin that the answer at `end` is given to."""
    while end > 0 and messages[end - 1].get("role") not in ("assistant", "tool"):
        end -= 1
    return end


def _said(messages: Sequence[Message]) -> str:
    return "\n".join(content(one) for one in messages if _is_users(one))


def _is_users(message: Message) -> bool:
    """Return whether the user says it, rather than a person who looks on, in the user's name."""
    return message.get("role") == "user" and not is_operators(content(message))


def _in_the_past(messages: Sequence[Message]) -> Iterator[Exchange]:
    start = 0
    for at, message in enumerate(messages):
        if message.get("role") not in ("assistant", "tool"):
            continue
        is_last = at + 1 == len(messages) or _is_users(messages[at + 1])
        if is_last:
            said = message.get("content") if message.get("role") == "assistant" else ""
            yield Exchange(_said(messages[start:at]), said if isinstance(said, str) else "")
            start = at + 1
