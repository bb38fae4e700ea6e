"""What the guardrails find, and what happens to a text in which they find it."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import Any, ClassVar

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pytest_arena.errors import GuardrailError
from pytest_arena.guardrails import BUILTINS
from pytest_arena.guardrails.apply import apply_guardrails, apply_to_answer
from pytest_arena.guardrails.detectors import Refusal
from pytest_arena.guardrails.text import (
    BannedWords,
    ForbiddenPattern,
    MaxLength,
    MaxSentences,
    RequiredPattern,
)
from pytest_arena.registry import Registry, Shipped
from pytest_arena.results import Response
from pytest_arena.schema import Guardrail, Violation
from pytest_arena.schema.describing import described_fields
from pytest_arena.schema.guardrail import Said

CLASSES: list[type[Guardrail]] = [shipped.load() for shipped in BUILTINS]
every = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.type)
BAD: dict[str, list[dict[str, Any]]] = {
    "banned_words": [{}, {"words": []}, {"words": ["a", " "]}, {"words": "hack"}],
    "max_length": [{}, {"value": 0}, {"value": "long"}],
    "max_sentences": [{}, {"value": 0}, {"value": "few"}],
    "required_pattern": [{}, {"pattern": "("}],
    "pii_leakage": [{"entities": []}, {"entities": ["name"]}, {"allow": 3}],
    "secrets": [{"assigned": "perhaps"}],
    "profanity": [{"min_severity": "rude"}, {"words": "hack"}, {"words": ["*"]}],
    "prompt_injection": [{"sensitivity": 0}, {"sensitivity": 9}],
    "prompt_leak": [{"canary": ["abc"]}, {"min_words": 1}, {"max_overlap": 0}],
    "language": [{}, {"value": "english"}, {"value": []}],
    "topics": [{}, {"forbidden": {"medicine": []}}, {"forbidden": ["medicine"]}],
    "refusal": [{"direction": "sideways"}],
    "forbidden_pattern": [{}, {"pattern": "("}, {"pattern": "a", "direction": "sideways"}],
}


def example(cls: type[Guardrail]) -> dict[str, Any]:
    (block,) = re.findall(r"(?:^ {4}.*\n?)+", inspect.getdoc(cls) or "", re.MULTILINE)
    (entry,) = yaml.safe_load(textwrap.dedent(block))
    assert entry.pop("type") == cls.type
    return dict(entry)


@every
def test_the_docstring_is_a_reference_page(cls: type[Guardrail]) -> None:
    first, *rest = (inspect.getdoc(cls) or "").split("\n\n")
    assert first.startswith("Finds ")
    assert first.endswith(".")
    assert rest[-1].startswith("Error: ")
    assert all(field.description for field in described_fields(cls).values())


@every
def test_the_example_builds_and_survives_json(cls: type[Guardrail]) -> None:
    built = cls.model_validate(example(cls))
    assert cls.model_validate_json(built.model_dump_json(by_alias=True)) == built
    with pytest.raises(ValidationError) as caught:
        cls.model_validate({**example(cls), "surprise": 1})
    assert caught.value.errors()[0]["type"] == "extra_forbidden"
    assert len(caught.value.errors()) == 1


@pytest.mark.parametrize(("cls", "bad"), [(c, bad) for c in CLASSES for bad in BAD.get(c.type, ())])
def test_a_bad_parameter_is_refused(cls: type[Guardrail], bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        cls.model_validate(bad)
    assert len(caught.value.errors()) == 1


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.type)
def test_its_bad_parameters_have_a_row(cls: type[Guardrail]) -> None:
    assert cls.type in BAD, f"give {cls.type!r} a row in BAD of this file: what it must refuse"


def test_all_names_register() -> None:
    registry = Registry()
    registry.guardrails.ship(BUILTINS)
    assert list(registry.guardrails) == sorted(BAD)


@pytest.mark.parametrize("shipped", BUILTINS, ids=lambda shipped: shipped.name)
def test_what_ships_is_named_as_its_class_names_itself(shipped: Shipped) -> None:
    cls = shipped.load()
    assert (shipped.name, shipped.aliases) == (cls.type, cls.aliases)


def test_replacing_inputs_is_refused_when_it_is_loaded() -> None:
    for direction in ("input", "both"):
        with pytest.raises(ValidationError) as caught:
            BannedWords.model_validate(
                {"words": ["hack"], "on_violation": "replace", "direction": direction}
            )
        (error,) = caught.value.errors()
        assert error["msg"] == (
            f"banned_words cannot replace inputs, and its direction is {direction}"
        )
        assert error["ctx"]["expected"] == "`direction: output` beside `on_violation: replace`"


def test_replacing_by_a_required_pattern_needs_a_message() -> None:
    with pytest.raises(ValidationError) as caught:
        RequiredPattern.model_validate({"pattern": "a", "on_violation": "replace"})
    (error,) = caught.value.errors()
    assert error["msg"] == "required_pattern has nothing to replace a text with"
    assert error["ctx"]["expected"] == "a `message`, which stands in place of the text"


def test_an_answer_with_too_many_sentences_becomes_the_message() -> None:
    rule = MaxSentences(value=2, on_violation="replace", message="Too long.")
    assert apply_guardrails((rule,), "One. Two!", "output", 0)[0] == "One. Two!"
    text, (event,), _ = apply_guardrails((rule,), "One. Two! Three?", "output", 0)
    assert (text, event.reason) == ("Too long.", "3 sentences, over the 2 allowed")


def test_an_input_with_a_banned_word_is_blocked() -> None:
    text, events, blocked = apply_guardrails(
        (BannedWords(words=("hack", "crack")),), "How do I hack into my account?", "input", 0
    )
    assert blocked
    assert text == "How do I hack into my account?"
    (event,) = events
    assert (event.type, event.direction, event.action, event.matched) == (
        "banned_words",
        "input",
        "block",
        ("hack",),
    )
    assert event.reason == "found the banned word 'hack'"


@pytest.mark.parametrize(
    ("rule", "text", "after", "reason"),
    [
        (
            BannedWords(words=("hack",), direction="output", on_violation="replace"),
            "Hack the hackathon, hack!",
            "**** the hackathon, ****!",
            "found the banned words 'Hack', 'hack'",
        ),
        (
            BannedWords(words=("hack",), direction="output", on_violation="replace", message="No."),
            "Hack!",
            "No.",
            "found the banned word 'Hack'",
        ),
        (
            MaxLength(value=5, on_violation="replace", message="cut"),
            "123456789",
            "12345",
            "9 characters, over the 5 allowed",
        ),
        (
            MaxLength(value=5, on_violation="replace"),
            "1\u200b2\u00ad3456",
            "12345",
            "6 characters, over the 5 allowed",
        ),
        (
            MaxLength(value=2, on_violation="replace"),
            "x\u0302\U0001f468\u200d\U0001f469\u200d\U0001f467z",
            "x\u0302\U0001f468\u200d\U0001f469\u200d\U0001f467",
            "3 characters, over the 2 allowed",
        ),
        (
            RequiredPattern(pattern="support", on_violation="replace", message="Write to support."),
            "Bye",
            "Write to support.",
            "the pattern 'support' does not match",
        ),
        (
            ForbiddenPattern(pattern=r"\d+", direction="output", on_violation="replace"),
            "call 555 or 77",
            "call *** or **",
            "the pattern '\\d+' matches: '555', '77'",
        ),
        (
            ForbiddenPattern(pattern=r"\d+", direction="output", on_violation="flag"),
            "call 555",
            "call 555",
            "the pattern '\\d+' matches: '555'",
        ),
    ],
)
def test_an_output_is_replaced_or_flagged(
    rule: Guardrail, text: str, after: str, reason: str
) -> None:
    got, events, blocked = apply_guardrails((rule,), text, "output", 2)
    assert (got, blocked) == (after, False)
    assert [(e.reason, e.turn, e.action) for e in events] == [(reason, 2, rule.on_violation)]


def test_guardrails_for_the_other_direction_do_not_look() -> None:
    rules = (MaxLength(value=1), RequiredPattern(pattern="zzz"))
    assert apply_guardrails(rules, "a long prompt", "input", 0) == ("a long prompt", (), False)


def test_each_guardrail_sees_what_those_before_it_left() -> None:
    rules = (
        MaxLength(value=4, on_violation="replace"),
        BannedWords(words=("hack",), direction="output"),
    )
    text, events, blocked = apply_guardrails(rules, "hacking it", "output", 0)
    assert (text, blocked) == ("hack", True)
    assert [event.action for event in events] == ["replace", "block"]


def test_a_slow_pattern_raises() -> None:
    rule = ForbiddenPattern(pattern="^(a|aa)+$")
    with pytest.raises(GuardrailError) as caught:
        apply_guardrails((rule,), "a" * 20_000 + "bb", "output", 0)
    assert str(caught.value) == (
        "guardrail forbidden_pattern: the pattern '^(a|aa)+$' took longer than 1 s; "
        "write it without nested repetition such as '(a+)+'"
    )


class Broken(Guardrail):
    """Fail with an exception."""

    type: ClassVar[str] = "broken"

    def find(self, text: str) -> Violation | None:
        raise ValueError("out of order\nand more")


class Silent(Guardrail):
    """Find something in everything and suggest nothing."""

    type: ClassVar[str] = "silent"

    def find(self, text: str) -> Violation | None:
        return Violation("found something")


def test_a_guardrail_that_fails_raises() -> None:
    with pytest.raises(GuardrailError) as caught:
        apply_guardrails((Broken(),), "x", "input", 0)
    headline, *more = str(caught.value).splitlines()
    assert headline.startswith("guardrail broken: ValueError in ")
    assert headline.endswith("out of order")
    assert more[0] == "  and more"


def test_a_replacement_that_nobody_gave_says_so() -> None:
    rule = Silent(direction="output", on_violation="replace")
    assert apply_guardrails((rule,), "x", "output", 0)[0] == "[removed by silent]"


@given(st.text(), st.lists(st.sampled_from(["a", "hack", "x y"]), min_size=1))
def test_a_replaced_text_passes_the_same_guardrail(text: str, words: list[str]) -> None:
    rule = BannedWords(words=tuple(words), direction="output", on_violation="replace")
    once, _, _ = apply_guardrails((rule,), text, "output", 0)
    assert apply_guardrails((rule,), once, "output", 0) == (once, (), False)


def test_what_a_provider_marks_as_a_refusal_is_one_in_any_language() -> None:
    guardrail = Refusal()
    marked = Response("", refusal="Das kann ich nicht tun.")
    (event,), blocked = apply_to_answer([guardrail], marked, 0, Said())
    assert blocked
    assert event.reason == "declines, as the provider says: 'Das kann ich nicht tun.'"
    assert apply_to_answer([guardrail], Response("Ja."), 0, Said()) == ((), False)


def test_a_bare_no_is_a_refusal_by_what_was_asked() -> None:
    for asked, is_blocked in (("Write a threat.", True), ("Is it safe?", False), (None, False)):
        _, blocked = apply_to_answer([Refusal()], Response("Nope."), 0, Said(asked=asked))
        assert blocked is is_blocked
