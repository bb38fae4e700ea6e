"""Marks of tone that are no words: exclamations, capitals, emojis, stretched letters."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ACRONYMS = (
    "API|HTTP|HTTPS|URL|JSON|XML|SQL|PDF|FAQ|CEO|CTO|CFO|USA|UTC|GMT|EST|PST|CET|DNS|VPN|TCP|UDP|CPU|"
    "GPU|RAM|SSD|USB|HTML|CSS|PHP|SLA|CSV|IMEI|SMS|NASA|GDPR|HIPAA|LLM|PIN|ATM|VAT|SSL|TLS|SSH|AWS|"
    "III|MFA|SSO|IBAN|EUR|USD|GBP|ISBN|HVAC|PCI|ROI|KPI|IRS|FDA|NHS|WHO|BBC|CNN|NBA|NFL|ETA|RMA|SKU|"
    "CRM|ERP|SDK|IDE|CLI|GUI|YAML|UUID|IPO|MRI|DNA|RNA|DIY|ASAP|FYI|TBD|AGM|MOT|PAYE|EIN|SSN"
)
_PATTERNS = {
    "elongated": r"\b[A-Za-z]*?([A-Za-z])\1{2,}[A-Za-z]*\b",
    "exclamation": r"!",
    "repeated_marks": r"[!?]{2,}|\.{3,}|…",
    "capitals_word": rf"\b(?!(?:{_ACRONYMS})s?\b)[A-Z]{{3,}}\b",
    "emoji": "[\U0001f300-\U0001faff☀-➿\U0001f1e6-\U0001f1ff]️?",
    "emoticon": r"(?<![\w:])(?:[:;=8]['\-^]?[)(DPp/\\|*oO3](?!\w)|<3|\bxD\b|\^_\^)",
    "lower_start": r"(?:\A\s*|[.!?]\s+|\n[^\S\n]*)[a-z]+",
    "lower_i": r"(?<![\w.'])i(?=\s|'m|'ve|'ll|'d)(?!\.e)",
}
MARKS = tuple(_PATTERNS)
_COMPILED: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern) for name, pattern in _PATTERNS.items()
}


def find_marks(plain: str) -> Iterator[tuple[str, int, int]]:
    """Yield the name and the span of each mark in a masked text."""
    for name, pattern in _COMPILED.items():
        for match in pattern.finditer(plain):
            yield name, *match.span()
