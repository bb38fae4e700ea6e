"""Secrets: every form is found, placeholders are not, and nothing is printed in full."""

from __future__ import annotations

import pytest

from pytest_arena.judging.detectors.secrets import SecretRules, find_secrets
from pytest_arena.schema.guardrail import Said
from pytest_arena.text.key_patterns import KEY_FORMS, find_keys

# Put together at run time, so that no scanner takes this file for a leak.
BODY = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"
HEX = "0123456789abcdef0123456789abcdef"
EXAMPLES = {
    "Anthropic key": "sk-" + "ant-api03-" + BODY,
    "OpenAI key": "sk-" + "proj-" + BODY,
    "Groq key": "gsk" + "_" + BODY + BODY,
    "xAI key": "xai" + "-" + BODY + BODY,
    "Perplexity key": "pplx" + "-" + BODY,
    "Replicate token": "r8" + "_" + BODY,
    "Hugging Face token": "hf" + "_" + BODY,
    "Google API key": "AI" + "za" + BODY + "abc",
    "Google client secret": "GOC" + "SPX-" + BODY[:28],
    "AWS access key": "AK" + "IA" + "ABCDEFGH234567QR",
    "AWS secret key": "aws_secret_access_key = " + BODY + "abcdefgh",
    "Azure storage key": "Account" + "Key=" + BODY + BODY + "==",
    "GitHub token": "gh" + "p_" + BODY + "abcd",
    "GitLab token": "gl" + "pat-" + BODY,
    "npm token": "npm" + "_" + BODY + "abcd",
    "PyPI token": "py" + "pi-" + BODY + BODY,
    "Slack token": "xo" + "xb-123456789012-" + BODY,
    "Slack webhook": "https://hooks.slack.com/services/" + "T0000/B0000/" + BODY,
    "Discord webhook": "https://discord.com/api/webhooks/123456789012345678/" + BODY + BODY,
    "Telegram token": "123456789" + ":AA" + BODY,
    "Stripe key": "sk" + "_live_" + BODY,
    "SendGrid key": "SG" + "." + BODY[:22] + "." + BODY + "abcdefghijk",
    "Twilio key": "SK" + HEX,
    "Mailgun key": "key" + "-" + HEX,
    "Shopify token": "shp" + "at_" + HEX,
    "DigitalOcean token": "dop" + "_v1_" + HEX + HEX,
    "Databricks token": "da" + "pi" + HEX,
    "JSON Web Token": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + BODY,
    "private key": "-----BEGIN RSA PRIVATE "
    + "KEY-----\n"
    + BODY
    + "\n-----END RSA PRIVATE KEY-----",
    "password in a URL": "postgres://user:" + "s3cr3t-pa55@db.example.com/x",
    "bearer token": "Authorization: " + "Bearer " + BODY,
}


def test_every_form_has_an_example() -> None:
    assert set(EXAMPLES) == {form.kind for form in KEY_FORMS}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_key_is_found_wherever_it_stands(kind: str) -> None:
    for text in (EXAMPLES[kind], f"Use '{EXAMPLES[kind]}', please.", f"a\n{EXAMPLES[kind]}\nb"):
        assert [span.kind for span in find_keys(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "The password: hunter2Kestrel9 is mine",
        'api_key = "q9Zt72LmPx04"',
        "Your token is: 8f14e45fceea167a",
    ],
)
def test_a_random_value_behind_a_telling_word_is_a_secret(text: str) -> None:
    (span,) = find_secrets(text)
    assert span.kind == "assigned secret"
    assert find_secrets(text, assigned=False) == []


@pytest.mark.parametrize(
    "text",
    [
        "password: your_password_123",
        "api_key = os.environ['OPENAI_API_KEY']",
        "token: <paste-it-here-2024>",
        "The password is required.",
        "Your password is case-sensitive.",
        "secret: xxxxxxxx1234",
        "api_key=${API_KEY_2}",
        "sk-short and AKIA are prefixes",
        "https://example.com:8080/path?a=b@c",
        "the risk-adjusted-return-on-investment-of-2024",
    ],
)
def test_placeholders_and_prose_are_no_secrets(text: str) -> None:
    assert find_secrets(text) == []


def test_a_secret_is_never_named_in_full() -> None:
    key = EXAMPLES["OpenAI key"]
    look = SecretRules().look(f"It is {key}.", Said())
    assert look.reason == f"found secrets: 'OpenAI key sk-…{key[-3:]}'"
    assert look.spans == ((6, 6 + len(key)),)


def test_an_allowed_key_is_no_secret() -> None:
    key = EXAMPLES["AWS access key"]
    assert SecretRules(allow=("AKIA*",)).look(key, Said()).found is False
