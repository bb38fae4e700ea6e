"""Forms of well-known keys and tokens: the one list for redaction, guardrails and assertions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache


@dataclass(frozen=True, slots=True)
class KeyForm:
    """Describe how one kind of key looks.

    Every such key holds one of the `hints`, which are looked for first since that is much quicker
    than the pattern. The key is the group `key` of a match, or the whole match.
    """

    kind: str
    hints: tuple[str, ...]
    pattern: str


@dataclass(frozen=True, slots=True)
class KeySpan:
    """Where a key stands in a text, and of what kind it is."""

    kind: str
    start: int
    end: int


REDACTED = "[REDACTED]"
_START = r"(?<![A-Za-z0-9_-])"
_END = r"(?![A-Za-z0-9_-])"

# Formats as their issuers document them; those without a prefix of their own cannot be told from
# other texts and are left to `find_assigned` of the judging room.
KEY_FORMS: tuple[KeyForm, ...] = (
    KeyForm("Anthropic key", ("sk-ant-",), _START + r"sk-ant-[A-Za-z0-9_-]{20,}"),
    KeyForm("OpenAI key", ("sk-",), _START + r"sk-(?!ant-)(?:[a-z]+-)?[A-Za-z0-9_-]{20,}"),
    KeyForm("Groq key", ("gsk_",), _START + r"gsk_[A-Za-z0-9]{40,}" + _END),
    KeyForm("xAI key", ("xai-",), _START + r"xai-[A-Za-z0-9]{40,}" + _END),
    KeyForm("Perplexity key", ("pplx-",), _START + r"pplx-[A-Za-z0-9]{32,}" + _END),
    KeyForm("Replicate token", ("r8_",), _START + r"r8_[A-Za-z0-9]{30,}" + _END),
    KeyForm("Hugging Face token", ("hf_",), _START + r"hf_[A-Za-z0-9]{30,}" + _END),
    KeyForm("Google API key", ("AIza",), _START + r"AIza[A-Za-z0-9_-]{35}" + _END),
    KeyForm("Google client secret", ("GOCSPX-",), _START + r"GOCSPX-[A-Za-z0-9_-]{28}" + _END),
    KeyForm(
        "AWS access key",
        ("AKIA", "ASIA", "ABIA", "ACCA"),
        _START + r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}" + _END,
    ),
    KeyForm(
        "AWS secret key",
        ("ecret",),
        r"(?i:aws_?secret_?(?:access_?)?key)[\"']?\s*[=:]\s*[\"']?(?P<key>[A-Za-z0-9/+]{40})"
        r"(?![A-Za-z0-9/+=])",
    ),
    KeyForm("Azure storage key", ("AccountKey=",), r"AccountKey=(?P<key>[A-Za-z0-9+/]{40,}={0,2})"),
    KeyForm(
        "GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        _START + r"gh[pousr]_[A-Za-z0-9]{36,}" + _END,
    ),
    KeyForm("GitHub token", ("github_pat_",), _START + r"github_pat_[A-Za-z0-9_]{22,}" + _END),
    KeyForm("GitLab token", ("glpat-",), _START + r"glpat-[A-Za-z0-9_-]{20,}"),
    KeyForm("npm token", ("npm_",), _START + r"npm_[A-Za-z0-9]{36}" + _END),
    KeyForm("PyPI token", ("pypi-",), _START + r"pypi-[A-Za-z0-9_-]{50,}"),
    KeyForm(
        "Slack token",
        tuple(f"xox{kind}-" for kind in "abeoprs"),
        _START + r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
    ),
    KeyForm(
        "Slack webhook",
        ("hooks.slack.com",),
        r"https://hooks\.slack\.com/(?:services|workflows)/(?P<key>[A-Za-z0-9_/-]{20,})",
    ),
    KeyForm("Discord webhook", ("api/webhooks/",), r"/api/webhooks/\d{15,}/(?P<key>[\w-]{40,})"),
    KeyForm("Telegram token", (":AA",), r"(?<![\w:])\d{8,10}:AA[A-Za-z0-9_-]{32,}" + _END),
    KeyForm(
        "Stripe key",
        ("k_live_", "k_test_", "whsec_"),
        _START + r"(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,}" + _END,
    ),
    KeyForm("SendGrid key", ("SG.",), _START + r"SG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50}"),
    KeyForm("Twilio key", ("SK",), _START + r"SK[0-9a-f]{32}" + _END),
    KeyForm("Mailgun key", ("key-",), _START + r"key-[0-9a-f]{32}" + _END),
    KeyForm(
        "Shopify token",
        ("shpat_", "shpca_", "shppa_", "shpss_"),
        _START + r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}" + _END,
    ),
    KeyForm(
        "DigitalOcean token",
        ("dop_v1_", "doo_v1_", "dor_v1_"),
        _START + r"do[por]_v1_[0-9a-f]{64}" + _END,
    ),
    KeyForm("Databricks token", ("dapi",), _START + r"dapi[0-9a-f]{32}(?:-\d)?" + _END),
    KeyForm("JSON Web Token", ("eyJ",), _START + r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    KeyForm(
        "private key",
        ("PRIVATE KEY",),
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[\s\S]{0,6000}?-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)?",
    ),
    KeyForm(
        "password in a URL",
        ("://",),
        r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^/\s:@]{0,64}:(?P<key>[^/\s:@]{3,128})"
        r"@[\w.-]",
    ),
    KeyForm(
        "bearer token",
        ("earer ",),
        r"(?i:authorization)[\"']?\s*[:=]\s*[\"']?(?i:bearer)\s+(?P<key>[A-Za-z0-9._~+/-]{16,}=*)",
    ),
)

QUOTED_KEY = KeyForm(
    "quoted key",
    ("-", "_", "AIza", "Bearer", "key="),
    r"(?<![A-Za-z0-9])(?:sk|pk|rk|gsk|xai|hf|key)[-_][\w*.-]{6,}|AIza[\w-]{20,}|Bearer\s+\S+"
    r"|(?<=[?&]key=)[^&\s]+",
)
"""A key as a provider's message quotes one that it refuses: masked (`sk-ab***yz`), cut, wrong.

Too loose for other texts than such messages.
"""


def find_keys(text: str, *, quoted: bool = False) -> list[KeySpan]:
    """Return the keys in a text, in their order, those that overlap as one.

    With `quoted` what a provider's message may quote of a key is one, too.
    """
    found = sorted(_matches(text, quoted), key=lambda span: (span.start, -span.end))
    kept: list[KeySpan] = []
    for span in found:
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
        elif span.end > kept[-1].end:
            kept[-1] = replace(kept[-1], end=span.end)
    return kept


def hide_keys(text: str, *, quoted: bool = False) -> str:
    """Return the text with `[REDACTED]` for each key that `find_keys` finds."""
    for span in reversed(find_keys(text, quoted=quoted)):
        text = text[: span.start] + REDACTED + text[span.end :]
    return text


def _matches(text: str, quoted: bool) -> Iterator[KeySpan]:
    for form in (*KEY_FORMS, QUOTED_KEY) if quoted else KEY_FORMS:
        if not any(hint in text for hint in form.hints):
            continue
        pattern = _compiled(form.pattern)
        group = "key" if "key" in pattern.groupindex else 0
        for match in pattern.finditer(text):
            yield KeySpan(form.kind, *match.span(group))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
