"""Rules on inputs and outputs that can block or replace an answer."""

from pytest_arena.registry import Shipped

_HERE = __name__

BUILTINS = (
    Shipped("banned_words", f"{_HERE}.banned_words:BannedWords"),
    Shipped("max_length", f"{_HERE}.max_length:MaxLength"),
    Shipped("required_pattern", f"{_HERE}.patterns:RequiredPattern"),
    Shipped("forbidden_pattern", f"{_HERE}.patterns:ForbiddenPattern"),
    Shipped("pii_leakage", f"{_HERE}.pii_leakage:PiiLeakage", ("pii",)),
    Shipped("secrets", f"{_HERE}.secrets:Secrets", ("secret_leakage",)),
    Shipped("profanity", f"{_HERE}.profanity:Profanity"),
    Shipped("prompt_injection", f"{_HERE}.prompt_injection:PromptInjection", ("injection",)),
    Shipped("prompt_leak", f"{_HERE}.prompt_leak:PromptLeak"),
    Shipped("language", f"{_HERE}.language:Language"),
    Shipped("topics", f"{_HERE}.topics:Topics"),
    Shipped("refusal", f"{_HERE}.refusal:Refusal"),
)

__all__ = ["BUILTINS"]
