"""Secrets are found in every form that they take, and ordinary text stays as it is."""

from __future__ import annotations

import base64
import html
import json
import unittest
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.judging.detectors.messages import quoted
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


TOKEN = "Wm7/tq+N4kZr.9bXc2Hd8vLsP1"
PASSWORD = "pa\"ss\\wo&rd/9x='Q"
SHORT = "kT7wq9Lm2xVb"
NAMED = {".": "&period;", "/": "&sol;", "+": "&plus;", "=": "&equals;", "&": "&amp;", '"': "&quot;"}


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def folded(text: str, width: int, between: str) -> str:
    return between.join(text[at : at + width] for at in range(0, len(text), width))


def named_entities(text: str) -> str:
    return "".join(NAMED.get(one, one) for one in text)


FURTHER: dict[str, Callable[[str], str]] = {
    "hexadecimal of a line": lambda text: f"{text}\n".encode().hex(),
    "hexadecimal amid bytes": lambda text: f"00ff{text.encode().hex()}e90a",
    "hexadecimal of a program": lambda text: f"0x{text.encode().hex()}",
    "hexadecimal with an escape": lambda text: f"\\x{text.encode().hex()}",
    "hexadecimal of a column": lambda text: f"X'{text.encode().hex().upper()}'",
    "hexadecimal behind a name": lambda text: f"key_{text.encode().hex()}zz",
    "folded hexadecimal": lambda text: folded(f"user: {text}\n".encode().hex(), 20, "\n"),
    "a path": quote,
    "an address of JavaScript": lambda text: quote(text, safe=";,/?:@&=+$-_.!~*'()#"),
    "a cookie": lambda text: quote(text, safe="@:&="),
    "an address twice": lambda text: quote(quote(text, safe=""), safe=""),
    "some octets": lambda text: "".join(f"%{ord(one):02x}" for one in text[:4]) + quote(text[4:]),
    "JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON of PHP in JSON": lambda text: json.dumps(json.dumps(text).replace("/", "\\/")),
    "JSON in a page": lambda text: json.dumps(text).replace("&", "\\u0026").replace("/", "\\u002f"),
    "Python": repr,
    "Python in Python": lambda text: repr(repr(text)),
    "Python's bytes": lambda text: repr(text.encode()),
    "a shell": lambda text: "".join(one if one.isalnum() else f"\\{one}" for one in text),
    "named entities": named_entities,
    "entities of both kinds": lambda text: html.escape(text).replace("/", "&#47;"),
    "entities twice": lambda text: html.escape(html.escape(text)).replace("/", "&amp;#47;"),
    "entities with no end": lambda text: "".join(f"&#{ord(one)}" for one in text),
    "some entities with no end": lambda text: text[:3] + "".join(f"&#{ord(c)}" for c in text[3:]),
    "base64 behind a name": lambda text: f"blob_{base64_of(f'u:{text}')}",
    "base64 behind a short name": lambda text: f"id_{base64_of(f'us:{text}')}",
    "base64 in a path": lambda text: f"https://h.example/a/b/{base64_of(f'user:{text}')}",
    "base64 for URLs in a path": lambda text: f"data/{urlsafe(f'us:{text}')}",
    "base64 of PHP": lambda text: base64_of(f"user:{text}").replace("/", "\\/"),
    "base64 in an address": lambda text: quote(base64_of(f"user:{text}"), safe=""),
    "short base64": lambda text: base64_of(f"user:{text}"),
    "base64 in short lines": lambda text: folded(base64_of(f"user:{text}:more"), 10, "\n"),
    "base64 in lines of Windows": lambda text: folded(base64_of(f"user:{text}"), 8, "\r\n"),
    "indented base64": lambda text: folded(base64_of(f"user:{text}:more"), 12, "\n        "),
    "base64 that pytest shows": lambda text: folded(base64_of(f"u:{text}:more"), 16, "\nE       "),
    "wide base64 that pytest shows": lambda text: folded(
        base64_of(f"{'before ' * 3}{text}:more"), 30, "\nE       "
    ),
    "quoted base64": lambda text: folded(base64_of(f"user:{text}:more"), 16, "\n> "),
    "base64 in comments": lambda text: folded(base64_of(f"user:{text}:more"), 16, "\n# "),
}


@pytest.mark.parametrize("form", FURTHER)
@pytest.mark.parametrize("value", [TOKEN, PASSWORD, SHORT])
@pytest.mark.parametrize("around", ["{}", "it is {} now", '<a href="{}">'])
def test_a_known_value_is_found_however_it_is_written(around: str, value: str, form: str) -> None:
    redactor = Redactor({"MY_TOKEN": value})
    encoded = FURTHER[form](value)
    text = around.format(encoded)
    cleaned = redactor.clean(text)
    assert REDACTED in cleaned
    assert not any(encoded[at : at + 40] in cleaned for at in range(max(len(encoded) - 40, 1)))
    line = json.dumps({"text": text})
    assert redactor.clean(line) != line


OF_TEXTS = (
    "hexadecimal of a line",
    "hexadecimal amid bytes",
    "hexadecimal of a program",
    "hexadecimal with an escape",
    "hexadecimal behind a name",
    "entities with no end",
    "some entities with no end",
    "base64 behind a name",
    "base64 behind a short name",
    "base64 in a path",
    "wide base64 that pytest shows",
)


@pytest.mark.parametrize("form", OF_TEXTS)
@pytest.mark.parametrize("name", ["openai", "github", "jwt"])
def test_what_looks_like_a_key_is_found_however_it_is_written(name: str, form: str) -> None:
    encoded = FURTHER[form](KNOWN[name])
    assert encoded[-30:] not in Redactor().clean(f"before {encoded} after")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\t", "\n\n"])
@pytest.mark.parametrize("name", KNOWN)
def test_a_key_that_begins_a_line_is_found_in_a_line_of_json(name: str, line_end: str) -> None:
    line = json.dumps({"text": f"it is:{line_end}{KNOWN[name]}"})
    assert Redactor().clean(line) != line


def test_a_value_is_known_without_the_line_end_of_its_variable() -> None:
    redactor = Redactor({"NL_API_TOKEN": "Qw3rTy8uIoP2aSdF\n"})
    assert redactor.clean("it is Qw3rTy8uIoP2aSdF.") == f"it is {REDACTED}."
    assert redactor.clean(f"it is {base64_of('Qw3rTy8uIoP2aSdF')}.") == f"it is {REDACTED}."
    assert redactor.clean("Qw3rTy8uIoP2aSdF\nx") == f"{REDACTED}x"


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
        "id 3f2b8c1e-9d47-4a6b-8f0e-5c7d9a1b2e3f in C:\\Users\\new\\table",
        "0x5f4dcc3b5aa765d61d8327deb882cf99 and \\x5f4dcc3b5aa765d61d8327deb882cf99",
        "<b>&quot;R&amp;D&quot;&nbsp;&hellip;</b> &copy; 2024 &#169 &#8230; &notanentity;",
        "https://h.example/a%2Fb/c?q=one%20two&lang=en&x=%E2%9C%93#part",
        'const path = "\\/api\\/v1\\/users"; // \\u00e9 \\x41',
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9Q",
        "iVBORw0KGgoAAAANSUhE\nUgAAAAEAAAABCAYAAAAf\nFcSJAAAADUlEQVR42mNk",
        "use sk-learning\nsomethingLong and hf_\nwhateverElseThereIsToSay",
        "E       dXNlcjpub3RoaW5n\nE       dG8tYmUtc2VlbiBo\nE       ZXJl",
        "54686520717569636b2062726f776e20666f78206a756d7073",
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
        "see [12 chars] and [x chars], YWJj... 6162...",
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
    for run in (
        *("\\", "a", "&", "&#", "\\u", "%4", "A\\n", "sk-abc..."),
        *("&amp;", "%25", "57", "5", "Ab1+", "aaaaaaaa\\n", "aaaaaaaa\n", "aB1c\nE ", ">", "\n> "),
        *("\\n ", f"{'aB' * 200}...", f"{'57' * 200}\u2026", "canary&...", "[1 chars]", "\\n\\nAb"),
    ):
        # a pattern that began anew at each character would take minutes
        text = run * min(60_000, 600_000 // len(run))
        assert redactor.clean(f"{text} {escaped}").endswith(f" {REDACTED}")


CUT: dict[str, Callable[[str], str]] = {
    "base64": lambda text: base64_of(f"user-name:{text}"),
    "base64 behind a name": lambda text: f"blob_{base64_of(f'user-name:{text}')}",
    "hexadecimal": lambda text: text.encode().hex(),
    "HEXADECIMAL of a line": lambda text: f"{text}\n".encode().hex().upper(),
    "entities": FORMS["entities"],
    "ENTITIES": FORMS["ENTITIES"],
    "codes": FORMS["codes"],
    "bytes": FORMS["bytes"],
    "octets": lambda text: "".join(f"%{one:02X}" for one in text.encode()),
    "an address": lambda text: quote(text, safe=""),
    "JSON of PHP": FURTHER["JSON of PHP"],
    "named entities": named_entities,
}
LONG = "LEtGCT6trKfNHEK62ttJPjq34DimeHcD74gP5h43eaiaHPtBCjNfcR9JaJjNRqQg"


@pytest.mark.parametrize("form", CUT)
@pytest.mark.parametrize("value", [TOKEN, PASSWORD, LONG])
def test_what_a_reason_left_of_an_encoded_key_is_taken_out(value: str, form: str) -> None:
    redactor = Redactor({"MY_TOKEN": value})
    encoded = CUT[form](value)
    # wherever a reason may be cut, in the middle of an escape, too
    for before in range(40):
        answer = f"{'x' * before} Basic {encoded} and more of it than a reason quotes"
        reason = f"did not find 'nope' in {quoted(answer)}"
        shown = redactor.clean(reason)
        head, _, tail = reason.partition("…")
        left = redactor.clean(f"{head}…"), redactor.clean(f"…{tail}")
        if encoded[:30] in head or encoded[-30:] in tail:
            assert REDACTED in shown
            assert encoded[:30] not in left[0]
            assert encoded[-30:] not in left[1]
            line = json.dumps({"reason": reason}, ensure_ascii=False)
            assert redactor.clean(line) != line


def test_what_unittest_left_of_a_key_is_taken_out() -> None:
    redactor = Redactor({"LONG_API_TOKEN": LONG})
    case = unittest.TestCase()
    with pytest.raises(AssertionError) as failure:
        case.assertEqual({"key": LONG, "n": 1}, {"key": f"{LONG}x", "n": 1})  # noqa: PT009 - its words
    message = str(failure.value)
    assert "[" in message.partition(" chars]")[0]
    cleaned = redactor.clean(f"{message} and {LONG[:20]}[24 chars]{LONG[-20:]}")
    assert not any(LONG[at : at + 5] in cleaned for at in range(len(LONG) - 4))


@pytest.mark.parametrize("form", ["base64", "base64 behind a name", "hexadecimal", "entities"])
def test_what_is_left_of_an_encoded_key_is_taken_out_though_nobody_named_it(form: str) -> None:
    encoded = CUT[form](KNOWN["openai"])
    cleaned = Redactor().clean(f"in 'Basic {encoded[:80]}…of it'")
    assert encoded[:60] not in cleaned
    assert REDACTED in cleaned
