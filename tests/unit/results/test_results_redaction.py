"""Secrets are found in every form that they take, and ordinary text stays as it is."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.text.redaction import REDACTED, SHORTEST, Redactor

VALUE = 'can"ary/k\\ey+é 42'
KNOWN = {
    "openai": "sk-proj-AbCdEfGhIjKlMnOpQrStUvWx0123456789",
    "anthropic": "sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWx",
    "google": "AIzaSyA0123456789abcdefghijklmnopqrstuv",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "github": "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
    "slack": "xoxb-123456789012-abcdefghijkl",
    "stripe": "sk_live_0123456789abcdefghij",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
}


def urlsafe(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def inside(text: str) -> str:
    return base64.b64encode(f"user-7:{text}:more".encode()).decode()


def wrapped(text: str, width: int, between: str) -> str:
    """Wrap the base64 of a longer text, so that the key is on two lines."""
    encoded = base64.b64encode(f"{'before ' * 5}{text}{' behind' * 5}".encode()).decode()
    return between.join(encoded[at : at + width] for at in range(0, len(encoded), width))


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text))[1:-1],
    "URL": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": urlsafe,
    "a part of base64": inside,
    "hexadecimal": lambda text: text.encode().hex(),
    "HEXADECIMAL": lambda text: text.encode().hex().upper(),
    "a part of hexadecimal": lambda text: f"user-7:{text}:more".encode().hex(),
    "entities": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "ENTITIES": lambda text: "".join(f"&#x{ord(one):X};" for one in text),
    "some entities": lambda text: text[:3] + "".join(f"&#{ord(one)};" for one in text[3:]),
    "HTML": html.escape,
    "HTML without quotes": lambda text: html.escape(text, quote=False),
    "codes": lambda text: "".join(f"\\u{ord(one):04x}" for one in text),
    "codes in JSON": lambda text: "".join(f"\\\\u{ord(one):04X}" for one in text),
    "some codes": lambda text: text[:3] + "".join(f"\\u{ord(one):04x}" for one in text[3:]),
    "bytes": lambda text: "".join(f"\\x{one:02x}" for one in text.encode()),
    "wrapped base64": lambda text: wrapped(text, 76, "\n"),
    "narrowly wrapped base64": lambda text: wrapped(text, 21, "\n"),
    "wrapped base64 of Windows": lambda text: wrapped(text, 64, "\r\n  "),
    "wrapped base64 in JSON": lambda text: wrapped(text, 76, "\\n"),
}


OF_NAMED = ("narrowly wrapped base64",)
"""Forms that are looked for of values that somebody named."""


@pytest.mark.parametrize("form", [name for name in FORMS if name != "JSON in JSON"])
@pytest.mark.parametrize(
    "around", ["{}", "key={} is refused", '{{"key": "{}"}}', "https://h/?k={}&n=1"]
)
def test_a_known_value_is_found_in_every_form(form: str, around: str) -> None:
    redactor = Redactor()
    redactor.add(VALUE)
    encoded = FORMS[form](VALUE)
    cleaned = redactor.clean(around.format(encoded))
    assert encoded.rstrip("=") not in cleaned
    assert REDACTED in cleaned


@pytest.mark.parametrize("form", [name for name in FORMS if name not in OF_NAMED])
@pytest.mark.parametrize("name", KNOWN)
def test_what_looks_like_a_key_is_found_though_nobody_named_it(name: str, form: str) -> None:
    encoded = FORMS[form](KNOWN[name])
    cleaned = Redactor().clean(f"before {encoded} after")
    assert encoded.rstrip("=") not in cleaned
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")


def test_a_private_key_is_taken_out_whole() -> None:
    text = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----"
    assert Redactor().clean(f"a {text} b") == f"a {REDACTED} b"


def test_values_are_cleaned_one_by_one() -> None:
    value = {
        "a": "-----BEGIN PRIVATE KEY-----",
        "b": ["-----END PRIVATE KEY-----", 5, None, {"c": KNOWN["aws"]}],
    }
    assert Redactor().clean_value(value) == {
        "a": REDACTED,
        "b": ["-----END PRIVATE KEY-----", 5, None, {"c": REDACTED}],
    }


def test_one_secret_inside_another_leaves_no_part() -> None:
    redactor = Redactor()
    redactor.add("secret-1")
    redactor.add("secret-1-and-more")
    assert redactor.clean("x secret-1-and-more x secret-1 x") == f"x {REDACTED} x {REDACTED} x"


def test_very_short_values_are_no_secrets() -> None:
    redactor = Redactor()
    redactor.add("x" * (SHORTEST - 1))
    assert redactor.clean("xxxxx") == "xxxxx"


@pytest.mark.parametrize(
    "text",
    [
        "Password reset: choose 'Forgot password' on the sign-in page.",
        "anthropic/claude-haiku-4-5 at https://api.example.com/v1?x=%20y",
        "344f1b604336d0a1e2f3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809",
        "arenas/support/arena.yaml::Password Reset 0001[haiku]",
        "SupercalifragilisticexpialidociousNamedThing",
        "100 %25 of the 24 cases",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    redactor = Redactor()
    redactor.add("canary-value-1")
    assert redactor.clean(text) == text


@given(st.text(min_size=SHORTEST, max_size=40), st.text(max_size=60), st.text(max_size=60))
def test_no_known_value_is_ever_left(secret: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.add(secret)
    cleaned = redactor.clean(before + secret + after)
    assert secret not in cleaned or secret in REDACTED * 3


SHORTENED = "canary/K3y+0f.this-run"


@pytest.mark.parametrize("cut", ["...", "…"])
@pytest.mark.parametrize(
    "shown",
    [
        "assert 'canary/K3y+{}.this-run' == 'x'",
        "header = 'Bearer canary/K{}'",
        "'{}this-run', 'next'",
        "assert '{}his-run' == 'can{}'",
    ],
)
def test_what_a_cut_left_of_a_key_is_taken_out(shown: str, cut: str) -> None:
    redactor = Redactor()
    redactor.add(SHORTENED)
    cleaned = redactor.clean(shown.replace("{}", cut))
    assert REDACTED in cleaned
    assert not any(SHORTENED[at : at + 5] in cleaned for at in range(len(SHORTENED) - 4))


@pytest.mark.parametrize(
    "text",
    [
        "the task-list... of skills-and-more...",
        "assert 'hello w...orld' == 'x'",
        "and so on...",
        "... this-or-that",
        "can... we go?",
    ],
)
def test_other_texts_with_a_cut_stay(text: str) -> None:
    redactor = Redactor()
    redactor.add(SHORTENED)
    assert redactor.clean(text) == text


def test_a_well_known_key_that_was_cut_is_taken_out_though_nobody_named_it() -> None:
    cleaned = Redactor().clean("assert 'sk-proj-AbCdEf...tUvWx0123' == 'x'")
    assert cleaned == f"assert '{REDACTED}' == 'x'"


def test_every_cut_of_a_text_is_looked_at() -> None:
    redactor = Redactor()
    redactor.add(SHORTENED)
    text = "canary/K3...s-run, and so on... sk-abcdef...uvw; canary...|…f.this-run"
    assert redactor.clean(text) == (f"{REDACTED}, and so on... {REDACTED}; {REDACTED}|{REDACTED}")


def test_long_runs_of_escapes_are_read_once() -> None:
    redactor = Redactor()
    redactor.add(SHORTENED)
    escaped = "".join(f"&#{ord(one)};" for one in SHORTENED)
    for run in ("\\", "a", "&", "&#", "\\u", "%4", "A\\n", "sk-abc..."):
        # a pattern that began anew at each character would take minutes
        assert redactor.clean(f"{run * 60_000} {escaped}").endswith(f" {REDACTED}")
