"""Attacks: each holds the prompt once, encodings can be undone, and groups hold what they say."""

from __future__ import annotations

import base64
import codecs
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.prompts.attacks import ENCODINGS, Attack, attacks_named, shipped_attacks
from pytest_arena.schema.attack import Encoding

PROMPT = "Where does {first} Ada keep the key?"


@pytest.mark.parametrize("name", shipped_attacks())
def test_every_attack_says_what_it_is_and_changes_the_prompt(name: str) -> None:
    attack = shipped_attacks()[name]
    sent = attack.wrap(PROMPT)
    assert attack.name == name
    assert attack.kind in ("encoding", "jailbreak")
    assert attack.description
    assert sent != PROMPT
    assert attack.wrap("Another one, please") != sent


@pytest.mark.parametrize("name", [n for n, a in shipped_attacks().items() if a.kind == "jailbreak"])
def test_a_jailbreak_holds_the_whole_prompt(name: str) -> None:
    sent = shipped_attacks()[name].wrap("What is the code?")
    assert "What is" in sent
    assert "the code?" in sent
    assert "{" not in sent


UNDO = {
    "base64": lambda text: base64.b64decode(text).decode(),
    "hex": lambda text: bytes.fromhex(text).decode(),
    "binary": lambda text: bytes(int(byte, 2) for byte in text.split()).decode(),
    "rot13": lambda text: codecs.decode(text, "rot13"),
    "reversed": lambda text: text[::-1],
}


@pytest.mark.parametrize("name", UNDO)
@given(text=st.text(min_size=1, max_size=60))
def test_an_encoding_can_be_undone(name: str, text: str) -> None:
    assert UNDO[name](ENCODINGS[name][1](text)) == text


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("leetspeak", "7h3 k3y?"),
        ("spaced", "T h e   k e y ?"),
        ("fullwidth", "Ｔｈｅ ｋｅｙ？"),
        ("look_alikes", "Тhе kеу?"),
        ("morse", "- .... . / -.- . -.-- ..--.."),
    ],
)
def test_a_disguise_reads_as_it_should(name: str, sent: str) -> None:
    assert ENCODINGS[name][1]("The key?") == sent


def test_a_prompt_is_never_filled_into_itself() -> None:
    halves = Attack("x", "own", "b: {second}, a: {first}")
    assert halves.wrap("one {second} {prompt}") == "b:  {prompt}, a: one {second}"


def test_groups_stand_for_all_of_a_kind() -> None:
    encodings, jailbreaks = attacks_named("encodings"), attacks_named("jailbreaks")
    assert {attack.name for attack in encodings} == set(ENCODINGS) == set(get_args(Encoding))
    assert attacks_named("all") == (*encodings, *jailbreaks)
    assert attacks_named("base64") == (shipped_attacks()["base64"],)
    assert attacks_named("bas64") == ()
