"""What a persona's model is told, and what is made of its words."""

from __future__ import annotations

import asyncio

import pytest

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.loading.plans import PersonaPlan
from pytest_arena.prompts.persona_texts import OPENING, WORDLESS, without_end
from pytest_arena.results.persona import PersonaMessage
from pytest_arena.results.request_response import Message, Request, Response
from pytest_arena.schema import ProviderSpec
from pytest_arena.targets.persona import PersonaRun, Spoken

SPEC = ProviderSpec(name="player", provider="mock")


def played(plan: PersonaPlan, *said: str) -> tuple[PersonaRun, list[list[Message]]]:
    """Return a persona whose model says these texts, and what that is asked."""
    asked: list[list[Message]] = []

    async def ask(messages: list[Message], number: int) -> tuple[Request, Response]:
        asked.append(messages)
        return Request(messages), Response(said[number])

    return PersonaRun(plan, ask), asked


def test_a_persona_sees_the_conversation_from_its_own_side() -> None:
    persona, asked = played(PersonaPlan("buyer", SPEC, "You buy.", 1, 8), "One?", "Two?")
    before = [Spoken("Scripted.", "")]
    asyncio.run(persona.says(before, 1, 0, print))
    before.append(persona.spoken("One?", "Uno."))
    asyncio.run(persona.says(before, 2, 0, print))
    assert [(m["role"], m["content"]) for m in asked[1]] == [
        ("system", "You buy."),
        ("user", OPENING),
        ("assistant", "Scripted."),
        ("user", WORDLESS),
        ("assistant", "One?"),
        ("user", "Uno."),
    ]


@pytest.mark.parametrize(
    ("text", "left", "done"),
    [
        ("Thanks. [CONVERSATION_COMPLETE]", "Thanks.", True),
        ("[conversation complete]", "", True),
        ("Bye! **[CONVERSATION_COMPLETE]**", "Bye!", True),
        ("[ CONVERSATION_COMPLETE ]\nBye", "Bye", True),
        ("Is the conversation complete?", "Is the conversation complete?", False),
        (
            "  CONVERSATION_COMPLETE is what I would say ",
            "CONVERSATION_COMPLETE is what I would say",
            False,
        ),
    ],
)
def test_the_sign_that_it_is_done_is_no_part_of_what_it_says(
    text: str, left: str, done: bool
) -> None:
    assert without_end(text) == (left, done)


def test_patience_that_is_shorter_than_what_it_must_say_ends_it() -> None:
    persona, _ = played(PersonaPlan("buyer", SPEC, "You buy.", 4, 4, 2), "a", "b")
    kept: list[PersonaMessage] = []
    asyncio.run(persona.says([], 0, 0, kept.append))
    asyncio.run(persona.says([persona.spoken("a", "x")], 1, 0, kept.append))
    assert [one.ended for one in kept] == [None, "patience"]
    assert persona.is_done


def test_a_failure_is_not_counted_as_attempts_of_the_column() -> None:
    async def ask(messages: list[Message], number: int) -> tuple[Request, Response]:
        raise ProviderError(ErrorKind.SERVER, "down", attempts=4)

    persona = PersonaRun(PersonaPlan("buyer", SPEC, "You buy.", 1, 8), ask)
    with pytest.raises(ProviderError, match="the persona 'buyer' gave no message: down") as caught:
        asyncio.run(persona.says([], 0, 0, print))
    assert caught.value.attempts == 0
